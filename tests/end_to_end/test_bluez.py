"""The default Linux path: bleak's own backend, unmodified, over a real D-Bus, to a BlueZ-shaped service.

Behind the service are the simulated lifter and sensors. It all runs in real time, in processes of its own.
``python -m tests.bluez.real`` runs the same tests with a real bluetoothd.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.sensors.ble.connection import DISCONNECT_S
from dowel.sensors.drivers import witmotion
from tests.bluez.delivered import delivered, recorded, stretches
from tests.bluez.dowel import ADDRESSES, WORN, Dowel, Practice
from tests.bluez.processes import DBUS_DAEMON, DENY_BLUEZ, Bluez, Bus, Process, Program
from tests.bluez.real.machine import Machine
from tests.bluez.real.service import ASKED_FOR, REAL, RealBluez
from tests.bluez.version import NEWEST, VERSIONS
from tests.depth import at_night

LISTENER = ("-m", "tests.bluez.listener", ADDRESSES["sacrum"], witmotion.DATA)

LOST_AT_MOST_S = 0.5
"""By a kill: session-file#while-it-is-written."""

KINDS = [REAL] if os.environ.get(ASKED_FOR) else list(VERSIONS)
either = pytest.mark.parametrize("bluez", KINDS, indirect=True)

LINK_MARKS = (MarkKind.LINK_LOST, MarkKind.LINK_BACK)

pytestmark = pytest.mark.skipif(
    DBUS_DAEMON is None, reason="DBUS-DAEMON ABSENT: the default Linux path is not tested; apt-get install dbus"
)


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    with Machine() as running:
        yield running


@pytest.fixture(params=KINDS if at_night() or REAL in KINDS else [NEWEST])
def bluez(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bluez]:
    """The service as the newest BlueZ; at night also as others, and in every run where a test asks for them."""
    log, kind = tmp_path / "delivered", request.param
    with ExitStack() as stack:
        if kind == REAL:
            service: Bluez = RealBluez(request.getfixturevalue("machine"), WORN, log=log)
        else:
            service = Bluez(stack.enter_context(Bus()), WORN, f"--version={kind}", log=log)
        stack.enter_context(service)
        yield service
        service.stop()


# --- bleak alone: the service is as bleak expects BlueZ to be


def heard(listener: Process) -> list[str]:
    return [line.removeprefix("got ") for line in listener.lines if line.startswith("got ")]


def told(listener: Process) -> list[str]:
    return [line for line in listener.lines if not line.startswith("got ")]


def test_what_is_delivered_is_heard(bluez: Bluez, tmp_path: Path) -> None:
    with Program(bluez.bus.address, *LISTENER, "20") as listener:
        assert listener.wait() == 0
    assert told(listener) == ["connected", "ended"]
    got = heard(listener)
    assert len(got) >= 20
    assert stretches(got, delivered(tmp_path / "delivered", "sacrum")) == [range(len(got))]


@either
def test_a_sensor_that_drops_is_heard_again(bluez: Bluez, tmp_path: Path) -> None:
    with Program(bluez.bus.address, *LISTENER, "30") as listener:
        listener.wait_for(lambda line: line.startswith("got "))
        bluez(drop="sacrum")
        assert listener.wait() == 0
    assert told(listener) == ["connected", "lost", "connected", "ended"]
    got = heard(listener)
    assert stretches(got, delivered(tmp_path / "delivered", "sacrum")) == [range(len(got))]


def test_a_program_that_is_killed_leaves_its_links_behind(bluez: Bluez) -> None:
    """As with BlueZ: the sensor does not advertise any more, so the next program does not find it by scanning."""
    with Program(bluez.bus.address, *LISTENER) as listener:
        listener.wait_for(lambda line: line.startswith("got "))
    assert bluez(links=True)["links"] == ["sacrum"]
    with Program(bluez.bus.address, *LISTENER) as listener:
        assert listener.wait() == 0
    assert listener.lines == ["not found"]


# --- no Bluetooth


def no_bus(_: ExitStack) -> str:
    return "unix:path=/nowhere/dowel-bus"


def no_service(stack: ExitStack) -> str:
    return stack.enter_context(Bus()).address


def no_adapter(stack: ExitStack) -> str:
    return stack.enter_context(Bluez(stack.enter_context(Bus()), (), "--no-adapter")).bus.address


def powered_off(stack: ExitStack) -> str:
    return stack.enter_context(Bluez(stack.enter_context(Bus()), (), "--powered-off")).bus.address


def refused(stack: ExitStack) -> str:
    return stack.enter_context(Bluez(stack.enter_context(Bus(DENY_BLUEZ)))).bus.address


@pytest.mark.parametrize(
    ("without", "says"),
    [
        (no_bus, "Bluetooth service is not running"),
        (no_service, "Bluetooth service is not running"),
        (no_adapter, "no Bluetooth adapter"),
        (powered_off, "Bluetooth is switched off"),
        (refused, "not allowed to use Bluetooth"),
    ],
)
def test_without_bluetooth_a_scan_says_what_to_do(without: Callable[[ExitStack], str], says: str) -> None:
    with ExitStack() as stack, Dowel(without(stack), "scan") as scan:
        assert scan.wait() == 4
    assert says in scan.errors
    assert len(scan.errors.splitlines()) == 1
    assert scan.lines == []


# --- dowel


def test_a_scan_lists_the_sensors(bluez: Bluez) -> None:
    with Dowel(bluez.bus.address, "scan", "--seconds=2", "--json") as scan:
        assert scan.wait() == 0
    assert scan.errors == ""
    found = {each["address"]: each for each in map(json.loads, scan.lines)}
    assert found.keys() == set(ADDRESSES.values())
    assert {each["driver"] for each in found.values()} == {witmotion.NAME}
    assert all(each["battery_pct"] > 0 for each in found.values())
    bluez.wait_until_nothing_is_connected()


def test_a_practice_records_what_was_delivered(bluez: Bluez, tmp_path: Path) -> None:
    """Calibration and three reps, then Ctrl-C: the file is closed and the sensors are let go."""
    path = tmp_path / "practice.dowel"
    with Practice(bluez, ADDRESSES, path) as practice:
        practice.begin()
        practice.calibrate()
        bluez(do="rod_hinges")
        practice.wait_for_count(3)
        practice.interrupt()
        assert practice.wait() == 130
    assert "Traceback" not in practice.errors
    bluez.wait_until_nothing_is_connected()
    assert not path.with_name(path.name + "-wal").exists()
    for sensor in ADDRESSES:
        assert len(stretches(recorded(path, sensor), delivered(tmp_path / "delivered", sensor))) == 1


def test_the_sensor_that_is_moved_is_bound(bluez: Bluez, tmp_path: Path) -> None:
    path = tmp_path / "bound.dowel"
    with Practice(bluez, {}, path) as practice:
        practice.begin()
        practice.interrupt()
        assert practice.wait() == 130
    with open_session(path) as session:
        assert {str(each.placement): each.address for each in session.sensors} == ADDRESSES


AFTER_S = [*((kind, 0.0) for kind in KINDS), *([(KINDS[0], 0.8)] if at_night() or REAL in KINDS else [])]


@pytest.mark.parametrize(("bluez", "after_s"), AFTER_S, indirect=["bluez"])
def test_ctrl_c_while_connecting_lets_the_sensor_go(bluez: Bluez, tmp_path: Path, after_s: float) -> None:
    """With 5.66 in mid-discovery: it says that it is connected before it knows the services."""
    with Practice(bluez, ADDRESSES, tmp_path / "never.dowel") as practice:
        practice.wait_for(lambda line: line.startswith("Connecting "))
        while not bluez(links=True)["links"]:
            time.sleep(0.02)
        time.sleep(after_s)
        interrupted_s = time.monotonic()
        practice.interrupt()
        assert practice.wait() == 130
        assert time.monotonic() - interrupted_s < DISCONNECT_S, "the end of a link that is none is not waited for"
    assert practice.errors == ""
    bluez.wait_until_nothing_is_connected()
    with Program(bluez.bus.address, *LISTENER, "1") as listener:
        assert listener.wait() == 0
    assert told(listener) == ["connected", "ended"]


def test_a_killed_practice_loses_half_a_second_at_most(bluez: Bluez, tmp_path: Path) -> None:
    path = tmp_path / "killed.dowel"
    with Practice(bluez, ADDRESSES, path) as practice:
        practice.begin()
        time.sleep(3.0)
        killed_ns = time.monotonic_ns()
    for sensor in ADDRESSES:
        sent = delivered(tmp_path / "delivered", sensor)
        (kept,) = stretches(recorded(path, sensor), sent)
        assert not [each for each in sent[kept.stop :] if killed_ns - each.at_ns > LOST_AT_MOST_S * 1e9]


@pytest.mark.parametrize("by", ["address", "movement"] if at_night() or REAL in KINDS else ["movement"])
def test_the_next_practice_takes_over_what_a_killed_one_held(bluez: Bluez, tmp_path: Path, by: str) -> None:
    """BlueZ stays connected to its sensors, so they do not advertise."""
    with Practice(bluez, ADDRESSES, tmp_path / "killed.dowel") as practice:
        practice.begin()
    assert sorted(bluez(links=True)["links"]) == sorted(ADDRESSES)
    path = tmp_path / "next.dowel"
    with Practice(bluez, ADDRESSES if by == "address" else {}, path) as practice:
        practice.begin()
        time.sleep(2.0)
        practice.interrupt()
        assert practice.wait() == 130
    for sensor in ADDRESSES:
        assert len(recorded(path, sensor)) > 20


@either
def test_a_practice_survives_a_restart_of_the_service(bluez: Bluez, tmp_path: Path) -> None:
    """It is noticed by the owner of its name, and not by the silence of sensors."""
    path = tmp_path / "restarted.dowel"
    with Practice(bluez, ADDRESSES, path) as practice:
        practice.begin()
        bluez(restart=1.0)
        for _ in ADDRESSES:
            practice.wait_for_link("lost")
        for _ in ADDRESSES:
            practice.wait_for_link("back")
        practice.interrupt()
        assert practice.wait() == 130
    said = "\n".join(practice.lines)
    assert said.count("is lost and is being looked for") == len(ADDRESSES), "it is known before they are silent"
    assert "sends nothing and is being reconnected" not in said
    assert practice.errors == ""
    bluez.wait_until_nothing_is_connected()


def test_a_broken_bus_is_a_sentence_and_leaves_nothing_on_stderr(tmp_path: Path) -> None:
    with (
        Bus() as bus,
        Bluez(bus, WORN) as bluez,
        Practice(bluez, ADDRESSES, tmp_path / "broken.dowel") as practice,
    ):
        practice.begin()
        bus.kill()
        for _ in ADDRESSES:
            practice.wait_for_link("lost")
        practice.wait_for(lambda line: "Bluetooth service is not running" in line)
        interrupted_s = time.monotonic()
        practice.interrupt()
        assert practice.wait() == 130
        assert time.monotonic() - interrupted_s < DISCONNECT_S
    assert practice.errors == ""


@either
def test_a_practice_survives_lost_sensors_and_the_adapter(bluez: Bluez, tmp_path: Path) -> None:
    path = tmp_path / "lost.dowel"
    with Practice(bluez, ADDRESSES, path) as practice:
        practice.begin()
        bluez(drop="sacrum")
        practice.wait_for_link("lost", "sacrum")
        practice.wait_for_link("back", "sacrum")
        bluez(off="upper_back")
        practice.wait_for_link("lost", "upper_back")
        bluez(forget="upper_back")
        bluez(on="upper_back")
        practice.wait_for_link("back", "upper_back")
        bluez(adapter="off")
        for _ in ADDRESSES:
            practice.wait_for_link("lost")
        bluez(adapter="on")
        for _ in ADDRESSES:
            practice.wait_for_link("back")
        practice.interrupt()
        assert practice.wait() == 130
    with open_session(path) as session:
        links = [(mark.kind, mark.detail["placement"]) for mark in session.marks if mark.kind in LINK_MARKS]
    assert links[:4] == [(kind, sensor) for sensor in ("sacrum", "upper_back") for kind in LINK_MARKS]
    assert sorted(links[4:]) == sorted((kind, sensor) for kind in LINK_MARKS for sensor in ADDRESSES)
    for sensor in ADDRESSES:  # a stretch of each link: what comes before the sensor is set up again is left out
        assert len(stretches(recorded(path, sensor), delivered(tmp_path / "delivered", sensor))) <= 3
