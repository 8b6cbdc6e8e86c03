"""The calibration as a person is led through it: what is said at each step, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dowel.analysis.drills.drills import Drill
from dowel.analysis.stances.lying import PRESS_S
from dowel.analysis.stances.standing import HOLD_S
from dowel.recordings.types import MarkKind


@dataclass(frozen=True, slots=True)
class Step:
    """One step: it begins when the person stands still after ``prepare_s``, and ends by itself.

    ``hold_s``: it is over after standing still so long. ``bends``: it is over when so many have been seen and the
    person stands again. ``moving_s``: it lasts so long, whatever happens. ``lies_down``: it begins at once and is over
    when the person has turned onto the back and lies still. ``again_from``: a step that is refused is asked for again
    from that one on.
    """

    kind: MarkKind
    say: str
    prepare_s: float
    hold_s: float = 0.0
    bends: int = 0
    moving_s: float = 0.0
    lies_down: bool = False
    again_from: MarkKind | None = None


TURN_S: Final = 4.0
"""Between pressed and relaxed: who hears late and moves slowly must not be measured as he was (a judgement)."""

STEPS: Final = {
    step.kind: step
    for step in (
        Step(
            MarkKind.CLAP,
            "Hold the sensors together and knock them three times, half a second apart.",
            2.0,
            moving_s=6.0,
        ),
        Step(MarkKind.STILL, "Stand still, arms hanging.", 2.0, hold_s=HOLD_S),
        Step(
            MarkKind.ROD_HOLD,
            "Take the rod: back of the head, upper back, sacrum. Stand tall and hold it still.",
            6.0,  # both hands go behind the back; most people need four or five seconds
            hold_s=HOLD_S,
        ),
        Step(
            MarkKind.ROD_HINGES,
            "Keep the rod on all three points. Hinge three times, slowly, as deep as it stays on.",
            0.5,
            bends=3,
        ),
        Step(MarkKind.STANCE_HOLD, "Stand tall, the way you mean to hold your back. Hold still.", 3.0, hold_s=HOLD_S),
        Step(MarkKind.STANCE_BENDS, "Bend three times, slowly and straight forward, back held as it is.", 0.5, bends=3),
        Step(
            MarkKind.SLUMP,
            "Without a load: round your whole back forward once, as far as is comfortable. Leave it out if it hurts.",
            1.0,
            bends=1,
        ),
        Step(
            MarkKind.SPACER,
            "Rod on, a 20 mm block between rod and low back: round until it just fits, and hold still.",
            8.0,
            hold_s=3.0,
        ),
        Step(
            MarkKind.LYING,
            "Lie down on your back, hips and knees bent like a table top, and lie still. Nothing lies under the back.",
            0.0,
            lies_down=True,
        ),
        Step(MarkKind.PRESSED, "Press the low back flat into the floor, and hold it there.", TURN_S, hold_s=PRESS_S),
        Step(
            MarkKind.RELAXED,
            "Let the low back go, as it lies by itself, and lie still.",
            TURN_S,
            hold_s=PRESS_S,
            again_from=MarkKind.STILL,  # a sensor that was moved must be seen to lie down again
        ),
    )
}


def calibration_steps(drill: Drill, *, rod: bool) -> list[Step]:
    """The steps of a drill's calibration: that of a loaded one is without the load, against which it is judged."""
    stance = drill.stance
    first, *others = [STEPS[kind] for kind in (rod and stance.with_rod) or stance.calibration]
    first = replace(first, hold_s=stance.still_s)
    if drill.loaded:
        first = replace(first, say=f"Put the load down: the calibration is without it. {first.say}")
    return [first, *others]
