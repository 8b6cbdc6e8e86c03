"""``dowel report``: what a person reads, and the tables a program reads."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dowel.analysis.calibration.calibration import Calibration, NeutralCurve
from dowel.analysis.contact.limits import limits_for
from dowel.analysis.drills.drills import DOWEL_HINGE
from dowel.analysis.events import Calibrated, SensorSlipped, StepRefused
from dowel.analysis.rows import NAN, Rep, SetSummary
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Placement, Sensor
from dowel.reports.notebook import analyse
from dowel.reports.report import report_of
from dowel.reports.terminal import console, print_report
from dowel.sensors.simulated import Simulation
from dowel.session.results import SessionResults
from dowel.session.tables import SET_COLUMNS, rep_columns
from dowel.settings.version import program_version

Run = Callable[..., tuple[int, str, str]]


# ----------------------------------------------------------------------------------------------------- for a person

HELD = Rep(
    set=1, rep=1, kind="rep", drill="dowel_hinge", load_kg=16.0, start_s=41.2, bottom_s=43.0, end_s=45.1,
    lowering_s=1.7, pause_s=0.3, rising_s=1.9, rest_before_s=NAN, hinge_angle_deg=68.4, trunk_lean_deg=70.0,
    verdict="held", verdict_reason="", contact_lost="", first_lost_s=NAN, first_lost_hinge_deg=NAN, lost_s=0.0,
    flexion_peak_deg=2.1, extension_peak_deg=-0.4, deviation_bottom_deg=1.0, gap_sacrum_mm=6.3,
    gap_upper_back_mm=0.5, gap_head_mm=NAN, flexion_range_pct=NAN, lumbar_share=0.02, depth_before_rounding_deg=NAN,
    side_bend_peak_deg=1.2, twist_peak_deg=-0.6, lowering_peak_deg_s=60.0, rising_peak_deg_s=80.0,
    smoothness_lowering=-1.5, smoothness_rising=-1.5, movement="hinge", tap="", calibration="rod", sync_ms=12.0,
    missing_pct=0.0,
)  # fmt: skip
ROWS = [
    HELD,
    replace(HELD, rep=2, verdict="warned", verdict_reason="rounded", flexion_peak_deg=7.9,
            depth_before_rounding_deg=61.0),
    replace(HELD, rep=None, kind="half", hinge_angle_deg=31.0),
    replace(HELD, rep=3, verdict="lost", verdict_reason="rounded+deeper_than_calibrated", contact_lost="sacrum",
            first_lost_s=60.1, first_lost_hinge_deg=57.3, lost_s=1.2, flexion_peak_deg=17.0, hinge_angle_deg=84.0),
    replace(HELD, rep=4, verdict="lost", verdict_reason="arched", contact_lost="upper_back", first_lost_s=70.0,
            first_lost_hinge_deg=44.9, lost_s=0.4, flexion_peak_deg=0.0, extension_peak_deg=-13.2),
    replace(HELD, rep=5, verdict="not_judged", verdict_reason="gap", flexion_peak_deg=NAN, extension_peak_deg=NAN,
            lost_s=NAN, missing_pct=12.0, movement=""),
]  # fmt: skip
SET = SetSummary(
    set=1, drill="dowel_hinge", load_kg=16.0, wall_cm=NAN, reps=5, half=1, held=1, warned=1, lost=2, not_judged=1,
    worst_contact="sacrum", flexion_peak_median_deg=5.0, drift_deg=3.3, rest_before_s=NAN, advice="",
)  # fmt: skip

GOLDEN = """
  monday
  person P1 · 2026-05-04 10:00 · hip hinge with the rod

  Technique feedback, not injury prediction.
  The limits have no human validation yet.

  calibration  rod, neutral back known down to a hinge of 75°, scatter 0.8°
  limits       rounding: close over 8°, lost over 12°; arching: over 10° and
               14°; held for 0.1 s. For a loaded set.
  sync         the sensors' clocks are taken to agree within 12 ms
  data         Something is missing.
  data         data is missing in 1 of 6 rows, up to 12 % of one
  refused      0:30.0 slump: no slump found; let the whole back round
  slip         0:50.5 the sensor on the sacrum turned by 5.2° on the skin;
               zeroed again
  note         a remark

  Set 1 · 16 kg
   rep  verdict     where and why             peak  hinge        tempo  movement
  ──────────────────────────────────────────────────────────────────────────────
     1  held                                  +2.1     68  1.7-0.3-1.9  hinge
     2  close       rounded at hinge 61°      +7.9     68  1.7-0.3-1.9  hinge
  half  held                                  +2.1     31  1.7-0.3-1.9  hinge
     3  lost        sacrum at hinge 57°,     +17.0     84  1.7-0.3-1.9  hinge
                    deeper than calibrated
     4  lost        upper back at hinge 45°  -13.2     68  1.7-0.3-1.9  hinge
     5  not judged  data missing                       68  1.7-0.3-1.9

  set  load  reps  half  held  close  lost  not judged  worst   median  drift
  ───────────────────────────────────────────────────────────────────────────
    1    16     5     1     1      1     2           1  sacrum     5.0   +3.3

  peak   largest deviation that was held: + rounding, - arching
  hinge  largest lean of the sacrum; tempo: lowering-pause-rising in seconds
  median of a set's rounding peaks; drift: their rise over the set
"""


def made_up() -> SessionResults:
    """Results with one of everything, so that the layout can be compared word for word."""
    calibration = Calibration("rod", {"sacrum": np.eye(3)}, NeutralCurve(0.0, 0.0, 75.0), sigma_rod_deg=0.8)
    results = SessionResults(
        Path("monday.dowel"),
        {"person": "P1", "started_at": "2026-05-04T10:00:00+02:00", "drill": "dowel_hinge", "height_cm": 180.0},
        (Sensor(Placement.UPPER_BACK, "decoded"), Sensor(Placement.SACRUM, "decoded")),
        (),
        ("Something is missing.",),
        list(ROWS),
        [SET],
    )
    results.take(
        [
            StepRefused(30.0, "slump", "", "no slump found; let the whole back round", False),
            Calibrated(35.0, calibration, limits_for(calibration, 16.0)),
            SensorSlipped(50.5, "sacrum", 5.2, 5.2, True, np.eye(3)),
        ]
    )
    return results


def printed(results: SessionResults, capsys: pytest.CaptureFixture[str]) -> str:
    print_report(console(), report_of(results, ["a remark"]))
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()) + "\n"


def test_layout_at_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert printed(made_up(), capsys) == GOLDEN


def test_movements_that_do_not_say_it_themselves_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    results = made_up()
    assert "cannot be told apart" not in printed(results, capsys)
    results.rep_rows[0] = replace(results.rep_rows[0], movement="unsure")
    text = " ".join(printed(results, capsys).split())
    assert "movement unsure: hinge and squat cannot be told apart" in text
    assert "between:" not in text


@pytest.mark.parametrize("width", [30, 40, 50, 60, 66, 72, 80, 96, 112, 120, 200])
def test_every_width_holds_every_row(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = printed(made_up(), capsys)
    assert max(len(line) for line in text.splitlines()) <= width
    told = " ".join(text.split())
    for word in ("held", "close", "lost", "+17.0", "-13.2", "+3.3"):  # no number in part, no word broken
        assert f" {word} " in told
    assert "not injury prediction" in told
    assert "not judged" in told
    if width >= 112:
        assert "lost for" in text


def test_names_from_strangers_cannot_write_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    results = made_up()
    results.path = Path("\x1b]0;owned\x07.dowel")
    results.facts = {"person": "[red]x[/red]\x1b[31m\r\n", "started_at": "\x1b[2J", "drill": "a\x07b"}
    results.problems = ("bad \x1b[1m name",)
    text = printed(results, capsys)
    assert "[red]x[/red]" in text
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)


def test_a_simulated_session_is_told(session: Path, dowel: Run) -> None:
    code, out, err = dowel("report", session)
    assert (code, err) == (0, "")
    assert "\x1b" not in out, "no colour where nobody looks"
    assert "Technique feedback, not injury prediction." in out
    verdicts = [line.split()[1] for line in out.splitlines() if line.split()[:1] in [[str(n)] for n in range(1, 9)]]
    assert verdicts[:8] == ["held", "held", "close", "held", "lost", "held", "lost", "held"]
    assert "sacrum at hinge" in out
    assert "upper back at hinge" in out


def test_without_reps_it_says_so(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    lines = (recordings / "sacrum.csv").read_text().splitlines()[:500]  # five seconds of standing
    (tmp_path / "still.csv").write_text("\n".join(lines))
    assert dowel("import", f"--sensor=sacrum={tmp_path / 'still.csv'}", "--out", tmp_path / "still.dowel")[0] == 0
    code, out, _ = dowel("report", tmp_path / "still.dowel")
    assert code == 0
    assert "No reps were found." in out


# ---------------------------------------------------------------------------------------------------- for a program


def test_csv_to_standard_output_and_to_a_file_are_the_same(session: Path, dowel: Run, tmp_path: Path) -> None:
    code, out, err = dowel("report", session, "--csv", "-")
    assert (code, err) == (0, "")
    code, nothing, said = dowel("report", session, "--csv", tmp_path / "reps.csv")
    assert (code, nothing) == (0, "")
    assert "8 rows" in said
    written = (tmp_path / "reps.csv").read_bytes().decode()
    assert written.count("\r\n") == 9
    assert written.replace("\r\n", "\n") == out.replace("\r\n", "\n")
    rows = list(csv.DictReader(io.StringIO(written)))
    assert list(rows[0]) == [column.name for column in rep_columns([DOWEL_HINGE])]
    assert [row["rep"] for row in rows] == list("12345678")
    assert [row["session"] for row in rows] == ["practice"] * 8
    assert [path.name for path in tmp_path.iterdir()] == ["reps.csv"]


def test_the_csv_is_what_the_analysis_says(session: Path, dowel: Run) -> None:
    _, out, _ = dowel("report", session, "--csv", "-")
    for row, rep in zip(csv.DictReader(io.StringIO(out)), analyse(session).rep_rows, strict=True):
        assert row["verdict"] == rep.verdict
        assert float(row["start_s"]) == pytest.approx(rep.start_s, abs=5e-4)
        assert float(row["flexion_peak_deg"]) == pytest.approx(rep.flexion_peak_deg, abs=5e-3)


def test_sets_and_several_files(session: Path, dowel: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.dowel"
    shutil.copyfile(session, other)
    code, out, _ = dowel("report", session, other, "--sets", "-", "--csv", tmp_path / "reps.csv")
    assert code == 0
    sets = list(csv.DictReader(io.StringIO(out)))
    assert list(sets[0]) == [column.name for column in SET_COLUMNS]
    assert [(row["session"], row["reps"]) for row in sets] == [("practice", "8"), ("other", "8")]
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "reps.csv").read_text())))) == 16


@pytest.mark.parametrize("options", [[], ["--csv", "-"], ["--json"]])
def test_files_that_cannot_be_used_stop_no_other(session: Path, dowel: Run, tmp_path: Path, options: list[str]) -> None:
    bad = tmp_path / "bad.dowel"
    bad.write_text("no session")
    code, out, err = dowel("report", bad, session, tmp_path / "none.dowel", *options)
    assert code == 3
    assert out == dowel("report", session, *options)[1]
    assert [line.startswith("dowel: ") for line in err.splitlines()] == [True, True]
    assert "bad.dowel" in err.splitlines()[0]
    assert "none.dowel" in err.splitlines()[1]


def test_a_table_of_no_session_is_not_written(dowel: Run, tmp_path: Path) -> None:
    code, out, err = dowel("report", tmp_path / "a.dowel", tmp_path / "b.dowel", "--csv", tmp_path / "reps.csv")
    assert (code, out, err.count("dowel: ")) == (3, "", 2)
    assert not (tmp_path / "reps.csv").exists()


def test_json_is_one_object_per_line(session: Path, dowel: Run) -> None:
    code, out, _ = dowel("report", session, "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["rep"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(rows[0]) == [column.name for column in rep_columns([DOWEL_HINGE])]
    assert rows[0]["rest_before_s"] is None
    assert "NaN" not in out


def test_a_table_never_replaces_a_session(session: Path, dowel: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.dowel"
    shutil.copyfile(session, mine)
    for arguments in (["--csv", mine], ["--sets", mine], ["--csv", tmp_path / "other.dowel"]):
        code, _, err = dowel("report", mine, *arguments)
        assert code == 2
        assert "overwrite a session" in err
    assert mine.read_bytes() == session.read_bytes()


@pytest.mark.parametrize(
    "arguments", [["--csv", "-", "--sets", "-"], ["--csv", "-", "--json"], ["--sets", "-", "--json"]]
)
def test_one_table_at_a_time_on_standard_output(session: Path, dowel: Run, arguments: list[str]) -> None:
    code, out, err = dowel("report", session, *arguments)
    assert (code, out) == (2, "")
    assert "one table" in err


def test_a_file_that_cannot_be_used_is_told_and_nothing_written(session: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.dowel").write_text("not a session")
    for bad in (tmp_path / "bad.dowel", tmp_path / "none.dowel", tmp_path):
        code, out, err = dowel("report", bad, "--csv", tmp_path / "reps.csv")
        assert (code, out) == (3, "")
        assert err.startswith("dowel: ")
        assert not (tmp_path / "reps.csv").exists()
    code, _, err = dowel("report", session, "--csv", tmp_path / "none" / "reps.csv")
    assert code == 3
    assert "does not exist" in err


# --------------------------------------------------------------------------------------------------------- as heard


def heard_session(simulated: Simulation, path: Path, version: str, verdicts: dict[int, str]) -> Path:
    """The simulated session with rows as an earlier version might have made them."""
    plain = path.with_name("plain.dowel")
    simulated.write(plain)
    rows = analyse(plain).rep_dicts()
    with SessionWriter(path, simulated.session_sensors(), simulated.facts()) as writer:
        part = simulated.stream()
        payloads = []
        for index, each in enumerate(part.notifications):
            ends = np.cumsum(each.length)
            for sequence, arrival_ns, end, size in zip(each.sequence, each.arrival_ns, ends, each.length, strict=True):
                payloads.append((int(sequence), index, int(arrival_ns), each.payload[end - size : end]))
        items = [*payloads, *((mark.sequence, -1, mark, b"") for mark in part.marks)]
        for _, index, what, payload in sorted(items, key=lambda item: item[0]):
            if index < 0:
                writer.mark(what.kind, what.start_s, what.end_s, what.detail)
            else:
                writer.notify(index, what, payload)
        for row in rows:
            known = {name: None if value != value else value for name, value in row.items()}
            known |= {"program_version": version, "verdict": verdicts.get(row["rep"], row["verdict"])}
            writer.heard("row", row["end_s"], known)
    return path


@pytest.mark.slow
def test_rows_as_heard_and_how_many_differ(simulated: Simulation, dowel: Run, tmp_path: Path) -> None:
    path = heard_session(simulated, tmp_path / "old.dowel", "0.0.1", {1: "warned", 5: "held"})
    _, out, _ = dowel("report", path)
    assert "2 of 8 verdicts differ from those heard in practice (version 0.0.1, now" in " ".join(out.split())
    _, out, _ = dowel("report", path, "--as-heard", "--csv", "-")
    heard = list(csv.DictReader(io.StringIO(out)))
    assert [row["verdict"] for row in heard if row["rep"] in "15"] == ["warned", "held"]
    assert {row["program_version"] for row in heard} == {"0.0.1"}
    _, now, _ = dowel("report", path, "--csv", "-")
    assert {row["program_version"] for row in csv.DictReader(io.StringIO(now))} == {program_version()}
    _, shown, _ = dowel("report", path, "--as-heard")
    assert "rows as heard" in shown


def test_without_rows_as_heard_it_says_so(session: Path, dowel: Run) -> None:
    code, out, err = dowel("report", session, "--as-heard")
    assert (code, out) == (3, "")
    assert "no rows as heard" in err
