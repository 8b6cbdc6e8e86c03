"""Many imports at once: what a folder and a manifest mean, and that a bad one stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from dowel.analysis.contact.given_limits import GivenLimits
from dowel.exchange.importing import ImportOptions
from dowel.exchange.manifest import read_manifest
from dowel.exchange.many_imports import PlannedImport
from dowel.exchange.pairing import pair_up
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.settings.person_limits import keep_limits, limits_of
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged
from tests.recordings.formats import suit_files as suits

Run = Callable[..., tuple[int, str, str]]
[PLAIN] = written.plain_csv(written.motion(3.0)).values()
[DOT] = written.movella_dot(written.motion(3.0)).values()


def fill(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def paired(folder: Path) -> dict[str, list[str]]:
    """Of each planned session the files that it is made of, below the folder."""
    plan = pair_up(folder, ImportOptions({}, folder), lambda _: None).imports
    return {each.name: files_of(each, folder) for each in plan}


def files_of(planned: PlannedImport, folder: Path) -> list[str]:
    if planned.options is None:
        return [planned.problem]
    paths = [*planned.options.sources.values(), *filter(None, [planned.options.marks])]
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.mark.parametrize(
    ("files", "sessions"),
    [
        (["p1_mon_upper_back.csv", "p1_mon_sacrum.csv"], ["p1_mon"]),
        (["UpperBack p1.csv", "Sacrum p1.csv", "Sacrum p2.csv"], ["p1", "p2"]),
        (["mon/upper_back.csv", "mon/sacrum.csv", "tue/sacrum.csv"], ["mon", "tue"]),
        (["upper-back/mon.csv", "upper-back/tue.csv", "sacrum/mon.csv", "sacrum/tue.csv"], ["mon", "tue"]),
        (["sacrum.csv", "marks.csv"], ["recordings"]),
        (["mon_sacrum.csv", "mon_marks.csv", "tue_sacrum.csv"], ["mon", "tue"]),
    ],
    ids=lambda names: names[0],
)
def test_names_tell_what_belongs_together(tmp_path: Path, files: Sequence[str], sessions: Sequence[str]) -> None:
    folder = tmp_path / "recordings"
    fill(folder, **dict.fromkeys(files, PLAIN))
    found = paired(folder)
    assert sorted(found) == sessions
    assert sorted(name for names in found.values() for name in names) == sorted(files)


def test_names_with_a_time_of_their_own_are_paired_by_when_they_were_recorded(tmp_path: Path) -> None:
    later = DOT.replace(b"2021", b"2022")
    assert later != DOT
    fill(tmp_path, **{"T8_113_836.csv": DOT, "Pelvis_113_859.csv": DOT, "Pelvis_200_001.csv": later})
    assert sorted(paired(tmp_path).values()) == [["Pelvis_200_001.csv"], ["T8_113_836.csv", "Pelvis_113_859.csv"]]


def test_columns_and_sensors_that_are_told_hold_for_a_folder_too(tmp_path: Path) -> None:
    [log] = logged.home_made(written.motion(3.0)).values()
    [suit] = suits.mvnx(written.motion(3.0), sensors=("Foo", "Bar")).values()
    fill(tmp_path, **{"mon_sacrum.csv": log, "tue_sacrum.mvnx": suit, "wed_sacrum.csv": PLAIN})
    assert [files for files in paired(tmp_path).values() if files[0].endswith(("sacrum.csv", "sacrum.mvnx"))] == [
        ["wed_sacrum.csv"]
    ]
    told = ImportOptions(
        {},
        tmp_path,
        pick={Placement.SACRUM: "Bar"},
        columns={Placement.SACRUM: "t,ax,ay,az,gx,gy,gz"},
        units="ms, g, deg/s",
    )
    assert [each.problem for each in pair_up(tmp_path, told, lambda _: None).imports] == ["", "", ""]


def test_two_recordings_of_a_place_are_asked_for_and_not_cut_up(tmp_path: Path) -> None:
    phyphox = {f"mon/sacrum/{name}": data for name, data in written.phyphox(written.motion(3.0)).items()}
    fill(tmp_path, **phyphox, **{"mon/sacrum/old.csv": PLAIN})
    [(name, [problem])] = paired(tmp_path).items()
    assert name == "mon"
    assert "sacrum holds 2 recordings" in problem


def test_recordings_in_folders_of_folders_of_a_place(tmp_path: Path) -> None:
    trials = {
        f"sacrum/week {week}/trial {trial}/{name}": data
        for week in (1, 2)
        for trial in (1, 2)
        for name, data in written.phyphox(written.motion(3.0)).items()
    }
    fill(tmp_path, **trials)
    assert list(paired(tmp_path)) == [f"week_{week}_trial_{trial}" for week in (1, 2) for trial in (1, 2)]


def test_what_cannot_be_told_apart_is_refused_and_other_files_are_named(tmp_path: Path) -> None:
    fill(
        tmp_path, **{"mon_sacrum.csv": PLAIN, "mon-pelvis.csv": PLAIN, "tue_sacrum.csv": b"no,table", "notes.txt": b"x"}
    )
    assert "both name the sacrum" in paired(tmp_path)["mon"][0]
    assert "no known recording" in paired(tmp_path)["tue"][0]
    assert "notes.txt" in pair_up(tmp_path, ImportOptions({}, tmp_path), lambda _: None).not_used[0]


def test_a_manifest_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    fill(tmp_path, **dict.fromkeys(["a/1.csv", "a/2.csv", "b.csv", "m.csv"], PLAIN))
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(
        "\ufeffupper_back;sacrum;person;drill;load_kg;started_at;out;marks;;\r\n"
        "a/1.csv;a/2.csv;P1;kettlebell;12,5;2026-05-04 10:00;first;m.csv;;\r\n"
        ";;;;;;;;;\r\n"
        ";b.csv;;;;;;;;\r\n"
    )
    usual = ImportOptions({}, tmp_path / "sessions")
    first, second = (planned.options for planned in read_manifest(manifest, usual))
    assert first is not None
    assert [str(path) for path in first.sources.values()] == [f"{tmp_path}/a/1.csv", f"{tmp_path}/a/2.csv"]
    assert (first.setup.person, first.setup.drill, first.setup.load_kg) == ("P1", "kettlebell", 12.5)
    assert (first.started_at, first.marks) == ("2026-05-04T10:00:00", tmp_path / "m.csv")
    assert first.out == tmp_path / "sessions" / "first.dowel"
    assert second is not None
    assert (second.out, second.setup) == (tmp_path / "sessions" / "b.dowel", usual.setup)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("", "No file is named"),
        ("a.csv,hinging,,", "one of dead_bug"),
        ("a.csv,,heavy,", "kilograms"),
        ("a.csv,,900,", "0 to 600"),
        ("a.csv,,,yesterday", "date and time"),
        ("b.csv,,,", "already the session of line 3"),
        ("c.csv,,,", "c.csv. Correct the manifest, or put the file there."),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused_alone(tmp_path: Path, cells: str, said: str) -> None:
    fill(tmp_path, **{"a.csv": PLAIN, "b.csv": PLAIN})
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(f"sacrum,drill,load_kg,started_at,person\n,,,,\nb.csv,,,,\n{cells},P1\n")
    good, bad = read_manifest(manifest, ImportOptions({}, tmp_path))
    assert good.options is not None
    assert bad.options is None
    assert bad.name == "line 4"
    assert said in bad.problem


def test_a_dry_run_sees_the_files_that_a_manifest_lacks(dowel: Run, tmp_path: Path) -> None:
    fill(tmp_path, **{"a.csv": PLAIN})
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("sacrum,upper_back,marks\na.csv,,\na.csv,none.csv,gone.csv\n")
    for dry in (["--dry-run"], []):
        code, said, err = dowel("import", "--manifest", manifest, "--out", tmp_path / "sessions", *dry)
        told = " ".join((said + err).split())
        assert code == 3
        assert f"There is no {tmp_path / 'none.csv'} and no {tmp_path / 'gone.csv'}. Correct the manifest" in told


def test_a_bad_pair_stops_none_of_the_others(dowel: Run, tmp_path: Path) -> None:
    folder, out = tmp_path / "recordings", tmp_path / "new" / "sessions"
    fill(folder, **{"a_sacrum.csv": PLAIN, "b_sacrum.csv": b"no,table\n1,2\n", "c_sacrum.csv": PLAIN})
    code, said, err = dowel("import", folder, "--out", out, "--dry-run")
    assert (code, out.exists()) == (3, False)
    assert "0:03 min" in said
    code, said, err = dowel("import", folder, "--out", out, "--person", "P7", "--drill", "kettlebell")
    assert (code, err.count("\n")) == (3, 1)
    assert "2 of 3 imported, 1 failed." in said
    assert "b: b_sacrum.csv" in err
    assert sorted(path.name for path in out.iterdir()) == ["a.dowel", "c.dowel"]
    with open_session(out / "c.dowel") as session:
        assert (session.facts["person"], session.facts["drill"]) == ("P7", "kettlebell")
    before = (out / "a.dowel").read_bytes()
    (folder / "b_sacrum.csv").write_bytes(PLAIN)
    code, said, err = dowel("import", folder, "--out", out)
    assert (code, err) == (0, "")
    assert "1 of 3 imported, 2 there already and left as they are." in said
    assert (out / "a.dowel").read_bytes() == before


def test_what_each_found_is_said_with_its_session(dowel: Run, tmp_path: Path) -> None:
    files = written.phyphox(written.motion(3.0)) | {"notes.txt": b"felt good\n"}
    fill(tmp_path, **{f"mon/sacrum/{name}": data for name, data in files.items()}, **{"tue_sacrum.csv": PLAIN})
    code, said, _ = dowel("import", tmp_path, "--dry-run")
    assert code == 0
    assert (
        "mon: Not used, as no acceleration or rate of turn is in it: sacrum/meta/device.csv, sacrum/notes.txt." in said
    )
    (tmp_path / "all.csv").write_text("sacrum\nmon/sacrum\ntue_sacrum.csv\n")
    for given, names in (([tmp_path], ("mon", "tue")), (["--manifest", tmp_path / "all.csv"], ("line 2", "line 3"))):
        code, said, _ = dowel("import", *given, "--out", tmp_path / names[0])
        assert code == 0
        assert f"{names[0]}: Not used, as no acceleration" in said
        assert f"{names[1]}: sacrum (tue_sacrum.csv): 9.81 m/s2 at rest, 100.0 Hz measured" in said


def test_one_way_at_a_time(dowel: Run, tmp_path: Path) -> None:
    assert dowel("import", "--out", tmp_path / "a.dowel")[0] == 2
    assert dowel("import", tmp_path, "--manifest", tmp_path / "m.csv")[0] == 2
    assert dowel("import", tmp_path, "--out", tmp_path / "a.dowel")[0] == 2
    assert dowel("import", tmp_path, "--started-at", "2026-05-04")[0] == 2
    assert dowel("import", "--sensor=sacrum=a.csv", "--out", tmp_path / "a.dowel", "--dry-run")[0] == 2


def limits_in(session: Path) -> list[Mapping[str, object]]:
    with open_session(session) as opened:
        return [mark.detail for mark in opened.marks if mark.kind is MarkKind.LIMITS]


def test_a_file_in_place_of_a_folder_is_told_how_one_is_imported(dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "back.csv").write_text("t,ax\n")
    code, _, err = dowel("import", tmp_path / "back.csv")
    assert (code, "--sensor upper_back=FILE" in err) == (3, True)


def test_each_row_of_a_manifest_has_the_limits_of_its_own_person(dowel: Run, tmp_path: Path) -> None:
    keep_limits("P1", GivenLimits("personal", 8.0, evidence="40 reps"))
    fill(tmp_path, **dict.fromkeys(["1.csv", "2.csv", "3.csv"], PLAIN))
    manifest, out = tmp_path / "manifest.csv", tmp_path / "sessions"
    manifest.write_text("sacrum,person\n1.csv,P1\n2.csv,P2\n3.csv,\n")
    assert dowel("import", "--manifest", manifest, "--out", out, "--person", "P1")[0] == 0
    own = [{"basis": "personal", "rounding": 8.0, "evidence": "40 reps"}]
    assert [limits_in(out / f"{name}.dowel") for name in "123"] == [own, [], own]


def test_limits_are_kept_once_a_session_was_made_with_them(dowel: Run, tmp_path: Path) -> None:
    fill(tmp_path / "in", **{"mon_sacrum.csv": PLAIN})
    given = ("--limits", "rounding=12", "--person", "P3")
    assert dowel("import", tmp_path / "in", "--dry-run", *given)[0] == 0
    assert dowel("import", "--sensor=sacrum=none.csv", "--out", tmp_path / "a.dowel", *given)[0] == 3
    assert dowel("practice", "--out", tmp_path / "none" / "a.dowel", *given)[0] == 3
    assert limits_of("P3") is None
    assert dowel("import", tmp_path / "in", *given)[0] == 0
    assert limits_of("P3") == GivenLimits("coach", 12.0)
    assert limits_in(tmp_path / "in" / "mon.dowel") == [{"basis": "coach", "rounding": 12.0}]


def test_a_choice_among_one_sensor_is_told_to_be_none(dowel: Run, tmp_path: Path) -> None:
    fill(tmp_path, **{"a.csv": PLAIN})
    asked = (f"--sensor=sacrum={tmp_path / 'a.csv'}", "--out", tmp_path / "a.dowel", "--pick", "sacrum=Pelvis")
    code, said, _ = dowel("import", *asked)
    assert (code, "sacrum (a.csv) holds one sensor: --pick sacrum=Pelvis chose nothing." in said) == (0, True)
