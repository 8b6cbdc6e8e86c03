"""What a person can do in a practice, by key or on the page: one list for both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from dowel.analysis.drills.drills import Drill
from dowel.cues.cue_settings import Choices
from dowel.recordings.errors import UsageError
from dowel.recordings.types import HUMAN_VERDICTS
from dowel.session.option_ranges import LOAD_KG, WALL_CM
from dowel.session.setup import may_be_loaded
from dowel.settings.cue_mode import CueMode

NOTE_CHARACTERS: Final = 500


class Controls(Protocol):
    """What a person can do in a session that runs, and what that depends on."""

    @property
    def drill(self) -> Drill:
        """What is practised."""

    @property
    def in_set(self) -> bool:
        """Whether a set was begun and not ended."""

    @property
    def calibrating(self) -> bool:
        """Whether a step of the calibration is under way."""

    @property
    def reps_are_marked(self) -> bool:
        """Whether reps are told by a mark, because no sensor sees them."""

    @property
    def has_bends(self) -> bool:
        """Whether there is any bend to judge."""

    @property
    def choices(self) -> Choices:
        """Which cues there are."""

    @property
    def cue_mode(self) -> CueMode:
        """When cues sound now."""

    def stop(self) -> None:
        """End the session."""

    def calibrate(self) -> None:
        """Begin the calibration, or give up the one under way."""

    def slump(self) -> None:
        """Measure how far the back rounds in all."""

    def spacer(self) -> None:
        """Measure the personal lever with a block."""

    def toggle_set(self) -> None:
        """Begin a set, or end the one under way."""

    def undo_rep(self) -> None:
        """Strike the latest rep that still stands."""

    def mark_rep(self) -> None:
        """A rep is done."""

    def judge(self, at_s: float, verdict: str) -> None:
        """How a person judges the bend at a session time, beside the program; empty takes it back."""

    def note(self, text: str) -> None:
        """Write a note into the session."""

    def set_load(self, load_kg: float) -> None:
        """The load from here on; 0 for none."""

    def set_wall(self, wall_cm: float) -> None:
        """The distance of the heels to the wall from here on."""

    def tell_truth(self, what: str, *, off: bool, at_ns: int, by: str) -> None:
        """A helper saw a contact of the rod lost or found again, or began or ended to look."""

    def next_cues(self) -> None:
        """The next way in which cues can sound."""

    def louder(self, steps: int) -> None:
        """Cues so many steps louder, or softer."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done: its name, the terminal's key for it, and what the key says it does."""

    name: str
    key: str
    says: str


QUIT_EARLY: Final = (Action("stop", "ctrl-c", "quit"),)
"""Before the session runs there is nothing else to do."""


CUES: Final = Action("cues", "v", "cues")
JUDGE: Final = Action("judge", "", "")
"""On the page alone: it takes a list to choose a rep from."""


def actions_now(controls: Controls) -> tuple[Action, ...]:
    """What makes sense now, in the order in which it is shown."""
    note, stop = Action("note", "n", "note"), Action("stop", "q", "quit")
    if controls.calibrating:
        return Action("calibrate", "c", "give up"), note, CUES, stop
    marking = (Action("rep", "t", "rep done"),) if controls.reps_are_marked else ()
    doing = (Action("set", "s", "end set" if controls.in_set else "set"), *marking, Action("undo", "u", "undo"), note)
    load = (Action("load", "l", "load"),) if may_be_loaded(controls.drill) else ()
    if controls.in_set:
        return *doing, *load, CUES, stop
    judge = (JUDGE,) if controls.has_bends else ()
    wall = (Action("wall", "w", "wall"),) if controls.drill.taps else ()
    further = (Action("slump", "r", "slump"), Action("spacer", "b", "block"))
    steps = [each for each in further if each.name in controls.drill.stance.further]
    return *doing, *load, *wall, Action("calibrate", "c", "calibrate"), *steps, *judge, CUES, stop


def perform(
    controls: Controls,
    name: str,
    *,
    text: str = "",
    load_kg: float = math.nan,
    wall_cm: float = math.nan,
    at_s: float = math.nan,
) -> None:
    """Do it. ``UsageError`` says why not: there is no such action, or what it needs is missing."""
    match name:
        case "set":
            controls.toggle_set()
        case "undo":
            controls.undo_rep()
        case "note":
            _note(controls, text)
        case "judge":
            _judge(controls, at_s, text)
        case "load":
            _load(controls, load_kg)
        case "rep":
            controls.mark_rep()
        case "wall":
            _wall(controls, wall_cm)
        case "cues":
            controls.next_cues()
        case "calibrate":
            controls.calibrate()
        case "slump":
            controls.slump()
        case "spacer":
            controls.spacer()
        case "stop":
            controls.stop()
        case _:
            raise UsageError(f"There is no action {name!r}.")


def _note(controls: Controls, text: str) -> None:
    text = text.strip()
    if not text:
        raise UsageError("The note is empty. Write something first.")
    if len(text) > NOTE_CHARACTERS:
        raise UsageError(f"The note is longer than {NOTE_CHARACTERS} characters. Shorten it.")
    controls.note(text)


def _judge(controls: Controls, at_s: float, verdict: str) -> None:
    if verdict and verdict not in HUMAN_VERDICTS:
        raise UsageError(f"A verdict is one of {', '.join(HUMAN_VERDICTS)}.")
    if not math.isfinite(at_s):
        raise UsageError("Say which bend: at_s is a number of seconds.")
    controls.judge(at_s, verdict)


def _load(controls: Controls, load_kg: float) -> None:
    if not LOAD_KG.hold(load_kg):
        raise UsageError(f"The load is a number of kilograms from {LOAD_KG}.")
    if load_kg and not may_be_loaded(controls.drill):
        raise UsageError(f"The {controls.drill.words.title} is done without a load.")
    controls.set_load(load_kg)


def _wall(controls: Controls, wall_cm: float) -> None:
    if not controls.drill.taps:
        raise UsageError(f"There is no wall in the {controls.drill.words.title}.")
    if not WALL_CM.hold(wall_cm):
        raise UsageError(f"The distance to the wall is a number of centimetres from {WALL_CM}.")
    controls.set_wall(wall_cm)
