"""``dowel trim``: six-face calibration of a sensor's accelerometer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from dowel.commands.declare import Option
from dowel.commands.options import SimulateOption

if TYPE_CHECKING:
    from rich.console import Console

    from dowel.devices.trimming import Trimmed


def trim(
    sensor: Annotated[
        str | None,
        Option(metavar="ADDRESS", help="The sensor's address, as dowel scan shows it. Without: the only one in range."),
    ] = None,
    simulate: SimulateOption = False,
) -> None:
    """Calibrate a sensor's accelerometer on its six sides.

    It finds out by itself on which side it lies, 5 s each. The result is kept for the sensor's address, and used in
    each practice from then on.
    """
    from dowel.devices.simulating import run_radio
    from dowel.devices.trimming import told
    from dowel.reports.terminal import console
    from dowel.settings.trims import keep_trim, kept_trims

    kept_trims()  # a damaged file is told before the work, not after it
    out = console()
    done = run_radio(_trim_simulated(sensor, out) if simulate else _trim(sensor, out), simulate=simulate)
    for line in told(done.trim):
        out.print(line)
    if simulate:
        out.print("It was a simulated sensor, so nothing is kept.")
        return
    path = keep_trim(done.sensor.address, done.sensor.driver, done.trim)
    out.print(f"kept    {path}", soft_wrap=True)


async def _trim(address: str | None, out: Console) -> Trimmed:
    from dowel.devices.trimming import choose, trim_sensor
    from dowel.sensors.ble import Radio

    radio = Radio()
    return await trim_sensor(radio, await choose(radio, address), out)


async def _trim_simulated(address: str | None, out: Console) -> Trimmed:
    from dowel.devices.simulating import simulated_world
    from dowel.devices.trimming import choose, trim_sensor
    from dowel.recordings.types import Placement
    from dowel.sensors.simulated import BMI270

    async with simulated_world(placements=[Placement.SACRUM], chip=BMI270) as world:

        def lay(face: str) -> None:
            world.lifter.lie(Placement.SACRUM, "xyz".index(face[1]), 1 if face[0] == "+" else -1)

        return await trim_sensor(world.radio, await choose(world.radio, address), out, lay)
