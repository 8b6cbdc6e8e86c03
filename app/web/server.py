"""The page's servers, in the practice's own loop: one for this computer and, where asked for, one for the network."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from dowel.web.access import Door
from dowel.web.connections import Doorway, Places
from dowel.web.listener import listen, listen_in_network, served
from dowel.web.network import names_of

PORT: Final = 8642
"""Registered for nothing that a lifter's computer runs; the next free one is taken where it is in use."""
NETWORK_PORT: Final = 8643
LOOPBACK: Final = "127.0.0.1"
LOCAL_PLACES: Final = Places(48, 48)
NETWORK_PLACES: Final = Places(96, 16)
"""A browser opens six connections at most. Twelve viewers, and two browsers on one device; in all, with the listener
for phones, fewer than the 256 files that macOS lets a program have open."""
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
    listening = listen(LOOPBACK, PORT)
    port = listening.getsockname()[1]
    return Place(listening, Door("http", (LOOPBACK, "localhost"), port, local=True), f"http://{LOOPBACK}:{port}")


def network_place(host: str) -> Place:
    """On the network, at an address or name of this computer, or at all of them (``0.0.0.0``, ``::``).

    Raises ``UsageError`` where this computer has no such address.
    """
    listening = listen_in_network(host, NETWORK_PORT)
    port = listening.getsockname()[1]
    names = names_of(host)
    return Place(listening, Door("https", names, port, local=False), f"https://{names[0]}:{port}")


@asynccontextmanager
async def serving(place: Place, app: ASGIApp, certificate: Path | None = None) -> AsyncIterator[None]:
    """Inside, the application is served at a place, the network's with this certificate (PEM file)."""
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    doorway = Doorway(LOCAL_PLACES if place.door.local else NETWORK_PLACES, tls)
    async with served(app, place.listening, doorway, patience_s=PATIENCE_S):
        yield
