"""A session in a notebook: how it shows itself, its tables' units, its plots, and an analysis with other parameters."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import dowel
from dowel.analysis.contact.given_limits import GivenLimits
from dowel.analysis.movement.classify import MovementRule
from dowel.analysis.parameters import in_force
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Mark, MarkKind
from dowel.reports.notebook import AnalysedSession, analyse
from dowel.reports.reps_plot import PERCENT
from dowel.session.experiment import SETTINGS, Experiment


@pytest.fixture(scope="module")
def whole(session: Path) -> AnalysedSession:
    return analyse(session)


@pytest.fixture(scope="module")
def other(session: Path) -> AnalysedSession:
    return analyse(session, limits={"rounding": 20}, hold_s=0.3, settings=[MovementRule(hinge_lean_deg=80.0)])


def test_the_package_shows_what_it_is_for_and_nothing_else() -> None:
    code = "import dowel; print(dir(dowel), sorted(set(vars(dowel)) - set(dir(dowel))))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    public, _, rest = told.partition("] [")
    assert public.startswith("['Agreement', 'AnalysedSession', ")
    assert all(name in public for name in ("'__version__'", "'analyse'", "'validate'"))
    assert [name for name in rest.strip("\n]").split(", ") if not name.startswith("'_")] == ["'Any'", "'TYPE_CHECKING'"]
    assert dowel.__version__ in dowel.analyse.__globals__["program_version"]()


def test_a_session_tells_itself_in_three_lines_and_as_a_small_table(whole: AnalysedSession) -> None:
    first, second, third = repr(whole).splitlines()
    assert first.startswith("practice.dowel")
    assert second == "8 bends in 1 set: 5 held, 1 close, 2 lost"
    assert third.startswith("rod calibration; upper back, sacrum; dowel ")
    assert third.endswith("parameters: the program's own")
    html = whole._repr_html_()
    assert html.count("<tr>") == 2
    assert "<td>1</td><td>8</td><td>5</td><td>1</td><td>2</td><td>0</td><td>sacrum</td>" in html


def test_what_a_file_says_of_itself_is_no_markup(whole: AnalysedSession, session: Path) -> None:
    strange = AnalysedSession(Path("<b>x.dowel"), {"drill": "<script>"}, (), (), ())
    assert "<script>" not in strange._repr_html_()
    assert "&lt;b&gt;x.dowel" in strange._repr_html_()
    assert len(repr(strange).splitlines()) == 3


def test_tables_keep_their_units_and_version(whole: AnalysedSession, other: AnalysedSession) -> None:
    assert whole.signals.attrs["units"]["spine_deviation_deg"] == "deg"
    assert set(whole.signals.attrs["units"]) <= set(whole.signals.columns)
    assert whole.reps.attrs["units"]["hinge_angle_deg"] == "deg"
    assert whole.sets.attrs["program_version"] == dowel.__version__
    assert "parameters" not in whole.reps
    told = "rounding=20; hold_s=0.3; MovementRule.hinge_lean_deg=80"
    assert set(other.reps["parameters"]) == set(other.sets["parameters"]) == {told}
    assert other.signals.attrs["parameters"] == other.parameters == told


def test_limits_hold_and_settings_are_what_it_is_judged_by(whole: AnalysedSession, other: AnalysedSession) -> None:
    assert {row.limits_basis for row in other.rep_rows} == {"given"}
    limits = other.limits_at(other.rep_rows[0])
    assert (limits.lost_deg, limits.hold_points, limits.arching_lost_deg) == (20.0, 30, 12.0)
    assert [row.verdict for row in whole.rep_rows].count("lost") == 2
    assert [row.verdict for row in other.rep_rows].count("lost") == 1, "one rounds by 17 degrees, one arches"
    assert {row.movement for row in whole.rep_rows} == {"hinge"}
    assert [row.movement for row in other.rep_rows].count("hinge") < 8


def test_nothing_of_it_is_left_for_the_next_analysis(session: Path, whole: AnalysedSession) -> None:
    with pytest.raises(InputError):
        analyse(session.with_name("not there.dowel"), settings=[MovementRule()])
    assert in_force(RepSettings) == RepSettings()
    given_defaults = analyse(session, settings=[kind() for kind in SETTINGS])
    assert pickle.dumps(given_defaults.rep_rows) == pickle.dumps(whole.rep_rows)
    assert given_defaults.parameters == ""


def test_a_hold_alone_leaves_the_limits_of_the_session(session: Path) -> None:
    with open_session(session) as opened:
        coach = GivenLimits("coach", 11.0)
        opened.marks = (Mark(0, MarkKind.LIMITS, 5.0, 5.0, coach.to_json()), *opened.marks)
        held = Experiment.of(None, 0.2, ()).marks_for(opened)
        replaced = Experiment.of({"arching": 13.0}, None, ()).marks_for(opened)
    told = [mark.detail for mark in held if mark.kind is MarkKind.LIMITS]
    assert told == [{"basis": "given", "hold_s": 0.2}, {"basis": "coach", "rounding": 11.0, "hold_s": 0.2}]
    assert [m.detail for m in replaced if m.kind is MarkKind.LIMITS] == [{"basis": "given", "arching": 13.0}]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"limits": {"sideways": 3.0}}, "there is no 'sideways'. They are rounding, arching, head"),
        ({"limits": {"rounding": 1.0}}, "from 3 to 40 degrees, not 1"),
        ({"hold_s": 9}, "the hold is a number from 0.01 to 2 s, not 9"),
        ({"settings": [3]}, "int is none of the analysis. They are AttitudeSettings"),
    ],
)
def test_what_cannot_be_is_told(session: Path, given: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        analyse(session, **given)  # type: ignore[arg-type]


def test_one_rep_and_all_reps_over_each_other(whole: AnalysedSession, other: AnalysedSession) -> None:
    fifth = next(row for row in whole.rep_rows if row.rep == 5)
    left, right = whole.plot(rep=5).axes[0].get_xlim()
    assert (left, right) == pytest.approx((fifth.start_s - 1.0, fifth.end_s + 1.0))
    with pytest.raises(InputError, match=r"no rep 9 in set 1 of practice.dowel \(reps: 1, 2"):
        whole.plot(rep=9)
    leans, deviation = whole.plot(percent=True).axes
    assert len(leans.lines) == 8 + 1, "and the median"
    assert all(len(line.get_xdata()) == len(PERCENT) for line in leans.lines)
    peaks_deg = sorted(round(float(max(line.get_ydata())), 0) for line in leans.lines[:-1])
    angles = sorted(round(float(whole.bend_angle_deg(r.start_s, r.end_s).max()), 0) for r in whole.rep_rows)
    assert peaks_deg == angles
    assert deviation.get_xlabel() == "% of the rep"
    assert [each.get_title() for each in whole.plot(beside=whole).axes[:2]] == ["practice: 8 reps"] * 2
    wider = analyse(whole.path, limits={"rounding": 20})
    assert [each.get_title() for each in whole.plot(beside=wider).axes[:2]] == [
        "practice: 8 reps",
        "practice: 8 reps\nrounding=20",
    ]
    with pytest.raises(InputError, match="no reps in set 7"):
        whole.plot(7, percent=True)
