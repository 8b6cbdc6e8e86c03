"""``dowel validate`` on sessions of a simulated lifter whose rod is modelled, and a helper who watches it."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import dowel
from dowel.agreement.collect import sessions_with_truth
from dowel.agreement.study_size import plan_of
from dowel.commands import run
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import SimulatedSensor, Stand, calibration_pieces, set_of_hinges, simulate
from dowel.sensors.simulated.person.rod import Rod
from dowel.settings.person_limits import limits_of
from tests.app.agreement.rod import Helper, truth_marks
from tests.validation.study import trunk_sensors

PEAKS_DEG = (0.0, 16.0, 0.0, 20.0, -16.0, 3.0, 18.0, 0.0)


def elsewhere(folder: Path) -> Path:
    """A session like that with truth, of another identity: no copy of it."""
    return folder.parent / "elsewhere" / "with.dowel"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One session with a helper's truth, and one without any."""
    folder = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(16)
    pieces = (*calibration_pieces(), *set_of_hinges(8, peaks_deg=PEAKS_DEG, seed=1), Stand(3.0))
    sensors = [*trunk_sensors(rng, tissue_deg=(0.0, 0.0)), SimulatedSensor(Placement.ROD)]
    simulation = simulate(pieces, sensors, seed=901)
    (folder.parent / "elsewhere").mkdir()
    for path in (folder / "with.dowel", folder / "without.dowel", elsewhere(folder)):
        simulation.write(path, {"person": "P1", "simulated": False})  # as of a person
    until_s = float(simulation.truth.time_s[-1]) - 0.5
    told = Helper(delay_sd_s=0.02).told(Rod().off(simulation.truth), rng, until_s)
    for mark in truth_marks(told, until_s, "helper 1", reacts=True):
        for path in (folder / "with.dowel", elsewhere(folder)):
            append_mark(path, mark.kind, mark.start_s, mark.end_s, mark.detail)
    truth = simulation.truth
    kept = [rep for rep in truth.reps if rep.kind == "rep" and abs(rep.held_flexion_deg - rep.held_extension_deg) < 5.0]
    bottoms_s = [0.5 * (rep.bottom_start_s + rep.bottom_end_s) for rep in kept]
    flexion_deg = np.interp(bottoms_s, truth.time_s, truth.flexion_deg)
    (folder / "truth.json").write_text(json.dumps({"half_flexion_deg": 0.5 * float(flexion_deg.mean())}))
    return folder


@pytest.mark.slow
def test_the_table_says_what_was_so(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["validate", str(folder), "--csv", "-"]) == 0
    told = capsysbinary.readouterr()
    rows = {row["contact"]: row for row in csv.DictReader(io.StringIO(told.out.decode()))}
    assert {name: (row["reps"], row["off"], row["told"], row["hits"]) for name, row in rows.items()} == {
        "sacrum": ("8", "3", "3", "3"),
        "upper_back": ("8", "1", "1", "1"),
        "any": ("8", "4", "4", "4"),
    }
    assert b"1 of 2 sessions hold no truth" in told.err


@pytest.mark.slow
def test_a_session_counts_once_as_it_is_in_its_largest_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy would be an observation that nobody made."""
    for name in ("a.dowel", "b.dowel", "c.dowel"):
        shutil.copyfile(folder / "with.dowel", tmp_path / name)
    append_mark(tmp_path / "b.dowel", MarkKind.NOTE, 1.0, 1.0, {"text": "x" * 20000})
    assert (tmp_path / "b.dowel").stat().st_size > (tmp_path / "a.dowel").stat().st_size
    assert run(["validate", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "over 8 judged reps" in " ".join(told.out.split())
    said = " ".join(told.err.split())
    for name in ("a.dowel", "c.dowel"):
        assert f"{tmp_path / name} is the session in {tmp_path / 'b.dowel'} again, which counts in its place." in said


def test_of_two_states_of_one_size_the_later_counts(folder: Path, tmp_path: Path) -> None:
    """Truth that was added may fit into what is there already."""
    for name in ("a backup.dowel", "session.dowel"):
        shutil.copyfile(folder / "with.dowel", tmp_path / name)
    os.utime(tmp_path / "a backup.dowel", ns=(1, 1))
    _, left_out = sessions_with_truth([tmp_path])
    backup, whole = tmp_path / "a backup.dowel", tmp_path / "session.dowel"
    assert left_out == [f"{backup} is the session in {whole} again, which counts in its place."]


def test_the_terminal_says_it_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(folder / "with.dowel")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "over 8 judged reps: told 4 of 4 reps with a true loss, 0 of 4 kept reps told without need." in told
    assert "All reps are of one person" in told
    assert "7 more in which the sacrum leaves the rod" in told


@pytest.mark.slow
def test_everything_as_json_and_as_a_page(folder: Path, tmp_path: Path) -> None:
    assert run(["validate", str(folder), "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html")]) == 0
    study = json.loads((tmp_path / "a.json").read_text())
    assert (study["people"], study["reps"], study["rule"]) == (1, 8, {"false_alarms": None})
    leans = {each["segment"]: each["beyond_rod_deg"] for each in study["leans"]}
    assert leans["sacrum"]["pairs"] == leans["upper_back"]["pairs"] == 4
    # the rod leans half-way between the two, so each is off by half of what this back bends by itself in a hinge
    half_deg = json.loads((folder / "truth.json").read_text())["half_flexion_deg"]
    assert leans["sacrum"]["bias"] == pytest.approx(-half_deg, abs=1.0)
    assert leans["upper_back"]["bias"] == pytest.approx(half_deg, abs=1.0)
    page = (tmp_path / "a.html").read_text()
    assert "told 4 of 4 reps with a true loss" in page
    assert page.count('class="plot"') == 3  # sacrum, upper back, and leans beside the rod's
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_plan_is_more_exact_with_more_people(capsys: pytest.CaptureFixture[str]) -> None:
    few, many = plan_of(6, 30), plan_of(48, 30)
    for figure in ("sensitivity", "specificity", "limit_deg"):
        assert getattr(many, figure)[1] < 0.6 * getattr(few, figure)[1]
    assert many.interval < 0.6 * few.interval
    assert many.interval == pytest.approx(many.sensitivity[1], rel=0.5)  # it says what it will be worth
    assert run(["validate", "--plan", "--people", "4", "--reps", "10"]) == 0
    told = capsys.readouterr().out
    assert "no intervals over people" in told
    assert "more reps" in told
    assert run(["validate"]) == run(["validate", "--plan", "x.dowel"]) == 2


def test_places_are_told_apart_by_their_folders(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two people of the same code."""
    for place, session in (("bergen", folder / "with.dowel"), ("oslo", elsewhere(folder))):
        (tmp_path / place).mkdir()
        shutil.copy(session, tmp_path / place)
    places = [str(tmp_path / "bergen"), str(tmp_path / "oslo")]
    assert run(["validate", *places, "--by-place", "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    names = {row["name"] for row in rows if row["kind"] in ("place", "person")}
    assert names == {"bergen", "oslo", "bergen: P1", "oslo: P1"}
    assert run(["validate", places[0], "--by-place"]) == 3
    assert "give two or more" in capsys.readouterr().err
    assert run(["validate", *places, "--by-place", "--write-limits"]) == 2


def test_without_truth_it_says_how_to_get_some(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(folder / "without.dowel")]) == 3
    assert "1 of 1 sessions hold no truth" in capsys.readouterr().err


@pytest.mark.slow
def test_limits_that_a_persons_reps_support_are_kept_and_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten of each would be needed; with one rule loosened the eight reps choose a limit for P1, which later holds."""
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))
    assert run(["validate", str(folder), "--csv", "-", "--write-limits"]) == 0
    assert "No limits were kept" in capsys.readouterr().err
    monkeypatch.setattr("dowel.agreement.supported_limits.LEAST_OFF", 3)
    assert run(["validate", str(folder), "--csv", "-", "--write-limits"]) == 0
    told = capsys.readouterr().err
    assert "Kept for P1: rounding" in told
    kept = limits_of("P1")
    assert kept is not None
    assert kept.basis == "personal"
    assert kept.rounding is not None
    assert 4.0 < kept.rounding < 15.0
    limited = tmp_path / "limited.dowel"
    limited.write_bytes((folder / "without.dowel").read_bytes())
    append_mark(limited, MarkKind.LIMITS, 0.0, 0.0, kept.to_json())
    assert run(["report", str(limited)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Limits from this person's own 8 reps with the rod, 3 of them off it." in out
    assert "no human validation" not in out
    assert run(["report", str(limited), "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["limits_basis"] for row in rows} == {"personal"}


def test_what_cannot_be_asked_is_said_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "none.dowel", "--false-alarms", "3"]) == 2
    assert "--false-alarms: 3 is not from 0 to 0.5." in capsys.readouterr().err
    with pytest.raises(UsageError, match="no share"):
        dowel.validate("none.dowel", false_alarms=-0.1)
    with pytest.raises(UsageError, match="Give sessions with truth"):
        dowel.validate()
