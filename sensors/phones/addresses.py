"""Addresses of phones, as ``--sensor`` takes them; anything else is a Bluetooth address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from dowel.recordings.errors import UsageError

PHYPHOX: Final = "phyphox"
SENSOR_SERVER: Final = "sensorserver"
SENSOR_LOGGER: Final = "sensorlogger"
PAGE: Final = "phone"
PORTS: Final = {PHYPHOX: 80, SENSOR_SERVER: 8080}
"""Where no port is given: the app then shows none either (phyphox on an iPhone), or begins with this (SensorServer;
sources#units-and-layout)."""
PUSHED: Final = (SENSOR_LOGGER, PAGE)
"""They send by themselves, so that their address is only a word."""
KNOWN: Final = "phyphox://192.168.1.7:8080, sensorserver://192.168.1.7:8080, sensorlogger: and phone:"


@dataclass(frozen=True, slots=True)
class PhoneAddress:
    """How a phone is reached: the app, and where it listens (empty and 0 where it sends by itself)."""

    app: str
    host: str = ""
    port: int = 0

    @property
    def authority(self) -> str:
        """Host and port as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def phone_address(text: str) -> PhoneAddress | None:
    """The phone that an address names; None where it is none. Raises ``UsageError`` for one that cannot be."""
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme in PUSHED and colon:
        if rest.strip("/"):
            raise UsageError(f"--sensor: {scheme}: takes nothing behind it, because the phone sends by itself.")
        return PhoneAddress(scheme)
    if "://" not in text and scheme not in PORTS:
        return None
    if scheme not in PORTS:
        raise UsageError(f"--sensor: {text!r} is not an address of a phone. There are {KNOWN}.")
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or (parts.path.strip("/") or parts.query or parts.fragment or parts.username) or port == 0:
        raise UsageError(f"--sensor: {text!r} is not written like {scheme}://192.168.1.7:8080, as the app shows it.")
    return PhoneAddress(scheme, host, PORTS[scheme] if port is None else port)
