"""A rod's switches: bouncing, stuck, lost ones, and what is believed of them."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.recordings.types import CONTACTS, FloatArray
from dowel.sensors.stream.contacts import Contacts, State, Switch

HEAD, UPPER_BACK, SACRUM = range(3)
PERIOD_S = 0.01
ON, OFF = 1.0, 0.0


def told(end_s: float = 100.0) -> tuple[FloatArray, FloatArray]:
    """A rod that is on the back from 10 to 60 s, and off it before and after."""
    time_s = np.arange(0.0, end_s, PERIOD_S)
    on = ((time_s >= 10.0) & (time_s < 60.0)).astype(np.float64)
    return time_s, np.repeat(on[:, None], 3, axis=1)


def during(time_s: FloatArray, start_s: float, end_s: float) -> FloatArray:
    return (time_s >= start_s - 1e-9) & (time_s < end_s - 1e-9)


def switches_of(time_s: FloatArray, contacts: FloatArray, parts: int = 1) -> dict[str, Switch]:
    found = Contacts()
    for times, values in zip(np.array_split(time_s, parts), np.array_split(contacts, parts), strict=True):
        found.feed(times, values)
    return {switch.contact: switch for switch in found.switches()}


def spans(intervals: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    return [(round(start_s, 3), round(end_s, 3)) for start_s, end_s in intervals]


@pytest.mark.parametrize("parts", [1, 7, 997])
def test_a_switch_is_believed_between_its_first_change_and_its_last(parts: int) -> None:
    time_s, contacts = told()
    contacts[during(time_s, 20.0, 21.5), SACRUM] = OFF
    found = switches_of(time_s, contacts, parts)
    assert list(found) == list(CONTACTS)
    assert [spans(each.seen) for each in found.values()] == [[(10.0, 60.0)]] * 3
    assert [spans(each.off) for each in found.values()] == [[], [], [(20.0, 21.5)]]
    assert not any(each.stuck for each in found.values())


def test_bouncing_is_no_change() -> None:
    time_s, contacts = told()
    contacts[during(time_s, 20.0, 21.5), SACRUM] = OFF
    for bounce_s in (19.97, 20.01, 21.48, 21.51, 35.0):
        contacts[np.searchsorted(time_s, bounce_s - 1e-9), SACRUM] += 1.0
    contacts[:, SACRUM] %= 2.0
    sacrum = switches_of(time_s, contacts)["sacrum"]
    ((start_s, end_s),) = sacrum.off
    assert start_s == pytest.approx(20.0, abs=0.03)
    assert end_s == pytest.approx(21.5, abs=0.03)


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED])
def test_a_switch_that_never_changes_is_not_watched(state: State) -> None:
    time_s, contacts = told()
    contacts[:, SACRUM] = state
    found = switches_of(time_s, contacts)
    assert found["sacrum"].seen == found["sacrum"].off == ()
    assert [run.state for run in found["sacrum"].stuck] == [state]
    assert found["sacrum"].stuck[0].end_s == time_s[-1]
    assert spans(found["head"].seen) == [(10.0, 60.0)]


def test_what_sticks_is_known_at_once() -> None:
    """When the rod is off, not before; what has not moved yet is known too."""
    time_s, contacts = told(66.0)
    contacts[time_s >= 25.0, SACRUM] = ON
    contacts[:, HEAD] = OFF
    found = Contacts()
    for until_s, sticks in ((59.0, ""), (64.9, ""), (66.0, "sacrum")):
        new = during(time_s, found._last_s + 0.001, until_s)
        found.feed(time_s[new], contacts[new])
        assert found.sticking == sticks
    assert found.unmoved == ("head",)


def test_one_that_sticks_from_some_point_on_is_not_watched_from_there() -> None:
    time_s, contacts = told()
    contacts[time_s >= 25.0, SACRUM] = ON
    contacts[during(time_s, 20.0, 21.0), SACRUM] = OFF
    found = switches_of(time_s, contacts)
    assert spans(found["sacrum"].seen) == [(10.0, 21.0)]
    assert spans(found["sacrum"].off) == [(20.0, 21.0)]
    (stuck,) = found["sacrum"].stuck
    assert (round(stuck.start_s, 3), stuck.state) == (21.0, State.CLOSED)


def test_one_that_sticks_for_a_while_is_found_by_the_others() -> None:
    """Between two sets the rod is off and this one says on; and in a third it stays open while the others are on."""
    time_s, contacts = told(200.0)
    contacts[during(time_s, 70.0, 180.0)] = ON
    contacts[during(time_s, 55.0, 75.0), HEAD] = ON
    contacts[during(time_s, 90.0, 150.0), SACRUM] = OFF
    found = switches_of(time_s, contacts)
    assert spans(found["head"].seen) == []  # it never changed between taking up and laying down
    assert [run.state for run in found["head"].stuck] == [State.CLOSED]
    assert spans(found["sacrum"].seen) == [(10.0, 90.0), (150.0, 180.0)]
    assert (90.0, 150.0) not in spans(found["sacrum"].off)
    assert spans(found["upper_back"].seen) == [(10.0, 180.0)]


def test_while_nothing_comes_nobody_watches() -> None:
    time_s, contacts = told()
    heard = ~during(time_s, 30.0, 33.0)
    contacts[during(time_s, 40.0, 40.1), SACRUM] = np.nan
    found = Contacts()
    found.feed(time_s[heard], contacts[heard])
    switches = {switch.contact: switch for switch in found.switches()}
    assert spans(switches["head"].seen) == [(10.0, 29.99), (33.0, 60.0)]
    assert spans(switches["sacrum"].seen) == [(10.0, 29.99), (33.0, 40.0), (40.1, 60.0)]
    assert spans(found.silences()) == [(29.99, 33.0)]


def test_what_is_neither_open_nor_closed_is_not_known_however_short() -> None:
    time_s, contacts = told()
    contacts[during(time_s, 30.0, 30.02), SACRUM] = 7.0
    found = switches_of(time_s, contacts)
    assert spans(found["sacrum"].seen) == [(10.0, 30.0), (30.02, 60.0)]
    assert spans(found["head"].seen) == [(10.0, 60.0)]


def test_a_sensor_without_switches_tells_nothing() -> None:
    found = Contacts()
    time_s = np.append(np.arange(0.0, 1.0, PERIOD_S), 5.0)
    found.feed(time_s, np.full((len(time_s), 3), np.nan))
    assert not found.told
    assert found.switches() == found.silences() == ()


def test_one_switch_alone() -> None:
    time_s, contacts = told()
    contacts[:, :SACRUM] = np.nan
    assert {name: spans(each.seen) for name, each in switches_of(time_s, contacts).items()} == {
        "sacrum": [(10.0, 60.0)]
    }
