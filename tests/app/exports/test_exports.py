"""``dowel export`` read back by the other projects' own readers, its values against those of the session."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from mcap.reader import McapReader, make_reader
from mcap_protobuf.decoder import DecoderFactory

from dowel.agreement.collect import validate
from dowel.agreement.observations import truth_told
from dowel.agreement.tables import agreement_rows
from dowel.analysis import point_buffer
from dowel.analysis.events import Calibrated
from dowel.analysis.kept import Kept
from dowel.exports import anonymous, anonymous_file, mcap_file
from dowel.exports.raw_samples import RAW_COLUMNS, raw_samples
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import FloatArray, MarkKind, Placement, Sensor
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import Simulation
from dowel.sensors.simulated.person.rod import Rod
from dowel.session.results import SessionResults, columns_of
from dowel.session.run_session import run
from dowel.session.signal_table import signal_columns
from dowel.session.tables import SIGNAL_COLUMNS
from tests.app.agreement.rod import Helper, truth_marks

Run = Callable[..., tuple[int, str, str]]
SECRETS = ("Anna", "Berta", "2026-05", "2026_", "knee", "Tag of")


@pytest.fixture(scope="session")
def told(simulated: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated session of a person with a name, a note, and a helper who watched a rod."""
    path = tmp_path_factory.mktemp("told") / "2026_Anna.dowel"
    simulated.write(path, {"person": "Anna", "started_at": "2026-05-04T10:20:30+02:00", "where": "Tag of Berta"})
    until_s = float(simulated.truth.time_s[-1]) - 0.5
    off = Helper().told(Rod().off(simulated.truth), np.random.default_rng(1), until_s)
    for mark in truth_marks(off, until_s, "Berta", reacts=True):
        append_mark(path, mark.kind, mark.start_s, mark.end_s, mark.detail)
    append_mark(path, MarkKind.NOTE, 20.0, 20.0, {"text": "her knee"})
    append_mark(path, MarkKind.VERDICT, 46.0, 46.0, {"verdict": "held"})
    return path


@pytest.fixture(scope="session")
def raw(told: Path) -> dict[str, FloatArray]:
    """Each sensor's samples (n, 7)."""
    with open_session(told) as session:
        runs: dict[str, list[FloatArray]] = {}
        for index, values in raw_samples(session):
            runs.setdefault(str(session.sensors[index].placement), []).append(values)
    return {place: np.concatenate(each) for place, each in runs.items()}


@pytest.fixture(scope="session")
def results(told: Path) -> SessionResults:
    with open_session(told) as session:
        return run(session, Kept.ATTITUDES)


def same(found: Any, value: Any) -> bool:
    """Whether what was read is the session's value, or both say that nothing is known."""
    unknown = value is None or (isinstance(value, float) and math.isnan(value))
    return found is None if unknown else bool(found == value)


def test_parquet_holds_every_digit_and_says_what_it_is(
    told: Path, raw: dict[str, FloatArray], results: SessionResults, dowel: Run, tmp_path: Path
) -> None:
    assert dowel("export", told, "--to", tmp_path / "out", "--format", "parquet", "--raw")[0] == 0
    reps = pq.read_table(tmp_path / "out" / "reps.parquet")
    rows = results.rep_dicts()
    for column in columns_of(rows):
        field = reps.schema.field(column.name)
        said = {"unit": column.unit, "meaning": column.meaning}
        assert {key.decode(): value.decode() for key, value in field.metadata.items()} == said
    for found, row in zip(reps.to_pylist(), rows, strict=True):
        assert all(same(value, row[name]) for name, value in found.items())
    signals = pq.read_table(tmp_path / "out" / "signals.parquet").to_pandas()
    for name, values in signal_columns(results).items():
        if name == "kind":
            assert signals[name].tolist() == values.tolist()
        else:
            np.testing.assert_array_equal(signals[name].to_numpy(np.float64), values.astype(np.float64))
    for place, samples in raw.items():
        table = pq.read_table(tmp_path / "out" / f"raw_{place}.parquet")
        np.testing.assert_array_equal(np.column_stack([table[column.name] for column in RAW_COLUMNS]), samples)


@pytest.mark.parametrize("spreadsheet", [(), ("--excel",)])
def test_an_import_takes_samples_and_marks_in_again(
    told: Path, results: SessionResults, dowel: Run, tmp_path: Path, spreadsheet: tuple[str, ...]
) -> None:
    assert dowel("export", told, "--to", tmp_path / "out", "--raw", *spreadsheet)[0] == 0
    sensors = [f"--sensor={place}={tmp_path / 'out' / f'raw_{place}.csv'}" for place in ("upper_back", "sacrum")]
    marks = tmp_path / "out" / "marks.csv"
    assert dowel("import", *sensors, "--marks", marks, "--out", tmp_path / "again.dowel")[0] == 0
    with open_session(tmp_path / "again.dowel") as session:
        again = run(session)
    assert [row.verdict for row in again.rep_rows] == [row.verdict for row in results.rep_rows]
    assert [row.set for row in again.rep_rows] == [row.set for row in results.rep_rows]
    assert {row.limits_basis for row in again.rep_rows} == {"rod"}
    assert [mark.detail for mark in again.marks if mark.kind is MarkKind.NOTE] == [{"text": "her knee"}]
    for contact, spans in truth_told(results).off.items():
        found = truth_told(again).off[contact]
        np.testing.assert_allclose(
            [(each.start_s, each.end_s) for each in found], [(each.start_s, each.end_s) for each in spans], atol=1e-3
        )


# ---------------------------------------------------------------------------------------------------------------- mcap


@pytest.fixture(scope="session")
def recorded(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[McapReader]:
    from dowel.commands import run as command

    folder = tmp_path_factory.mktemp("mcap") / "out"
    assert command(["export", str(told), "--to", str(folder), "--format", "mcap"]) == 0
    layout = json.loads((folder / "dowel.foxglove.json").read_text())
    with (folder / f"{told.stem}.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        summary = reader.get_summary()
        assert summary is not None
        topics = {channel.topic for channel in summary.channels.values()}
        fields = set(signals_of(reader)[0])
        for panel in layout["configById"].values():
            assert set(panel.get("topics", {})) <= topics
            paths = [each["value"].split(".") for each in panel.get("paths", [])]
            assert all(topic in topics and field in fields for topic, field in paths)
        yield reader


def signals_of(reader: McapReader) -> list[dict[str, Any]]:
    return [json.loads(message.data) for _, _, message in reader.iter_messages("/signals")]


@pytest.mark.slow
def test_mcap_has_every_sample(recorded: McapReader, raw: dict[str, FloatArray]) -> None:
    for place, samples in raw.items():
        messages = [message for _, _, message in recorded.iter_messages(f"/imu/{place}")]
        found = np.array([list(json.loads(message.data).values()) for message in messages])
        np.testing.assert_allclose(found, samples, atol=6e-7, rtol=0)
        at_s = np.array([message.log_time for message in messages]) * 1e-9
        np.testing.assert_allclose(at_s - 1777882830.0, samples[:, 0], atol=1e-6, rtol=0)


def test_mcap_has_signals_limits_and_poses(recorded: McapReader, results: SessionResults) -> None:
    found, signals = signals_of(recorded), signal_columns(results)
    columns = {column.name: column for column in SIGNAL_COLUMNS}
    for name in ("time_s", "upper_back_lean_deg", "sacrum_lean_deg", "spine_deviation_deg"):
        values = np.array([math.nan if each[name] is None else each[name] for each in found])
        np.testing.assert_allclose(values, signals[name], atol=0.51 * 10.0 ** -(columns[name].digits or 0), rtol=0)
    for row in results.rep_rows:
        limits, at = results.limits_at(row), found[round(row.bottom_s * 100)]
        assert (at["limit_rounded_deg"], at["limit_arched_deg"]) == (limits.lost_deg, -limits.arching_lost_deg)
    poses = list(recorded.iter_decoded_messages("/orientation/sacrum"))
    assert {schema.name for schema, *_ in poses if schema} == {"foxglove.PoseInFrame"}
    lean_deg = dict(zip(signals["time_s"].round(2).tolist(), signals["sacrum_lean_deg"].tolist(), strict=True))
    for _, _, message, pose in poses[::50]:
        time_s = round(message.log_time * 1e-9 - 1777882830.0, 2)
        q = pose.pose.orientation
        # forward of the segment's up axis, and its height, in axes that stand upright
        up = (2.0 * (q.x * q.z + q.w * q.y), 1.0 - 2.0 * (q.x**2 + q.y**2))
        assert math.degrees(math.atan2(*up)) == pytest.approx(lean_deg[time_s], abs=0.05)
        left_x = 2.0 * (q.x * q.y - q.w * q.z)
        assert left_x == pytest.approx(0.0, abs=1e-9), "no heading is left"
    calibrated = next(event for event in results.events if isinstance(event, Calibrated))
    assert len(poses) == (signals["time_s"] > calibrated.time_s - 0.005).sum()


def test_mcap_has_reps_events_and_marks(recorded: McapReader, results: SessionResults) -> None:
    reps = [json.loads(message.data) for _, _, message in recorded.iter_messages("/reps")]
    assert [(rep["rep"], rep["verdict"]) for rep in reps] == [(row.rep, row.verdict) for row in results.rep_rows]
    assert {schema.name for schema, *_ in recorded.iter_messages("/events") if schema} == {"foxglove.Event"}
    spans = [
        ({pair.key: pair.value for pair in event.metadata}, event.start_time.ToNanoseconds() * 1e-9 - 1777882830.0)
        for *_, event in recorded.iter_decoded_messages("/events")
    ]
    lost = {(detail["contact"], round(start_s, 2)) for detail, start_s in spans if detail["what"] == "contact_lost"}
    assert lost == {(row.contact_lost, row.first_lost_s) for row in results.rep_rows if row.verdict == "lost"}
    kinds = [json.loads(message.data)["kind"] for _, _, message in recorded.iter_messages("/marks")]
    assert sorted(kinds) == sorted(str(mark.kind) for mark in results.marks if mark.kind is not MarkKind.TICK)


def test_however_seldom_its_sensors_send_an_mcap_has_all_of_a_session(
    told: Path, results: SessionResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if much more than the analysis keeps were sent at once."""
    monkeypatch.setattr(mcap_file, "SLICE_NOTIFICATIONS", 10**6)
    monkeypatch.setattr(point_buffer, "KEPT_POINTS", 10 * GRID_HZ)
    with open_session(told) as session:
        mcap_file.write_mcap(session, tmp_path / "one.mcap")
    with (tmp_path / "one.mcap").open("rb") as file:
        times_s = [each["time_s"] for each in signals_of(make_reader(file))]
    np.testing.assert_allclose(times_s, signal_columns(results)["time_s"], atol=0.006, rtol=0)


# ----------------------------------------------------------------------------------------------------------- data sets


@pytest.mark.slow
def test_an_anonymous_data_set_is_valid_and_says_the_same_of_the_rod(
    told: Path, raw: dict[str, FloatArray], results: SessionResults, dowel: Run, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    code, said, err = dowel("export", told, told.parent, "--to", out, "--format", "motion-bids", "--anonymous")
    assert (code, err) == (0, "")
    ours = next(out.glob("sub-*/ses-01/motion"))
    start = next(ours.glob("*_events.tsv")).name.removesuffix("_events.tsv")
    for place, samples in raw.items():
        name = f"{start}_tracksys-{place.replace('_', '')}"
        np.testing.assert_allclose(np.loadtxt(ours / f"{name}_motion.tsv"), samples, atol=6e-7, rtol=0)
        channels = table(ours / f"{name}_channels.tsv")
        assert [channel["name"] for channel in channels] == [column.name for column in RAW_COLUMNS]
    events = table(ours / f"{start}_events.tsv")
    found = [(float(each["onset"]), each["verdict"]) for each in events if each["trial_type"] == "rep"]
    assert found == [(pytest.approx(row.start_s, abs=6e-4), row.verdict) for row in results.rep_rows]
    assert {each["contact"] for each in events if each["trial_type"] == "rod_off"} == {"sacrum", "upper_back"}
    check(out)
    texts = [path.read_text() for path in out.rglob("*") if path.suffix in (".tsv", ".json", ".md")]
    (source,) = out.rglob("*.dowel")
    whole = "".join([said.replace(str(tmp_path), ""), *texts, *map(str, out.rglob("*"))]).replace(str(tmp_path), "")
    assert not [secret for secret in SECRETS if secret in whole or secret.encode() in source.read_bytes()]
    before, now = (list(agreement_rows(validate(place))) for place in (told, out))
    assert repr(now).replace(repr(person_of(source)), "'Anna'") == repr(before)
    again = analyse(source)
    assert [row.verdict for row in again.rep_rows] == [row.verdict for row in results.rep_rows]
    assert [repr(row) for row in again.rep_rows] == [repr(row) for row in results.rep_rows], "bit by bit"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text()), delimiter="\t"))


def test_where_bytes_tell_too_much_the_samples_are_written(
    told: Path, results: SessionResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of phones and of sensors that send the date; here of all sensors of the simulated session."""
    monkeypatch.setattr(anonymous_file, "BYTES_TELL_NOTHING", frozenset())
    with open_session(told) as session:
        anonymous_file.write_anonymous(anonymous.Labels("abc123").anonymous(session, "one"), tmp_path / "one.dowel")
    rows = analyse(tmp_path / "one.dowel").rep_rows
    for row, before in zip(rows, results.rep_rows, strict=True):
        assert (row.verdict, row.contact_lost) == (before.verdict, before.contact_lost)
        assert row.hinge_angle_deg == pytest.approx(before.hinge_angle_deg, abs=0.1)
        assert row.sync_ms == pytest.approx(before.sync_ms, abs=5.0)


def test_what_a_home_made_board_prints_besides_numbers_is_left_behind(tmp_path: Path, dowel: Run) -> None:
    """And of sessions that name nobody it is said that they count as one person."""
    places = (Placement.UPPER_BACK, Placement.SACRUM)
    for number in range(2):
        sensors = [Sensor(place, "text_lines", asked_rate_hz=100.0) for place in places]
        with SessionWriter(tmp_path / f"{number}.dowel", sensors, {"origin_ns": 0}) as writer:
            for step in range(300):
                line = b"%d,%d,0.1,0.2,9.8,0.01,0,0\n" % (step, 10_000 * step)
                for index in range(2):
                    writer.notify(index, step * 10_000_000, (b"hello Anna 2026-05\n" if step % 50 == 0 else b"") + line)
    asked = ("--format", "motion-bids", "--anonymous", "--to", tmp_path / "out")
    code, _, err = dowel("export", tmp_path / "0.dowel", tmp_path / "1.dowel", *asked)
    assert (code, err.count("names no person")) == (0, 2)
    for source in (tmp_path / "out").rglob("*.dowel"):
        assert not [secret for secret in SECRETS if secret.encode() in source.read_bytes()]
        with open_session(source) as session:
            assert {sensor.driver for sensor in session.sensors} == {"text_lines"}
            assert sum(len(values) for _, values in raw_samples(session)) == 2 * 300


@pytest.mark.slow
def test_an_import_keeps_no_file_of_its_own(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    sensors = [f"--sensor={place}={recordings / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
    one, out = tmp_path / "Anna.dowel", tmp_path / "out"
    assert dowel("import", *sensors, "--marks", recordings / "marks.csv", "--out", one, "--person", "Anna")[0] == 0
    assert dowel("export", one, "--to", out, "--format", "motion-bids", "--anonymous")[0] == 0
    (source,) = out.rglob("*.dowel")
    with open_session(source) as session:
        assert {sensor.driver for sensor in session.sensors} == {"decoded"}
        assert "imported_from" not in session.facts
    assert [repr(row) for row in analyse(source).rep_rows] == [repr(row) for row in analyse(one).rep_rows]


def person_of(path: Path) -> str:
    with open_session(path) as session:
        return str(session.facts["person"])


def check(folder: Path) -> None:
    """The validator of BIDS finds no error; a file that BIDS needs is missed."""
    assert errors_in(folder) == []
    channels = next(folder.rglob("*_channels.tsv"))
    kept = channels.read_text()
    channels.write_text(kept.replace("ACCEL", "ACCELL").replace("JNTANG", "JOINT"))
    assert errors_in(folder)
    channels.write_text(kept)


def errors_in(folder: Path) -> list[str]:
    (script,) = (file for file in files("bids-validator-deno") or () if file.stem == "bids-validator-deno")
    told = subprocess.run([str(script.locate()), folder, "--json"], capture_output=True, text=True, check=False)
    issues = json.loads(told.stdout)["issues"]["issues"]
    return [f"{each['code']} {each['location']}" for each in issues if each["severity"] == "error"]


def test_every_kind_of_mark_is_decided_on() -> None:
    """What a later version says in a mark is left out until somebody has decided that it tells nothing of a person."""
    without_detail = {
        *(MarkKind.CLAP, MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SLUMP, MarkKind.SPACER),
        *(MarkKind.LYING, MarkKind.PRESSED, MarkKind.RELAXED, MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS),
        *(MarkKind.SET_END, MarkKind.REP, MarkKind.VOID, MarkKind.TICK, MarkKind.END),
    }
    assert {*anonymous.DETAILS, *anonymous.NUMBERS, *anonymous.LEFT_OUT} | without_detail == set(MarkKind)


def test_one_bad_session_stops_none_of_the_others(told: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.dowel").write_bytes(b"no session")
    code, _, err = dowel("export", told, tmp_path / "bad.dowel", "--to", tmp_path / "out")
    assert code == 3
    assert "Left out" in err
    assert "bad.dowel" in err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {told.stem}


def test_what_is_missing_is_named_before_anything_starts(
    told: Path, dowel: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dowel.settings.extras.find_spec", lambda name: None)
    code, _, err = dowel("export", tmp_path / "not there", "--to", tmp_path / "out", "--format", "mcap")
    assert code == 2
    assert "dowel-rod[export]" in err
    assert dowel("export", told, "--to", tmp_path / "out", "--format", "mcap", "--raw")[0] == 2
    assert dowel("export", told, "--to", tmp_path / "out", "--format", "parquet", "--excel")[0] == 2


@pytest.mark.slow
def test_an_empty_folder_is_filled_by_whatever_way_it_is_named(session: Path, dowel: Run, tmp_path: Path) -> None:
    through, linked = tmp_path / "through", tmp_path / "linked"
    through.mkdir()
    linked.mkdir()
    (tmp_path / "link").symlink_to(linked, target_is_directory=True)
    for to in (through / ".." / "through", tmp_path / "link"):
        assert dowel("export", session, "--to", to)[0] == 0
    assert [(folder / "reps.csv").is_file() for folder in (through, linked)] == [True, True]
    assert not list(tmp_path.glob(".dowel*"))


def test_the_folder_that_it_is_asked_from_is_not_taken_away(
    session: Path, dowel: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = dowel("export", session, "--to", ".")
    assert (code, "asked from" in err) == (3, True)
