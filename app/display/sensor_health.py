"""How a sensor is doing while a session runs: rate, battery, signal, gaps, clock; shown, and kept in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState

RATE_TOLERANCE: Final = 0.05
"""Rates further off than this get a warning; a WitMotion's usual 0.5 to 1.1 % do not (sources#witmotion)."""
HEARD_LINK: Final = "link"
"""Kind under which the state of the sensors is kept in the file."""


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """One sensor now, as it is shown and, with these names in this order, kept in the session file.

    ``asked_rate_hz`` is 0 where no rate was asked for. ``rate_hz`` is measured over the last seconds; None, as for the
    other figures, where it is not known (yet). ``losses`` counts lost connections, ``lost_s`` is how long the sensor
    was away in all; ``filled_samples`` were put into gaps, ``bad_frames`` left out. ``clock_ms`` is how uncertain its
    clock is. ``breaks`` counts the gaps too long to be filled, ``lost_samples`` and ``doubled_samples`` what a sensor
    that only counts lost or sent twice; while it is ``settling`` nothing is judged: after a gap, or its times are in
    doubt. ``impossible_samples`` were left out too, for ``frozen_s`` it repeated itself instead of measuring,
    ``clipped_samples`` stood at the end of its range; ``gyr_gain`` is how many times as far as gravity its gyroscope
    turns, where that is surely not once.
    """

    placement: Placement
    name: str
    state: LinkState
    asked_rate_hz: float = 0.0
    rate_hz: float | None = None
    battery_pct: float | None = None
    rssi_dbm: int | None = None
    losses: int = 0
    lost_s: float = 0.0
    filled_samples: int = 0
    bad_frames: int = 0
    clock_ms: float | None = None
    breaks: int = 0
    lost_samples: int = 0
    doubled_samples: int = 0
    settling: bool = False
    impossible_samples: int = 0
    frozen_s: float = 0.0
    clipped_samples: int = 0
    gyr_gain: float | None = None

    @property
    def gaps(self) -> int:
        """How often data was missing for longer than is filled, whatever the reason."""
        return max(self.losses, self.breaks)

    @property
    def rate_off(self) -> float | None:
        """By which share the rate differs from the asked one; None where one of them is not known."""
        return self.rate_hz / self.asked_rate_hz - 1.0 if self.rate_hz is not None and self.asked_rate_hz else None
