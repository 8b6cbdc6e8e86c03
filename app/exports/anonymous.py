"""A session told so that nobody is found by it: labels in place of people, no names, addresses or notes, another day.

What is kept is listed, so that what a later version adds to a session is left out until somebody has decided on it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

from dowel.analysis.contact.given_limits import BASES
from dowel.analysis.drills.drills import DRILLS, drill_named
from dowel.recordings.errors import understanding_mark
from dowel.recordings.session_file.known_values import MARKS, SETTINGS
from dowel.recordings.session_file.schema import SUFFIX
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import HUMAN_VERDICTS, WATCHED, Mark, MarkKind, Placement, Sensor
from dowel.session.option_ranges import LiftedFrom

ANONYMOUS_DATE: Final = "2000-01-01"
"""Put in place of the day; the time of day stays."""
TAG_LETTERS: Final = 6
"""Of 100 sets of sessions two share these once in 3,000 times."""

NAMELESS: Final = (
    "It names no person. All such sessions of this export have one label, and count as one person wherever people are "
    "told apart. dowel mark FILE --kind fact --person CODE says who it was."
)

FACTS: Final = ("origin_ns", "drill", "height_cm", "simulated", "cue", "program_version")
"""Facts of a session that say nothing of who it was; the rest is dropped."""
DETAILS: Final[Mapping[MarkKind, tuple[str, ...]]] = {
    MarkKind.DRILL: ("drill", "wall_cm", "from"),
    MarkKind.HEIGHT: ("height_cm",),
    MarkKind.LOAD: ("load_kg",),
    MarkKind.SET: ("load_kg",),
    MarkKind.SET_START: ("load_kg",),
    MarkKind.STEP_START: ("step",),
    MarkKind.STEP_END: ("step",),
    MarkKind.LINK_LOST: ("placement",),
    MarkKind.LINK_BACK: ("placement",),
    MarkKind.LIMITS: ("basis", "rounding", "arching", "head"),
    MarkKind.TRUTH: ("what", "off", "reacts"),
    MarkKind.VERDICT: ("verdict",),
}
"""What is kept of the details of marks, by their kind."""
NUMBERS: Final = (MarkKind.CALIBRATION, MarkKind.RULES)
"""Marks whose details are numbers under names of ours: of a calibration those that are known, of rules others are
refused where they are read."""
LEFT_OUT: Final = (MarkKind.NOTE, MarkKind.FACT, MarkKind.UNDO)
"""Marks of free words; what ``fact`` and ``undo`` marks say is in force already where a session is read."""
WORDS: Final = frozenset({*DRILLS, *LiftedFrom, *Placement, *MarkKind, *BASES, *HUMAN_VERDICTS, WATCHED, ""})
"""The texts that a kept detail may hold."""


def shifted_date(started_at: str, day: str = ANONYMOUS_DATE) -> str:
    """The same time of day on a day that is nobody's; empty where no date is known."""
    try:
        time_of_day = datetime.fromisoformat(started_at).time()
    except ValueError:
        return ""
    return f"{day}T{time_of_day:%H:%M:%S}"


def tag_of(files: Sequence[Path]) -> str:
    """Some letters that are of this set of sessions: labels that begin with them do not meet those of another set.

    They come from the files' bytes, so that the same set gives the same labels, and lead nobody back to them.
    """
    whole = sha256()
    for file in files:
        with suppress(OSError), file.open("rb") as opened:  # what cannot be read is told where it is exported
            whole.update(file_digest(opened, "sha256").digest())
    return whole.hexdigest()[:TAG_LETTERS]


class Labels:
    """Labels for the people and the observers of a set of sessions, by the order in which they are met."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._people: dict[str, str] = {}
        self._observers: dict[str, str] = {}

    def anonymous(self, session: Session, name: str) -> Session:
        """The session under a name that says nothing; its samples are those that it had.

        Raises ``InputError`` for a drill that there is not.
        """
        told = copy.copy(session)
        told.path = Path(f"{name}{SUFFIX}")
        told.facts = {key: session.facts[key] for key in FACTS if key in session.facts}
        told.facts["person"] = self._label(self._people, "P", str(session.facts.get("person") or "").strip())
        told.facts["started_at"] = shifted_date(str(session.facts.get("started_at") or ""))
        told.sensors = tuple(_nameless(sensor) for sensor in session.sensors)
        told.marks = tuple(self._mark(mark) for mark in session.marks if mark.kind not in LEFT_OUT)
        told.written_marks = told.marks
        told.heard_rows = ()
        return told

    def _label(self, known: dict[str, str], letter: str, name: str) -> str:
        return known.setdefault(name, f"{self._tag}{letter}{len(known) + 1:02d}")

    def _mark(self, mark: Mark) -> Mark:
        if mark.kind in NUMBERS:
            known = MARKS[mark.kind][0] if mark.kind in MARKS else mark.detail
            return replace(mark, detail={key: value for key, value in mark.detail.items() if key in known})
        if mark.kind is MarkKind.DRILL:
            with understanding_mark(mark.kind, mark.end_s):
                drill_named(str(mark.detail["drill"]))
        detail = {key: mark.detail[key] for key in DETAILS.get(mark.kind, ()) if _says_nothing(mark.detail.get(key))}
        if mark.detail.get("band"):
            detail["band"] = "band"
        if mark.kind is MarkKind.TRUTH:
            detail["by"] = self._label(self._observers, "O", str(mark.detail.get("by", "")))
        return replace(mark, detail=detail)


def _says_nothing(value: Any) -> bool:
    """Whether a value of a detail is a number, yes or no, or a word of ours."""
    return isinstance(value, bool | int | float) or (isinstance(value, str) and value in WORDS)


def _nameless(sensor: Sensor) -> Sensor:
    settings = {key: value for key, value in sensor.settings.items() if key in SETTINGS}
    return replace(sensor, name="", address="", settings=settings)
