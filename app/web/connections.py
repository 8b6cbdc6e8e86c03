"""Who may hold a connection, and for how long: whoever only sits there keeps nobody else out.

A connection that waits (for its TLS handshake, for the head of a request, or after an answer) costs a place and gives
nothing. It has a time for it, and where there are too many the next arrival takes the place of the one that has waited
longest. A connection that does not take what it is sent is cut, so that what waits to be sent is given back.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S: Final = 5.0
"""The head of a request takes some ms, with the handshake before it a second in a bad network."""
STUCK_S: Final = 20.0
"""Whoever takes nothing for so long is gone; a viewer that wakes up later connects again."""
FAREWELL_S: Final = 2.0
"""For the other end to agree that a connection is over."""


@dataclass(frozen=True, slots=True)
class Places:
    """How many connections there may be at a socket at once, and how many of one peer."""

    most: int
    most_of_peer: int


class Doorway:
    """The connections at one listening socket. ``tls``: what secures them, if anything does."""

    def __init__(self, places: Places, tls: ssl.SSLContext | None) -> None:
        self.places, self.tls = places, tls
        self._inside: set[Connection] = set()

    def admit(self, arrived: Connection) -> bool:
        """Take it up, in the place of one that only waits where there are too many. False: all places are in use."""
        crowd = {each for each in self._inside if each.peer == arrived.peer}
        if len(crowd) < self.places.most_of_peer:
            crowd = self._inside if len(self._inside) >= self.places.most else set()
        if crowd:
            waiting = [each for each in crowd if each.waits]
            if not waiting:
                return False
            min(waiting, key=lambda each: (each.answered, each.since_s)).cut()
        self._inside.add(arrived)
        return True

    def leave(self, gone: Connection) -> None:
        """Its place is free."""
        self._inside.discard(gone)

    def close(self) -> None:
        """Those who only wait need not wait for the end."""
        for each in [each for each in self._inside if each.waits]:
            each.cut()


class Connection(H11Protocol):
    """One connection to a server of ours, from when it is accepted."""

    def __init__(self, doorway: Doorway, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._doorway = doorway
        self._tcp: asyncio.Transport | None = None
        self._securing: asyncio.Task[None] | None = None
        self._speaks_http = False
        self._early = bytearray()
        self._deadline: asyncio.TimerHandle | None = None
        self._is_stuck = False
        self.peer = ""
        self.since_s = 0.0
        """Since when it waits."""
        self.answered = False
        """Whether it has been given an answer after which it may go on asking: those without a key are not."""

    @property
    def waits(self) -> bool:
        """Whether nothing is being answered here."""
        return self.cycle is None or self.cycle.response_complete

    def cut(self) -> None:
        """End it at once, whatever is still to be sent."""
        self._doorway.leave(self)
        if self._tcp is not None:
            self._tcp.abort()

    # --- what asyncio tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accepted: it gets a place, and a time to say what it wants."""
        self._tcp = transport
        self.peer = _peer_of(transport)
        self.since_s = self.loop.time()
        if not self._doorway.admit(self):
            transport.abort()
            return
        self._watch()
        if self._doorway.tls is None:
            self._speak_http(transport)
        else:
            transport.pause_reading()  # what comes belongs to the handshake
            self._securing = self.loop.create_task(self._secure(transport, self._doorway.tls))

    async def _secure(self, transport: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            secured = await self.loop.start_tls(
                transport,
                self,
                tls,
                server_side=True,
                ssl_handshake_timeout=HEAD_WITHIN_S,
                ssl_shutdown_timeout=FAREWELL_S,
            )
        except OSError:  # no TLS, or the certificate is not taken
            secured = None
        if secured is None or transport.is_closing():  # gone in the meantime
            self.cut()
            return
        self._speak_http(secured)
        if self._early:
            self.data_received(bytes(self._early))

    def _speak_http(self, transport: asyncio.Transport) -> None:
        self._speaks_http = True
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Part of a request, or several of them."""
        if not self._speaks_http:  # a request that came with the end of the handshake
            self._early += data
            return
        waited = self.waits
        super().data_received(data)
        if waited and not self.waits:
            self._watch()

    def on_response_complete(self) -> None:
        """Answered: it waits again, or is closed."""
        self.since_s = self.loop.time()
        self.answered = not self.transport.is_closing()
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """It takes too little of what it is sent."""
        self._is_stuck = True
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """It takes it again."""
        self._is_stuck = False
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._doorway.leave(self)
        if self._deadline is not None:
            self._deadline.cancel()
        if self._speaks_http:
            super().connection_lost(exc)

    def _watch(self) -> None:
        """Give it the time that it may take for what it is to do next."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._is_stuck:
            self._deadline = self.loop.call_later(STUCK_S, self.cut)
        elif self.waits:
            self._deadline = self.loop.call_later(HEAD_WITHIN_S, self.cut)


def _peer_of(transport: asyncio.Transport) -> str:
    """Who it is: an address, or the network that one computer has all addresses of (IPv6, RFC 4291 2.5.4)."""
    host = (transport.get_extra_info("peername") or ("",))[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return str(host)
    return str(address if address.version == 4 else ipaddress.ip_network((int(address), 64), strict=False))
