"""What this computer is called by in its networks."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress


def names_of(host: str) -> tuple[str, ...]:
    """What a browser may call this computer by when it is served at ``host``, the best first."""
    if host in ("0.0.0.0", "::"):
        own = socket.gethostname().lower()
        return (*addresses(), own, f"{own}.local")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return (host.lower(),)
    return (f"[{address}]" if address.version == 6 else str(address),)


def addresses() -> tuple[str, ...]:
    """The addresses of this computer in its networks, without loopback; the one that others reach it by first."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks the system for a way (RFC 5737)
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(each for each in found if not ipaddress.ip_address(each).is_loopback))
