"""A live session whose clocks are farther apart than they say: the bends show it, and no rep is judged by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dowel.analysis.events import Event, RowWritten
from dowel.analysis.rows import Rep
from dowel.recordings.types import Placement, StreamSlice
from dowel.sensors.simulated import Link, SimulatedSensor, calibration_pieces, set_of_hinges, simulate
from dowel.session.current_state import Contact, Now
from dowel.session.engine import Engine

pytestmark = pytest.mark.slow


def practised(late_s: float, parts: int = 1) -> tuple[Engine, list[Event]]:
    """A session whose sacrum arrives so late all the time, fed in so many parts, and not finished."""
    sensors = [SimulatedSensor(place, link=Link()) for place in (Placement.UPPER_BACK, Placement.SACRUM)]
    session = simulate((*calibration_pieces(), *set_of_hinges(4)), sensors, seed=5)
    stream = session.stream()
    upper_back, sacrum = stream.notifications
    late = replace(sacrum, arrival_ns=sacrum.arrival_ns + round(late_s * 1e9))
    engine = Engine(session.session_sensors(), 0)
    last = max(int(each.sequence[-1]) for each in stream.notifications) + 1
    events: list[Event] = []
    for part in range(parts):
        low, high = last * part // parts, last * (part + 1) // parts
        columns = [
            each.between(*(int(each.sequence.searchsorted(bound)) for bound in (low, high)))
            for each in (upper_back, late)
        ]
        events += engine.feed(StreamSlice(columns, [m for m in stream.marks if low <= m.sequence < high]))
    return engine, events


def rows(late_s: float, parts: int = 1) -> list[Rep]:
    """Its rows."""
    engine, events = practised(late_s, parts)
    return [event.rep for event in [*events, *engine.finish()] if isinstance(event, RowWritten)]


def test_clocks_that_agree_are_left_alone() -> None:
    found = rows(0.0)
    assert [(row.verdict, row.sync_source) for row in found] == [("held", "declared")] * 4
    assert all(row.sync_ms < 30.0 for row in found)


def test_a_lag_that_the_bends_show_takes_the_place_of_the_claim() -> None:
    found = rows(0.15)
    assert {row.sync_source for row in found} == {"measured"}
    assert all(100.0 < row.sync_ms < 180.0 for row in found)
    assert all(row.verdict == "not_judged" and "sync" in row.verdict_reason.split("+") for row in found)
    assert repr(found) == repr(rows(0.15, parts=37))


def test_a_live_display_never_says_held_where_no_rep_is_judged() -> None:
    sure, apart = (Now(practised(late_s)[0].pipeline) for late_s in (0.0, 0.12))
    assert set(sure.contacts.values()) == {Contact.HELD, Contact.UNMEASURED}
    assert sure.unjudged == ()
    assert set(apart.contacts.values()) == {Contact.UNKNOWN, Contact.UNMEASURED}
    assert apart.unjudged == ("sync",)
    assert apart.way_lost == ""
