"""Servers in the practice's own loop: a socket to listen at, and an application that is served there for a while."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final, cast

import uvicorn
from starlette.types import ASGIApp

from dowel.recordings.errors import UsageError
from dowel.web.connections import Connection, Doorway
from dowel.web.network import addresses

SEND_BUFFER_BYTES: Final = 64 * 1024
"""Some seconds of the page's frames: what a sleeping viewer finds in the line when it wakes up."""
BACKLOG: Final = 512
"""So many may knock at once without being sent away to knock again a second later."""
ACCEPTED_AT_ONCE: Final = 8
"""Few, so that whoever has asked already is read before the crowd behind takes the place."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, at another port where this one is taken. Raises ``OSError``."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two programs share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        try:
            listening.bind(address)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            listening.bind((address[0], 0, *address[2:]))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def listen_in_network(host: str, port: int) -> socket.socket:
    """The same for the address or name that a person gave as this computer's. Raises ``UsageError``."""
    try:
        return listen(host, port)
    except OSError as error:
        raise UsageError(
            f"--host {host}: this computer cannot be reached there ({error.strerror or error}). Give an address of it "
            f"({', '.join(addresses()) or 'it is in no network'}), or 0.0.0.0 for all of them."
        ) from error


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the practice's business."""
        yield


@asynccontextmanager
async def served(
    app: ASGIApp, listening: socket.socket, doorway: Doorway, *, patience_s: int, says_date: bool = True
) -> AsyncIterator[None]:
    """Inside, the application is served at this socket to those whom the doorway lets through.

    ``patience_s``: how long those may take at the end who are being answered. ``says_date``: as HTTP wants it.
    """
    config = uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(Connection, doorway)),
        lifespan="off",
        ws="none",
        log_config=None,  # the terminal belongs to the practice
        log_level="debug" if os.environ.get("DOWEL_DEBUG") else "critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=says_date,
        timeout_graceful_shutdown=patience_s,
        backlog=ACCEPTED_AT_ONCE,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:
        if serving.done():
            await serving
            raise RuntimeError("the server ended before it had begun")
        await asyncio.sleep(0)
    listening.listen(BACKLOG)  # uvicorn has one number for both
    try:
        yield
    finally:
        server.should_exit = True
        doorway.close()
        await serving
