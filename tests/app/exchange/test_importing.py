"""``dowel import``, end to end: real recordings, marks, and one clear sentence for whatever cannot be used."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse

Run = Callable[..., tuple[int, str, str]]
HEADER = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"


def left_in(folder: Path) -> set[str]:
    """All files in a folder and below, hidden ones too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def of_both(folder: Path) -> list[str]:
    return [f"--sensor={place}={folder / f'{place}.csv'}" for place in ("upper_back", "sacrum")]


# ---------------------------------------------------------------------------------------------------- real recordings


@pytest.mark.parametrize("trial", ["person_a_trial_1", "person_a_trial_2", "person_b_trial_1", "person_b_trial_2"])
def test_seated_bends_have_three_reps(real_recordings: Path, trial: str, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "seated.dowel"
    code, said, err = dowel("import", *of_both(real_recordings / "seated-bends" / trial), "--out", out)
    assert (code, err) == (0, "")
    assert "50.0 Hz measured" in said
    assert "Stance calibration from the recording itself" in said
    assert left_in(tmp_path) == {"seated.dowel"}
    rows = analyse(out, keep_all=False).rep_rows
    assert [(row.kind, row.rep) for row in rows] == [("rep", 1), ("rep", 2), ("rep", 3)]
    if trial.startswith("person_a"):
        assert {row.verdict for row in rows} == {"lost"}
        assert all("sacrum" in row.contact_lost for row in rows)
    else:
        assert [row.verdict for row in rows][:2] == ["warned", "warned"]
        # in the second trial the last is warned or lost, by how the clocks lie, which is known to 28 ms
        assert (rows[2].verdict, rows[2].verdict_reason) in {("warned", "rounded"), ("not_judged", "sync")}


@pytest.mark.parametrize("squats", ["correct", "butt_wink"])
def test_one_sensor_counts_and_does_not_judge(real_recordings: Path, squats: str, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "squats.dowel"
    code, _, err = dowel("import", f"--sensor=sacrum={real_recordings / 'squats' / squats}.csv", "--out", out)
    assert (code, err) == (0, "")
    assert "only one on the trunk (sacrum)" in " ".join(dowel("report", out)[1].split())
    rows = [row for row in analyse(out, keep_all=False).rep_rows if row.kind == "rep"]
    assert len(rows) == 10
    assert {row.verdict for row in rows} == {"not_judged"}
    assert all("one_sensor" in row.verdict_reason for row in rows)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("sit-to-stand/lumbar.csv", "header"),
        ("movella-dot/Pelvis_20210820_202113_836.csv", "gyroscope"),
    ],
)
def test_real_files_without_a_gyroscope_are_refused(
    real_recordings: Path, file: str, said: str, dowel: Run, tmp_path: Path
) -> None:
    code, out, err = dowel("import", f"--sensor=sacrum={real_recordings / file}", "--out", tmp_path / "x.dowel")
    assert (code, out) == (3, "")
    assert said in err
    assert err.count("\n") == 1
    assert left_in(tmp_path) == set()


# ------------------------------------------------------------------------------------------- marks, facts, calibration


def test_marks_give_the_rod_calibration_and_the_set(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "rod.dowel"
    code, said, err = dowel("import", *of_both(recordings), "--marks", recordings / "marks.csv", "--out", out)
    assert (code, err) == (0, "")
    assert "Stance" not in said
    results = analyse(out, keep_all=False)
    assert results.calibration is not None
    assert results.calibration.basis == "rod"
    assert [row.rep for row in results.rep_rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row.verdict for row in results.rep_rows] == [
        "held", "held", "warned", "held", "lost", "held", "lost", "held",
    ]  # fmt: skip
    assert [row.contact_lost for row in results.rep_rows if row.contact_lost] == ["sacrum", "upper_back"]
    assert len(results.set_rows) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("late_s", "rate", "asked"),
    [(0.15, 1.0, ["--align", "motion"]), (-0.3, 1.0, []), (0.0, 1.005, []), (0.2, 0.99, ["--align", "motion"])],
    ids=["150 ms late", "300 ms early", "0.5 % fast", "1 % slow and late"],
)
def test_two_clocks_give_the_verdicts_of_one(
    late_s: float, rate: float, asked: list[str], recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    values = np.loadtxt(recordings / "sacrum.csv", delimiter=",", skiprows=1)
    values[:, 0] = values[:, 0] * rate + late_s
    np.savetxt(tmp_path / "sacrum.csv", values, "%.6f", ",", header=HEADER, comments="")
    sensors = [f"--sensor=upper_back={recordings / 'upper_back.csv'}", f"--sensor=sacrum={tmp_path / 'sacrum.csv'}"]
    out = tmp_path / "x.dowel"
    code, said, err = dowel("import", *sensors, *asked, "--marks", recordings / "marks.csv", "--out", out)
    assert (code, err) == (0, "")
    assert bool(asked) or "This was corrected." in said
    rows = analyse(out, keep_all=False).rep_rows
    assert [row.verdict for row in rows] == ["held", "held", "warned", "held", "lost", "held", "lost", "held"]
    assert {row.sync_source for row in rows} == {"measured"}
    assert all(0.0 < row.sync_ms < 20.0 for row in rows)
    with open_session(out) as session:
        assert [sensor.settings["time_rate"] for sensor in session.sensors] == [
            1.0, pytest.approx(1.0 / rate, abs=5e-4),
        ]  # fmt: skip


def test_offsets_that_the_movement_contradicts_are_kept_and_nothing_is_judged(
    recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    out = tmp_path / "x.dowel"
    code, said, _ = dowel(
        "import", *of_both(recordings), "--offset-s", "sacrum=0.15", "--marks", recordings / "marks.csv", "--out", out
    )
    assert code == 0
    assert "The offsets you gave are kept; check them." in said
    rows = analyse(out, keep_all=False).rep_rows
    assert {row.verdict for row in rows} == {"not_judged"}
    assert all("sync" in row.verdict_reason.split("+") for row in rows)


def test_what_was_asked_stands_in_the_session(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "asked.dowel"
    asked = ["--person=P7", "--load-kg=12.5", "--height-cm=182", "--from=rack", "--drill=barbell"]
    code, _, _ = dowel(
        "import", *of_both(recordings), "--marks", recordings / "marks.csv", "--out", out, *asked,
        "--started-at", "2026-05-04T10:00",
    )  # fmt: skip
    assert code == 0
    with open_session(out) as session:
        facts = session.facts
        assert (facts["person"], facts["started_at"], facts["drill"]) == ("P7", "2026-05-04T10:00:00", "barbell")
        assert facts["imported_from"] == ["upper_back.csv", "sacrum.csv"]
        assert facts["alignment"]["method"] == "session_time"
        assert all(mark.added for mark in session.marks)
        found = {mark.kind: mark.detail for mark in session.marks}
        assert found[MarkKind.LOAD] == {"load_kg": 12.5}
        assert found[MarkKind.HEIGHT] == {"height_cm": 182.0}
        assert found[MarkKind.DRILL] == {"drill": "barbell", "from": "rack"}
        assert [sensor.measured_rate_hz for sensor in session.sensors] == pytest.approx([100.0, 100.0], rel=0.01)
        assert not any(str(tmp_path) in str(value) for value in facts.values())


def test_a_stance_found_by_the_import_is_a_mark_where_somebody_first_stands(recordings: Path, tmp_path: Path) -> None:
    sources = {Placement(place): recordings / f"{place}.csv" for place in ("upper_back", "sacrum")}
    said = import_recordings(ImportOptions(sources, tmp_path / "own.dowel")).sentences
    assert said[-1].startswith("Stance calibration")
    with open_session(tmp_path / "own.dowel") as session:
        (calibration,) = [mark for mark in session.marks if mark.kind is MarkKind.CALIBRATION]
    assert calibration.end_s == pytest.approx(0.0, abs=0.02)
    results = analyse(tmp_path / "own.dowel", keep_all=False)
    assert {row.calibration.split("+")[0] for row in results.rep_rows} == {"stance"}


def test_without_any_calibration_the_import_succeeds_and_judges_nothing(
    recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    """Bends that begin at once leave no stand to zero on."""
    for place in ("upper_back", "sacrum"):
        lines = (recordings / f"{place}.csv").read_text().splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("44.0"))
        stop = next(i for i, line in enumerate(lines) if line.startswith("45.9"))
        (tmp_path / f"{place}.csv").write_text("\n".join([lines[0], *lines[start : stop + 80]]))
    out = tmp_path / "none.dowel"
    code, said, _ = dowel("import", *of_both(tmp_path), "--out", out)
    assert code == 0
    assert "No calibration" in said
    rows = analyse(out, keep_all=False).rep_rows
    assert all(row.verdict == "not_judged" for row in rows)


def test_marks_outside_the_recording_are_told(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_text("kind,start_s,end_s\nset,500,600\n")
    code, said, _ = dowel(
        "import", *of_both(recordings), "--marks", tmp_path / "marks.csv", "--out", tmp_path / "x.dowel"
    )
    assert code == 0
    assert "1 of 1 rows of the marks file lies outside the recordings" in " ".join(said.split())


@pytest.mark.slow
def test_samples_before_session_time_0_are_used(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    """The rows are those of session time from 0 on, only earlier; the page, too, and a note can be put there."""
    rows = []
    for start_s in (0.0, -300.0):
        out = tmp_path / f"at{start_s:.0f}.dowel"
        offsets = [f"--offset-s={place}={start_s}" for place in ("upper_back", "sacrum")]
        assert dowel("import", *of_both(recordings), *offsets, "--out", out)[0] == 0
        rows.append(analyse(out).rep_rows)
    assert len(rows[0]) == 11
    assert [row.verdict for row in rows[0]] == [row.verdict for row in rows[1]]
    assert [row.start_s - 300.0 for row in rows[0]] == pytest.approx([row.start_s for row in rows[1]], abs=0.011)
    assert {row.calibration for row in rows[1]} == {"stance"}
    assert "rounding: close over" in " ".join(dowel("report", out)[1].split())
    assert dowel("mark", out, "--at", "-280", "--kind", "note", "--text", "x")[0] == 0
    assert "from -300 to" in dowel("mark", out, "--at", "-301", "--kind", "note", "--text", "x")[2]


def test_offsets_shift_a_sensor(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "shifted.dowel"
    offsets = ["--offset-s=upper_back=2", "--offset-s=sacrum=2"]
    marks = ["--marks", str(recordings / "marks.csv")]
    assert dowel("import", *of_both(recordings), *marks, *offsets, "--out", out)[0] == 0
    assert dowel("import", *of_both(recordings), *marks, "--out", tmp_path / "plain.dowel")[0] == 0
    with open_session(out) as session:
        assert [sensor.settings["time_offset_s"] for sensor in session.sensors] == [2.0, 2.0]


# -------------------------------------------------------------------------------------------------------- what is wrong


def samples(rows: int = 400, acc: float = 9.80665, gyr: float = 1.0) -> np.ndarray:
    """A slow nod about the y axis, as plain CSV columns."""
    time_s = np.arange(rows) / 50.0
    angle = 0.6 * np.sin(2.0 * time_s)
    rate = 1.2 * np.cos(2.0 * time_s)
    zero = np.zeros(rows)
    return np.stack([time_s, -acc * np.sin(angle), zero, acc * np.cos(angle), zero, gyr * rate, zero], axis=1)


def text_of(values: Iterable[Iterable[float]], header: str = HEADER) -> bytes:
    return "\n".join([header, *(",".join(f"{cell:.6f}" for cell in row) for row in values), ""]).encode()


def zipped(name: str, data: bytes, flag: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", flag) as archive:
        archive.writestr(name, data)
    return held.getvalue()


def backwards() -> np.ndarray:
    values = samples()
    values[200:, 0] -= 2.0
    return values


def with_nan() -> np.ndarray:
    values = samples()
    values[100, 5] = np.nan
    return values


WRONG = {
    "accelerometer only": (text_of(samples()[:, :4], HEADER.rsplit(",gyr_x", 1)[0]), "gyroscope"),
    "quaternions only": (text_of(samples()[:, :5], "time_s,quat_w,quat_x,quat_y,quat_z"), "header"),
    "empty": (b"", "is empty"),
    "header only": (HEADER.encode(), "no complete row"),
    "cut in a line": (text_of(samples())[:-300] + b"\n1.0,2.0\n7.0,0,0,9.8,0,0,0\n", "line"),
    "too short": (text_of(samples(40)), "at least 2 s"),
    "with NaN": (text_of(with_nan()), "nan"),
    "time backwards": (text_of(backwards()), "backwards"),
    "in g": (text_of(samples(acc=1.0)), "g"),
    "in deg/s": (text_of(samples(gyr=57.3)), "deg/s"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG"),
    "a zip bomb": (zipped("x.csv", bytes(50 * 2**20)), "would unpack to"),
    "a zip that climbs": (zipped("../x.csv", text_of(samples())), "outside the archive"),
    "a broken zip": (zipped("x.csv", text_of(samples()))[:-40], "zip"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_used_is_one_sentence_and_leaves_nothing(what: str, dowel: Run, tmp_path: Path) -> None:
    data, said = WRONG[what]
    source = tmp_path / "source.csv"
    source.write_bytes(data)
    code, out, err = dowel("import", f"--sensor=sacrum={source}", "--out", tmp_path / "x.dowel")
    assert (code, out) == (3, ""), err
    assert said.lower() in err.lower()
    assert "source.csv" in err
    assert err.startswith("dowel: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert left_in(tmp_path) == {"source.csv"}


def test_sound_samples_of_the_same_make_are_taken(dowel: Run, tmp_path: Path) -> None:
    """Otherwise the refusals above would prove nothing."""
    (tmp_path / "source.csv").write_bytes(text_of(samples()))
    assert dowel("import", f"--sensor=sacrum={tmp_path / 'source.csv'}", "--out", tmp_path / "x.dowel")[0] == 0


def test_the_same_recording_twice_is_refused(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    same = [f"--sensor={place}={recordings / 'sacrum.csv'}" for place in ("upper_back", "sacrum")]
    code, _, err = dowel("import", *same, "--out", tmp_path / "x.dowel")
    assert code == 3
    assert "same recording" in err
    assert left_in(tmp_path) == set()


def test_no_sensor_on_the_trunk_is_refused(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    code, _, err = dowel("import", f"--sensor=head={recordings / 'sacrum.csv'}", "--out", tmp_path / "x.dowel")
    assert code == 3
    assert "no sensor on the trunk" in err
    assert left_in(tmp_path) == set()


def test_a_session_is_never_overwritten(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    out = tmp_path / "kept.dowel"
    out.write_bytes(b"precious")
    code, _, err = dowel("import", *of_both(recordings), "--out", out)
    assert code == 3
    assert "exists already" in err
    assert out.read_bytes() == b"precious"


def test_a_session_that_appears_meanwhile_is_kept(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "kept.dowel"
    sources = {Placement.SACRUM: recordings / "sacrum.csv"}
    monkeypatch.setattr("dowel.exchange.import_source.pack", lambda _: [out.write_bytes(b"precious") and b"0"])
    with pytest.raises(InputError, match="exists already"):
        import_recordings(ImportOptions(sources, out))
    assert out.read_bytes() == b"precious"
    assert left_in(tmp_path) == {"kept.dowel"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sensor=sacrum", "--out=x.dowel"], "PLACEMENT=VALUE"),
        (["--sensor=sacrun=x.csv", "--out=x.dowel"], "there is no placement sacrun. Did you mean sacrum?"),
        (["--sensor=elbow=x.csv", "--out=x.dowel"], "upper_back"),
        (["--sensor=sacrum=x.csv", "--sensor=sacrum=y.csv", "--out=x.dowel"], "twice"),
        (["--sensor=sacrum=x.csv", "--out=x.csv"], "ends in .dowel"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--offset-s=sacrum=soon"], "not a number"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--offset-s=sacrum=1e300"], "farther than any clock counts"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--offset-s=head=1"], "no --sensor"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--started-at=yesterday"], "not a date"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--align=luck"], "align"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--load-kg=-1"], "load-kg"),
        (["--sensor=sacrum=x.csv", "--out=x.dowel", "--height-cm=nan"], "height-cm"),
        (["--out=x.dowel"], "--sensor"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], said: str, dowel: Run) -> None:
    code, _, err = dowel("import", *arguments)
    assert code == 2
    assert said in err


def test_a_folder_that_is_not_there_is_told(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    code, _, err = dowel("import", *of_both(recordings), "--out", tmp_path / "none" / "x.dowel")
    assert code == 3
    assert "does not exist" in err


# ---------------------------------------------------------------------------------------------------- other makers


def metamotion(folder: Path, recording: Path, start_epoch_s: float, from_s: float) -> Path:
    """One sensor of plain CSV as a MetaMotion folder: two files in g and deg/s, with the time of day.

    Session time 0 was at ``start_epoch_s``; it was switched on ``from_s`` later.
    """
    folder.mkdir()
    values = np.loadtxt(recording, delimiter=",", skiprows=1)
    values = values[values[:, 0] >= from_s]
    epoch_ms = np.round((start_epoch_s + values[:, 0]) * 1e3).astype(int)
    values[:, 0] -= values[0, 0]
    for name, unit, columns in (
        ("Accelerometer", "g", values[:, 1:4] / 9.80665),
        ("Gyroscope", "deg/s", np.rad2deg(values[:, 4:7])),
    ):
        header = f"epoch (ms),time (+00:00),elapsed (s),x-axis ({unit}),y-axis ({unit}),z-axis ({unit})"
        lines = [
            f"{stamp},x,{time_s:.3f},{x:.6f},{y:.6f},{z:.6f}"
            for stamp, time_s, (x, y, z) in zip(epoch_ms.tolist(), values[:, 0].tolist(), columns.tolist(), strict=True)
        ]
        (folder / f"{name}.csv").write_text("\n".join([header, *lines, ""]))
    return folder


def test_files_with_a_date_are_aligned_by_it_and_give_the_session_its_own(
    recordings: Path, dowel: Run, tmp_path: Path
) -> None:
    sensors = [
        f"--sensor={place}={metamotion(tmp_path / place, recordings / f'{place}.csv', 1_777_888_800.0, from_s)}"
        for place, from_s in (("upper_back", 3.0), ("sacrum", 0.0))
    ]
    code, said, _ = dowel("import", *sensors, "--out", tmp_path / "x.dowel")
    assert code == 0
    assert "Aligned by date and time" in said
    with open_session(tmp_path / "x.dowel") as session:
        assert session.facts["started_at"] == "2026-05-04T10:00:00+00:00"
        assert [sensor.settings["time_offset_s"] for sensor in session.sensors] == pytest.approx([3.0, 0.0], abs=0.02)
        assert [sensor.settings["sync_source"] for sensor in session.sensors] == ["measured", "measured"]
    code, said, _ = dowel("import", *sensors, "--align", "start", "--out", tmp_path / "y.dowel")
    assert code == 0
    assert "Aligned by their first samples" in said
