"""The page's addresses, and the guard in front of all of them.

Nothing here names a file of the computer: what is served was read when the program started, and what a page sends is
an action, a choice or a movement.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from html import escape
from importlib import resources
from typing import Any, Final, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dowel.recordings.errors import DowelError, UsageError
from dowel.recordings.numbers import is_number
from dowel.recordings.types import Placement
from dowel.web.access import (
    COOKIE_S,
    NO_KEY,
    NOT_FOR_HELPERS,
    NOT_FOR_SENSORS,
    TOO_OFTEN,
    Access,
    Door,
    Pass,
    Refusal,
    Role,
)
from dowel.web.feed import Feed, Viewer
from dowel.web.plain_pages import INVITED_HEADERS, INVITED_PAGE, REFUSED_PAGE

Choice = TypeVar("Choice", bound=StrEnum)

MOST_BYTES: Final = 64 * 1024
"""Of what a page sends at a time: a note is 500 letters, half a second of a phone's movement a few kilobytes."""
BODY_WITHIN_S: Final = 10.0
"""It takes some ms."""
MOST_DIGITS: Final = 20
"""Of a whole number: times are sent in ms or s, loads in kg."""
TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
"""Told here, because the system's list may call a script plain text (Windows), which a browser then refuses to run."""
PAGES: Final = {"/": "index.html", "/phone": "phone.html", "/helper": "helper.html"}
ONLY: Final = {
    Role.SENSOR: (("/phone", "/static/"), NOT_FOR_SENSORS),
    Role.HELPER: (("/helper", "/static/"), NOT_FOR_HELPERS),
}
"""Where a phone that is a sensor, and a helper, may go: a helper must see no verdict."""
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
EVENTS: Final = "text/event-stream"
TOO_MANY_VIEWERS: Final = Refusal(503, "Too many viewers at once. Close some of them.")
REPORT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A report is one file with its style in it. It runs nothing."""


class Desk(Protocol):
    """What the page can ask of the program. Each raises ``DowelError`` with a sentence where it cannot be done."""

    @property
    def clock_ns(self) -> Callable[[], int]:
        """The clock that arrivals are told by."""

    def act(self, name: str, *, text: str, load_kg: float, wall_cm: float, at_s: float) -> None:
        """Something that a person does: see ``display.actions``."""

    def play(self, action: str, to_s: float, session: str) -> None:
        """Lead a replay: see ``display.player``."""

    def timeline(self) -> Mapping[str, Any]:
        """What happens when in the session that is told again."""

    def choose_cues(self, choice: Mapping[str, Any]) -> int:
        """Other cues from now on; the revision of the choices that has them, as the states tell it."""

    def invite(self, role: Role, placement: Placement | None) -> Mapping[str, Any]:
        """An address for another device, good once, with its QR code: for a screen, or the sensor at a placement."""

    async def report(self) -> str:
        """The session so far as a page."""

    def addresses(self) -> Sequence[str]:
        """Where the page could be served to the network."""

    async def open_to_phones(self, host: str) -> None:
        """Serve the page to the network too, at one of these addresses."""

    def phone_moved(self, placement: Placement, body: bytes, arrival_ns: int) -> Mapping[str, Any]:
        """A batch of movement from the phone at a placement; what the phone is told."""

    def helper_told(self, number: int, sent: Mapping[str, Any], arrival_ns: int) -> Mapping[str, Any]:
        """What a helper who watches the rod pressed; what the helper's page is told."""


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
            Route("/report", self._report),
            Route("/do", self._do, methods=["POST"]),
            Route("/play", self._play, methods=["POST"]),
            Route("/timeline", self._timeline),
            Route("/cues", self._cues, methods=["POST"]),
            Route("/invite", self._invite, methods=["POST"]),
            Route("/addresses", self._addresses, methods=["POST"]),
            Route("/door", self._door, methods=["POST"]),
            Route("/phone/motion", self._phone_motion, methods=["POST"]),
            Route("/helper/told", self._helper_told, methods=["POST"]),
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

    async def _live(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=EVENTS)
        viewer = self._feed.enter()
        if viewer is None:
            return _refused(TOO_MANY_VIEWERS)
        return LiveStream(self._feed, viewer)

    async def _report(self, request: Request) -> Response:  # noqa: ARG002
        return HTMLResponse(await self._desk.report(), headers={"Content-Security-Policy": REPORT_POLICY})

    # --- what is asked ---

    async def _do(self, request: Request) -> Response:
        asked = await _json_of(request)
        self._desk.act(
            str(asked.get("action", "")),
            text=str(asked.get("text", "")),
            load_kg=_number_of(asked, "load_kg", "The load is a number of kilograms."),
            wall_cm=_number_of(asked, "wall_cm", "The distance to the wall is a number of centimetres."),
            at_s=_number_of(asked, "at_s", "A time is a number of seconds."),
        )
        self._feed.changed()
        return Response(status_code=204)

    async def _play(self, request: Request) -> Response:
        asked = await _json_of(request)
        to_s = _number_of(asked, "to_s", "Where to go is a number of seconds.")
        self._desk.play(str(asked.get("action", "")), to_s, str(asked.get("session", "")))
        self._feed.changed()
        return Response(status_code=204)

    async def _timeline(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse(self._desk.timeline())

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

    # --- a helper who watches the rod ---

    async def _helper_told(self, request: Request) -> Response:
        sent = await _json_of(request)
        holder: Pass = request.scope["dowel.pass"]
        if holder.role is not Role.HELPER:
            raise UsageError("This page was not opened by a helper's address.")
        return JSONResponse(self._desk.helper_told(holder.number, sent, self._desk.clock_ns()))


class LiveStream(StreamingResponse):
    """Server-sent events for a viewer that has entered, until it leaves."""

    def __init__(self, feed: Feed, viewer: Viewer) -> None:
        super().__init__(feed.events(viewer), media_type=EVENTS)
        self._feed, self._viewer = feed, viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events as fast as the viewer takes them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._feed.leave(self._viewer)


class Guard:
    """Lets through what is allowed (``access``), and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access, door: Door) -> None:
        self._app = app
        self._access = access
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; sockets of other kinds do not exist here."""
        if scope["type"] != "http":
            return
        cookie = ""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if cookie:
                    headers.append("Set-Cookie", self._set_cookie(scope["path"], cookie))
            await send(message)

        connection = HTTPConnection(scope)
        refusal = self._door.refusal(scope["method"], Headers(scope=scope))
        cookies = [connection.cookies.get(name) for name in self._cookie_names(scope["path"])]
        holder = next((each for each in map(self._access.pass_of, cookies) if each is not None), None)
        token = connection.query_params.get("token", "") if scope["path"] in PAGES else ""
        if refusal is None and token:
            if scope["method"] == "POST":
                cookie = self._access.accept(token) or ""
                if cookie or holder is not None:  # a button that was pressed twice
                    await RedirectResponse(scope["path"], 303)(scope, receive, send_with_headers)
                    return
            elif scope["method"] == "GET" and self._door.local:  # nobody else's program gets to see addresses here
                entered = self._access.accept(token) or (None if holder else self._access.open_screen(token))
                if entered is not None:
                    cookie, holder = entered, self._access.pass_of(entered)
            elif self._access.awaits(token):
                await HTMLResponse(INVITED_PAGE, headers=INVITED_HEADERS)(scope, receive, send_with_headers)
                return
        refusal = refusal or self._refusal(scope["path"], holder)
        if refusal is not None:
            as_page = scope["path"] in PAGES and "text/html" in connection.headers.get("accept", "")
            told = HTMLResponse(REFUSED_PAGE.format(escape(refusal.sentence)), refusal.status) if as_page else None
            response = told or _refused(refusal)
            if holder is None:
                response.headers["Connection"] = "close"  # its place is for those who have a key
            await response(scope, receive, send_with_headers)
            return
        scope["dowel.pass"] = holder
        await self._app(scope, _limited(receive), send_with_headers)

    def _refusal(self, path: str, holder: Pass | None) -> Refusal | None:
        if holder is None:
            return NO_KEY
        if self._access.too_often(holder):
            return TOO_OFTEN
        places, refusal = ONLY.get(holder.role, ("/", None))
        return None if path.startswith(places) else refusal

    def _cookie_names(self, path: str) -> tuple[str, ...]:
        """The cookies that a page may come with: a helper's is another, as the live page may be in the same browser.

        Cookies know no ports, so each practice has its own: two of them must not log each other out.
        """
        names = (f"dowel-{self._door.port}", f"dowel-helper-{self._door.port}")
        return names if path.startswith("/static/") else names[1:] if path.startswith("/helper") else names[:1]

    def _set_cookie(self, path: str, value: str) -> str:
        secure = "; Secure" if self._door.scheme == "https" else ""
        return (
            f"{self._cookie_names(path)[0]}={value}; Path=/; Max-Age={COOKIE_S:.0f}; HttpOnly; SameSite=Strict{secure}"
        )


class _Refused(UsageError):
    """A request whose status says more than that it cannot be done."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def _limited(receive: Receive) -> Receive:
    """The request's body, given up where it is larger than anything the page sends, or takes longer."""
    taken, is_whole = 0, False

    async def limited() -> Message:
        nonlocal taken, is_whole
        if is_whole:
            return await receive()  # waits until the other end goes
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                message = await receive()
        except TimeoutError:
            raise _Refused(408, "What was sent took too long.") from None
        taken += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if taken > MOST_BYTES:
            raise _Refused(413, f"That is more than {MOST_BYTES} bytes at once.")
        return message

    return limited


async def _json_of(request: Request) -> dict[str, Any]:
    """What a page sent: numbers that are numbers, and texts that can be written."""
    try:
        found = json.loads(await request.body(), parse_int=_whole_number, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate is no letter
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError("What was sent is not a JSON object.")
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


def _no_number(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _number_of(asked: Mapping[str, Any], name: str, otherwise: str) -> float:
    """The number of that name, NaN where there is none."""
    if not is_number(value := asked.get(name, math.nan)):
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
    return JSONResponse({"error": str(error)}, error.status if isinstance(error, _Refused) else 400)
