"""In what the versions of BlueZ differ, as far as a program sees it.

5.87 from its sources; 5.66 (Debian 12) from thirty questions to a real one, with the same sensors behind its kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Version:
    """Version 5.87 is the one with nothing set."""

    resolved_after_s: tuple[float, ...] = ()
    """Connect returns when the link is there, and services are known so much later, in turn; the real one took 0.6 to
    5 s. Empty: Connect returns when they are known."""
    disconnects_after_s: float = 0.0
    """A link is ended so long after Disconnect was called, and the answer comes then. In all versions it is 2 s
    (DISCONNECT_TIMER in its src/device.c); one version with a part of it meets a program that does not wait."""
    second_connect_failed: bool = False
    """A second Connect meanwhile is answered ``Failed``, not ``InProgress``."""
    notify_wants_link: bool = False
    """StartNotify without a link is refused; otherwise it takes effect with the next link."""
    forgets_with_power: bool = False
    """Devices that were never connected are removed when the adapter is switched off."""
    remembers_devices: bool = False
    """Devices that were once connected are there again after a restart of the service."""


VERSIONS: Final = {
    "5.66": Version(
        resolved_after_s=(0.6, 2.5),
        disconnects_after_s=0.5,
        second_connect_failed=True,
        notify_wants_link=True,
        forgets_with_power=True,
        remembers_devices=True,
    ),
    "5.87": Version(),
}
NEWEST: Final = "5.87"
