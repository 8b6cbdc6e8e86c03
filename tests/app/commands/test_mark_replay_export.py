"""``dowel mark``, ``replay``, ``export`` and ``demo``."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import dowel as dowel_package
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.replay.pace import Pace
from dowel.reports.notebook import analyse
from dowel.session.results import SessionResults
from dowel.session.signal_table import signal_columns
from dowel.session.tables import SIGNAL_COLUMNS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mine(session: Path, tmp_path: Path) -> Path:
    """A copy of the simulated session that may be changed."""
    path = tmp_path / "mine.dowel"
    shutil.copyfile(session, path)
    return path


# --------------------------------------------------------------------------------------------------------------- mark


def test_void_strikes_a_row(mine: Path, dowel: Run) -> None:
    fifth = analyse(mine).rep_rows[4]
    code, said, _ = dowel("mark", mine, "--at", fifth.bottom_s, "--kind", "void")
    assert code == 0
    assert "8 reps in 1 set before, 7 reps in 1 set now" in said
    rows = analyse(mine).rep_rows
    assert fifth.start_s not in [row.start_s for row in rows]
    assert "lost" not in [row.verdict for row in rows[:5]]


@pytest.mark.slow
def test_load_and_note_and_set(mine: Path, dowel: Run) -> None:
    assert dowel("mark", mine, "--at", "40", "--kind", "load", "--load-kg", "20")[0] == 0
    assert dowel("mark", mine, "--at", "50", "--kind", "note", "--text", "= felt good\x1b[1m")[0] == 0
    rows = analyse(mine).rep_rows
    assert {row.load_kg for row in rows} == {20.0}
    with open_session(mine) as session:
        added = [(mark.kind, dict(mark.detail)) for mark in session.marks if mark.added]
    assert (MarkKind.NOTE, {"text": "= felt good\x1b[1m"}) in added
    fourth = rows[3]
    assert dowel("mark", mine, "--at", fourth.start_s - 0.2, "--kind", "set", "--load-kg", "24")[0] == 0
    rows = analyse(mine).rep_rows
    assert [(row.set, row.load_kg) for row in rows] == [(1, 20.0)] * 3 + [(2, 24.0)] * 5


@pytest.mark.slow
def test_what_a_video_shows_becomes_truth(mine: Path, dowel: Run, tmp_path: Path) -> None:
    """One mark, then a whole file; given again it changes nothing, and a row outside the session adds none of it."""
    rows = analyse(mine).rep_rows
    lost = next(row for row in rows if row.verdict == "lost")
    at_s, end_s = f"{lost.bottom_s - 0.3:.2f}", f"{lost.bottom_s + 0.3:.2f}"
    assert dowel("mark", mine, "--kind", "truth", "--at", at_s, "--end", end_s, "--detail", "Upper Back")[0] == 0
    seen = tmp_path / "seen.csv"
    kept = next(row for row in rows if row.verdict == "held")
    watched = f"truth,{rows[0].start_s - 1:.2f},{rows[-1].end_s + 1:.2f},watched"
    text = f"kind,start_s,end_s,detail\n{watched}\ntruth,{at_s},{end_s},sacrum\nnote,{kept.start_s:.2f},,\n"
    seen.write_text(text)
    assert "3 of 3 marks of seen.csv" in dowel("mark", mine, "--marks", seen)[1]
    assert "holds all of seen.csv already" in dowel("mark", mine, "--marks", seen)[1]
    code, out, _ = dowel("validate", mine, "--csv", "-")
    assert code == 0
    found = {row["contact"]: (row["reps"], row["off"]) for row in csv.DictReader(io.StringIO(out))}
    assert found == dict.fromkeys(("upper_back", "sacrum", "any"), (str(len(rows)), "1"))
    with open_session(mine) as session:
        before = len(session.marks)
    seen.write_text(text + "truth,1e4,1.1e4,head\n")
    code, _, told = dowel("mark", mine, "--marks", seen)
    assert (code, "the truth at 10000 lies outside the session" in told) == (3, True)
    seen.write_text("kind,start_s,end_s\nrod_hold,1,7\n")
    assert "by dowel import alone" in dowel("mark", mine, "--marks", seen)[2]
    with open_session(mine) as session:
        assert len(session.marks) == before


@pytest.mark.slow
def test_a_person_s_verdict_stands_beside_the_program_s(mine: Path, dowel: Run) -> None:
    before = analyse(mine)
    fifth = before.rep_rows[4]
    for verdict in ("lost", "held"):  # the later one holds, whichever stands earlier in the stream
        code, said, _ = dowel("mark", mine, "--rep", "5", "--set", "1", "--kind", "verdict", "--detail", verdict)
        assert code == 0
    assert "is held by eye. The program's own verdict, lost, stays beside it." in said
    first = before.rep_rows[0].bottom_s
    assert dowel("mark", mine, "--at", f"0:{first:.1f}", "--kind", "verdict", "--detail", "held")[0] == 0
    after = analyse(mine)
    assert repr(after.rep_rows) == repr(before.rep_rows), "no row of the program is another"
    assert repr(after.events) == repr(before.events)
    by_eye = [row["human_verdict"] for row in after.rep_dicts()]
    assert by_eye == ["held", "", "", "", "held", "", "", ""]
    _, told, _ = dowel("report", mine)
    assert "By eye 2 bends were judged: 1 of 2 as the program did (rep 5 of set 1 is held, not lost)." in " ".join(
        told.split()
    )
    _, heard, _ = dowel("report", mine, "--csv", "-")
    assert [row["human_verdict"] for row in csv.DictReader(io.StringIO(heard))] == by_eye

    _, listed, _ = dowel("mark", mine, "--list")
    assert [line.split()[1:] for line in listed.splitlines()] == [["verdict", "verdict:", "held"]] * 2
    code, said, _ = dowel("mark", mine, "--undo", "--rep", "5")
    assert (code, "Taken back:" in said) == (0, True)
    assert [row["human_verdict"] for row in analyse(mine).rep_dicts()] == ["held", *[""] * 7]
    assert fifth.verdict == "lost"


@pytest.mark.slow
def test_marks_are_taken_back_and_the_page_beside_follows(mine: Path, dowel: Run) -> None:
    before, page = dowel("report", mine, "--csv", "-")[1], mine.with_suffix(".html")
    page.write_text('<meta name="generator" content="dowel 0"><title>mine · Dowel report</title>8 reps')
    assert dowel("mark", mine, "--rep", "5", "--kind", "void")[0] == 0
    assert "7 reps" in page.read_text(), "nobody is shown a report of yesterday"
    page.write_text("a page that is no report of ours")
    assert "8 reps in 1 set now" in dowel("mark", mine, "--undo")[1]
    assert page.read_text() == "a page that is no report of ours"
    assert dowel("report", mine, "--csv", "-")[1] == before


@pytest.mark.slow
@pytest.mark.parametrize("which", [(), ("--kind", "set"), ("--at", "1:10")])
def test_a_set_is_taken_back_as_it_was_marked_whole(mine: Path, dowel: Run, which: tuple[str, ...]) -> None:
    before = dowel("report", mine, "--csv", "-")[1]
    assert dowel("mark", mine, "--kind", "set", "--at", "0:50", "--end", "1:10")[0] == 0
    assert len(dowel("mark", mine, "--list")[1].splitlines()) == 2
    code, said, _ = dowel("mark", mine, "--undo", *which)
    assert (code, "0:50.0 set start, 1:10.0 set end" in said) == (0, True)
    assert "nothing was marked" in dowel("mark", mine, "--list")[1]
    assert dowel("report", mine, "--csv", "-")[1] == before


def test_a_mark_is_written_also_where_the_page_cannot_be(
    mine: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = mine.with_suffix(".html")
    os.mkfifo(page)  # nobody will ever write into it
    assert dowel("mark", mine, "--at", "50", "--kind", "note", "--text", "x")[0] == 0
    page.unlink()
    page.write_text('<meta name="generator" content="dowel 0"><title>x · Dowel report</title>')

    def full(path: Path, text: str, *, own: bool) -> None:
        raise InputError(f"{path} cannot be written (No space left on device). Choose another place.")

    monkeypatch.setattr("dowel.reports.page_beside.write_whole", full)
    code, said, err = dowel("mark", mine, "--rep", "5", "--kind", "void")
    assert (code, "7 reps in 1 set now" in said) == (0, True)
    assert "Its report is as it was before:" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--at", "1", "--kind", "void"], 3, "no row at 0:01.0. The nearest"),
        (["--at", "900", "--kind", "note", "--text", "x"], 3, "outside the session"),
        (["--at", "50", "--kind", "set", "--end", "900"], 3, "outside the session"),
        (["--at", "nan", "--kind", "note", "--text", "x"], 2, "'nan' is no time"),
        (["--at", "50", "--kind", "load"], 2, "needs --load-kg"),
        (["--at", "50", "--kind", "note"], 2, "needs --text"),
        (["--at", "50", "--kind", "set", "--end", "40"], 2, "--end 40"),
        (["--at", "50", "--kind", "void", "--end", "60"], 2, "--end 60"),
        (["--at", "50", "--kind", "rep", "--load-kg", "3"], 2, "belongs to"),
        (["--at", "50", "--kind", "jump"], 2, "jump"),
        (["--at", "50", "--kind", "truth"], 2, "head, upper_back, sacrum or watched"),
        (["--at", "50", "--kind", "truth", "--detail", "elbow"], 2, "no contact of a rod"),
        (["--at", "50", "--kind", "truth", "--detail", "head"], 2, "needs an --end"),
        (["--at", "50"], 2, "--kind for one mark, or --marks"),
        (["--at", "1:73", "--kind", "void"], 2, "is no time"),
        (["--rep", "9", "--kind", "void"], 3, "no rep 9. It has 8 reps in set 1"),
        (["--rep", "5", "--set", "2", "--kind", "void"], 3, "no rep 5 in set 2"),
        (["--set", "1", "--at", "50", "--kind", "void"], 2, "--set belongs to --rep"),
        (["--rep", "5", "--at", "50", "--kind", "void"], 2, "Give one of them"),
        (["--rep", "5", "--kind", "verdict"], 2, "needs --detail: held, lost or not_judged"),
        (["--rep", "5", "--kind", "void", "--detail", "held"], 2, "--detail belongs to --kind truth and verdict"),
        (["--rep", "5"], 2, "Give --kind for one mark"),
        (["--rep", "5", "--kind", "verdict", "--detail", "warned"], 2, "held, lost, not_judged"),
        (["--undo"], 3, "no such mark to take back"),
        (["--undo", "--text", "x"], 2, "--undo adds nothing"),
        (["--kind", "void"], 2, "--at"),
    ],
)
def test_a_mark_that_makes_no_sense_changes_nothing(
    mine: Path, dowel: Run, arguments: list[str], code: int, said: str
) -> None:
    before = mine.read_bytes()
    got, out, err = dowel("mark", mine, *arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert mine.read_bytes() == before


# ------------------------------------------------------------------------------------------------------------- replay


def test_replay_tells_what_happened_in_order(session: Path, dowel: Run) -> None:
    code, out, err = dowel("replay", session, "--speed", "max")
    assert (code, err) == (0, "")
    lines = [line.split(maxsplit=2) for line in out.splitlines()]
    minutes = [float(when.split(":")[0]) * 60 + float(when.split(":")[1]) for when, *_ in lines]
    assert minutes == sorted(minutes)
    assert [rest for _, tag, rest in lines if tag == "count"] == list("12345678")
    assert sum(tag == "row" for _, tag, *_ in lines) == 8
    lost = [rest for _, tag, rest in lines if tag == "lost"]
    assert len(lost) == 2
    assert lost[0].startswith("sacrum, rounded")
    assert lost[1].startswith("upper back, arched")
    assert [rest for _, tag, rest in lines if tag == "step"][:2] == ["still begins", "still done"]


@pytest.mark.slow
def test_replay_at_any_speed_gives_the_rows_of_the_report_at_the_right_time(session: Path) -> None:
    now_s = [100.0]

    def sleep(for_s: float) -> None:
        assert for_s > 0
        now_s[0] += for_s

    with open_session(session) as opened:
        results = SessionResults.of(opened)
        for _ in Pace(10.0, clock=lambda: now_s[0], sleep=sleep).follow(opened, results):
            pass
    report = analyse(session)
    assert repr(results.rep_rows) == repr(report.rep_rows), "bit by bit; repr, as NaN differs from itself"
    assert sorted(map(repr, results.events)) == sorted(map(repr, report.events))
    assert now_s[0] - 100.0 == pytest.approx(report.signals["time_s"].iloc[-1] / 10.0, abs=0.2)


# ------------------------------------------------------------------------------------------------------------- export


def test_export_writes_tables_and_their_dictionary(session: Path, dowel: Run, tmp_path: Path) -> None:
    code, _, err = dowel("export", session, "--to", tmp_path / "out", "--raw")
    assert (code, err) == (0, "")
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        "reps.csv", "sets.csv", "marks.csv", "signals.csv", "raw_upper_back.csv", "raw_sacrum.csv", "columns.json",
    }  # fmt: skip
    described = json.loads((tmp_path / "out" / "columns.json").read_text())
    assert set(described) == files - {"columns.json"}
    for name, columns in described.items():
        header = (tmp_path / "out" / name).read_text().split("\n", 1)[0].strip()
        assert header.split(",") == [column["name"] for column in columns]
    _, reps, _ = dowel("report", session, "--csv", "-")
    assert (tmp_path / "out" / "reps.csv").read_text() == reps.replace("\r\n", "\n")


def test_signals_agree_with_the_rows(session: Path) -> None:
    results = analyse(session)
    signals = signal_columns(results)
    required = [column.name for column in SIGNAL_COLUMNS if not column.meaning.endswith("sensor.")]
    assert list(signals) == required
    assert np.diff(signals["time_s"]) == pytest.approx(0.01)
    for row in results.rep_rows:
        of_row = (signals["time_s"] > row.start_s - 0.001) & (signals["time_s"] < row.end_s + 0.001)
        assert set(signals["rep"][of_row]) == {row.rep}
        assert set(signals["kind"][of_row]) == {"rep"}
        assert np.nanmax(signals["sacrum_lean_deg"][of_row]) == pytest.approx(row.hinge_angle_deg)
        assert signals["lost"][of_row].sum() / 100 == pytest.approx(row.lost_s)
        assert signals["twist_deg"][of_row][0] == pytest.approx(0.0, abs=1e-6)
        for column, peak_deg in (("side_bend_deg", row.side_bend_peak_deg), ("twist_deg", row.twist_peak_deg)):
            values = signals[column][of_row]
            assert np.abs(values).max() == pytest.approx(abs(peak_deg), abs=0.5)
        assert signals["valid"][of_row].all()
    outside = np.isnan(signals["rep"])
    assert not signals["lost"][outside].any()
    before = signals["time_s"] < 30.0
    assert not signals["valid"][before].any(), "nothing can be judged before the calibration"


def test_raw_samples_are_those_of_the_recording_and_can_be_imported(
    real_recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    trial = real_recordings / "seated-bends" / "person_a_trial_1"
    sensors = [f"--sensor={place}={trial / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
    assert dowel("import", *sensors, "--out", tmp_path / "one.dowel")[0] == 0
    assert dowel("export", tmp_path / "one.dowel", "--to", tmp_path / "out", "--raw")[0] == 0
    for place in ("upper_back", "sacrum"):
        given = np.loadtxt(trial / f"{place}.csv", delimiter=",", skiprows=1)
        raw = np.loadtxt(tmp_path / "out" / f"raw_{place}.csv", delimiter=",", skiprows=1)
        assert raw == pytest.approx(given, abs=2e-6)
    again = [f"--sensor={place}={tmp_path / 'out' / f'raw_{place}.csv'}" for place in ("upper_back", "sacrum")]
    assert dowel("import", *again, "--out", tmp_path / "two.dowel")[0] == 0
    _, one, _ = dowel("report", tmp_path / "one.dowel", "--csv", "-")
    _, two, _ = dowel("report", tmp_path / "two.dowel", "--csv", "-")
    assert one.replace("one,", "two,") == two


@pytest.mark.slow
def test_anonymous_leaves_no_trace(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "2026-05-04_Anna.dowel"
    sensors = [f"--sensor={place}={recordings / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
    who = ["--person", "Anna", "--started-at", "2026-05-04T10:20:30+02:00"]
    assert dowel("import", *sensors, "--marks", recordings / "marks.csv", "--out", out, *who)[0] == 0
    assert dowel("export", out, "--to", tmp_path / "s1", "--raw", "--anonymous")[0] == 0
    for path in (tmp_path / "s1").iterdir():
        text = path.read_text().replace(dowel_package.__version__, "")  # with changes it has the day they were made
        assert "Anna" not in text
        assert "2026" not in text or path.name.startswith(("signals", "raw")), path
    (first, *_) = csv.DictReader(io.StringIO((tmp_path / "s1" / "reps.csv").read_text()))
    assert (first["session"], first["started_at"]) == ("s1", "2000-01-01T10:20:30")
    assert re.fullmatch(r"[0-9a-f]{6}P01", first["person"])


def test_export_overwrites_nothing(session: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    code, _, err = dowel("export", session, "--to", tmp_path / "full")
    assert code == 3
    assert "not empty" in err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert dowel("export", session, "--to", tmp_path / "empty")[0] == 0
    assert dowel("export", session, "--to", tmp_path / "full" / "mine.txt")[0] == 3
    assert {path.name for path in tmp_path.iterdir()} == {"full", "empty"}
