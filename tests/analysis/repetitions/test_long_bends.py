"""Time that would pass unseen: bends that are held, cut off, or go the other way, and sensors that send nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dowel.analysis.events import BendLeftOut, SensorSilent
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import IDEAL, Hinge, Link, Moment, Piece, SimulatedSensor, Stand, Step
from dowel.sensors.simulated import calibration_pieces as calibration
from tests.streams import Analysed, analyse, ideal_sensors

BEND = Hinge(60.0, 1.2, 0.2, 1.0, 0.6)
END = Stand(1.0)


def held(for_s: float, **changes: Any) -> Hinge:
    return replace(BEND, pause_s=for_s, **changes)


def told(result: Analysed) -> list[tuple[int | None, str, str, str]]:
    return [(row.set, row.kind, row.verdict, row.verdict_reason) for row in result.rows]


GOOD = (1, "rep", "held", "")
LONG = (1, "rep", "not_judged", "too_long")


@pytest.mark.slow
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("marked", [False, True])
def test_a_rep_that_is_held_is_a_row_of_its_set(place: int, marked: bool) -> None:
    bends: list[Piece] = [BEND] * 4
    bends[place] = held(40.0)
    begin, over = ((Moment(MarkKind.SET_START),), (Moment(MarkKind.SET_END),)) if marked else ((), ())
    rows = told(analyse((*calibration(), *begin, *bends, END, *over)))
    assert rows == [LONG if number == place else GOOD for number in range(4)]


def test_half_a_minute_is_judged() -> None:
    rows = told(analyse((*calibration(), held(26.0), BEND, BEND, END)))
    assert rows == [GOOD] * 3


def test_what_was_lost_in_the_first_half_minute_stays_lost() -> None:
    """A cue was heard for it."""
    first = analyse((*calibration(), held(40.0, peak_deviation_deg=16.0), BEND, BEND, END)).rows[0]
    assert (first.verdict, first.verdict_reason) == ("lost", "rounded+too_long")
    assert first.lost_s < 31.0


@pytest.mark.slow
def test_whoever_stays_down_rests() -> None:
    """The set is over, as after any rest, and the time is still a row."""
    result = analyse((*calibration(), BEND, BEND, BEND, held(150.0), BEND, BEND, BEND, END))
    assert told(result) == [GOOD] * 3 + [(None, "bend", "not_judged", "too_long")] + [(2, "rep", "held", "")] * 3
    assert result.rows[3].end_s - result.rows[3].start_s == pytest.approx(91.0, abs=1.0)


@pytest.mark.slow
def test_in_a_marked_set_everything_belongs_to_it() -> None:
    bends = (Moment(MarkKind.SET_START), BEND, held(150.0), BEND, END, Moment(MarkKind.SET_END))
    assert [row.set for row in analyse((*calibration(), *bends)).rows] == [1, 1, 1]


def test_a_bend_that_is_cut_off_is_named() -> None:
    step = Step(MarkKind.STILL, (Stand(3.0),))
    down = Hinge(60.0, 1.2, 3.0, 1.0, 0.0, lockout_deg=50.0)
    for pieces, reason in (((BEND, BEND, BEND, down), "ended"), ((BEND, BEND, BEND, down, step, END), "step")):
        result = analyse((*calibration(), *pieces))
        (left_out,) = result.of(BendLeftOut)
        assert left_out.reason == reason
        assert left_out.start_s == pytest.approx(result.rows[-1].end_s + 0.6, abs=0.5)
        assert len(result.rows) == 3


def test_a_bend_to_the_side_is_named() -> None:
    result = analyse((*calibration(), replace(BEND, depth_deg=40.0, side_bend_deg=70.0), END))
    assert [event.reason for event in result.of(BendLeftOut)] == ["sideways"]
    assert result.rows == []


def test_a_rep_with_a_long_gap_has_no_tempo() -> None:
    pieces = (*calibration(), Hinge(60.0, 3.0, 5.0, 3.0), BEND, BEND, END)
    start_s = analyse(pieces).rows[0].start_s
    away = replace(Link.perfect(), dropouts_s=((start_s + 1.5, 4.0),))
    result = analyse(pieces, [SimulatedSensor(place, chip=IDEAL, link=away) for place in TRUNK])
    first = result.rows[0]
    assert first.verdict_reason == "gap"
    assert first.lowering_s != first.lowering_s
    assert first.rising_peak_deg_s != first.rising_peak_deg_s
    assert {event.placement for event in result.of(SensorSilent)} == set(TRUNK)
    for event in result.of(SensorSilent):
        assert event.start_s == pytest.approx(start_s + 1.5, abs=0.03)
        assert event.end_s == pytest.approx(start_s + 5.5, abs=0.03)


TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)


def test_a_sensor_that_comes_late_or_never_is_named() -> None:
    """The grid waits a second for a sensor that is late, so the last second is not known."""
    links = {Placement.UPPER_BACK: ((0.0, 3.0),), Placement.SACRUM: ((6.0, 100.0),)}
    sensors = [
        replace(sensor, link=replace(Link.perfect(), dropouts_s=links[sensor.placement])) for sensor in ideal_sensors()
    ]
    found = [
        (event.placement, event.start_s, event.end_s) for event in analyse((Stand(10.0),), sensors).of(SensorSilent)
    ]
    assert found == [("upper_back", 0.0, pytest.approx(3.0, abs=0.02)), ("sacrum", pytest.approx(6.0, abs=0.02), 9.0)]


@pytest.mark.parametrize(("gap_s", "known"), [(0.35, True), (0.8, False)])
def test_the_tempo_is_known_where_both_are_missing_for_less_than_half_a_second(gap_s: float, known: bool) -> None:
    pieces = (*calibration(), BEND, BEND, BEND, END)
    start_s = analyse(pieces).rows[1].start_s
    gone = replace(Link.perfect(), dropouts_s=((start_s + 0.6, gap_s),))
    row = analyse(pieces, ideal_sensors(link=gone)).rows[1]
    assert (row.lowering_s > 0.0) is known


def test_the_share_of_the_low_back_is_the_rounding_over_the_lean_at_the_bottom() -> None:
    row = analyse((*calibration(), replace(BEND, peak_deviation_deg=18.0), BEND, BEND, END)).rows[0]
    assert row.lumbar_share == pytest.approx(18.0 / row.trunk_lean_deg, rel=0.1)
    assert 0.2 < row.lumbar_share < 0.4
