"""Limits passed while a bend is under way, told once each as soon as they were held, and when they were cleared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dowel.analysis.contact.limits import Limits, crossings
from dowel.analysis.contact.verdict import directions
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.events import ContactBack, ContactPassed, Spoken
from dowel.analysis.rows import NAN, Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray


class CueWatch:
    """Finds what the verdict will find, while it happens: the same crossings, the same hold (design#verdict).

    Only inside bends: a person who walks or rests may do as they like with their back.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, str, int], ContactPassed] = {}
        self._under_way: dict[tuple[str, str, int], ContactPassed] = {}

    def end(self, time_s: float) -> list[ContactBack]:
        """The bend is over, and what is still under way with it; the next look is at another one."""
        # in an order of their own: that in which they were found depends on how often somebody looked
        under_way = sorted(self._under_way.values(), key=lambda each: (each.began_s, each.level == "lost", each.reason))
        ended = [_back(passed, time_s) for passed in under_way]
        self._told, self._under_way = {}, {}
        return ended

    def look(
        self,
        start: int,
        opened: int,
        values: Mapping[str, FloatArray],
        hinge_deg: FloatArray | None,
        limits: Limits,
        load_kg: float = 0.0,
    ) -> list[ContactPassed | ContactBack]:
        """What was passed and cleared since the last look, in the order in which many looks would have found it.

        ``values`` (n,) by way to lose contact, from grid point ``start`` of the bend to now.
        """
        found: list[ContactPassed | ContactBack] = []
        for name, direction in directions(limits).items():
            if not np.fmax.reduce(values[name], initial=-np.inf) > direction.warn_deg:
                continue
            for level, limit_deg in (("warned", direction.warn_deg), ("lost", direction.lost_deg)):
                for crossing in crossings(values[name], limit_deg, limits.hold_points):
                    key = (name, level, start + crossing.first)
                    if key not in self._told:
                        passed = ContactPassed(
                            time_s=max(start + crossing.known, opened) / GRID_HZ,
                            began_s=(start + crossing.first) / GRID_HZ,
                            level=level,
                            point=direction.point,
                            reason=name,
                            hinge_deg=float(hinge_deg[crossing.first]) if hinge_deg is not None else NAN,
                            deviation_deg=direction.sign * float(values[name][crossing.known]),
                            load_kg=load_kg,
                        )
                        self._told[key] = self._under_way[key] = passed
                        found.append(passed)
                    if key in self._under_way and crossing.cleared < len(values[name]):
                        cleared_s = max(start + crossing.cleared, opened) / GRID_HZ
                        found.append(_back(self._under_way.pop(key), cleared_s))
        return sorted(found, key=lambda event: event.time_s)


def _back(passed: ContactPassed, time_s: float) -> ContactBack:
    return ContactBack(time_s, passed.began_s, passed.level, passed.point, passed.reason)


class AfterBend:
    """What is said after a bend: that two running were another movement than the drill's, and the end of the range.

    Of a movement once, until a bend is something else; a lift from the floor may be ``between``. Of the range only
    under load, where it is red (sources#end-of-range).
    """

    def __init__(self) -> None:
        self._last = ""
        self._told = False
        self._side = ""

    def look(self, time_s: float, rep: Rep, setting: Setting) -> list[Spoken]:
        """What is to be said after the next bend."""
        sentences = dict(setting.drill.words.movement)
        if setting.lifted_from == "floor":
            sentences.pop("between", None)
        wrong = rep.movement in sentences
        again = wrong and self._last in sentences
        said = [Spoken(time_s, "movement", sentences[rep.movement])] if again and not self._told else []
        self._last, self._told = rep.movement, wrong and (self._told or again)
        if rep.side and rep.side == self._side:
            said.append(Spoken(time_s, "side", f"that was the {rep.side} leg again: take the other one"))
        self._side = rep.side
        if setting.drill.taps and rep.knees_bent:
            said.append(Spoken(time_s, "knees", "less knee: keep the shins upright and send the hips back"))
        if setting.load_kg > 0 and rep.flexion_range_pct > setting.rules.red_pct:
            said.append(Spoken(time_s, "range", "your back was near the end of its range: set the load down"))
        return said
