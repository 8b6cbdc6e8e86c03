"""``dowel scan``: the sensors in range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import click

from dowel.commands.declare import Option
from dowel.commands.options import SimulateOption

if TYPE_CHECKING:
    from dowel.devices.scanning import InRange


def scan(
    seconds: Annotated[
        float,
        Option(metavar="S", least=1, most=120, help="How long to listen; idle sensors announce themselves slowly."),
    ] = 10.0,
    no_battery: Annotated[
        bool, Option("--no-battery", help="Do not connect to the sensors to ask for their batteries.")
    ] = False,
    list_all: Annotated[bool, Option("--all", help="Also list devices that are not a sensor dowel knows.")] = False,
    as_json: Annotated[bool, Option("--json", help="One JSON object per line.")] = False,
    simulate: SimulateOption = False,
) -> None:
    """List the sensors in range: name, kind, signal, battery, address."""
    import json

    from dowel.devices.scanning import as_facts, nothing_found, others_line, remarks, table
    from dowel.devices.simulating import run_radio
    from dowel.reports.terminal import console
    from dowel.text.sanitise import plain

    devices = run_radio(_devices(seconds, battery=not no_battery, simulate=simulate), simulate=simulate)
    sensors = [device for device in devices if device.is_sensor]
    others = len(devices) - len(sensors)
    shown = devices if list_all else sensors
    if as_json:
        for device in shown:
            click.echo(json.dumps(as_facts(device), ensure_ascii=False))
    elif shown:
        out = console()
        out.print(table(shown))
        for remark in remarks(shown):
            out.print(plain(remark), style="yellow")
        if others and not list_all:
            out.print(others_line(others), style="dim")
    if not sensors:
        raise nothing_found(seconds, others)


async def _devices(seconds: float, *, battery: bool, simulate: bool) -> list[InRange]:
    from dowel.devices.scanning import devices_in_range
    from dowel.devices.simulating import simulated_world
    from dowel.sensors.ble import Radio
    from dowel.text.progress import Progress

    with Progress() as progress:
        if not simulate:
            return await devices_in_range(Radio(), seconds, battery=battery, tell=progress.tell)
        async with simulated_world() as world:
            return await devices_in_range(world.radio, seconds, battery=battery, tell=progress.tell)
