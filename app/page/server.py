"""The page's servers, in the practice's own loop: one for this computer and, where asked for, one for the network."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from dowel.network import addresses, names_of
from dowel.page.access import Door
from dowel.recordings.errors import UsageError

PORT: Final = 8642
"""Registered for nothing that a lifter's computer runs; the next free one is taken where it is in use."""
NETWORK_PORT: Final = 8643
LOOPBACK: Final = "127.0.0.1"
SEND_BUFFER_BYTES: Final = 64 * 1024
"""Some seconds of frames: what a sleeping viewer finds in the line when it wakes up."""
PATIENCE_S: Final = 2
"""How long viewers may take at the end to be told that it is the end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is served: a listening socket and what it may be called by."""

    listening: socket.socket
    door: Door
    url: str


def local_place() -> Place:
    """On this computer alone."""
    listening = _listen(LOOPBACK, PORT)
    port = listening.getsockname()[1]
    return Place(listening, Door("http", (LOOPBACK, "localhost"), port, local=True), f"http://{LOOPBACK}:{port}")


def network_place(host: str) -> Place:
    """On the network, at an address or name of this computer, or at all of them (``0.0.0.0``, ``::``).

    Raises ``UsageError`` where this computer has no such address.
    """
    try:
        listening = _listen(host, NETWORK_PORT)
    except OSError as error:
        raise UsageError(
            f"--host {host}: the page cannot be served there ({error.strerror or error}). Give an address of this "
            f"computer ({', '.join(addresses()) or 'it is in no network'}), or 0.0.0.0 for all of them."
        ) from error
    port = listening.getsockname()[1]
    names = names_of(host)
    return Place(listening, Door("https", names, port, local=False), f"https://{names[0]}:{port}")


def _listen(host: str, port: int) -> socket.socket:
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
        listening.listen(64)
    except OSError:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the practice's business."""
        yield


@asynccontextmanager
async def serving(places: Sequence[tuple[Place, ASGIApp]], certificate: str | None) -> AsyncIterator[None]:
    """Inside, each application is served at its place, the network's with this certificate (PEM file)."""
    async with AsyncExitStack() as stack:
        for place, app in places:
            tls: dict[str, Any] = {"ssl_certfile": certificate} if place.door.scheme == "https" else {}
            server = _Server(
                uvicorn.Config(
                    app,
                    lifespan="off",
                    ws="none",
                    log_config=None,  # the terminal belongs to the practice
                    log_level="debug" if os.environ.get("DOWEL_DEBUG") else "critical",
                    access_log=False,
                    proxy_headers=False,
                    server_header=False,
                    limit_concurrency=200,
                    timeout_graceful_shutdown=PATIENCE_S,
                    **tls,
                )
            )
            stack.push_async_callback(_stop, server, asyncio.create_task(server.serve([place.listening])))
            while not server.started:
                await asyncio.sleep(0)
        yield


async def _stop(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await serving
