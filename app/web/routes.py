"""The page's addresses.

Nothing here names a file of the computer: what is served was read when the program started, and what a page sends is
an action, a choice or a movement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dowel.recordings.errors import DowelError, UsageError
from dowel.recordings.types import Placement
from dowel.web.access import Access, Door, Pass, Refusal, Role
from dowel.web.feed import Feed, Viewer
from dowel.web.guard import PAGES, Guard, RefusedRequest, refused
from dowel.web.request_content import json_of, number_of, one_of, placement_of

TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
"""Told here, because the system's list may call a script plain text (Windows), which a browser then refuses to run."""
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
    """The application behind one door, with the guard in front."""

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
            return refused(TOO_MANY_VIEWERS)
        return LiveStream(self._feed, viewer)

    async def _report(self, request: Request) -> Response:  # noqa: ARG002
        return HTMLResponse(await self._desk.report(), headers={"Content-Security-Policy": REPORT_POLICY})

    # --- what is asked ---

    async def _do(self, request: Request) -> Response:
        asked = await json_of(request)
        self._desk.act(
            str(asked.get("action", "")),
            text=str(asked.get("text", "")),
            load_kg=number_of(asked, "load_kg", "The load is a number of kilograms."),
            wall_cm=number_of(asked, "wall_cm", "The distance to the wall is a number of centimetres."),
            at_s=number_of(asked, "at_s", "A time is a number of seconds."),
        )
        self._feed.changed()
        return Response(status_code=204)

    async def _play(self, request: Request) -> Response:
        asked = await json_of(request)
        to_s = number_of(asked, "to_s", "Where to go is a number of seconds.")
        self._desk.play(str(asked.get("action", "")), to_s, str(asked.get("session", "")))
        self._feed.changed()
        return Response(status_code=204)

    async def _timeline(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse(self._desk.timeline())

    async def _cues(self, request: Request) -> Response:
        revision = self._desk.choose_cues(await json_of(request))
        self._feed.changed()
        return JSONResponse({"revision": revision})

    async def _invite(self, request: Request) -> Response:
        asked = await json_of(request)
        placement = one_of(Placement, asked["placement"]) if "placement" in asked else None
        return JSONResponse(self._desk.invite(one_of(Role, asked.get("role")), placement))

    async def _addresses(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse({"addresses": await asyncio.to_thread(self._desk.addresses)})  # a name server may be asked

    async def _door(self, request: Request) -> Response:
        await self._desk.open_to_phones(str((await json_of(request)).get("address", "")))
        return Response(status_code=204)

    # --- a phone that is a sensor ---

    async def _phone_motion(self, request: Request) -> Response:
        body = await request.body()
        arrival_ns = self._desk.clock_ns()  # at once: the sensor's clock learns from it
        return JSONResponse(self._desk.phone_moved(placement_of(request), body, arrival_ns))

    # --- a helper who watches the rod ---

    async def _helper_told(self, request: Request) -> Response:
        sent = await json_of(request)
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


async def _cannot(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return JSONResponse({"error": str(error)}, error.status if isinstance(error, RefusedRequest) else 400)
