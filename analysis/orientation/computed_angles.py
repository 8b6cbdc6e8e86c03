"""Leans and deviations of the kept grid points, with the calibration in force."""

from __future__ import annotations

from dowel.analysis.contact.verdict import Fault
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History

OF_THE_BEND = Fault.BENT_SIDEWAYS | Fault.HEADING_GAP | Fault.HEADING_CLIPPED
"""Faults that a point has by what bend it is in, and that another start of the bend changes."""


class ComputedAngles:
    """Writes what attitudes mean into the history: leans for bends to be found by, and behind them the deviation.

    A bend that opens changes the deviation from its start on, as nobody twists there; so that of points in which bends
    have not been looked for yet is left until then. ``posture`` and ``history`` as the pipeline keeps them.
    """

    def __init__(self, posture: Posture, history: History) -> None:
        self._posture = posture
        self._history = history
        self._next = history.next

    def lean(self, first: int, end: int) -> None:
        """Compute leans from one point to before another; deviations from there on are to be computed again."""
        self._history.lean_deg(first, end)[:] = self._posture.leans_deg(self._history.up(first, end))
        self._next = min(self._next, first)

    def deviate_until(self, end: int) -> None:
        """Compute deviations up to before a point, as far as they are not."""
        start = self._next
        if start >= end:
            return
        history, posture = self._history, self._posture
        lean, faults = history.lean_deg(start, end), history.faults(start, end)
        values, status = history.values(start, end), history.status(start, end)
        spine = posture.spine(values, status)
        flexion_deg = None
        if spine is not None:
            flexion_deg = spine.flexion_deg
            faults &= ~int(OF_THE_BEND)
            faults[spine.sideways] |= Fault.BENT_SIDEWAYS
            faults |= spine.lost
        history.deviation_deg(start, end)[:] = posture.deviation_deg(lean, flexion_deg, faults)
        history.head_deg(start, end)[:] = posture.head_deg(lean, faults, status, values)
        self._next = end
