"""``dowel doctor``: each check, and what it says to do."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dowel.cues.speaker import Device, NoSpeaker
from dowel.devices.doctor import Check, State, can_practise, checks
from dowel.sensors.ble import Radio
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.ble.room import FIRST, room

Run = Callable[..., tuple[int, str, str]]
LINES = Console(file=io.StringIO(), width=80)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))


def looked_at(folder: Path, out: Console = LINES, *, off: bool = False, **adapter: Any) -> dict[str, Check]:
    """The checks by name, with a simulated Bluetooth."""

    async def main() -> list[Check]:
        async with room(**adapter) as inside:
            await inside.put(FIRST)
            if off:
                await inside.adapter.power_off()
            return await checks(inside.radio, out, folder)

    return {check.name: check for check in run(main())}


def test_where_all_is_well_a_practice_can_run(tmp_path: Path) -> None:
    found = looked_at(tmp_path / "Documents" / "Dowel")
    assert can_practise(list(found.values()))
    assert found["Bluetooth"].state is State.OK
    assert "1 device heard within 1 s, 1 of them sensor" in found["Bluetooth"].sentence
    assert "GB free" in found["sessions"].sentence
    assert not (tmp_path / "Documents").exists(), "looking makes nothing"


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ({"off": True}, "switched off"),
        ({"missing": True}, "no Bluetooth"),
        ({"denied": True}, "not allowed to use Bluetooth"),
    ],
)
def test_without_bluetooth_it_says_what_to_do(tmp_path: Path, adapter: dict[str, bool], said: str) -> None:
    found = looked_at(tmp_path, **adapter)  # type: ignore[arg-type]
    assert found["Bluetooth"].state is State.MISSING
    assert said in found["Bluetooth"].sentence
    assert not can_practise(list(found.values()))


def test_a_folder_that_cannot_be_written_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = looked_at(tmp_path / "file" / "Dowel")["sessions"]
    assert check.state is State.MISSING
    assert "--out" in check.sentence


def test_a_full_disk_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(tmp_path))(10**12, 10**12 - 10**7, 10**7)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    check = looked_at(tmp_path)["sessions"]
    assert check.state is State.MISSING
    assert "only 10 MB" in check.sentence


def test_damaged_trims_are_missing_as_practice_would_stop_there(tmp_path: Path) -> None:
    assert looked_at(tmp_path)["trims"].state is State.NOTE
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trims.json").write_text("{")
    assert looked_at(tmp_path)["trims"].state is State.MISSING


@pytest.mark.parametrize(("size", "state"), [((80, 24), State.OK), ((79, 24), State.NOTE), ((80, 20), State.NOTE)])
def test_the_terminal_is_measured_and_rung(tmp_path: Path, size: tuple[int, int], state: State) -> None:
    file = io.StringIO()
    out = Console(file=file, width=size[0], height=size[1], force_terminal=True, legacy_windows=False)
    found = looked_at(tmp_path, out)
    assert found["terminal"].state is state
    assert "\x07" in file.getvalue()
    assert looked_at(tmp_path)["terminal"].state is State.NOTE


def test_the_simulation_needs_its_exact_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_at(tmp_path)["simulation"].state is State.OK
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.1" if name == "bumble" else real(name))
    check = looked_at(tmp_path)["simulation"]
    assert check.state is State.NOTE
    assert "0.0.1 is installed, 0.0.236 is needed" in check.sentence

    def none(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", none)
    monkeypatch.setattr("dowel.devices.doctor.program_version", lambda: "1")
    assert "not installed" in looked_at(tmp_path)["simulation"].sentence


def faked(*found: Check) -> Callable[..., Any]:
    async def fake(radio: Radio, out: Console, folder: Path) -> list[Check]:
        return list(found)

    return fake


GOOD = Check("system", State.OK, "fine")
BAD = Check("Bluetooth", State.MISSING, "It is off. Switch it \x1b[2J on.")


def test_the_command_shows_and_exits_with_4_where_something_is_missing(
    dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dowel.devices.doctor.checks", faked(GOOD, BAD))
    code, out, err = dowel("doctor")
    assert (code, err) == (4, "")
    assert "missing  Bluetooth  It is off." in out
    assert "\x1b" not in out
    assert "Not ready" in out
    code, out, _ = dowel("doctor", "--json")
    assert code == 4
    assert [json.loads(line)["state"] for line in out.splitlines()] == ["ok", "missing"]


def test_the_command_exits_with_0_where_nothing_is_missing(dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dowel.devices.doctor.checks", faked(GOOD, Check("sound", State.NOTE, "perhaps")))
    code, out, _ = dowel("doctor")
    assert code == 0
    assert "Ready for dowel practice" in out


def test_on_this_computer_it_never_fails(dowel: Run) -> None:
    """With the computer's own Bluetooth, whatever there is of it."""
    code, out, err = dowel("doctor", "--json")
    assert code in (0, 4)
    assert err == ""
    assert {"program", "Bluetooth", "sessions", "terminal"} <= {json.loads(line)["name"] for line in out.splitlines()}


def test_sound_is_told_with_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Device:
        raise NoSpeaker("Sounds need the sound extra: pip install 'dowel-rod[sound]'.")

    monkeypatch.setattr("dowel.devices.doctor.default_device", missing)
    check = looked_at(tmp_path)["sound"]
    assert check.state is State.NOTE
    assert "pip install 'dowel-rod[sound]'" in check.sentence
    monkeypatch.setattr("dowel.devices.doctor.default_device", lambda: Device("Speakers", 48_000.0, 2))
    check = looked_at(tmp_path)["sound"]
    assert (check.state, check.sentence) == (State.OK, "cues are played on Speakers, 48 kHz")


def test_choices_that_cannot_be_understood_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    check = looked_at(tmp_path)["choices"]
    assert check.state is State.OK
    assert "the defaults apply" in check.sentence
    (tmp_path / "config.toml").write_text("[cues]\nvolume = 3\n")
    check = looked_at(tmp_path)["choices"]
    assert check.state is State.NOTE
    assert "line 2: volume must be" in check.sentence
