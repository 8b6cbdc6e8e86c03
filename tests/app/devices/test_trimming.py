"""``dowel trim``: over the simulated air, with simulated hands."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from dowel.devices.simulating import simulated_world
from dowel.devices.trimming import Trimmed, choose, told, trim_sensor, words
from dowel.recordings.errors import LinkError
from dowel.recordings.types import GRAVITY_M_S2, Placement
from dowel.sensors.simulated import BMI270
from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from dowel.sensors.simulated.world import World, Worn
from dowel.sensors.stream.accelerometer_calibration import Trim
from dowel.settings.trims import trim_for
from tests.sensors.ble.room import FIRST, SECOND, room
from tests.simulated_devices import PERIPHERALS

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]
PLACE = Placement.SACRUM
command = import_module("dowel.commands.trim")  # the package has the function under this name


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def hand(world: World) -> Callable[[str], None]:
    return lambda face: world.lifter.lie(PLACE, "xyz".index(face[1]), 1 if face[0] == "+" else -1)


def trimmed(
    lay_of: Callable[[World], Callable[[str], None]] = hand,
    device: type[Peripheral] = WitMotion,
    *,
    terminal: bool = False,
) -> tuple[Trimmed, str, World]:
    """A trim led over the air in virtual time, with what was printed."""
    out = Console(file=io.StringIO(), width=80, force_terminal=terminal, color_system=None, legacy_windows=False)

    async def main() -> tuple[Trimmed, World]:
        async with AsyncExitStack() as stack:
            world = World([Worn(PLACE, device, chip=BMI270)], seed=3)
            await world.start()
            stack.push_async_callback(world.close)
            async with asyncio.timeout(300.0):
                found = await choose(world.radio, None)
                return await trim_sensor(world.radio, found, out, lay_of(world)), world

    done, world = run(main())
    assert isinstance(out.file, io.StringIO)
    return done, out.file.getvalue(), world


def true_offset_m_s2(world: World) -> list[float]:
    """What the simulated chip adds, which nobody else may look at."""
    return world.stations[PLACE].peripheral._chip._acc_bias_m_s2.tolist()  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["witmotion", "movella_dot"])
def test_the_chips_own_offset_is_found(driver: str) -> None:
    done, said, world = trimmed(device=PERIPHERALS[driver])
    assert done.sensor.driver == driver
    assert done.trim.offset_m_s2 == pytest.approx(true_offset_m_s2(world), abs=0.006), "half a step of int16 at 16 g"
    assert done.trim.scale == pytest.approx((1.0, 1.0, 1.0), abs=0.006)
    assert done.trim.residual_m_s2 < 1e-6
    for number in range(1, 7):
        assert f"{number} of 6" in said
    assert "Missing: z down." in said


def test_on_a_terminal_a_line_tells_what_the_sensor_does() -> None:
    _, said, _ = trimmed(terminal=True)
    for part in ("it moves", "x down: leave it,", "50 %", "\x07"):
        assert part in said


def test_a_side_twice_is_told_and_does_no_harm() -> None:
    def forgetful(world: World) -> Callable[[str], None]:
        lay, laid = hand(world), []

        def again(face: str) -> None:
            laid.append(face)
            lay(laid[0] if len(laid) == 2 else face)
            if len(laid) == 2:
                asyncio.get_running_loop().call_later(12.0, lay, face)

        return again

    done, said, _ = trimmed(forgetful, terminal=True)
    assert "x up is done already; turn it" in said
    assert done.trim.residual_m_s2 < 1e-6


def test_sides_that_are_done_stay_so_when_the_sensor_is_lost_and_comes_back() -> None:
    def clumsy(world: World) -> Callable[[str], None]:
        lay, station = hand(world), world.stations[PLACE]

        async def off_and_on() -> None:
            await station.power_off()
            await asyncio.sleep(4.0)
            await station.power_on(world.new_device(PLACE))

        def lay_or_drop(face: str) -> None:
            lay(face)
            if face == "+y":
                tasks.append(asyncio.ensure_future(off_and_on()))

        return lay_or_drop

    tasks: list[asyncio.Task[None]] = []
    done, said, world = trimmed(clumsy)
    assert len(tasks) == 1
    assert "The sensor is lost" in said
    assert "The sensor is back" in said
    assert "sacrum" not in said, "it is worn nowhere"
    assert [number for number in range(1, 7) if f"{number} of 6" in said] == [1, 2, 3, 4, 5, 6]
    assert done.trim.offset_m_s2 == pytest.approx(true_offset_m_s2(world), abs=0.006)


def test_a_fault_while_it_listens_ends_the_trim() -> None:
    def broken(world: World) -> Callable[[str], None]:
        def lay(face: str) -> None:
            if face != "+x":
                raise ZeroDivisionError
            hand(world)(face)

        return lay

    with pytest.raises(ZeroDivisionError):
        trimmed(broken)


# ---------------------------------------------------------------------------------------------- which, and the command


def test_one_of_several_must_be_named() -> None:
    async def main() -> None:
        async with room() as inside:
            with pytest.raises(LinkError, match="No sensor was heard"):
                await choose(inside.radio, None)
            await inside.put(FIRST)
            assert (await choose(inside.radio, None)).address == FIRST
            await inside.put(SECOND)
            with pytest.raises(LinkError, match=f"{FIRST}.*Say which with --sensor ADDRESS"):
                await choose(inside.radio, None)
            assert (await choose(inside.radio, SECOND.lower())).address == SECOND

    run(main())


def test_a_simulated_trim_shows_and_keeps_nothing(dowel: Run, own_data_folder: Path) -> None:
    code, out, err = dowel("trim", "--simulate")
    assert (code, err) == (0, "")
    assert "before  tilt wrong by up to" in out
    assert "after   gravity by 0.00" in out
    assert "nothing is kept" in out
    assert not own_data_folder.exists()


def test_a_real_one_is_kept_for_its_address(dowel: Run, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path) -> None:
    monkeypatch.setattr(command, "_trim", lambda address, out: command._trim_simulated(address, out))
    monkeypatch.setattr("dowel.devices.simulating.asyncio.run", run)
    code, out, err = dowel("trim", "--sensor", "F0:00:00:00:01:01")
    assert (code, err) == (0, "")
    assert str(own_data_folder / "trims.json") in out.replace("\n", "")
    kept = trim_for("f0:00:00:00:01:01")
    assert kept is not None
    assert kept.before_m_s2 > 10 * kept.residual_m_s2


def test_a_damaged_file_is_told_before_the_work(dowel: Run, own_data_folder: Path) -> None:
    own_data_folder.mkdir()
    (own_data_folder / "trims.json").write_text("?")
    code, out, err = dowel("trim", "--simulate")
    assert (code, out) == (3, "")
    assert "trims.json" in err


def test_what_is_told_has_the_figures_of_the_trim() -> None:
    lines = told(Trim((0.2, 0.0, 0.0), (1 / 1.01, 1.0, 1.0), 0.123, 0.004))
    assert "x +0.200 m/s² +1.00 %" in lines[0]
    assert "0.123" in lines[1]
    assert "1." in lines[1].split("up to")[1]
    assert "0.004" in lines[2]
    assert [words(face) for face in ("+x", "-z")] == ["x up", "z down"]


def test_a_simulated_sensor_on_its_side_reads_gravity_along_that_axis() -> None:
    """The sign of a side: x up means that x reads +9.8."""

    async def main() -> None:
        async with simulated_world(placements=[PLACE]) as world:
            world.lifter.lie(PLACE, 0, 1)
            await asyncio.sleep(3.0)
            felt = world.lifter.feel(PLACE)(np.array([asyncio.get_running_loop().time()]))
            assert felt[0, :3] == pytest.approx([GRAVITY_M_S2, 0.0, 0.0], abs=1e-3)

    run(main())
