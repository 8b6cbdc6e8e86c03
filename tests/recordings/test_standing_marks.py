"""Which marks can be taken back."""

from __future__ import annotations

import pytest

from dowel.recordings.standing_marks import can_be_undone
from dowel.recordings.types import Mark, MarkKind


@pytest.mark.parametrize(
    ("kind", "in_practice", "afterwards"),
    [
        (MarkKind.VERDICT, True, True),
        (MarkKind.NOTE, False, True),
        (MarkKind.VOID, False, True),
        (MarkKind.ROD_HOLD, False, False),
        (MarkKind.LINK_LOST, False, False),
    ],
)
def test_what_somebody_said_later_can_be_taken_back(kind: MarkKind, in_practice: bool, afterwards: bool) -> None:
    assert can_be_undone(Mark(0, kind, 1.0, 2.0)) is in_practice, "a mark is of the practice unless it says otherwise"
    assert can_be_undone(Mark(0, kind, 1.0, 2.0, {}, added=True)) is afterwards
