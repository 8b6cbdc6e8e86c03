"""In front of the page's routes: lets through what is allowed (``access``), and limits what is sent."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dowel.recordings.errors import UsageError
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
from dowel.web.plain_pages import INVITED_HEADERS, INVITED_PAGE, REFUSED_PAGE

MOST_BYTES: Final = 64 * 1024
"""Of what a page sends at a time: a note is 500 letters, half a second of a phone's movement a few kilobytes."""
BODY_WITHIN_S: Final = 10.0
"""It takes some ms."""
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
            response = told or refused(refusal)
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


class RefusedRequest(UsageError):
    """A request whose status says more than that it cannot be done."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def _limited(receive: Receive) -> Receive:
    """The request's body, given up where it is larger than anything the page sends, or takes longer."""
    taken, is_whole = 0, False

    async def within_limits() -> Message:
        nonlocal taken, is_whole
        if is_whole:
            return await receive()  # waits until the other end goes
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                message = await receive()
        except TimeoutError:
            raise RefusedRequest(408, "What was sent took too long.") from None
        taken += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if taken > MOST_BYTES:
            raise RefusedRequest(413, f"That is more than {MOST_BYTES} bytes at once.")
        return message

    return within_limits


def refused(refusal: Refusal) -> Response:
    """The answer to a program: a page's script reads the sentence."""
    return JSONResponse({"error": refusal.sentence}, refusal.status)
