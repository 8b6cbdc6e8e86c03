"""Why something was not judged, in words, and what to do about it: the same for page, terminal, voice and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as it is told at each place.

    ``brief`` stands in a table. ``now`` and ``now_do`` are told while it is so, ``was`` and ``then_do`` of a set that
    is over; ``mend`` is a report's advice.
    """

    brief: str
    now: str
    now_do: str
    was: str
    then_do: str
    mend: str


REASONS: Final[Mapping[str, Reason]] = {
    "come_off": Reason(
        brief="sensor came off",
        now="a sensor came off",
        now_do="Strap it on and calibrate again.",
        was="a sensor had come off or turned over: the angle between the two is impossible on a back",
        then_do="strap it on and calibrate again",
        mend="Strap the sensor on again, tightly, and calibrate again.",
    ),
    "frozen": Reason(
        brief="sensor frozen",
        now="a sensor repeats itself",
        now_do="Switch it off and on again.",
        was="a sensor repeated itself instead of measuring",
        then_do="switch it off and on again",
        mend="Switch the sensor off and on again; if it repeats itself again, use another one.",
    ),
    "gap": Reason(
        brief="data missing",
        now="a sensor's data is missing or settling",
        now_do="Wait a moment.",
        was="data of a sensor was missing",
        then_do="bring the computer nearer",
        mend="Keep the receiver within a few metres and in sight of your back, and charge the sensors.",
    ),
    "one_sensor": Reason(
        brief="one sensor",
        now="one sensor cannot tell",
        now_do="It takes two: one on the upper back and one on the sacrum.",
        was="only one sensor was worn on the trunk",
        then_do="it takes two: one on the upper back and one on the sacrum",
        mend="Wear one sensor on the upper back and one on the sacrum: two are needed to see the back bend.",
    ),
    "no_calibration": Reason(
        brief="not calibrated",
        now="not calibrated",
        now_do="Calibrate first.",
        was="there was no calibration",
        then_do="calibrate first",
        mend="Calibrate before the first set; the program leads you through it.",
    ),
    "calibration_doubtful": Reason(
        brief="calibration in doubt",
        now="the calibration may not fit",
        now_do="Calibrate again.",
        was="the calibration may not fit what followed it",
        then_do="calibrate again",
        mend="Calibrate again, and hinge straight forward in it.",
    ),
    "slipped": Reason(
        brief="sensor slid?",
        now="a sensor stands differently",
        now_do="Stand as in the calibration, or calibrate again.",
        was="a sensor had slipped, or the person stood differently",
        then_do="tighten the straps and calibrate again",
        mend="Strap the sensors tighter, and calibrate again when one has moved.",
    ),
    "sync": Reason(
        brief="clocks apart",
        now="the sensors' clocks are too far apart",
        now_do="Wait a minute, or restart the sensors.",
        was="the sensors' clocks were too far apart",
        then_do="wait a minute and move slowly, or restart the sensors",
        mend="In a practice give the clocks a minute before the first set, and move slowly. Recordings: one program "
        "for both sensors, and three knocks of one against the other at the start.",
    ),
    "too_long": Reason(
        brief="too long",
        now="this bend lasts too long",
        now_do="Stand up.",
        was="the bend was held for longer than a rep of this drill lasts",
        then_do="come up between the reps",
        mend="Come up between the reps: a bend is judged for half a minute.",
    ),
    "bent_sideways": Reason(
        brief="bent sideways",
        now="you are bent to the side or turned",
        now_do="Bend straight forward.",
        was="the trunk leaned or turned too far to the side",
        then_do="bend straight forward",
        mend="Bend straight forward, with both hips and shoulders level.",
    ),
    "clipped": Reason(
        brief="out of range",
        now="a sensor is at the end of its range",
        now_do="Move more slowly.",
        was="the movement was too strong for the sensor's range",
        then_do="move more slowly",
        mend="Set the sensors to a larger range, and strap them flat and tight.",
    ),
}
"""By their names in the tables, the most urgent first."""


def unjudged_now(reasons: Collection[str]) -> tuple[str, str]:
    """Why contact cannot be judged at this moment, and what to do; of several reasons the most urgent."""
    return next(((each.now, each.now_do) for name, each in REASONS.items() if name in reasons), _NO_DATA)


_NO_DATA: Final = ("no data yet", "Wait a moment.")


def unjudged_in_set(verdict_reasons: Iterable[str]) -> str:
    """Why reps of a set were not judged, each as in ``verdict_reason``, and what to do: of the commonest reason."""
    found = Counter(name for reasons in verdict_reasons for name in reasons.split("+"))
    commonest = max(REASONS, key=lambda name: found[name])  # of equals the most urgent
    return f"not judged: {REASONS[commonest].was}; {REASONS[commonest].then_do}" if found[commonest] else ""
