"""The types every room shares: placements, sensors, notifications, marks, samples.

A session is one ordered stream of notifications (raw bytes as a sensor sent them, with their arrival time) and
marks (something that happened at a time). Everything else is computed from that stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

GRAVITY_M_S2: Final = 9.80665
"""Standard gravity; converts g to m/s2 (CGPM 1901)."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


SyncSource = Literal["measured", "declared"]
"""Whence it is known how well sensors agree in time: by their movement, or from what clocks, files or people say."""


@dataclass(frozen=True, slots=True)
class Sync:
    """How well the time between two sensors is known.

    Parameters
    ----------
    ms
        The uncertainty.
    source
        Whence it comes.
    """

    ms: float
    source: SyncSource


class Placement(StrEnum):
    """Where a sensor sits on the body."""

    UPPER_BACK = "upper_back"
    SACRUM = "sacrum"
    HEAD = "head"
    THIGH_LEFT = "thigh_left"
    THIGH_RIGHT = "thigh_right"
    SHANK = "shank"
    PELVIS_FRONT = "pelvis_front"
    STERNUM = "sternum"
    ROD = "rod"

    @property
    def words(self) -> str:
        """As a person reads it: ``upper back``."""
        return self.replace("_", " ")

    @property
    def site(self) -> str:
        """Where exactly it sits, as a person can find it alone; empty where no more is to be said than the name."""
        return _SITES.get(self, "")


_SITES: Final = {
    Placement.UPPER_BACK: "on the spine, between the lower tips of the shoulder blades",  # sources#sensor-sites
    Placement.SACRUM: "on the flat bone above the crease of the buttocks",  # sources#sensor-sites
    Placement.STERNUM: "on the middle of the breastbone",
    Placement.PELVIS_FRONT: "on the bone that stands out at the front of the hip, left or right",
}

TRUNK: Final = (Placement.UPPER_BACK, Placement.SACRUM)
"""Where reps are counted; both are needed to judge contact."""
LYING: Final = (Placement.STERNUM, Placement.PELVIS_FRONT)
"""What takes their place in somebody who lies on the back; the pelvis alone is enough to judge."""

HUMAN_VERDICTS: Final = ("held", "lost", "not_judged")
"""What a ``verdict`` mark can say: how a person judges a bend, beside the program."""

CONTACTS: Final = (Placement.HEAD, Placement.UPPER_BACK, Placement.SACRUM)
"""The three points of the rod, as ``truth`` marks name them (sources#three-points)."""
WATCHED: Final = "watched"
"""What a ``truth`` mark names the time in which somebody, or a switch, looked at the contacts."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor of a session.

    Parameters
    ----------
    placement
        Where it sits.
    driver
        Names the decoder of its notifications.
    name, address, firmware
        As the sensor gave them; may be empty.
    asked_rate_hz, measured_rate_hz
        The rate that was asked for, and the one that was found; None where unknown.
    settings
        What the decoder and the clock must know and cannot read from the bytes (full-scale ranges, time offset of an
        imported file, ...), as JSON values with the unit in the key.
    """

    placement: Placement
    driver: str
    name: str = ""
    address: str = ""
    firmware: str = ""
    asked_rate_hz: float | None = None
    measured_rate_hz: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notifications:
    """Many notifications of one sensor, column by column, in the order of their arrival.

    Parameters
    ----------
    sequence
        Session-wide (n,): it orders notifications of all sensors and marks.
    arrival_ns
        The local monotonic clock at the moment of arrival (n,).
    length
        Size of each payload in bytes (n,).
    payload
        All payloads joined.
    """

    sequence: IntArray
    arrival_ns: IntArray
    length: IntArray
    payload: bytes

    def __len__(self) -> int:
        return len(self.sequence)

    @staticmethod
    def one(sequence: int, arrival_ns: int, payload: bytes) -> Notifications:
        """A single notification.

        Parameters
        ----------
        sequence, arrival_ns, payload
            As in the columns.
        """
        return Notifications(np.array([sequence]), np.array([arrival_ns]), np.array([len(payload)]), payload)

    @staticmethod
    def none() -> Notifications:
        """No notification at all."""
        empty = np.empty(0, np.int64)
        return Notifications(empty, empty, empty, b"")

    def between(self, start: int, stop: int) -> Notifications:
        """Those between two indices.

        Parameters
        ----------
        start
            The first of them.
        stop
            The one after the last.
        """
        first = int(self.length[:start].sum())
        last = first + int(self.length[start:stop].sum())
        return Notifications(
            self.sequence[start:stop], self.arrival_ns[start:stop], self.length[start:stop], self.payload[first:last]
        )


class MarkKind(StrEnum):
    """What a mark can say. Every mark that changes a number is in the stream."""

    STEP_START = "step_start"
    STEP_END = "step_end"
    CLAP = "clap"
    STILL = "still"
    ROD_HOLD = "rod_hold"
    ROD_HINGES = "rod_hinges"
    SLUMP = "slump"
    SPACER = "spacer"
    LYING = "lying"
    PRESSED = "pressed"
    RELAXED = "relaxed"
    STANCE_HOLD = "stance_hold"
    STANCE_BENDS = "stance_bends"
    CALIBRATION = "calibration"
    SET = "set"
    SET_START = "set_start"
    SET_END = "set_end"
    LOAD = "load"
    DRILL = "drill"
    HEIGHT = "height"
    RULES = "rules"
    LIMITS = "limits"
    REP = "rep"
    VOID = "void"
    VERDICT = "verdict"
    UNDO = "undo"
    NOTE = "note"
    TRUTH = "truth"
    FACT = "fact"
    LINK_LOST = "link_lost"
    LINK_BACK = "link_back"
    TICK = "tick"
    END = "end"


CALIBRATION_STEPS: Final = (
    *(MarkKind.STILL, MarkKind.CLAP, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SLUMP, MarkKind.SPACER),
    *(MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS),
)
"""The marks that span a step of a calibration."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time.

    Parameters
    ----------
    sequence
        Its place in the stream.
    kind
        What it says.
    start_s, end_s
        Session times, equal for a moment.
    detail
        A JSON object.
    added
        Whether it was written after the fact (an import's marks file, a correction); the reader moves it to the place
        in the stream that its ``end_s`` asks for.
    """

    sequence: int
    kind: MarkKind
    start_s: float
    end_s: float
    detail: Mapping[str, Any] = field(default_factory=dict)
    added: bool = False


@dataclass(frozen=True, slots=True)
class StreamSlice:
    """A run of the session's stream.

    Parameters
    ----------
    notifications
        For each sensor, by index, its notifications.
    marks
        The marks among them, in stream order; a mark stands before every notification whose sequence number is not
        below its own.
    """

    notifications: Sequence[Notifications]
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of one sensor: ``time_s`` (n,), specific force ``acc_m_s2`` (n, 3), angular rate ``gyr_rad_s`` (n, 3).

    Specific force is +9.8 along the axis that points up at rest. The time base is said where samples are made: a
    recording's own time, a device's time, or session time.
    """

    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray

    def __len__(self) -> int:
        return len(self.time_s)

    def rows(self, start: int, stop: int) -> Samples:
        """Those from one index to before another."""
        part = slice(start, stop)
        return Samples(self.time_s[part], self.acc_m_s2[part], self.gyr_rad_s[part])


class SampleRows(Protocol):
    """Samples that are looked at some rows at a time, as a long recording's need not be in memory."""

    @property
    def time_s(self) -> FloatArray:
        """The times of all of them (n,)."""

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Samples:
        """Those from one index to before another."""
