"""Who may see the page and use it: tokens in addresses, which are exchanged for a cookie.

Other programs on this computer and other pages in its browser can reach a local port too, so the rules hold on
loopback as well (design#safety): a request must name a host that is ours (against DNS rebinding), bring the cookie,
and, unless it only reads, come from our own page (against forged requests).
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from dowel.recordings.types import Placement

TOKEN_BYTES: Final = 24
"""192 bits: cannot be guessed, and a QR code of it stays coarse enough for any camera."""
COOKIE_S: Final = 12 * 3600.0
"""Longer than any practice; after it the address must be opened again."""
INVITATION_S: Final = 600.0
"""Time to fetch the phone and strap it on."""
MOST_INVITATIONS: Final = 32
"""That are open at once; the oldest give way."""
REQUESTS_PER_S: Final = 60.0
BURST: Final = 120
"""A viewer asks a few times a minute, a phone that is a sensor posts ten times a second."""


class Role(StrEnum):
    """What a cookie is good for."""

    SCREEN = "screen"
    SENSOR = "sensor"
    HELPER = "helper"


@dataclass(slots=True)
class Pass:
    """What somebody who was let in may do, until when, and how much of the rate is left."""

    role: Role
    placement: Placement | None
    expires_s: float
    number: int
    """Among those let in with this role, from 1."""
    asked_s: deque[float] = field(default_factory=lambda: deque(maxlen=BURST))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: an HTTP status and a sentence for the person."""

    status: int
    sentence: str


STRANGE_HOST: Final = Refusal(403, "This address is not the page's. Open the one that the program shows.")
STRANGE_ORIGIN: Final = Refusal(403, "Only the program's own page can do this.")
NO_KEY: Final = Refusal(
    401,
    "This page's key is missing or no longer valid. Open the address that the program shows now, or scan its code: "
    "each code works only once.",
)
NOT_FOR_SENSORS: Final = Refusal(403, "A phone that is a sensor may only send its movement.")
NOT_FOR_HELPERS: Final = Refusal(403, "A helper's page may only tell when the rod leaves the back.")
TOO_OFTEN: Final = Refusal(429, "Too many requests. Wait a second.")


class Access:
    """Keeps tokens and cookies. ``clock`` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tokens: dict[bytes, tuple[Role, Placement | None, float]] = {}
        self._passes: dict[bytes, Pass] = {}
        self._numbers = dict.fromkeys(Role, 0)
        self.screen_token = secrets.token_urlsafe(TOKEN_BYTES)
        """Good for any number of screens on this computer, as long as the program runs."""

    def invite(self, role: Role, placement: Placement | None = None) -> str:
        """A token that lets one browser in, once, within ``INVITATION_S``."""
        token, now_s = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        still_open = [(key, each) for key, each in self._tokens.items() if each[2] >= now_s]
        self._tokens = dict(still_open[1 - MOST_INVITATIONS :])
        self._tokens[_hash(token)] = (role, placement, now_s + INVITATION_S)
        return token

    def awaits(self, token: str) -> bool:
        """Whether this invitation is still good. To ask does not use it up."""
        invitation = self._tokens.get(_hash(token))
        return invitation is not None and invitation[2] >= self._clock()

    def open_screen(self, token: str) -> str | None:
        """The cookie for the screens' own token; None where it is not that."""
        if not secrets.compare_digest(_hash(token), _hash(self.screen_token)):
            return None
        return self._admit(Role.SCREEN, None)

    def accept(self, token: str) -> str | None:
        """The cookie for an invitation; None where it is not (or no longer) good."""
        invitation = self._tokens.pop(_hash(token), None)  # once: whoever copies it from a screen comes too late
        if invitation is None or invitation[2] < self._clock():
            return None
        return self._admit(invitation[0], invitation[1])

    def _admit(self, role: Role, placement: Placement | None) -> str:
        now_s = self._clock()
        self._passes = {
            key: each
            for key, each in self._passes.items()
            if each.expires_s >= now_s and not (role is each.role is Role.SENSOR and each.placement is placement)
        }  # one phone at a placement: whoever was invited later takes the place
        self._numbers[role] += 1
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        self._passes[_hash(cookie)] = Pass(role, placement, now_s + COOKIE_S, self._numbers[role])
        return cookie

    def pass_of(self, cookie: str | None) -> Pass | None:
        """What this cookie is good for; None: nothing."""
        found = self._passes.get(_hash(cookie)) if cookie else None
        return found if found is not None and found.expires_s >= self._clock() else None

    def too_often(self, holder: Pass) -> bool:
        """Whether this request is beyond the rate that is granted to its sender; counts it."""
        now_s, asked = self._clock(), holder.asked_s
        full = len(asked) == BURST and now_s - asked[0] < BURST / REQUESTS_PER_S
        if not full:
            asked.append(now_s)
        return full


def _hash(secret: str) -> bytes:
    """Secrets are looked up by their hash, so that how long it takes tells nothing of them."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


@dataclass(frozen=True, slots=True)
class Door:
    """One address that the page is served at: ``scheme`` and ``port``, and the ``hosts`` that it may be called by.

    ``local``: only programs on this computer reach it.
    """

    scheme: str
    hosts: Collection[str]
    port: int
    local: bool

    def refusal(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request with these headers (names in lower case) is not ours, if so."""
        host = headers.get("host", "").lower()
        if host not in {f"{name}:{self.port}" for name in self.hosts}:
            return STRANGE_HOST
        if method in ("GET", "HEAD"):
            return None
        return None if headers.get("origin", "").lower() == f"{self.scheme}://{host}" else STRANGE_ORIGIN
