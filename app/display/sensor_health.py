"""How a sensor is doing while a session runs: rate, battery, signal, gaps, clock; shown, and kept in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dowel.recordings.types import Placement

RATE_TOLERANCE: Final = 0.05
"""Rates further off than this get a warning; a WitMotion's usual 0.5 to 1.1 % do not (sources#witmotion)."""
HEARD_LINK: Final = "link"
"""Kind under which the state of the sensors is kept in the file."""


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """One sensor now. ``rate_hz`` is measured over the last seconds; None where it is not known (yet)."""

    placement: Placement
    name: str
    state: str
    asked_rate_hz: float
    rate_hz: float | None
    battery_pct: float | None
    rssi_dbm: int | None
    losses: int
    lost_s: float
    filled_samples: int
    bad_frames: int
    clock_ms: float | None
