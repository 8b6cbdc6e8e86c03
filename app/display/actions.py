"""What a person can do in a practice, by key or on the page: one list for both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dowel.recordings.errors import UsageError
from dowel.session.setup import may_be_loaded

if TYPE_CHECKING:
    from dowel.practice.practice import Practice

NOTE_CHARACTERS: Final = 500
HEAVIEST_KG: Final = 600.0
"""More than anybody has lifted; a slip of the finger should not become the load of a session."""

FARTHEST_CM: Final = 100.0
"""Three times as far as anybody's balance allows (sources#balance)."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done: its name, the terminal's key for it, and what the key says it does."""

    name: str
    key: str
    says: str


QUIT_EARLY: Final = (Action("stop", "ctrl-c", "quit"),)
"""Before the session runs there is nothing else to do."""


CUES: Final = Action("cues", "m", "cues")


def actions_now(practice: Practice) -> tuple[Action, ...]:
    """What makes sense now, in the order in which it is shown."""
    note, stop = Action("note", "n", "note"), Action("stop", "q", "quit")
    if practice.guide.busy:
        return Action("calibrate", "c", "give up"), note, CUES, stop
    marking = (Action("rep", "t", "rep done"),) if practice.reps_are_marked else ()
    doing = (Action("set", "s", "end set" if practice.in_set else "set"), *marking, Action("undo", "u", "undo"), note)
    load = (Action("load", "l", "load"),) if may_be_loaded(practice.drill) else ()
    if practice.in_set:
        return *doing, *load, CUES, stop
    wall = (Action("wall", "w", "wall"),) if practice.drill.taps else ()
    standing = (Action("slump", "r", "slump"), Action("spacer", "b", "block"))
    steps = (Action("calibrate", "c", "calibrate"), *(() if practice.drill.lying else standing))
    return *doing, *load, *wall, *steps, CUES, stop


def perform(
    practice: Practice, name: str, *, text: str = "", load_kg: float = math.nan, wall_cm: float = math.nan
) -> None:
    """Do it. ``UsageError`` says why not: there is no such action, or what it needs is missing."""
    match name:
        case "set":
            practice.toggle_set()
        case "undo":
            practice.undo_rep()
        case "note":
            _note(practice, text)
        case "load":
            _load(practice, load_kg)
        case "rep":
            practice.mark_rep()
        case "wall":
            _wall(practice, wall_cm)
        case "cues":
            practice.next_cues()
        case "calibrate":
            practice.calibrate()
        case "slump":
            practice.slump()
        case "spacer":
            practice.spacer()
        case "stop":
            practice.stop()
        case _:
            raise UsageError(f"There is no action {name!r}.")


def _note(practice: Practice, text: str) -> None:
    text = text.strip()
    if not text:
        raise UsageError("The note is empty. Write something first.")
    if len(text) > NOTE_CHARACTERS:
        raise UsageError(f"The note is longer than {NOTE_CHARACTERS} characters. Shorten it.")
    practice.note(text)


def _load(practice: Practice, load_kg: float) -> None:
    if not 0.0 <= load_kg <= HEAVIEST_KG:
        raise UsageError(f"The load is a number of kilograms from 0 to {HEAVIEST_KG:g}.")
    if load_kg and not may_be_loaded(practice.drill):
        raise UsageError(f"The {practice.drill.words.title} is done without a load.")
    practice.set_load(load_kg)


def _wall(practice: Practice, wall_cm: float) -> None:
    if not practice.drill.taps:
        raise UsageError(f"There is no wall in the {practice.drill.words.title}.")
    if not 0.0 <= wall_cm <= FARTHEST_CM:
        raise UsageError(f"The distance to the wall is a number of centimetres from 0 to {FARTHEST_CM:g}.")
    practice.set_wall(wall_cm)
