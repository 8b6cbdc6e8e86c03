"""What units are worth in SI, by the words that people and programs write for them: one table for all who read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2

TIME_S: Final[Mapping[str, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
ACC_M_S2: Final[Mapping[str, float]] = {"m/s2": 1.0, "g": GRAVITY_M_S2, "mg": GRAVITY_M_S2 * 1e-3}
GYR_RAD_S: Final[Mapping[str, float]] = {"rad/s": 1.0, "deg/s": np.pi / 180.0, "mdeg/s": np.pi / 180e3}

_SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "s": ("seconds", "second", "sec", "secs"),
    "ms": ("milliseconds", "millis", "msec", "msecs"),
    "us": ("microseconds", "micros", "usec", "µs", "\u03bcs"),  # two signs that look alike: micro and mu
    "ns": ("nanoseconds",),
    "m/s2": ("m/s^2", "m/s²", "m/s/s", "m/sec^2", "metres per second squared", "meters per second squared"),
    "mg": ("milli-g",),
    "rad/s": ("radians per second", "rad/sec"),
    "deg/s": ("degrees per second", "dps", "°/s", "deg/sec"),
    "mdeg/s": ("mdps",),
}
_UNIT_OF: Final = {word: unit for unit, words in _SPELLINGS.items() for word in words}


def worth(word: str, units: Mapping[str, float]) -> float | None:
    """What one of the unit written so is worth in SI; None if it is none of these ``units``."""
    word = word.lower()
    return units.get(_UNIT_OF.get(word, word))


def in_names(units: Mapping[str, float]) -> dict[str, float]:
    """The units as they stand at the end of a column's name: ``m_s2`` of ``acc_x_m_s2``."""
    return {unit.replace("/", "_"): value for unit, value in units.items()}
