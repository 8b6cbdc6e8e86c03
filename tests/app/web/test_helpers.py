"""What helpers' pages send becomes truth marks, at the time of the press, and only while somebody looked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import UsageError
from dowel.web.helpers import SILENT_NS, Helpers

MS = 1_000_000


class Told:
    """Helpers with a clock that a test turns, and what they told."""

    def __init__(self) -> None:
        self.now_ns = 10_000 * MS
        self.marks: list[tuple[str, bool, float, str]] = []
        self.helpers = Helpers(lambda: self.now_ns)

    def tell(self, what: str, *, off: bool, at_ns: int, by: str) -> None:
        self.marks.append((what, off, at_ns / MS, by))

    def send(self, *events: tuple[int, str, bool, float], page: str = "p", name: str = "helper 1") -> Mapping[str, Any]:
        keys = ("number", "contact", "off", "age_ms")
        told = [dict(zip(keys, event, strict=True)) for event in events]
        return self.helpers.told(name, {"page": page, "round_trip_ms": 8.0, "events": told}, self.now_ns)

    def later(self, ms: float) -> None:
        self.now_ns += round(ms * MS)


@pytest.fixture
def told() -> Told:
    made = Told()
    made.helpers.begin(made.tell)
    return made


def test_a_press_has_the_time_of_the_finger(told: Told) -> None:
    told.send()
    told.later(500)
    assert told.send((1, "sacrum", True, 12.0))["heard"] == 1
    told.later(300)
    told.send((2, "sacrum", False, 0.0))
    assert told.marks == [
        ("watched", True, 10_000.0, "helper 1"),
        ("sacrum", True, 10_484.0, "helper 1"),  # 12 ms old, and 4 on its way
        ("sacrum", False, 10_796.0, "helper 1"),
    ]


def test_what_is_sent_twice_is_told_once(told: Told) -> None:
    told.send((1, "head", True, 0.0))
    told.send((1, "head", True, 40.0), (2, "head", False, 5.0))
    assert [mark[:2] for mark in told.marks] == [("watched", True), ("head", True), ("head", False)]


def test_who_goes_silent_watched_until_last_heard(told: Told) -> None:
    told.send((1, "head", True, 0.0))
    told.later(SILENT_NS / MS + 1)
    told.helpers.look()
    assert told.marks[2:] == [("head", False, 10_000.0, "helper 1"), ("watched", False, 10_000.0, "helper 1")]
    told.later(1000)
    told.send((2, "head", False, 900.0))  # the same page is back, and says what it saw
    back = told.marks[4:]
    assert back[:2] == [("watched", True, 10_000.0, "helper 1"), ("head", True, 10_000.0, "helper 1")]
    assert back[2][:2] == ("head", False)
    assert back[2][2] == pytest.approx(12_097.0, abs=1.1)


def test_a_page_that_was_loaded_again_holds_nothing(told: Told) -> None:
    told.send((1, "head", True, 0.0))
    told.later(400)
    told.send(page="another")
    assert told.marks[2:] == [
        ("head", False, 10_000.0, "helper 1"),
        ("watched", False, 10_000.0, "helper 1"),
        ("watched", True, 10_400.0, "helper 1"),
    ]


def test_two_helpers_are_two(told: Told) -> None:
    told.send((1, "head", True, 0.0))
    told.send((1, "head", True, 0.0), name="helper 2")
    assert [mark[3] for mark in told.marks] == ["helper 1", "helper 1", "helper 2", "helper 2"]


def test_before_the_session_nothing_is_kept() -> None:
    made = Told()
    assert made.send((1, "head", True, 0.0)) == {"name": "helper 1", "recording": False, "heard": 0}
    assert made.marks == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"page": ANYTHING, "round_trip_ms": ANYTHING, "events": ANYTHING}))
def test_whatever_is_sent_is_taken_or_refused(sent: dict[str, Any]) -> None:
    made = Told()
    made.helpers.begin(made.tell)
    try:
        made.helpers.told("helper 1", sent, made.now_ns)
    except UsageError:
        assert made.marks == []
