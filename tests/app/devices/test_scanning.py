"""``dowel scan``: over the simulated air."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from importlib import import_module

import pytest

from dowel.devices.scanning import InRange, as_facts, devices_in_range, nothing_found, remarks, table
from dowel.recordings.errors import LinkError
from dowel.reports.terminal import console
from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.ble.room import FIRST, SECOND, THIRD, Room, at_rest, room
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.movella_dot import MovellaDot

Run = Callable[..., tuple[int, str, str]]
command = import_module("dowel.commands.scan")  # the package has the function under this name


class Television(Peripheral):
    """Something else that advertises."""

    usual_name = "Living room"
    services = ()


async def told_nothing(inside: Room, seconds: float = 5.0, battery: bool = True) -> list[InRange]:
    return await devices_in_range(inside.radio, seconds, battery=battery, tell=lambda _: None)


def test_it_lists_the_simulated_sensors(dowel: Run) -> None:
    code, out, err = dowel("scan", "--simulate")
    assert (code, err) == (0, "")
    assert out.count("WT901BLE67") == 2
    assert "dBm strong" in out
    assert " %" in out
    assert "F0:00:00:00:01:01" in out
    assert max(map(len, out.splitlines())) <= 80


def test_as_json_each_sensor_is_a_line(dowel: Run) -> None:
    code, out, _ = dowel("scan", "--simulate", "--json", "--no-battery", "--seconds", "3")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["driver"] for row in rows] == ["witmotion", "witmotion"]
    assert list(rows[0]) == ["name", "driver", "title", "usable", "rssi_dbm", "battery_pct", "address"]
    assert rows[0]["battery_pct"] is None


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seconds", "nan"], ["--seconds", "999"]])
def test_wrong_usage_is_told(dowel: Run, arguments: list[str]) -> None:
    code, out, err = dowel("scan", *arguments)
    assert (code, out) == (2, "")
    assert "--seconds" in err


@pytest.mark.slow
def test_every_kind_of_sensor_tells_its_battery_or_nothing_and_is_let_go() -> None:
    async def main() -> None:
        for driver, kind in PERIPHERALS.items():
            async with room() as inside:
                station = await inside.put(FIRST, kind(at_rest, battery_pct=50.0))
                (device,) = await told_nothing(inside)
                await asyncio.sleep(1.0)  # the good-bye reaches the sensor
                assert device.is_sensor, driver
                assert device.trouble == "", driver
                assert device.battery_pct is None or 40 <= device.battery_pct <= 60, driver
                assert not station.is_connected, driver

    run(main())


def test_two_with_one_name_a_weak_one_and_others() -> None:
    async def main() -> None:
        async with room() as inside:
            await inside.put(FIRST, WitMotion(at_rest), rssi_dbm=-90)
            await inside.put(SECOND, WitMotion(at_rest), rssi_dbm=-50)
            await inside.put(THIRD, Television(at_rest))
            devices = await told_nothing(inside)
        assert [(each.found.address, each.is_sensor) for each in devices] == [
            (SECOND, True),
            (THIRD, False),
            (FIRST, True),
        ]
        assert as_facts(devices[1])["driver"] is None
        assert as_facts(devices[1])["usable"] is False
        assert remarks(devices) == []

    run(main())


def test_a_sensor_without_a_gyroscope_is_listed_and_said_to_be_of_no_use() -> None:
    async def main() -> None:
        async with room() as inside:
            await inside.put(FIRST, PERIPHERALS["polar_no_gyro"](at_rest))
            (device,) = await told_nothing(inside)
        assert as_facts(device)["usable"] is False
        assert "no gyroscope" in remarks([device])[0]

    run(main())


def test_a_deaf_sensor_does_not_stop_the_others() -> None:
    async def main() -> None:
        async with room() as inside:
            (await inside.put(FIRST, rssi_dbm=-40)).deaf = True
            await inside.put(SECOND, rssi_dbm=-60)
            deaf, other = await told_nothing(inside)
            inside.stations[FIRST].deaf = False
        assert deaf.battery_pct is None
        assert "try again" in remarks([deaf])[0] or "Switch it off and on" in remarks([deaf])[0]
        assert (other.battery_pct, other.trouble) == (80.0, "")

    run(main())


def test_names_cannot_rewrite_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        async with room() as inside:
            await inside.put(FIRST, MovellaDot(at_rest, name="\x1b[2J[red]x\ny"))
            devices = await told_nothing(inside, battery=False)
        console().print(table(devices))
        assert "\n" not in "".join(remarks(devices))

    run(main())
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]x" in out


def test_unknown_devices_are_counted_in_a_line(dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def devices(*_: object, **__: object) -> list[InRange]:
        async with room() as inside:
            await inside.put(FIRST)
            await inside.put(SECOND, Television(at_rest))
            return await told_nothing(inside)

    monkeypatch.setattr(command, "_devices", devices)
    _, out, _ = dowel("scan", "--simulate")
    assert "1 other device; --all lists it." in out
    assert "Living room" not in out
    _, out, _ = dowel("scan", "--simulate", "--all")
    assert "Living room" in out
    assert "other device" not in out


def test_no_sensor_is_exit_code_4_and_what_to_do(dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def devices(*_: object, **__: object) -> list[InRange]:
        return []

    monkeypatch.setattr(command, "_devices", devices)
    code, out, err = dowel("scan", "--simulate", "--json")
    assert (code, out) == (4, "")
    assert "No sensor was heard within 10 s" in err
    assert "dowel doctor" in err
    assert "7 other devices were heard, so Bluetooth works" in str(nothing_found(10.0, 7))


def test_without_bluetooth_the_sentence_is_that_of_the_link(dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with room() as inside:
            await inside.adapter.power_off()
            with pytest.raises(LinkError, match="switched off"):
                await told_nothing(inside)

    run(main())

    async def broken(*_: object, **__: object) -> list[InRange]:
        raise LinkError("Bluetooth is switched off. Do this.")

    monkeypatch.setattr("dowel.devices.scanning.scan", broken)
    assert dowel("scan")[0] == 4
