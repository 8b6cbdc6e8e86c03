"""What is measured of a live practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dowel.analysis.contact.limits import Limits
from dowel.analysis.events import ContactPassed
from dowel.practice.demo import Compared
from dowel.recordings.types import FloatArray
from tests.live.rig import Measured

MARGIN_DEG = 2.0
NEUTRAL_DEG = 4.0
"""The margins of validation#verdicts-and-cues: nearer to a limit, soft tissue of 2 to 4 deg decides."""
SETTLED_S = 60.0
"""From here on the sensors' clocks are held to their targets."""


def clock_errors_ms(measured: Measured) -> list[FloatArray]:
    """For each sensor by how much every sample's time is wrong; sessions without any loss only."""
    errors = []
    for true_s, stamped_s in zip(measured.true_s, measured.stamped_s, strict=True):
        # a decoder may hold the last frames back until it has seen what follows them
        assert 0 <= len(true_s) - len(stamped_s) <= 16, (len(true_s), len(stamped_s))
        errors.append(1e3 * (stamped_s - true_s[: len(stamped_s)]))
    return errors


def sync_errors_ms(measured: Measured) -> FloatArray:
    """By how much the first two sensors' times differ, every 50 ms, once they have settled."""
    errors = clock_errors_ms(measured)[:2]
    times = [true_s[: len(error)] for true_s, error in zip(measured.true_s, errors, strict=False)]
    grid_s = np.arange(SETTLED_S, min(time_s[-1] for time_s in times), 0.05)
    first, second = (np.interp(grid_s, time_s, error) for time_s, error in zip(times, errors, strict=True))
    return np.abs(first - second)


@dataclass(frozen=True)
class CueTimes:
    """One loss of contact, from the bones to the sound, in ms.

    ``estimate``: from the true crossing to the one that was found (soft tissue and clocks make it early or late);
    ``hold``: until it had been held; ``transport``: until the notification was there that showed it; ``compute``: until
    the cue event was out (real time of this machine). Negative estimates are crossings that were found early.
    """

    estimate: float
    hold: float
    transport: float
    compute: float

    @property
    def total(self) -> float:
        """From the true crossing to the cue event."""
        return self.estimate + self.hold + self.transport + self.compute


def cue_times(measured: Measured) -> list[CueTimes]:
    """Every loss of contact that truly was one."""
    found = []
    for event, arrival_s, work_s in measured.heard:
        if isinstance(event, ContactPassed) and event.level == "lost":
            true_s = true_crossing_s(measured, event)
            if true_s is not None:
                found.append(
                    CueTimes(
                        1e3 * (event.began_s - true_s),
                        1e3 * (event.time_s - event.began_s),
                        1e3 * (arrival_s - event.time_s),
                        1e3 * work_s,
                    )
                )
    return found


def true_crossing_s(measured: Measured, event: ContactPassed) -> float | None:
    """Session time at which the bones passed the limit that was in force; None where they did not in this bend."""
    truth, limits = measured.truth, limits_of(measured)
    time_s = truth.time_s - measured.origin_s
    bend = next(
        (rep for rep in truth.reps if rep.start_s - 0.5 <= event.time_s + measured.origin_s <= rep.end_s + 0.5), None
    )
    if bend is None:
        return None
    inside = (time_s >= bend.start_s - measured.origin_s) & (time_s <= bend.end_s - measured.origin_s)
    beyond = (
        truth.deviation_deg > limits.lost_deg
        if event.reason == "rounded"
        else truth.deviation_deg < -limits.arching_lost_deg
    )
    crossed = np.flatnonzero(inside & beyond)
    return float(time_s[crossed[0]]) if len(crossed) else None


def limits_of(measured: Measured) -> Limits:
    """The limits by which the set was judged."""
    return measured.live.results.limits_at(measured.live.results.rep_rows[-1])


def right(compared: Compared, limits: Limits) -> bool | None:
    """Whether a verdict is as validation#verdicts-and-cues asks; None where the bones are too near to a limit."""
    true, row = compared.true, compared.row
    said = row.verdict if row is not None else "nothing"
    sides = (
        (true.held_flexion_deg, limits.warn_deg, limits.lost_deg),
        (-true.held_extension_deg, limits.arching_warn_deg, limits.arching_lost_deg),
    )
    if any(peak >= lost + MARGIN_DEG for peak, _, lost in sides):
        return said == "lost"
    if any(peak > lost - MARGIN_DEG for peak, _, lost in sides):
        return None
    if any(peak >= warn + MARGIN_DEG for peak, warn, _ in sides):
        return said == "warned"
    return said == "held" if all(peak < NEUTRAL_DEG for peak, _, _ in sides) else None


def told(values: Sequence[float] | FloatArray) -> str:
    """Median, 95th and 99th percentile and the largest."""
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, max {np.max(values):.1f}"
