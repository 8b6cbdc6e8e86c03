"""What a ``truth`` mark says is read as it was written, and what is no truth is not."""

from __future__ import annotations

from dowel.recordings.truth_detail import WHATS, TruthDetail, told_by, what_named
from dowel.recordings.types import Mark, MarkKind


def test_what_is_written_is_read_again() -> None:
    for what in WHATS:
        for told in (TruthDetail(what), TruthDetail(what, by="switch"), TruthDetail(what, False, "helper 1", True)):
            assert told_by(Mark(0, MarkKind.TRUTH, 1.0, 1.0, told.to_json())) == told


def test_what_is_no_truth_is_not_read() -> None:
    assert told_by(Mark(0, MarkKind.TRUTH, 1.0, 2.0, {"what": "elbow"})) is None
    assert told_by(Mark(0, MarkKind.NOTE, 1.0, 2.0, {"what": "head"})) is None


def test_words_are_taken_as_people_write_them() -> None:
    assert [what_named(word) for word in ("Upper back", " sacrum", "WATCHED", "upper-back", "elbow", "")] == [
        *("upper_back", "sacrum", "watched", "upper_back"),
        *(None, None),
    ]
