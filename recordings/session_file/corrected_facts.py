"""What somebody said of a session afterwards: its date, person, drill and what it was done with.

A ``fact`` mark holds from the session's beginning. It is put in force where a session is read, so that whoever opens it
finds the corrected facts, and a stream that begins with the corrected drill, height and load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dowel.recordings.numbers import is_number
from dowel.recordings.types import Mark, MarkKind

FACTS: Final[Mapping[str, type]] = {
    "person": str,
    "started_at": str,
    "drill": str,
    "height_cm": float,
    "load_kg": float,
    "wall_cm": float,
    "from": str,
    "band": str,
}
"""What a ``fact`` mark may say, as the session's facts and its opening marks call it."""

DRILL_DETAIL: Final = ("drill", "wall_cm", "from", "band")
"""What a ``drill`` mark can say."""
_OPENING: Final[Mapping[MarkKind, tuple[str, ...]]] = {
    MarkKind.DRILL: DRILL_DETAIL,
    MarkKind.HEIGHT: ("height_cm",),
    MarkKind.LOAD: ("load_kg",),
}
_KEPT_AS_FACT: Final = ("person", "started_at", "drill", "height_cm")


def corrected(
    facts: Mapping[str, Any], marks: Sequence[Mark], first_sequence: int
) -> tuple[dict[str, Any], tuple[Mark, ...]]:
    """Facts and marks with all ``fact`` marks put in force; of two that say the same, the later written one holds.

    Parameters
    ----------
    facts, marks
        As they stand in the file; marks in the order of the stream.
    first_sequence
        That of the first notification: a mark before it opens the session.
    """
    said: dict[str, Any] = {}
    for mark in marks:
        if mark.kind is MarkKind.FACT:
            said |= {name: value for name, value in mark.detail.items() if _is(value, FACTS.get(name))}
    now = dict(facts) | {name: said[name] for name in _KEPT_AS_FACT if name in said}
    stream = list(marks)
    for kind, names in _OPENING.items():
        detail = {name: said[name] for name in names if name in said}
        if detail:
            opening = [mark for mark in stream if mark.kind is kind and _opens(mark, first_sequence)]
            if kind is MarkKind.DRILL and "drill" not in detail:  # the same drill, done with something else
                before = opening[-1].detail if opening else {}
                detail = {**before, "drill": before.get("drill", now.get("drill", "")), **detail}
            others = [mark for mark in stream if not (mark.kind is kind and _opens(mark, first_sequence))]
            at_s = min([0.0, *(mark.start_s for mark in stream)])
            stream = [Mark(0, kind, at_s, at_s, detail, added=True), *others]
    return now, tuple(stream)


def _opens(mark: Mark, first_sequence: int) -> bool:
    return mark.end_s <= 0.0 if mark.added else mark.sequence < first_sequence


def _is(value: object, kind: type | None) -> bool:
    if kind is float:
        return is_number(value)
    return kind is not None and isinstance(value, kind)
