"""A stance calibration found in a recording that has no calibration steps: a quiet stand, then the first bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dowel.analysis.calibration.calibration import AXIS_RATIO, STILL_SPREAD_DEG, Calibration, forward_axes
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import normalised, up_in_sensor
from dowel.analysis.repetitions.rep_machine import Closed, Opened, RepMachine
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class Found:
    """The calibration (without bias), the quiet stretch as grid points, and how many bends gave the axis."""

    calibration: Calibration
    quiet: tuple[int, int]
    bends: int


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why nothing was found, as a sentence with what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class OwnStance:
    """Finds a stance calibration in a whole recording (design#calibration, import without marks); not causal.

    Data: grid values (sensors, n, columns) of the attitude without calibration.

    Parameters
    ----------
    quiet_s
        The quietest stretch of this length before the first bend is taken as upright.
    bends
        Up to so many first bends give the forward axis.

    Notes
    -----
    Source: sources#stance-search.
    """

    quiet_s: float = 0.5
    bends: int = 3

    def find(self, placements: list[str], values: FloatArray) -> Found | NotFound:
        """The calibration, or why there is none."""
        posture = Posture(placements)
        up = normalised(up_in_sensor(values[posture.trunk][..., :4]))
        width = round(self.quiet_s * GRID_HZ)
        if up.shape[1] < 2 * width:
            return NotFound("the recording is too short to find an upright stand in it")
        first = self._first_bend(posture, values)
        spread = _spread_deg(up[:, : max(first, 2 * width)], width)
        if np.isnan(spread).all():
            return NotFound("no stretch before the first bend in which all trunk sensors sent data")
        quietest = int(np.nanargmin(spread))
        if spread[quietest] > STILL_SPREAD_DEG:
            return NotFound(
                "no upright stand was found before the first bend (half a second of standing still); "
                "give a marks file with rod_hold and rod_hinges, or stand still before the first rep"
            )
        quiet = self._extend(spread, quietest, width)
        frames = self._frames(placements, values, quiet)
        if isinstance(frames, NotFound):
            return frames
        frames_of, ratios, bends = frames
        return Found(Calibration("stance", frames_of, axis_ratio=ratios), quiet, bends)

    def _first_bend(self, posture: Posture, values: FloatArray) -> int:
        """The point where the first bend has left its valley, taking the first attitude for upright."""
        angle = posture.angle_deg(posture.leans_deg(values))
        for event in RepMachine().run(0, angle, angle[:0]):
            if isinstance(event, Opened):
                return max(event.valley, 1)
        return len(angle)

    def _extend(self, spread: FloatArray, quietest: int, width: int) -> tuple[int, int]:
        """The quietest window, and what joins it as long as that is as good as still."""
        limit = max(2.0 * float(spread[quietest]), 0.2 * STILL_SPREAD_DEG)
        start = stop = quietest
        while start > 0 and spread[start - 1] <= limit:
            start -= 1
        while stop + 1 < len(spread) and spread[stop + 1] <= limit:
            stop += 1
        return start, stop + width

    def _frames(
        self, placements: list[str], values: FloatArray, quiet: tuple[int, int]
    ) -> tuple[dict[str, FloatArray], dict[str, float], int] | NotFound:
        """Segment frames of all sensors from the first bends after the stand."""
        posture = Posture(placements)
        up = up_in_sensor(values[..., :4])
        for sensor in range(len(placements)):
            stand = up[sensor, quiet[0] : quiet[1]]
            stand = stand[np.isfinite(stand[:, 0])]
            if len(stand):
                posture.zero(sensor, normalised(normalised(stand).mean(axis=0)))
        angle = posture.angle_deg(posture.leans_deg(values))
        found = [
            event.bend
            for event in RepMachine().run(quiet[1], angle[quiet[1] :], angle[: quiet[1]])
            if isinstance(event, Closed)
        ]
        if not found:
            return NotFound(
                "no bend was found, so forward is not known; record at least one hinge after standing still"
            )
        used = found[: self.bends]
        moving = np.concatenate([up[:, bend.valley : bend.closed] for bend in used], axis=1)
        present = np.flatnonzero(np.isfinite(moving[..., 0]).sum(axis=1) >= moving.shape[1] // 2).tolist()
        axes = forward_axes(
            posture.frames[present, 2], moving[present], [str(placements[sensor]) for sensor in present]
        )
        frames = {str(placements[sensor]): axis.frame for sensor, axis in zip(present, axes, strict=True)}
        ratios = {str(placements[sensor]): axis.ratio for sensor, axis in zip(present, axes, strict=True)}
        unclear = [place for place, ratio in ratios.items() if ratio < AXIS_RATIO]
        if all(str(placements[index]) in unclear or index not in present for index in posture.trunk):
            return NotFound(
                f"the first bends do not show which way is forward ({', '.join(unclear)}); begin with straight hinges"
            )
        return frames, ratios, len(used)


def _spread_deg(up: FloatArray, width: int) -> FloatArray:
    """How much the up vectors (sensors, n, 3) of the worst sensor wander in each window, deg; NaN where some miss."""
    # window by window: a running mean of squares (scipy.ndimage.uniform_filter1d) loses the digits that are left here
    windows = sliding_window_view(up, width, axis=1)
    spread = np.rad2deg(np.sqrt(windows.var(axis=-1).sum(axis=-1)))
    worst: FloatArray = spread.max(axis=0)
    return worst
