"""Which marks can be taken back, and what a correction changes."""

from __future__ import annotations

import pytest

from dowel.recordings.session_file.corrected_facts import corrected
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


def test_a_corrected_wall_is_that_of_the_drill_at_the_beginning_and_of_no_later_one() -> None:
    opening = Mark(0, MarkKind.DRILL, 0.0, 0.0, {"drill": "wall_tap", "wall_cm": 20.0})
    later = Mark(50, MarkKind.DRILL, 60.0, 60.0, {"drill": "dowel_hinge"})
    said = Mark(99, MarkKind.FACT, 90.0, 90.0, {"wall_cm": 30.0}, added=True)
    _, marks = corrected({}, (opening, later, said), first_sequence=10)
    drills = [mark.detail for mark in marks if mark.kind is MarkKind.DRILL]
    assert drills == [{"drill": "wall_tap", "wall_cm": 30.0}, {"drill": "dowel_hinge"}]
