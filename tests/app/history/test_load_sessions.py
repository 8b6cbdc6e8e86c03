"""A folder as people have them: damaged files, copies, hostile names, two persons, sessions without a date."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dowel.history.load_sessions import read_folder
from dowel.history.person import persons_of
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import TRUNK
from dowel.sensors.simulated import SimulatedSensor, Simulation, calibration_pieces, set_of_hinges, simulate
from dowel.settings.rules import read_rules

Run = Callable[..., tuple[int, str, str]]
NAUGHTY = "=1+1<script>alert('x')</script>\x1b[2J"


@pytest.fixture
def folder(simulated: Simulation, tmp_path: Path) -> Path:
    """Two persons, one without a code, hostile names, a damaged file, a copy, a session that does not say when."""

    def write(name: str, person: str, started_at: str, **facts: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        simulated.write(path, {"person": person, "started_at": started_at, "simulated": False, **facts})
        return path

    write("b.dowel", "P2", "2026-03-09T10:00:00")
    write("a.dowel", "P2", "2026-03-02T10:00:00+01:00")
    write("below/c.dowel", "P1", "2026-03-02T10:00:00")
    original = write("below/<img src=x onerror=alert(1)>.dowel", NAUGHTY, "2026-03-03T10:00:00")
    write("none.dowel", "", "2026-03-04T10:00:00")
    write("undated.dowel", "P2", "some day")
    shutil.copy(original, tmp_path / "zz copy.dowel")
    (tmp_path / "damaged.dowel").write_bytes(b"SQLite format 3\x00" + b"?" * 5000)
    (tmp_path / "notes.txt").write_text("no session")
    (tmp_path / "folder.dowel").mkdir()
    return tmp_path


@pytest.mark.slow
def test_what_is_found_and_what_is_left_out(folder: Path) -> None:
    found = read_folder(folder)
    assert [each.name for each in found.sessions] == ["a", "c", "<img src=x onerror=alert(1)>", "none", "b", "undated"]
    damaged, copy = found.left_out
    assert "damaged.dowel" in damaged
    assert copy.startswith(str(folder / "zz copy.dowel"))
    assert "is a copy of" in copy


@pytest.mark.slow
def test_each_person_is_told_apart(folder: Path) -> None:
    people = persons_of(read_folder(folder).sessions, read_rules())
    assert [(each.person, len(each.sessions), len(each.undated)) for each in people] == [
        (NAUGHTY, 1, 0),
        ("P1", 1, 0),
        ("P2", 2, 1),
        ("", 1, 0),
    ]
    assert people[-1].name == "no name given"
    two = people[2]
    assert sum(week.sessions for week in two.weeks) == 2
    assert len(two.groups) == 3


@pytest.mark.slow
def test_simulated_practice_is_apart_from_real(session: Path, folder: Path) -> None:
    shutil.copy(session, folder / "simulated.dowel")
    people = persons_of(read_folder(folder).sessions, read_rules(), "")
    assert [each.name for each in people] == ["no name given", "no name given, simulated"]


@pytest.mark.slow
def test_hostile_names_reach_neither_terminal_nor_spreadsheet_nor_page(folder: Path, dowel: Run) -> None:
    code, out, err = dowel("history", folder)
    assert code == 0
    assert "\x1b" not in out + err
    assert max(map(len, out.splitlines())) <= 80
    code, out, err = dowel("history", folder, "--csv", "-")
    assert code == 0
    assert "Left out: " in err
    assert "\x1b" not in err
    names = {row["person"] for row in csv.DictReader(io.StringIO(out))}
    assert f"'{NAUGHTY}" in names
    code, page, err = dowel("history", folder, "--html", "-")
    assert code == 0
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page


@pytest.mark.slow
def test_the_problems_are_said_in_the_terminal_and_on_the_page(folder: Path, dowel: Run) -> None:
    for arguments in ((), ("--html", "-")):
        _, out, _ = dowel("history", folder, *arguments)
        text = " ".join(out.split())
        assert "undated does not say when it was: it is in no week, trend or decision." in text
        assert "is a copy of" in text
        assert "damaged.dowel" in "".join(out.split())  # a long path is wrapped where the line ends


@pytest.mark.slow
def test_one_person(folder: Path, dowel: Run) -> None:
    _, out, _ = dowel("history", folder, "--person", "P1")
    assert "person P1" in out
    assert "person P2" not in out
    _, out, _ = dowel("history", folder, "--person", "")
    assert "no name given" in out
    assert "person P" not in out
    code, _, err = dowel("history", folder, "--person", "P3")
    assert code == 3
    assert "There is no session of a person 'P3'. There are: " in err
    assert "(no name given)" in err


@pytest.mark.slow
def test_sessions_of_the_same_time_are_both_counted_and_stay_in_order(tmp_path: Path, simulated: Simulation) -> None:
    facts = {"person": "P1", "started_at": "2026-03-02T10:00:00"}
    simulated.write(tmp_path / "two.dowel", facts)
    other = simulate((*calibration_pieces(), *set_of_hinges(5)), [SimulatedSensor(each) for each in TRUNK], seed=8)
    other.write(tmp_path / "one.dowel", facts)
    sessions = read_folder(tmp_path).sessions
    assert [each.name for each in sessions] == ["one", "two"]
    (person,) = persons_of(sessions, read_rules())
    assert person.weeks[0].sessions == 2
    assert sum(person.weeks[0].reps.values()) == 13


def test_what_cannot_be_read_at_all(tmp_path: Path, dowel: Run) -> None:
    code, _, err = dowel("history", tmp_path / "none")
    assert code == 3
    assert err == f"dowel: {tmp_path / 'none'} does not exist. Give the folder with your sessions.\n"
    code, _, err = dowel("history", tmp_path)
    assert code == 3
    assert "There is no session (.dowel) in" in err
    (tmp_path / "x.dowel").write_text("no session")
    code, _, err = dowel("history", tmp_path)
    assert code == 3
    assert "No session in" in err
    assert "x.dowel" in err
    code, _, err = dowel("history", tmp_path / "x.dowel")
    assert code == 3
    assert "is no folder" in err


def test_facts_from_elsewhere_may_be_anything(simulated: Simulation, tmp_path: Path) -> None:
    for number, facts in enumerate(
        (
            {"person": " 7 ", "started_at": 5, "height_cm": "x"},
            {"person": None, "height_cm": True},
            {"person": ["x"], "height_cm": -1},
        )
    ):
        simulated.write(tmp_path / f"{number}.dowel", facts)
    sessions = read_folder(tmp_path).sessions
    assert {each.person for each in sessions} == {"7", ""}
    assert any("facts could not be understood" in said for each in sessions for said in each.problems)
    assert not any(each.height_given for each in sessions)
    assert {each.day for each in sessions} == {None, date(2000, 1, 1)}


# ------------------------------------------------------------------------------------------------------- the command


def test_wrong_usage(folder: Path, dowel: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[back.lost]\nreps = 3\n")
    for arguments, said in (
        ([folder, "--csv", "-", "--html", "-"], "Standard output can hold one thing"),
        ([folder, "--csv", folder / "a.dowel"], "would overwrite a session"),
        ([folder, "--html", tmp_path / "new.dowel"], "would overwrite a session"),
        ([folder, "--rules", own, "--csv", own], "holds your rules"),
        (["--show-rules", "--csv", "-"], "Leave out the other options"),
    ):
        code, _, err = dowel("history", *arguments)
        assert code == 2, said
        assert said in err


@pytest.mark.slow
def test_the_rules_of_a_coach(folder: Path, dowel: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[pass.dowel_hinge]\ndays = 5\n")
    _, out, _ = dowel("history", folder, "--person", "P1", "--rules", own)
    assert "of 5 good days" in out
    assert "Decided by the rules of" in " ".join(out.split())
    code, out, _ = dowel("history", "--show-rules", "--rules", own)
    assert code == 0
    assert "\n[pass.dowel_hinge]\ndays = 5\n" in out
    own.write_text("[pass.dowel_hinge]\ndays = 'five'\n")
    code, _, err = dowel("history", folder, "--rules", own)
    assert code == 3
    assert "own.toml, line 2: days must be a whole number from 1 to 100." in err


@pytest.mark.slow
def test_files_are_written_whole_and_told(folder: Path, dowel: Run, tmp_path: Path) -> None:
    code, out, err = dowel("history", folder, "--csv", tmp_path / "h.csv", "--html", tmp_path / "h.html")
    assert (code, out) == (0, "")
    assert f"Written: {tmp_path / 'h.csv'}, 6 rows." in err
    assert f"Written: {tmp_path / 'h.html'}, 4 persons." in err
    assert (tmp_path / "h.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    code, _, err = dowel("history", folder, "--csv", tmp_path / "none" / "h.csv")
    assert code == 3
    assert "does not exist" in err


def test_an_earlier_state_of_a_session_is_counted_once(simulated: Simulation, tmp_path: Path) -> None:
    """What stood in a folder that went away, beside the whole session that went on elsewhere."""
    simulated.write(tmp_path / "whole.dowel")
    with open_session(tmp_path / "whole.dowel") as session:
        facts = {key: session.facts[key] for key in ("origin_ns", "started_at")}
        with SessionWriter(tmp_path / "a part.dowel", session.sensors, facts) as writer:
            for part in session.slices(1):
                for mark in part.marks:
                    writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)
                for index, sent in enumerate(part.notifications):
                    if len(sent) and sent.arrival_ns[0] < 60e9:
                        writer.notify(index, int(sent.arrival_ns[0]), sent.payload)
    found = read_folder(tmp_path)
    assert [session.name for session in found.sessions] == ["whole"]
    (said,) = found.left_out
    assert (
        said
        == f"{tmp_path / 'a part.dowel'} is an earlier state of {tmp_path / 'whole.dowel'}, which counts in its place."
    )


def test_of_a_recording_that_was_imported_again_the_later_import_counts(simulated: Simulation, tmp_path: Path) -> None:
    """Whatever they are called: somebody had given the files for the wrong places."""
    for name in ("a wrong", "b right"):
        simulated.write(tmp_path / f"{name}.dowel", {"started_at": "2026-03-02T10:00:00"})
    os.utime(tmp_path / "a wrong.dowel", ns=(1, 1))
    found = read_folder(tmp_path)
    assert [session.name for session in found.sessions] == ["b right"]
    (said,) = found.left_out
    assert said.startswith(f"{tmp_path / 'a wrong.dowel'} is an earlier session of the same recording as ")
    os.utime(tmp_path / "b right.dowel", ns=(0, 0))
    assert [session.name for session in read_folder(tmp_path).sessions] == ["a wrong"]


def test_of_a_copy_and_the_session_that_was_marked_since_the_latter_counts(
    simulated: Simulation, tmp_path: Path, dowel: Run
) -> None:
    simulated.write(tmp_path / "session.dowel", {"started_at": "2026-03-02T10:00:00"})
    shutil.copy(tmp_path / "session.dowel", tmp_path / "a backup.dowel")
    code, _, _ = dowel("mark", tmp_path / "session.dowel", "--rep", 1, "--kind", "void")
    assert code == 0
    found = read_folder(tmp_path)
    assert [session.name for session in found.sessions] == ["session"]
    assert "a backup.dowel is an earlier state of" in found.left_out[0]
