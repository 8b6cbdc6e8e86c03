"""What a person judged of bends, beside what the program did: never in its place.

A ``verdict`` mark says it, at a moment within the bend. It changes no row: it stands in a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from dowel.recordings.types import Mark, MarkKind

KEPT: Final = ("held", "warned")
"""Verdicts of the program by which contact was kept; a person says ``held`` to both."""


def verdict_marks(marks: Iterable[Mark], start_s: float, end_s: float) -> list[Mark]:
    """The ``verdict`` marks within a bend, what was added afterwards last."""
    found = [mark for mark in marks if mark.kind is MarkKind.VERDICT and start_s <= mark.start_s <= end_s]
    return sorted(found, key=lambda mark: mark.added)


def human_verdict(marks: Iterable[Mark], start_s: float, end_s: float) -> str:
    """What a person judged of a bend; empty where nobody did."""
    found = verdict_marks(marks, start_s, end_s)
    return str(found[-1].detail.get("verdict", "")) if found else ""


def judged_anew(
    marks: Iterable[Mark], start_s: float, end_s: float, verdict: str
) -> list[tuple[MarkKind, dict[str, Any]]]:
    """The marks that make this a person's verdict of a bend; an empty one leaves it to the program alone.

    Parameters
    ----------
    marks
        Those that stand, with the sequence numbers that they were written with.
    start_s, end_s
        The bend's.
    verdict
        ``held``, ``lost``, ``not_judged``, or empty.
    """
    before = verdict_marks(marks, start_s, end_s)
    made: list[tuple[MarkKind, dict[str, Any]]] = [(MarkKind.UNDO, {"mark": mark.sequence}) for mark in before]
    return [*made, (MarkKind.VERDICT, {"verdict": verdict})] if verdict else made


@dataclass(frozen=True, slots=True)
class Agreement:
    """How verdicts of the program and of a person agree, over bends that both judged.

    ``kept`` and ``lost`` are the bends that both called so, ``missed`` those that only the person called lost,
    ``told`` those that only the program did. ``unsaid`` were judged by one of them alone.
    """

    kept: int = 0
    lost: int = 0
    missed: int = 0
    told: int = 0
    unsaid: int = 0

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Of rows of the rep table, by column name."""
        pairs = [(str(row["verdict"]), str(row["human_verdict"])) for row in rows if row.get("human_verdict")]
        kept = [human for verdict, human in pairs if verdict in KEPT]
        lost = [human for verdict, human in pairs if verdict == "lost"]
        both = kept.count("held") + kept.count("lost") + lost.count("held") + lost.count("lost")
        return cls(kept.count("held"), lost.count("lost"), kept.count("lost"), lost.count("held"), len(pairs) - both)

    @property
    def both(self) -> int:
        """Bends that both judged."""
        return self.kept + self.lost + self.missed + self.told

    @property
    def alike(self) -> int:
        """Of these, those of which both say the same."""
        return self.kept + self.lost

    @property
    def judged(self) -> int:
        """Bends of which a person said anything."""
        return self.both + self.unsaid


def otherwise(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of which a person says something else than the program."""
    return [
        row
        for row in rows
        if row.get("human_verdict") and row["human_verdict"] != ("held" if row["verdict"] in KEPT else row["verdict"])
    ]
