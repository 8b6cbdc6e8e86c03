"""The page's addresses, and the guard in front of all of them.

Nothing here names a file of the computer: what is served was read when the program started, and what a page sends is
an action, a choice or a movement.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from enum import StrEnum
from html import escape
from importlib import resources
from typing import Any, Final, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dowel.recordings.errors import DowelError, UsageError
from dowel.recordings.types import Placement
from dowel.web.access import COOKIE_S, NO_KEY, NOT_FOR_SENSORS, TOO_OFTEN, Access, Door, Pass, Refusal, Role
from dowel.web.feed import Feed

Choice = TypeVar("Choice", bound=StrEnum)

MOST_BYTES: Final = 64 * 1024
"""Of what a page sends at a time: a note is 500 letters, half a second of a phone's movement a few kilobytes."""
STUCK_S: Final = 20.0
"""A viewer that takes nothing for so long is gone; when it wakes up it connects again."""
TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
"""Told here, because the system's list may call a script plain text (Windows), which a browser then refuses to run."""
PAGES: Final = {"/": "index.html", "/phone": "phone.html"}
FOR_SENSORS: Final = ("/phone", "/static/")
"""Where a phone that is a sensor may go."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), accelerometer=(self), gyroscope=(self), "
    "screen-wake-lock=(self)",
    "Cache-Control": "no-store",
}
REFUSED_PAGE: Final = """<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <meta name="color-scheme" content="light dark" />
  <title>Dowel</title>
  <main><h1>Dowel</h1><p>{}</p></main>
</html>
"""
"""What a person sees who opens an address that is not good: without a key nothing else is given away."""


class Desk(Protocol):
    """What the page can ask of the program. Each raises ``DowelError`` with a sentence where it cannot be done."""

    @property
    def clock_ns(self) -> Callable[[], int]:
        """The clock that arrivals are told by."""

    def act(self, name: str, *, text: str, load_kg: float, wall_cm: float) -> None:
        """Something that a person does: see ``practice.actions``."""

    def choose_cues(self, choice: Mapping[str, Any]) -> int:
        """Other cues from now on; the revision of the choices that has them, as the states tell it."""

    def invite(self, role: Role, placement: Placement | None) -> Mapping[str, Any]:
        """An address for another device, good once, with its QR code: for a screen, or the sensor at a placement."""

    def addresses(self) -> Sequence[str]:
        """Where the page could be served to the network."""

    async def open_to_phones(self, host: str) -> None:
        """Serve the page to the network too, at one of these addresses."""

    def phone_moved(self, placement: Placement, body: bytes, arrival_ns: int) -> Mapping[str, Any]:
        """A batch of movement from the phone at a placement; what the phone is told."""


class Routes:
    """The application behind one door."""

    def __init__(self, feed: Feed, desk: Desk, access: Access, door: Door) -> None:
        self._feed = feed
        self._desk = desk
        self._files = {
            file.name: file.read_bytes() for file in resources.files("dowel.web").joinpath("static").iterdir()
        }
        routes = [
            *(Route(path, self._page) for path in PAGES),
            Route("/static/{name}", self._static),
            Route("/live", self._live),
            Route("/do", self._do, methods=["POST"]),
            Route("/cues", self._cues, methods=["POST"]),
            Route("/invite", self._invite, methods=["POST"]),
            Route("/addresses", self._addresses, methods=["POST"]),
            Route("/door", self._door, methods=["POST"]),
            Route("/phone/motion", self._phone_motion, methods=["POST"]),
        ]
        self.starlette = Starlette(routes=routes, exception_handlers={DowelError: _cannot})
        self.app: ASGIApp = Guard(self.starlette, access, door)

    # --- pages ---

    async def _page(self, request: Request) -> Response:
        return Response(self._files[PAGES[request.url.path]], media_type="text/html")

    async def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files or name in PAGES.values():
            return PlainTextResponse("Not found.", 404)
        return Response(self._files[name], media_type=TYPES[name.rpartition(".")[2]])

    async def _live(self, request: Request) -> Response:  # noqa: ARG002
        if self._feed.full:
            return _refused(Refusal(503, "Too many viewers at once. Close some of them."))
        return LiveStream(self._feed.events())

    # --- what is asked ---

    async def _do(self, request: Request) -> Response:
        asked = await _json_of(request)
        self._desk.act(
            str(asked.get("action", "")),
            text=str(asked.get("text", "")),
            load_kg=_number_of(asked, "load_kg", "The load is a number of kilograms."),
            wall_cm=_number_of(asked, "wall_cm", "The distance to the wall is a number of centimetres."),
        )
        self._feed.changed()
        return Response(status_code=204)

    async def _cues(self, request: Request) -> Response:
        revision = self._desk.choose_cues(await _json_of(request))
        self._feed.changed()
        return JSONResponse({"revision": revision})

    async def _invite(self, request: Request) -> Response:
        asked = await _json_of(request)
        placement = _one_of(Placement, asked["placement"]) if "placement" in asked else None
        return JSONResponse(self._desk.invite(_one_of(Role, asked.get("role")), placement))

    async def _addresses(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse({"addresses": await asyncio.to_thread(self._desk.addresses)})  # a name server may be asked

    async def _door(self, request: Request) -> Response:
        await self._desk.open_to_phones(str((await _json_of(request)).get("address", "")))
        return Response(status_code=204)

    # --- a phone that is a sensor ---

    async def _phone_motion(self, request: Request) -> Response:
        body = await request.body()
        arrival_ns = self._desk.clock_ns()  # at once: the sensor's clock learns from it
        return JSONResponse(self._desk.phone_moved(_placement_of(request), body, arrival_ns))


class LiveStream(StreamingResponse):
    """Server-sent events, given up where the viewer has gone without a word."""

    def __init__(self, events: AsyncGenerator[str, None]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._events = events

    async def stream_response(self, send: Send) -> None:
        """Send the events as fast as the viewer takes them."""

        async def patient(message: Message) -> None:
            async with asyncio.timeout(STUCK_S):
                await send(message)

        async with aclosing(self._events):
            await super().stream_response(patient)


class Guard:
    """Lets through what is allowed (``access``), and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access, door: Door) -> None:
        self._app = app
        self._access = access
        self._door = door
        self._cookie_name = f"dowel-{door.port}"  # cookies know no ports: two practices must not log each other out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; sockets of other kinds do not exist here."""
        if scope["type"] != "http":
            return
        cookie = ""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if cookie:
                    headers.append("Set-Cookie", self._set_cookie(cookie))
            await send(message)

        connection = HTTPConnection(scope)
        refusal = self._door.refusal(scope["method"], Headers(scope=scope))
        holder = self._access.pass_of(connection.cookies.get(self._cookie_name))
        if refusal is None and scope["path"] in PAGES and "token" in connection.query_params:
            entered = self._access.enter(connection.query_params["token"], local=self._door.local)
            if entered is not None:
                cookie, holder = entered, self._access.pass_of(entered)
        refusal = refusal or self._refusal(scope["path"], holder)
        if refusal is not None:
            as_page = scope["path"] in PAGES and "text/html" in connection.headers.get("accept", "")
            told = HTMLResponse(REFUSED_PAGE.format(escape(refusal.sentence)), refusal.status) if as_page else None
            await (told or _refused(refusal))(scope, receive, send_with_headers)
            return
        scope["dowel.pass"] = holder
        await self._app(scope, _limited(receive), send_with_headers)

    def _refusal(self, path: str, holder: Pass | None) -> Refusal | None:
        if holder is None:
            return NO_KEY
        if self._access.too_often(holder):
            return TOO_OFTEN
        if holder.role is Role.SENSOR and not path.startswith(FOR_SENSORS):
            return NOT_FOR_SENSORS
        return None

    def _set_cookie(self, value: str) -> str:
        secure = "; Secure" if self._door.scheme == "https" else ""
        return f"{self._cookie_name}={value}; Path=/; Max-Age={COOKIE_S:.0f}; HttpOnly; SameSite=Strict{secure}"


class _TooLarge(UsageError):
    def __init__(self) -> None:
        super().__init__(f"That is more than {MOST_BYTES} bytes at once.")


def _limited(receive: Receive) -> Receive:
    """The request's body, given up where it is larger than anything the page sends."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise _TooLarge
        return message

    return limited


async def _json_of(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError("What was sent is not a JSON object.")
    return found


def _number_of(asked: Mapping[str, Any], name: str, otherwise: str) -> float:
    """The number of that name, NaN where there is none."""
    value = asked.get(name, math.nan)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(otherwise)
    return float(value)


def _one_of(kind: type[Choice], value: object) -> Choice:
    found = next((each for each in kind if each == value), None)
    if found is None:
        raise UsageError(f"It is one of {', '.join(kind)}.")
    return found


def _placement_of(request: Request) -> Placement:
    holder: Pass = request.scope["dowel.pass"]
    if holder.placement is None:
        raise UsageError("This page was not invited as a sensor. Scan the code for a sensor.")
    return holder.placement


def _refused(refusal: Refusal) -> Response:
    return JSONResponse({"error": refusal.sentence}, refusal.status)


async def _cannot(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return JSONResponse({"error": str(error)}, 413 if isinstance(error, _TooLarge) else 400)
