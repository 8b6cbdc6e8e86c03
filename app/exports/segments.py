"""What is known of the segments as the analysis goes on: where they point, and which limits hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.verdict import Direction, directions
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DOWEL_HINGE, default_drill
from dowel.analysis.events import Calibrated, Event, SensorCameOff, SensorSlipped
from dowel.analysis.orientation.rotations import conjugate, from_matrix, multiply, normalised
from dowel.recordings.types import FloatArray, Mark, MarkKind, Placement


class FramesInForce:
    """How each sensor sits on its segment, over session time: of calibrations, and of sensors that slipped."""

    def __init__(self) -> None:
        self._from_s: list[float] = [-np.inf]
        self._frames: list[Mapping[str, FloatArray]] = [{}]

    def take(self, events: Iterable[Event]) -> None:
        """The next events of the analysis."""
        for event in events:
            if isinstance(event, Calibrated):
                frames = {str(place): frame for place, frame in event.calibration.frames.items()}
            elif isinstance(event, SensorSlipped):
                frames = {**self._frames[-1], event.placement: event.frame}
            elif isinstance(event, SensorCameOff):
                frames = {place: frame for place, frame in self._frames[-1].items() if place != event.placement}
            else:
                continue
            self._from_s.append(event.time_s)
            self._frames.append(frames)

    def stretches(self, placement: Placement, start_s: float, stop_s: float) -> Iterator[tuple[float, FloatArray]]:
        """From when on, up to the next, which frame (3, 3) holds; nothing where none does."""
        first = bisect_right(self._from_s, start_s) - 1
        for since_s, frames in zip(self._from_s[first:], self._frames[first:], strict=True):
            if since_s >= stop_s:
                return
            yield max(since_s, start_s), frames.get(str(placement), np.full((3, 3), np.nan))


def segment_attitude(attitude: FloatArray, frame: FloatArray) -> FloatArray:
    """A segment's attitude (n, 4) with its heading taken out, from its sensor's (n, 4) of any length and the frame.

    Quaternions w, x, y, z of length 1 that lead from the segment's axes (x forward, y left, z up) to axes that stand
    upright and face where the segment's left axis says: a sensor without a magnetometer knows no heading, so that of
    two segments cannot be compared. NaN where nothing is known.
    """
    if not np.isfinite(frame).all():
        return np.full_like(attitude, np.nan)
    segment = normalised(multiply(attitude, conjugate(from_matrix(frame))))
    w, x, y, z = segment.T
    # the left axis seen from above is (2 (xy - wz), 1 - 2 (xx + zz)); turned by the heading it lies along y
    heading = np.arctan2(-2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z))
    back = np.zeros_like(segment)
    back[:, 0], back[:, 3] = np.cos(-0.5 * heading), np.sin(-0.5 * heading)
    return multiply(back, segment)


class LimitsInForce:
    """The ways to lose contact with their limits, over session time, as marks and calibrations have it."""

    def __init__(self, placements: Iterable[Placement]) -> None:
        self._setting = Setting(drill=default_drill(placements) or DOWEL_HINGE)
        self._calibration: Calibration | None = None
        self._from_s: list[float] = [-np.inf]
        self._directions: list[Mapping[str, Direction]] = [self._now()]

    def take(self, marks: Sequence[Mark], events: Iterable[Event]) -> None:
        """The next marks and events of the analysis."""
        steps: list[tuple[float, Mark | Calibration]] = [(mark.end_s, mark) for mark in marks]
        steps += [(event.time_s, event.calibration) for event in events if isinstance(event, Calibrated)]
        for time_s, step in sorted(steps, key=lambda each: each[0]):
            if isinstance(step, Calibration):
                self._calibration = step
            elif step.kind is MarkKind.DRILL:
                self._setting.take_drill(step)
            elif step.kind is MarkKind.LOAD:
                self._setting.take_load(step)
            elif step.kind is MarkKind.LIMITS:
                self._setting.take_limits(step)
            elif step.kind in (MarkKind.SET, MarkKind.SET_START, MarkKind.SET_END):
                self._setting.end_set()
                if step.kind is not MarkKind.SET_END:
                    self._setting.begin_set(step)
            else:
                continue
            now = self._now()
            if now != self._directions[-1]:
                self._from_s.append(time_s)
                self._directions.append(now)

    def _now(self) -> Mapping[str, Direction]:
        return directions(self._setting.limits(self._calibration))

    def at(self, time_s: float) -> Mapping[str, Direction]:
        """The ways to lose contact at a session time, by reason."""
        return self._directions[bisect_right(self._from_s, time_s) - 1]
