"""A made-up drill in a made-up stance goes the whole way, from samples to the tables, without a line of the program."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from dowel.analysis.column_type import extras_of
from dowel.analysis.drills.drills import DRILLS
from dowel.analysis.events import ContactPassed, RepCounted
from dowel.commands import run
from dowel.practice.guided_steps import calibration_steps
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import Hinge, Moment, Person, Piece, calibration_pieces, simulate
from dowel.session.setup import check_placements, may_be_loaded
from tests.analysis.stances.seated import SEATED, SeatedRep
from tests.streams import Analysed, analyse, analysed, cut, ideal_sensors, in_a_set

IN_DRILL = Moment(MarkKind.DRILL, {"drill": SEATED.name})
DEPTH_DEG = 16.0  # no bend at all for somebody who stands


@pytest.fixture(autouse=True)
def seated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DRILLS, SEATED.name, SEATED)


def bends(*deviations_deg: float) -> list[Piece]:
    return [Hinge(DEPTH_DEG, 1.5, 0.5, 1.2, 1.0, peak_deviation_deg=each) for each in deviations_deg]


def practised(*pieces: Piece, first: Sequence[Piece] = (IN_DRILL,)) -> Analysed:
    return analyse((*first, *calibration_pieces(rod=False), *in_a_set(*pieces)), person=Person.machine())


def test_bends_are_counted_and_judged_by_its_own_limits() -> None:
    found = practised(*bends(0.0, 5.5, 8.5, -8.5))
    assert [(row.drill, row.kind, row.rep) for row in found.rows] == [("seated_bend", "rep", n) for n in (1, 2, 3, 4)]
    assert [row.verdict for row in found.rows] == ["held", "warned", "lost", "lost"]
    assert [row.contact_lost for row in found.rows] == ["", "", "sacrum", "upper_back"]
    assert [event.number for event in found.of(RepCounted)] == [1, 2, 3, 4]
    assert [event.reason for event in found.of(ContactPassed) if event.level == "lost"] == ["rounded", "arched"]


def test_a_row_has_what_it_alone_measures() -> None:
    for row in practised(*bends(0.0, 0.0, 8.5)).rows:
        assert isinstance(row, SeatedRep)
        assert row.pelvis_share == pytest.approx(DEPTH_DEG / row.trunk_lean_deg, abs=0.02)
        assert row.movement == ""
        assert row.hip_drop_cm != row.hip_drop_cm


def test_standing_the_same_bends_are_none() -> None:
    bent = bends(0.0, 0.0, 0.0)
    assert practised(*bent, first=()).rows == []
    assert len(practised(*bent).rows) == 3


@pytest.mark.parametrize("sizes", [(1, 7, 300), (5000,)])
def test_in_any_chunks(sizes: Sequence[int]) -> None:
    session = practised(*bends(0.0, 8.5, 0.0)).session
    sensors = session.session_sensors()
    assert analysed(sensors, cut(session.stream(), sizes)) == analysed(sensors, [session.stream()])


@pytest.mark.slow
def test_tables_report_and_page_know_it(tmp_path: Path) -> None:
    path = tmp_path / "chair.dowel"
    pieces = (IN_DRILL, *calibration_pieces(rod=False), *in_a_set(*bends(0.0, 5.5, 8.5)))
    simulate(pieces, ideal_sensors(), seed=1, person=Person.machine()).write(path)
    table, page, folder = tmp_path / "reps.csv", tmp_path / "page.html", tmp_path / "out"
    assert run(["report", str(path), "--csv", str(table), "--html", str(page)]) == 0
    assert run(["export", str(path), "--to", str(folder)]) == 0
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[-2:] == ["human_verdict", "pelvis_share"]
    assert [row[header.index("verdict")] for row in rows] == ["held", "warned", "lost"]
    assert float(rows[2][-1]) < 0.75 < float(rows[0][-1]) < 1.1
    (exported,) = folder.rglob("columns.json")
    described = json.loads(exported.read_text(encoding="utf-8"))["reps.csv"][-1]
    assert described == {"name": "pelvis_share", "unit": "", "meaning": "Largest pelvis lean over largest trunk lean."}
    shown = " ".join(page.read_text(encoding="utf-8").split())
    for said in ("seated bend", "What the feet press is not sensed.", "Tip the pelvis first", "over 4° and 7°"):
        assert said in shown, said


def test_its_steps_and_its_placements() -> None:
    steps = [MarkKind.STILL, MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS]
    assert [step.kind for step in calibration_steps(SEATED, rod=True)] == steps
    assert not may_be_loaded(SEATED)
    check_placements(SEATED.name, [Placement.SACRUM])
    with pytest.raises(UsageError, match="belong to --drill dead_bug"):
        check_placements(SEATED.name, [Placement.PELVIS_FRONT])


def test_nobody_sits_down_in_the_middle_of_a_session() -> None:
    """The calibration was of somebody who stood."""
    with pytest.raises(InputError, match="seated_bend is done seated; begin a new session for it"):
        practised(IN_DRILL, first=())


def test_columns_of_one_drill_do_not_reach_another() -> None:
    assert extras_of(SeatedRep, "pelvis_share")[0] not in DRILLS["dowel_hinge"].extras
