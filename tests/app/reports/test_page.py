"""``dowel report --html``: one file that loads nothing, tells the rows' own numbers, and lets nobody write into it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dowel.analysis.rows import as_dict
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor
from dowel.reports.curves import curves_of
from dowel.reports.findings import verdict_sentence
from dowel.reports.groups import groups_of
from dowel.reports.notebook import analyse
from dowel.reports.tables import REP_TABLE, SET_TABLE
from dowel.sensors.simulated import Hinge, SimulatedSensor, Stand, calibration_pieces, set_of_hinges, simulate
from dowel.session.results import SessionResults
from dowel.text.wording import gap, peak, tempo
from tests.app.reports.pages import Page, page_of

Run = Callable[..., tuple[int, str, str]]

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}\x1b[2J\u202e"


@pytest.fixture(scope="module")
def results(session: Path) -> SessionResults:
    return analyse(session)


@pytest.fixture(scope="module")
def page(results: SessionResults) -> Page:
    return page_of(results)


# ----------------------------------------------------------------------------------------------------------- the rows


def test_every_number_in_the_table_is_the_row_s(results: SessionResults, page: Page) -> None:
    head, *lines = page.tables[0]
    titles = [re.sub(r" \(.*\)", "", title) for title in head]
    assert [dict(zip(titles, line, strict=True))["rep"] for line in lines] == list("12345678")
    texts = {column.title: column.text for column in REP_TABLE}
    for line, rep in zip(lines, results.rep_rows, strict=True):
        row = as_dict(rep)
        for title, text in zip(titles, line, strict=True):
            assert text == texts[title](row), title
        told = dict(zip(titles, line, strict=True))
        assert float(told["peak"]) == pytest.approx(
            max(rep.flexion_peak_deg, rep.extension_peak_deg, key=abs), abs=0.05001
        )
        assert float(told["hinge"]) == pytest.approx(rep.hinge_angle_deg, abs=0.5001)
        of_gap = rep.gap_sacrum_mm if rep.flexion_peak_deg > -rep.extension_peak_deg else rep.gap_upper_back_mm
        assert float(told["gap"]) == pytest.approx(of_gap, abs=0.5001)


def test_the_worst_moment_has_the_row_s_gap(results: SessionResults, page: Page) -> None:
    worst = max((row for row in results.rep_rows if row.verdict == "lost"), key=lambda row: row.flexion_peak_deg)
    assert f"{worst.gap_sacrum_mm:.0f} mm between rod and sacrum" in page.text
    assert f"rounded by {worst.flexion_peak_deg:.1f}°" in page.text
    assert f"Rep {worst.rep}, " in page.text


@pytest.mark.slow
def test_sets_are_told_together_and_one_by_one(tmp_path: Path) -> None:
    sensors = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    sets = (*set_of_hinges(3), Stand(30.0), *set_of_hinges(4, load_kg=16.0, seed=1))
    simulate((*calibration_pieces(), *sets), sensors, seed=4).write(tmp_path / "two.dowel")
    results = analyse(tmp_path / "two.dowel")
    page = page_of(results)
    assert len(page.tables) == 3
    texts = {column.title: column.text for column in SET_TABLE}
    head, *lines = page.tables[0]
    for line, row in zip(lines, results.set_dicts(), strict=True):
        for title, text in zip(head, line, strict=True):
            assert text == texts[re.sub(r" \(.*\)", "", title)](row)
    assert "Set 2 · 16 kg" in page.text
    sentences = [verdict_sentence(rows) for rows in (results.rep_rows, results.rep_rows[:3], results.rep_rows[3:])]
    assert all(sentence in page.text for sentence in sentences), "of the session, and of each set"
    assert "For a loaded set." in page.text


# ------------------------------------------------------------------------------------------------- what it has to say


def test_the_first_page_says_what_it_is_and_is_not(page: Page) -> None:
    before_the_sets = page.text.partition("Set 1")[0]
    assert "Technique feedback, not injury prediction." in before_the_sets
    assert "The limits have no human validation yet." in before_the_sets
    assert (
        "Contact was kept in 5 of 8 reps, close to its limit in 1 and lost in 2: at the sacrum in 1" in before_the_sets
    )
    assert "Contact is that of a broomstick held along the back" in before_the_sets
    assert page.text.count("close to its limit in 1") == 1, "one set is not told twice"
    assert "What to work on next" in before_the_sets
    assert " safe" not in page.text.lower()


def test_it_says_how_it_was_measured(page: Page) -> None:
    for said in (
        "rod, neutral back known down to",
        "lost over 10°",
        "clocks are taken to agree within",
        "about 30 mm between rod",
    ):
        assert said in page.text
    assert "nothing was left out, no sensor was silent, slipped or came off, no step was refused" in page.text


def test_what_is_wrong_with_the_data_is_told(results: SessionResults) -> None:
    rows = [replace(row, missing_pct=12.0) if row.rep == 2 else row for row in results.rep_rows]
    page = page_of(replace(results, rep_rows=rows, problems=("The session was not closed.",)))
    assert "The session was not closed." in page.text
    assert "data is missing in 1 of 8 rows, up to 12 % of one" in page.text
    assert "nothing is missing" not in page.text


def test_remarks_and_notes_are_told(results: SessionResults) -> None:
    note = Mark(10**6, MarkKind.NOTE, 63.5, 63.5, {"text": "left knee"})
    page = page_of(replace(results, marks=(*results.marks, note)))
    assert "1:03.5 left knee" in page.text


# -------------------------------------------------------------------------------------------------- it stays by itself


def assert_loads_nothing(page: Page) -> None:
    """No address that leaves the machine, nothing that runs, nothing that is fetched."""
    assert "://" not in page.source
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert "@import" not in page.source
    assert not re.search(r"url\((?!#)", page.source)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
            assert value is not None
            assert value.startswith("#"), value


def test_it_loads_nothing_and_runs_nothing(page: Page) -> None:
    assert_loads_nothing(page)


def test_every_place_that_is_pointed_to_is_there_once(page: Page, results: SessionResults) -> None:
    several = page_of(results, results)
    for each in (page, several):
        ids = [value for name, value in each.attributes if name == "id"]
        assert len(ids) == len(set(ids))
        pointed = [
            value for name, value in each.attributes if name in ("href", "xlink:href", "aria-labelledby") and value
        ]
        assert {value.removeprefix("#") for value in pointed} <= set(ids)
        clips = re.findall(r"url\(#([^)]*)\)", each.source)
        assert set(clips) <= set(ids)


def test_names_from_strangers_are_only_text(results: SessionResults, tmp_path: Path) -> None:
    """Whatever a file, a device or a person is called, it adds no tag and no attribute to the page."""
    rows = [replace(row, movement=HOSTILE, tap=HOSTILE, calibration=HOSTILE) for row in results.rep_rows]
    marks = (*results.marks, Mark(10**6, MarkKind.NOTE, 60.0, 60.0, {"text": HOSTILE}))
    sensors = tuple(
        Sensor(sensor.placement, HOSTILE, name=HOSTILE, address=HOSTILE, firmware=HOSTILE) for sensor in results.sensors
    )
    sets = [replace(summary, advice=HOSTILE, drill=HOSTILE) for summary in results.set_rows]
    hostile = replace(
        results,
        path=Path(f"{HOSTILE.replace('/', '')}.dowel"),
        facts={"person": HOSTILE, "started_at": HOSTILE, "drill": HOSTILE, "height_cm": HOSTILE},
        problems=(HOSTILE,),
        marks=marks,
        sensors=sensors,
        rep_rows=rows,
        set_rows=sets,
    )
    page = page_of(hostile)
    assert_loads_nothing(page)
    assert "alert(1)" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "49" not in page.text.split("{{ 7*7 }}")[0][-5:]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page.source)
    plain_tags = page_of(replace(results, marks=marks, set_rows=sets)).tags
    assert sorted(page.tags) == sorted(plain_tags)  # the problem's line in place of the one that nothing is missing


def test_the_same_session_gives_the_same_page(results: SessionResults, page: Page) -> None:
    assert page_of(results).source == page.source


# --------------------------------------------------------------------------------------------- sessions of other kinds


@pytest.mark.slow
def test_one_sensor_no_sets_no_reps(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    for name, arguments in {
        "one": [f"--sensor=sacrum={recordings / 'sacrum.csv'}"],
        "both": [f"--sensor={place}={recordings / f'{place}.csv'}" for place in ("upper_back", "sacrum")],
    }.items():
        assert dowel("import", *arguments, "--out", tmp_path / f"{name}.dowel")[0] == 0
    page = page_of(tmp_path / "one.dowel")
    assert "none judged: only one sensor was worn on the trunk." in page.text
    assert "mm between rod" not in page.text
    assert "largest deviation" not in page.text, "no column of it is there"
    assert page.source.count('class="lifter"') == 0
    assert "Wear one sensor on the upper back and one on the sacrum" in page.text
    page = page_of(tmp_path / "both.dowel")
    assert "Calibrate with a rod" in page.text
    lines = (recordings / "sacrum.csv").read_text().splitlines()[:500]  # five seconds of standing
    (tmp_path / "still.csv").write_text("\n".join(lines))
    assert dowel("import", f"--sensor=sacrum={tmp_path / 'still.csv'}", "--out", tmp_path / "still.dowel")[0] == 0
    page = page_of(tmp_path / "still.dowel")
    assert "No reps were found." in page.text
    assert "The whole session" in page.text
    assert page.tables == []


def test_a_session_in_which_nothing_was_sent(tmp_path: Path) -> None:
    sensor = Sensor(Placement.SACRUM, "decoded", asked_rate_hz=100.0)
    with SessionWriter(tmp_path / "empty.dowel", [sensor], {"origin_ns": 0}):
        pass
    page = page_of(tmp_path / "empty.dowel")
    assert "No reps were found." in page.text


def test_a_set_in_which_nothing_is_known_of_the_back(results: SessionResults) -> None:
    rows = [replace(row, verdict="not_judged", verdict_reason="no_calibration") for row in results.rep_rows]
    page = page_of(replace(results, rep_rows=rows))
    assert "8 reps counted, none judged: there was no calibration." in page.text


def test_bends_outside_sets_come_last(results: SessionResults) -> None:
    rows = [replace(row, set=None, rep=None, kind="bend") if row.rep in (1, 2) else row for row in results.rep_rows]
    page = page_of(replace(results, rep_rows=rows))
    assert page.text.index("Set 1") < page.text.index("Outside sets")
    assert len(page.tables) == 2


def test_a_head_sensor(tmp_path: Path) -> None:
    places = (Placement.UPPER_BACK, Placement.SACRUM, Placement.HEAD)
    pieces = (*calibration_pieces(), *set_of_hinges(3), Hinge(70.0, chin_deg=25.0))
    simulate(pieces, [SimulatedSensor(place) for place in places], seed=4).write(tmp_path / "head.dowel")
    results = analyse(tmp_path / "head.dowel")
    page = page_of(results)
    assert "of the head" in page.text
    assert "arching: over 8° and 12°; head: over 8° and 12°; held" in page.text
    assert "head at hinge 5" in page.text
    assert "°, chin down" in page.text
    assert curves_of(results, groups_of(results)[-1]).range_deg()[1] > 25.0, "what the head did is not cut off"
    results = replace(results, rep_rows=results.rep_rows[:3])
    nodded = {"verdict": "lost", "verdict_reason": "chin_down", "contact_lost": "head"}
    rows = [replace(row, **nodded, first_lost_s=row.bottom_s) for row in results.rep_rows]
    page = page_of(replace(results, rep_rows=rows))
    assert "Contact was lost in all 3 reps: at the head." in page.text


@pytest.mark.slow
@pytest.mark.parametrize("trial", ["person_a_trial_1", "person_a_trial_2", "person_b_trial_1", "person_b_trial_2"])
def test_real_seated_bends(real_recordings: Path, trial: str, dowel: Run, tmp_path: Path) -> None:
    folder = real_recordings / "seated-bends" / trial
    places = [f"--sensor={place}={folder / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
    assert dowel("import", *places, "--out", tmp_path / "seated.dowel")[0] == 0
    page = page_of(tmp_path / "seated.dowel")
    assert_loads_nothing(page)
    assert "Contact was" in page.text
    assert len(page.tables[0]) == 4


@pytest.mark.parametrize("squats", ["correct", "butt_wink"])
def test_real_squats(real_recordings: Path, squats: str, dowel: Run, tmp_path: Path) -> None:
    path = real_recordings / "squats" / f"{squats}.csv"
    assert dowel("import", f"--sensor=sacrum={path}", "--out", tmp_path / "squats.dowel")[0] == 0
    page = page_of(tmp_path / "squats.dowel")
    assert "10 reps counted, none judged" in page.text
    assert len(page.tables[0]) == 11


# -------------------------------------------------------------------------------------------------------- the command


def test_page_and_tables_in_one_run(session: Path, dowel: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.dowel"
    shutil.copyfile(session, other)
    files = {option: tmp_path / f"out.{option[2:]}" for option in ("--csv", "--sets", "--html")}
    code, out, err = dowel("report", session, other, *(part for pair in files.items() for part in pair))
    assert (code, out) == (0, "")
    assert "2 sessions" in err
    assert all(path.is_file() for path in files.values())
    page = Page(files["--html"].read_text(encoding="utf-8"))
    assert "practice" in page.text
    assert "other" in page.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.dowel", "out.csv", "out.html", "out.sets"]


def test_to_standard_output(session: Path, dowel: Run) -> None:
    code, out, err = dowel("report", session, "--html", "-")
    assert (code, err) == (0, "")
    assert out.startswith("<!doctype html>")
    assert dowel("report", session, "--html", "-", "--csv", "-")[0] == 2


@pytest.mark.slow
def test_it_never_replaces_a_session_and_is_written_whole(session: Path, dowel: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.dowel"
    shutil.copyfile(session, mine)
    code, _, err = dowel("report", mine, "--html", mine)
    assert code == 2
    assert "overwrite a session" in err
    assert mine.read_bytes() == session.read_bytes()
    (tmp_path / "bad.dowel").write_text("not a session")
    code, _, err = dowel("report", tmp_path / "bad.dowel", "--html", tmp_path / "out.html")
    assert code == 3
    assert not (tmp_path / "out.html").exists()
    code, _, err = dowel("report", mine, "--html", tmp_path / "none" / "out.html")
    assert code == 3
    assert "does not exist" in err


def test_not_of_rows_as_heard(session: Path, dowel: Run, tmp_path: Path) -> None:
    code, _, err = dowel("report", session, "--as-heard", "--html", tmp_path / "out.html")
    assert code == 2
    assert "Leave out --html" in err


def test_the_gap_of_a_row_is_that_of_its_peak(results: SessionResults) -> None:
    rounded, arched = (
        next(row for row in results.rep_rows if row.contact_lost == point) for point in ("sacrum", "upper_back")
    )
    assert gap(as_dict(rounded)) == f"{rounded.gap_sacrum_mm:.0f}"
    assert gap(as_dict(arched)) == f"{arched.gap_upper_back_mm:.0f}"
    assert peak(as_dict(arched)).startswith("-")
    assert tempo(as_dict(arched)).count("-") == 2
