"""What a session says of when it began."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dowel.recordings.started_at import moment_of


@pytest.mark.parametrize(
    "said", ["", "yesterday", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "1969-12-31", "2262-01-01"]
)
def test_what_is_no_time_of_a_session_is_none(said: str) -> None:
    assert moment_of(said) is None


def test_a_time_has_its_zone_where_one_is_said() -> None:
    assert moment_of("2026-05-04T10:00:00+00:00") == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert moment_of("2026-05-04T10:00") == datetime(2026, 5, 4, 10)


def test_a_clock_that_was_never_set_begins_with_1970() -> None:
    assert moment_of("1970-01-01T00:00:07") == datetime(1970, 1, 1, 0, 0, 7)
    assert moment_of("2261-12-31") == datetime(2261, 12, 31)
