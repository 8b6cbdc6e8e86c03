"""A listener for phone apps that can only push by plain HTTP: it takes bodies of POST, and gives nothing away.

It is opened only when a sensor is asked for that needs it. Its own port; the way in is a token in the path, made again
for each session. Host is not looked at, because phones are given an IP address. Nothing that is sent names anything on
this computer: a body goes to the link whose token it is, or nowhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dowel.web.connections import Doorway, Places
from dowel.web.listener import listen_in_network, served
from dowel.web.network import names_of

PORT: Final = 8378
"""Where it listens if that is free: always the same, so that the URL in the app changes in its last part only."""
TOKEN_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LENGTH: Final = 10
"""49 bits, to be typed on a phone: no letters that look alike. At the rate below, guessing takes 300 000 years."""
BODY_BYTES: Final = 1_000_000
"""Ten minutes of a phone's samples; what a session keeps of one message is no longer."""
BODY_WITHIN_S: Final = 10.0
"""A body takes some ms; who takes longer keeps a place from others."""
REQUESTS_PER_S: Final = 50.0
BURST: Final = 100.0
"""Ten times what an app sends, and the messages that piled up while the network was gone."""
PLACES: Final = Places(32, 8)
"""An app holds one connection; a phone that changes its network leaves some behind."""

Receive = Callable[[bytes, int], str]
"""Takes a body and its arrival in ns; what the app is to show when it cannot be used, else empty."""


class _Bucket:
    """Lets so many requests through in a second, and some more at once."""

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._left, self._at_ns = BURST, clock_ns()

    def take(self) -> bool:
        now_ns = self._clock_ns()
        self._left = min(BURST, self._left + 1e-9 * (now_ns - self._at_ns) * REQUESTS_PER_S)
        self._at_ns = now_ns
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Ingest:
    """The listener. ``host`` is this computer's address in the network; ``clock_ns`` the arrival clock.

    :meth:`add` gives a URL for a link, before or after :meth:`start`. Raises ``UsageError`` where it cannot listen.
    """

    def __init__(self, host: str, clock_ns: Callable[[], int], port: int = PORT) -> None:
        self._host, self._port = host, port
        self._clock_ns = clock_ns
        self._receivers: dict[str, Receive] = {}
        self._buckets: dict[str, _Bucket] = {}
        self._strangers = _Bucket(clock_ns)
        self._serving = AsyncExitStack()

    def add(self, receive: Receive) -> str:
        """The token for what is to come to this link."""
        token = "".join(secrets.choice(TOKEN_LETTERS) for _ in range(TOKEN_LENGTH))
        self._receivers[token] = receive
        self._buckets[token] = _Bucket(self._clock_ns)
        return token

    def url(self, token: str) -> str:
        """What is to be typed into the app; known once it listens."""
        return f"http://{names_of(self._host)[0]}:{self._port}/{token}"

    async def start(self) -> None:
        """Listen, on another port where the usual one is taken."""
        listening = listen_in_network(self._host, self._port)
        self._port = listening.getsockname()[1]
        app = Starlette(routes=[Route("/{token:path}", self._answer, methods=["GET", "POST", "PUT", "DELETE"])])
        await self._serving.enter_async_context(
            served(app, listening, Doorway(PLACES, None), patience_s=1, says_date=False)
        )

    async def close(self) -> None:
        """Listen no more."""
        await self._serving.aclose()

    # --- inside

    async def _answer(self, request: Request) -> Response:
        """Who has no token learns nothing, not even what this is."""
        token = request.path_params["token"]
        receive = self._receivers.get(token)
        if receive is None:
            return _told(404 if self._strangers.take() else 429, Connection="close")
        if request.method != "POST":
            return _told(405, "Only POST is understood here.")
        if not self._buckets[token].take():
            return _told(429, "Too many messages. Set a longer batch period.")
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return _told(415, "Only application/json is understood here.")
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _body(request)
        except TimeoutError:
            return _told(408, "The message took too long.")
        except ClientDisconnect:
            return _told(400)
        if body is None:
            return _told(413, "The message is too long. Set a shorter batch period.")
        problem = receive(body, self._clock_ns())
        return _told(499, problem) if problem else _told(200, "ok")


async def _body(request: Request) -> bytes | None:
    """The body, or None where it is too long; of that no more than allowed is read."""
    with suppress(ValueError):
        if int(request.headers.get("content-length", "0")) > BODY_BYTES:
            return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)


def _told(status: int, text: str = "", **headers: str) -> Response:
    """A short plain text; the app shows that of a status 499."""
    always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(text, status, headers=always | headers)
