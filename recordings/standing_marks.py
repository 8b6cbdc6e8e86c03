"""Which marks stand: nothing is erased, so whoever takes a mark back adds another one that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dowel.recordings.types import Mark, MarkKind


def standing(marks: Sequence[Mark]) -> list[Mark]:
    """The marks without those that were taken back, and without the ``undo`` marks that did it.

    Parameters
    ----------
    marks
        With the sequence numbers that they were written with, which is what an ``undo`` mark names.
    """
    undone = {mark.detail.get("mark") for mark in marks if mark.kind is MarkKind.UNDO}
    return [
        mark
        for mark in marks
        if mark.kind is not MarkKind.UNDO and not (can_be_undone(mark) and mark.sequence in undone)
    ]


_SAID_AFTERWARDS: Final = (
    MarkKind.SET,
    MarkKind.SET_START,
    MarkKind.SET_END,
    MarkKind.LOAD,
    MarkKind.REP,
    MarkKind.VOID,
    MarkKind.NOTE,
    MarkKind.TRUTH,
    MarkKind.FACT,
)


def can_be_undone(mark: Mark) -> bool:
    """Whether a mark can be taken back: what somebody said later can, what happened in the practice can not."""
    return mark.kind is MarkKind.VERDICT or (mark.added and mark.kind in _SAID_AFTERWARDS)
