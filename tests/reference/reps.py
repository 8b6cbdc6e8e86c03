"""The rep machine, point by point, with the whole angle before it at hand."""

from __future__ import annotations

from collections.abc import Sequence

from dowel.analysis.repetitions.bends import Bend, Closed, Ended, GivenUp, HeldOn, MachineEvent, Opened
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.recordings.grid_points import GRID_HZ


def slow_events(angle_deg: Sequence[float], settings: RepSettings) -> list[MachineEvent]:
    """All events of an angle from grid point 0 on (design#reps-and-sets). Nothing is compared with NaN."""
    events: list[MachineEvent] = []
    opened: Opened | None = None
    ending: Bend | None = None
    peak_deg, peak = 0.0, 0
    lowest_deg, lowest = 0.0, 0
    last: Bend | None = None

    def rise_deg(point: int) -> float:
        """12 deg, or 30 % of the last bend for ten seconds after it."""
        if last is not None and point - last.closed <= settings.forget_after_s * GRID_HZ:
            return max(settings.open_rise_deg, settings.open_rise_share * last.excursion_deg)
        return settings.open_rise_deg

    for point, angle in enumerate(angle_deg):
        if opened is not None:
            if angle > peak_deg:
                peak_deg, peak = angle, point
                continue
            rise = peak_deg - opened.valley_deg
            back = angle < max(peak_deg - settings.close_share * rise, settings.close_below_deg)
            if not back and point <= opened.point + settings.longest_duration_s * GRID_HZ:
                continue
            lowest_deg, lowest = angle, point
            duration_s = (point - opened.point) / GRID_HZ
            if duration_s < settings.least_duration_s or rise < settings.least_excursion_deg:
                events.append(GivenUp(point))
            elif duration_s > settings.longest_duration_s:
                held = Bend(opened.valley, opened.valley_deg, opened.point, peak, peak_deg, point, end=point)
                events.append(HeldOn(point, held))
            else:
                last = ending = Bend(opened.valley, opened.valley_deg, opened.point, peak, peak_deg, point)
                events.append(Closed(point, ending))
            opened = None
        elif ending is not None:
            if angle < lowest_deg:
                lowest_deg, lowest = angle, point
            is_back = angle <= ending.valley_deg + settings.back_share * ending.excursion_deg
            too_late = point >= ending.closed + round(settings.end_after_s * GRID_HZ)
            new_bend = angle > settings.open_above_deg and angle > lowest_deg + rise_deg(point)
            if is_back or too_late or new_bend:
                done = Bend(
                    ending.valley,
                    ending.valley_deg,
                    ending.opened,
                    ending.peak,
                    ending.peak_deg,
                    ending.closed,
                    end=lowest,
                )
                events.append(Ended(point, done))
                ending = None
        elif angle > settings.open_above_deg:
            # the valley: the lowest point of the last five seconds, not before the last bend closed
            first = max(point - round(settings.valley_within_s * GRID_HZ), last.closed if last else 0, 0)
            known = [(before_deg, at) for at, before_deg in enumerate(angle_deg[:point]) if at >= first]
            known = [(before_deg, at) for before_deg, at in known if before_deg == before_deg]
            if known and angle > min(known)[0] + rise_deg(point):
                valley_deg, valley = min(known)
                opened = Opened(point, valley, valley_deg)
                events.append(opened)
                peak_deg, peak = angle, point
    return events
