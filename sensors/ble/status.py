"""How a sensor's link is doing, and what is told when that changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from dowel.recordings.types import Placement


class LinkState(StrEnum):
    """Where a sensor's link stands."""

    CONNECTING = "connecting"
    STREAMING = "streaming"
    SILENT = "silent"
    LOST = "lost"
    STOPPED = "stopped"


@dataclass(slots=True)
class LinkStatus:
    """How a link is doing now.

    ``battery_pct`` and ``firmware`` as the sensor told them. ``rssi_dbm`` is that of its latest advert: a connected
    sensor sends none. ``notifications`` were handed on, ``dropped`` were the excess of a storm. ``last_arrival_ns`` is
    on the radio's clock. ``losses`` counts lost connections. ``sentence`` is the latest trouble; empty: all is well.
    """

    rssi_dbm: int
    state: LinkState = LinkState.CONNECTING
    battery_pct: float | None = None
    firmware: str = ""
    notifications: int = 0
    dropped: int = 0
    last_arrival_ns: int | None = None
    losses: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Something that happened to a link, in a sentence for the user; ``at_ns`` on the radio's clock."""

    placement: Placement
    kind: Literal["lost", "back", "silent", "storm", "note"]
    sentence: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """When a link loses patience. All of it is chosen to lose little of a set and to leave the radio to others."""

    silent_after_s: float = 1.0
    """Connected, but no data: told (DESIGN 5). At a usual interval of 30 ms it is thirty silent events in a row."""
    reconnect_after_silent_s: float = 3.0
    """Connected, but no data: connected anew. Longer than any fade that a lifter's body makes in front of the radio."""
    search_s: float = 5.0
    """One search for a lost sensor. It holds the radio, so that the next lost sensor waits no longer than this."""
    connect_s: float = 10.0
    """One try to connect a lost sensor; less than at first, where nobody waits for another sensor."""
    first_pause_s: float = 0.5
    """After the first failed try; a sensor that is switched on again advertises within a second."""
    longest_pause_s: float = 5.0
    """Pauses double up to this, because scanning without end takes radio time from the sensors that still stream; but
    a set is over in half a minute, and the sensor is wanted within it."""
    poll_s: float = 60.0
    """The battery is asked for this often; it changes by less than 1 % in the meantime."""
    storm_notifications_per_s: int = 2000
    """More than this is no measurement: ten times the fastest known, and the burst after a fade stays below."""
    rate_tolerance: float = 0.05
    """A rate that the sensor itself tells may differ from the asked one by this share (devices 12)."""

    def patience(self, latency_s: float) -> float:
        """Factor by which a sensor with such a latency may be silent longer, because it sends seldom (Polar: 1-2 s)."""
        return max(1.0, 3.0 * latency_s / self.silent_after_s)
