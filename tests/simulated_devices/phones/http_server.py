"""A small HTTP/1.1 server, as phones have them: it answers GET, keeps connections, and can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote

Answer = tuple[int, bytes] | None
"""Status and body; None: the connection is closed without a word."""


class HttpServer:
    """Answers by ``handler``, given the path and the query's pairs in order (None for a name without ``=``).

    ``asleep``: takes questions and never answers, as an app in the background. ``delay_s``: a network's way to it and
    back.
    """

    def __init__(self, handler: Callable[[str, list[tuple[str, str | None]]], Answer], delay_s: float) -> None:
        self.asleep = False
        self._handler = handler
        self._delay_s = delay_s
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1; the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more, and drop who is connected."""
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One question; whether there may be another one."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        target = head.split(" ", 2)[1]
        while self.asleep:
            await asyncio.sleep(0.5)
        await asyncio.sleep(self._delay_s)
        path, _, query = target.partition("?")
        pairs: list[tuple[str, str | None]] = []
        for part in query.split("&") if query else ():
            name, equals, value = part.partition("=")
            pairs.append((unquote(name), unquote(value) if equals else None))
        answer = self._handler(path, pairs)
        if answer is None:
            return False
        status, body = answer
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        await writer.drain()
        await asyncio.sleep(self._delay_s)
        return True
