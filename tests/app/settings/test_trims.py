"""Trims kept on this computer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dowel.recordings.errors import InputError
from dowel.sensors.stream.accelerometer_calibration import Trim
from dowel.settings.trims import keep_trim, kept_trims, trim_for, trims_path

TRIM = Trim((0.1, -0.2, 0.3), (1.01, 0.99, 1.0), 0.21, 0.001)
OTHER = Trim((0.0, 0.0, 0.05), (1.0, 1.0, 1.0), 0.05, 0.0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "dowel"
    monkeypatch.setenv("DOWEL_DATA", str(path))
    return path


def test_a_trim_comes_back_whatever_the_case_of_the_address() -> None:
    assert trim_for("AA:BB:CC:00:11:22") is None
    path = keep_trim("aa:BB:cc:00:11:22", "witmotion", TRIM)
    assert path == trims_path()
    assert trim_for("AA:bb:CC:00:11:22") == TRIM
    (kept,) = kept_trims().values()
    assert (kept.driver, len(kept.made_on)) == ("witmotion", len("2026-01-01"))


def test_trimming_again_replaces_only_that_sensor(folder: Path) -> None:
    keep_trim("A1", "witmotion", TRIM)
    keep_trim("B2", "movella_dot", OTHER)
    keep_trim("A1", "witmotion", OTHER)
    assert (trim_for("A1"), trim_for("B2")) == (OTHER, OTHER)
    assert [path.name for path in folder.iterdir()] == ["trims.json"], "nothing is left beside it"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 1}',
        '{"format": 1, "trims": []}',
        '{"format": 1, "trims": {"A1": {}}}',
        '{"format": 1, "trims": {"A1": 3}}',
        "\ud800",
        "[" * 5000,
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    before = text.encode("utf-8", "surrogatepass")
    trims_path().write_bytes(before)
    for work in (lambda: trim_for("A1"), lambda: keep_trim("A1", "witmotion", TRIM)):
        with pytest.raises(InputError, match="Move it away and run 'dowel trim' again"):
            work()
    assert trims_path().read_bytes() == before


@pytest.mark.parametrize("value", ["1", True, None, float("nan"), 10**400, [1.0]])
def test_values_that_are_no_numbers_are_refused(value: object) -> None:
    path = keep_trim("A1", "witmotion", TRIM)
    contents = json.loads(path.read_text())
    contents["trims"]["A1"]["acc_scale"][1] = value
    path.write_text(json.dumps(contents))
    with pytest.raises(InputError, match="cannot be read"):
        trim_for("A1")


def test_a_newer_file_is_not_misread(folder: Path) -> None:
    folder.mkdir(parents=True)
    trims_path().write_text('{"format": 2, "trims": {}}')
    with pytest.raises(InputError, match="newer dowel"):
        trim_for("A1")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "file" / "below"))
    with pytest.raises(InputError):
        keep_trim("A1", "witmotion", TRIM)


def test_without_the_variable_it_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOWEL_DATA")
    assert trims_path().parent.name.lower() == "dowel"
