"""From bends to sets: kinds, numbers, and when a row is certain."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest

from dowel.analysis.contact.limits import Limits
from dowel.analysis.contact.verdict import Fault
from dowel.analysis.events import Event, RowRevised, RowVoided, RowWritten, SetEnded, Spoken
from dowel.analysis.repetitions.sets import MeasuredBend, SetKeeper, drift_deg
from dowel.analysis.repetitions.void_and_rep_marks import VoidAndRepMarks
from dowel.analysis.repetitions.written_rows import WrittenRows
from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.types import Mark, MarkKind
from dowel.sensors.simulated import (
    Hinge,
    Person,
    PickUp,
    SetDown,
    Stand,
    Step,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from dowel.sensors.simulated.person.plan import Coordinate, Plan, Scene, path_deg
from dowel.session.engine import Engine
from tests.reference import by_scipy
from tests.streams import analyse, ideal_sensors, in_a_set

QUICK = {"lowering_s": 1.0, "rising_s": 0.9, "pause_s": 0.2, "rest_s": 0.6}


def bend(
    start_s: float, *, depth_deg: float = 70.0, lasts_s: float = 2.0, wanted: bool = False, **row: object
) -> MeasuredBend:
    """A bend as the pipeline measures it; what sets do not look at is empty."""
    values: dict[str, object] = {field.name: "" if field.type == "str" else float("nan") for field in fields(Rep)} | {
        "set": None,
        "rep": None,
        "kind": "bend",
        "verdict": "held",
        "load_kg": 0.0,
        "start_s": start_s,
        "end_s": start_s + lasts_s,
        "flexion_peak_deg": 1.0,
    }
    rep = Rep(**(values | row))  # type: ignore[arg-type]
    start, end = round(100 * start_s), round(100 * (start_s + lasts_s))
    return MeasuredBend(rep, start + 30, start, end, depth_deg, wanted)


def told(rows: list[Rep]) -> list[tuple[str, int | None, int | None]]:
    return [(row.kind, row.set, row.rep) for row in rows]


@pytest.mark.parametrize(("point", "voided"), [(99, False), (100, True), (200, True), (201, False)])
def test_a_bend_is_taken_back_at_any_point_from_its_first_to_its_last(point: int, voided: bool) -> None:
    marks = VoidAndRepMarks()
    marks.void(point)
    assert marks.voided(100, 200) == voided


def test_the_third_bend_makes_a_set_and_earlier_rows_are_written_with_it() -> None:
    keeper = SetKeeper()
    assert keeper.bend(bend(0.0)) == ([], [])
    assert keeper.bend(bend(3.0)) == ([], [])
    rows, sets = keeper.bend(bend(6.0))
    assert told(rows) == [("rep", 1, 1), ("rep", 1, 2), ("rep", 1, 3)]
    assert sets == []
    rows, _ = keeper.bend(bend(9.0))
    assert told(rows) == [("rep", 1, 4)]


def test_two_bends_are_no_reps() -> None:
    keeper = SetKeeper()
    keeper.bend(bend(0.0))
    keeper.bend(bend(3.0))
    rows, sets = keeper.stop()
    assert told(rows) == [("bend", None, None)] * 2
    assert sets == []


def test_a_group_ends_after_six_seconds_or_twice_the_usual_duration() -> None:
    keeper = SetKeeper()
    keeper.bend(bend(0.0))
    keeper.bend(bend(3.0))  # ends at 5.0
    assert keeper.rest(1100) == ([], [])
    rows, _ = keeper.rest(1101)
    assert told(rows) == [("bend", None, None)] * 2
    slow = SetKeeper()
    slow.bend(bend(0.0, lasts_s=8.0))
    assert slow.rest(800 + 1600) == ([], [])
    assert told(slow.rest(800 + 1601)[0]) == [("bend", None, None)]


def test_a_set_ends_after_twenty_seconds() -> None:
    keeper = SetKeeper()
    for start_s in (0.0, 3.0, 6.0):
        keeper.bend(bend(start_s))
    assert keeper.next_change() == 800 + 600
    assert keeper.rest(2800) == ([], [])
    rows, (summary,) = keeper.rest(2801)
    assert rows == []
    assert (summary.set, summary.reps, summary.half, summary.held) == (1, 3, 0, 3)
    assert keeper.next_change() is None
    for start_s in (40.0, 43.0, 46.0):
        rows, _ = keeper.bend(bend(start_s))
    assert told(rows)[-1] == ("rep", 2, 3)
    assert keeper.stop()[1][0].rest_before_s == pytest.approx(32.0)


def test_a_pause_of_ten_seconds_is_the_same_set() -> None:
    keeper, rows = SetKeeper(), []
    for start_s in (0.0, 3.0, 6.0, 18.0, 21.0, 24.0):
        rows += keeper.bend(bend(start_s))[0]
        rows += keeper.rest(round(100 * start_s) + 290)[0]
    assert told(rows) == [("rep", 1, number) for number in range(1, 7)]


def test_half_reps_are_kept_and_not_numbered() -> None:
    keeper, rows = SetKeeper(), []
    for start_s, depth_deg in ((0, 70), (3, 72), (6, 41), (9, 71), (12, 43), (15, 70)):
        rows += keeper.bend(bend(float(start_s), depth_deg=float(depth_deg)))[0]
    assert [(row.kind, row.rep) for row in rows] == [
        ("rep", 1),
        ("rep", 2),
        ("half", None),
        ("rep", 3),
        ("rep", 4),  # 43 is over 60 % of 70
        ("rep", 5),
    ]
    assert keeper.stop()[1][0].half == 1


def test_set_marks_rule() -> None:
    """With set marks every bend between them is a rep, also one alone, and none outside."""
    keeper = SetKeeper()
    keeper.bend(bend(0.0))
    rows, _ = keeper.stop()
    keeper.setting.wall_cm = 25.0
    keeper.start()
    assert told(rows) == [("bend", None, None)]
    keeper.bend(bend(10.0))
    assert keeper.rest(5000) == ([], []), "a rest inside a marked set ends nothing"
    rows, (summary,) = keeper.stop()
    assert told(rows) == [("rep", 1, 1)]
    assert (summary.wall_cm, summary.reps) == (25.0, 1)
    rows = [row for start_s in (70.0, 73.0, 76.0, 79.0) for row in keeper.bend(bend(start_s))[0]]
    assert told(rows) == [("bend", None, None)] * 4
    assert not keeper.counts, "in a session with set marks nothing outside them is counted"
    keeper.start()
    assert keeper.counts
    for start_s in (90.0, 93.0, 96.0):
        rows = keeper.bend(bend(start_s))[0]
    assert told(rows)[-1] == ("rep", 2, 3)


def test_who_sits_down_after_a_set_or_gets_up_before_one_did_no_rep() -> None:
    keeper = SetKeeper()
    rows = keeper.bend(bend(0.0, came_back=False))[0]
    for start_s in (3.0, 6.0, 9.0):
        rows += keeper.bend(bend(start_s, came_back=True))[0]
    rows += keeper.bend(bend(13.0, depth_deg=40.0, came_back=False))[0]
    assert told(rows) == [("bend", None, None), ("rep", 1, 1), ("rep", 1, 2), ("rep", 1, 3), ("bend", None, None)]
    assert keeper.stop()[1][0].reps == 3
    keeper.start()
    assert told(keeper.bend(bend(20.0, came_back=False))[0] + keeper.stop()[0]) == [("rep", 2, 1)], "a person said so"


def test_a_rep_mark_makes_a_rep_of_any_bend() -> None:
    keeper = SetKeeper()
    rows = keeper.bend(bend(0.0, wanted=True))[0]
    assert told(rows) == [("rep", 1, 1)]
    rows = keeper.bend(bend(3.0, depth_deg=20.0, wanted=True))[0]
    assert told(rows) == [("rep", 1, 2)], "also of a shallow one"


def test_a_row_is_voided() -> None:
    keeper = SetKeeper()
    keeper.bend(bend(0.0))
    assert keeper.void(1.0), "one that waits"
    assert not keeper.void(2.5), "nothing was there"
    for start_s in (10.0, 13.0, 16.0):
        keeper.bend(bend(start_s))
    assert not keeper.void(11.0), "its row is written"
    assert keeper.stop()[1][0].reps == 2


def test_the_number_that_is_spoken_is_that_of_the_row() -> None:
    keeper = SetKeeper()
    for number in range(1, 6):
        assert keeper.next_number == number
        keeper.bend(bend(3.0 * number))


def test_the_summary_of_a_set() -> None:
    keeper = SetKeeper()
    keeper.start()
    for index, (verdict, lost) in enumerate(
        [
            ("held", ""),
            ("lost", "sacrum"),
            ("lost", "upper_back"),
            ("lost", "sacrum"),
            ("warned", ""),
            ("not_judged", ""),
        ]
    ):
        keeper.bend(bend(3.0 * index, verdict=verdict, contact_lost=lost, flexion_peak_deg=2.0 * index))
    summary: SetSummary = keeper.stop()[1][0]
    assert (summary.held, summary.warned, summary.lost, summary.not_judged) == (1, 1, 3, 1)
    assert summary.worst_contact == "sacrum"
    assert summary.flexion_peak_median_deg == 5.0
    assert summary.drift_deg == pytest.approx(10.0)


def test_drift_is_not_moved_by_one_bad_rep() -> None:
    assert drift_deg([1.0, 2.0, 3.0, 40.0, 5.0, 6.0, 7.0]) == pytest.approx(6.0)
    assert np.isnan(drift_deg([1.0]))


def test_drift_counts_the_reps_that_have_no_peak() -> None:
    assert drift_deg([0.0, np.nan, np.nan, 3.0, 4.0]) == pytest.approx(4.0)


@pytest.mark.parametrize("count", [2, 3, 10, 31])
def test_drift_is_scipys_slope(count: int) -> None:
    rng = np.random.default_rng(count)
    peaks_deg = [*rng.normal(5.0, 2.0, count - 1).tolist(), np.nan, 7.0]
    assert drift_deg(peaks_deg) == pytest.approx(by_scipy.drift_deg(peaks_deg), abs=1e-9)


def test_a_rep_without_a_hinge_angle_spoils_no_median() -> None:
    keeper = SetKeeper()
    keeper.start()
    rows = []
    for start_s, angle in ((0.0, 70.0), (3.0, np.nan), (6.0, 69.0), (9.0, 71.0), (12.0, 30.0)):
        depth_deg = 50.0 if angle == 30.0 else 70.0  # a shallow hinge that rounding makes up for
        rows += keeper.bend(bend(start_s, depth_deg=depth_deg, hinge_angle_deg=angle))[0]
    assert [row.kind for row in rows] == ["rep", "rep", "rep", "rep", "half"]


def test_sessions_without_set_marks() -> None:
    """Through the engine: two sets parted by a rest, a pick-up before and a set-down after them, a half rep."""
    pieces = (
        *calibration_pieces(),
        PickUp(),
        Stand(8.0),
        *set_of_hinges(4, set_marks=False, **QUICK),
        Hinge(70.0, 1.0, 0.2, 0.9, 0.6, half=True),
        Hinge(70.0, 1.0, 0.2, 0.9, 0.6),
        Stand(8.0),
        SetDown(),
        Stand(22.0),
        *set_of_hinges(3, seed=1, set_marks=False, **QUICK),
    )
    result = analyse(pieces, ideal_sensors(), seed=2, person=Person.machine())
    assert [(row.set, row.rep, row.kind) for row in result.rows] == [
        (None, None, "bend"),
        (1, 1, "rep"),
        (1, 2, "rep"),
        (1, 3, "rep"),
        (1, 4, "rep"),
        (1, None, "half"),
        (1, 5, "rep"),
        (None, None, "bend"),
        (2, 1, "rep"),
        (2, 2, "rep"),
        (2, 3, "rep"),
    ]
    assert [event.summary.reps for event in result.of(SetEnded)] == [5, 3]


@dataclass(frozen=True)
class SitDown:
    """Onto a bench 45 cm lower, bent on the way there and on the way up, after some seconds on it."""

    def plan(self, scene: Scene) -> Plan:
        lean_deg = path_deg(0.0, [(1.2, 35.0), (1.0, -10.0), (8.0, -10.0), (1.0, 35.0), (1.2, 0.0)])
        down = path_deg(0.0, [(1.8, 1.0), (8.8, 1.0), (1.8, 0.0)])
        coordinates = scene.begin(len(lean_deg))
        coordinates[:, Coordinate.PELVIS_LEAN] += lean_deg
        coordinates[:, Coordinate.THIGH_LEAN] -= 90.0 * down
        return Plan(coordinates, np.zeros(len(lean_deg), np.bool_))


def test_sitting_down_and_getting_up_are_no_reps_of_the_sets_beside_them() -> None:
    """Within six seconds after one set without marks, and before the next."""
    sets = [set_of_hinges(4, seed=seed, set_marks=False, **QUICK) for seed in range(2)]
    pieces = (*calibration_pieces(), *sets[0], Stand(2.0), SitDown(), *sets[1])
    result = analyse(pieces, ideal_sensors(), seed=2, person=Person.machine())
    assert [row.kind for row in result.rows] == [*["rep"] * 4, "bend", "bend", *["rep"] * 4]
    assert [event.summary.reps for event in result.of(SetEnded)] == [8]


@dataclass(frozen=True)
class Voided:
    """A rep in which somebody says that it does not count, so late after its start."""

    rep: Hinge
    after_s: float

    def plan(self, scene: Scene) -> Plan:
        void = Mark(-1, MarkKind.VOID, self.after_s, self.after_s)
        return replace(self.rep.plan(scene), marks=(void,))


@pytest.mark.slow
@pytest.mark.parametrize("set_marks", [False, True])
@pytest.mark.parametrize("voided", [0, 1, 3])
def test_a_void_mark_voids_the_rep_under_way(voided: int, set_marks: bool) -> None:
    rep = Hinge(70.0, 1.2, 0.3, 1.0, 1.0)
    reps = [Voided(rep, 1.0) if number == voided else rep for number in range(5)]
    pieces = (*calibration_pieces(), *(in_a_set(*reps) if set_marks else (Stand(2.0), *reps, Stand(2.0))))
    result = analyse(pieces, ideal_sensors(), seed=2, person=Person.machine())
    true = [each for each in result.session.truth.reps if each.kind == "rep"]
    del true[voided]
    assert [row.start_s for row in result.rows] == pytest.approx([each.start_s for each in true], abs=0.2)
    assert [row.rep for row in result.rows] == [1, 2, 3, 4]
    assert not result.of(RowVoided)
    assert result.of(SetEnded)[-1].summary.reps == 4


def test_a_void_mark_voids_a_row_that_is_written() -> None:
    rep = Hinge(70.0, 1.2, 0.3, 1.0, 1.0)
    pieces = (*calibration_pieces(), *in_a_set(rep, rep, rep, rep))
    session = simulate(pieces, ideal_sensors(), seed=2, person=Person.machine())
    second = [each for each in session.truth.reps if each.kind == "rep"][1]
    at_s = 0.5 * (second.start_s + second.end_s)
    end = next(mark for mark in session.marks if mark.kind is MarkKind.SET_END)
    # said late: just before the set ends, of a rep long ago
    void = Mark(end.sequence, MarkKind.VOID, at_s, at_s)
    engine = Engine(session.session_sensors(), 0)
    stream = session.stream()
    marks = sorted([*stream.marks, void], key=lambda mark: (mark.sequence, mark.kind is not MarkKind.VOID))
    events = [*engine.feed(replace(stream, marks=marks)), *engine.finish()]
    assert [event.start_s for event in events if isinstance(event, RowVoided)] == [at_s]
    assert sum(isinstance(event, RowWritten) for event in events) == 4
    assert [event.summary.reps for event in events if isinstance(event, SetEnded)] == [3]


@pytest.mark.parametrize(("took_s", "reps"), [(0.3, 0), (0.8, 1), (3.0, 1)])
def test_a_rep_mark_over_what_was_found_to_be_no_bend_makes_a_rep_of_it(took_s: float, reps: int) -> None:
    """Unless it is shorter than any rep."""
    session = simulate((*calibration_pieces(), Stand(8.0)), ideal_sensors(), seed=2, person=Person.machine())
    stream, last = session.stream(), session.marks[-1]
    start_s = last.end_s - 5.0
    wanted = Mark(last.sequence, MarkKind.REP, start_s, start_s + took_s)
    engine = Engine(session.session_sensors(), 0)
    events = [*engine.feed(replace(stream, marks=[*stream.marks[:-1], wanted, last])), *engine.finish()]
    rows = [event.rep for event in events if isinstance(event, RowWritten)]
    assert [(row.kind, row.start_s, row.end_s) for row in rows] == [
        ("rep", pytest.approx(start_s, abs=0.01), pytest.approx(start_s + took_s, abs=0.01))
    ] * reps


@pytest.mark.parametrize("whole", [False, True])
def test_a_calibration_in_a_marked_set_divides_it(whole: bool) -> None:
    """As a marks file may say; a practice refuses it. The reps after it are not lost."""
    rep = Hinge(70.0, 1.2, 0.3, 1.0, 1.0)
    hold = (Stand(2.0, rod=True), Step(MarkKind.ROD_HOLD, (Stand(5.0),)), Stand(1.0))
    steps = calibration_pieces() if whole else hold
    pieces = (*calibration_pieces(), *in_a_set(rep, rep, rep, *steps, rep, rep), Stand(3.0), rep, Stand(2.0))
    result = analyse(pieces, ideal_sensors(), seed=2, person=Person.machine())
    assert told(result.rows) == [
        *[("rep", 1, number) for number in (1, 2, 3)],
        *[("rep", 2, number) for number in (1, 2)],
        ("bend", None, None),
    ]
    assert [event.summary.reps for event in result.of(SetEnded)] == [3, 2]


def test_of_a_row_that_was_taken_back_nothing_is_said_any_more() -> None:
    events: list[Event] = []
    written, limits = WrittenRows(SetKeeper(), events), Limits("rod", 6.0, 10.0, 8.0, 12.0)
    written.write(([bend(10.0 * number).rep for number in range(3)], []), 3000)
    written.void(11.0)
    written.take_back(0, Fault.COME_OFF, limits, 3100)
    assert [event.rep.start_s for event in events if isinstance(event, RowRevised)] == [0.0, 20.0]


def test_the_advice_is_given_as_the_set_ends() -> None:
    events: list[Event] = []
    keeper = SetKeeper()
    keeper.start()
    for number in range(3):
        keeper.bend(bend(3.0 * number))
    summary = replace(keeper.stop()[1][0], advice="hips back")
    WrittenRows(keeper, events).write(([], [summary]), 1275)
    assert events == [SetEnded(12.75, summary), Spoken(12.75, "advice", "hips back")]
