"""Which sensors are in range, and how their batteries are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Placement
from dowel.sensors.ble import Found, Radio, SensorLink, scan
from dowel.text.sanitise import plain
from dowel.text.signal_strength import battery_words, signal_words

BATTERY_S: Final = 15.0
"""Longest time for one sensor's battery. Connecting, starting and asking takes 2 to 5 s where the sensor answers."""


@dataclass(frozen=True, slots=True)
class InRange:
    """A device that was heard; ``battery_pct`` is None when it does not tell, ``trouble`` says why it could not."""

    found: Found
    battery_pct: float | None = None
    trouble: str = ""

    @property
    def is_sensor(self) -> bool:
        """Whether a driver knows it."""
        return self.found.driver is not None


async def devices_in_range(
    radio: Radio, seconds: float, *, battery: bool, tell: Callable[[str], None]
) -> list[InRange]:
    """Listen for so long, then ask each usable sensor for its battery; the strongest first.

    ``tell`` is told what is being done. Raises ``LinkError`` where the search fails; a sensor that cannot be asked
    has its ``trouble``.
    """
    heard: dict[str, Found] = {}

    def on_found(found: Found) -> None:
        heard[found.address] = found
        sensors = sum(each.driver is not None for each in heard.values())
        tell(
            f"listening for {seconds:g} s: {_count(sensors, 'sensor')}, {_count(len(heard) - sensors, 'other device')}"
        )

    devices = [InRange(found) for found in await scan(radio, seconds, on_found=on_found)]
    if not battery:
        return devices
    return [await _with_battery(radio, device, tell) for device in devices]


async def _with_battery(radio: Radio, device: InRange, tell: Callable[[str], None]) -> InRange:
    """The battery, which most sensors tell only to who is connected: one at a time."""
    found = device.found
    if not found.usable:
        return device
    tell(f"asking {found.label} for its battery")
    link = SensorLink(radio, found, Placement.SACRUM, on_notification=_ignore, on_change=_ignore)
    try:
        async with asyncio.timeout(BATTERY_S):
            await link.open()
        return InRange(found, link.status.battery_pct)
    except LinkError as error:
        return InRange(found, None, str(error))
    except TimeoutError:
        return InRange(found, None, f"{found.label} did not answer within {BATTERY_S:g} s. Switch it off and on.")
    finally:
        await link.close()


def _ignore(*_: object) -> None:
    """Only the battery is wanted."""


def as_facts(device: InRange) -> dict[str, Any]:
    """A device as a JSON object."""
    driver = device.found.driver
    return {
        "name": device.found.name,
        "driver": driver.name if driver else None,
        "title": driver.title if driver else None,
        "usable": device.found.usable,
        "rssi_dbm": device.found.rssi_dbm,
        "battery_pct": device.battery_pct,
        "address": device.found.address,
    }


def table(devices: Sequence[InRange]) -> Table:
    """One row per device; the address is never cut, as it is what one copies."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    made.add_column("sensor", overflow="fold")
    for name in ("signal", "battery", "address"):
        made.add_column(name, no_wrap=True)
    for device in devices:
        found = device.found
        title = found.driver.title if found.driver else "no sensor that dowel knows"
        made.add_row(
            Text.assemble((plain(found.name) or "(no name)", "bold"), "\n", (title, "dim")),
            signal_words(found.rssi_dbm),
            battery_words(device.battery_pct),
            plain(found.address),
        )
    return made


def remarks(devices: Sequence[InRange]) -> list[str]:
    """What is to be known of the sensors found, a sentence or two each."""
    said = []
    for device in devices:
        driver = device.found.driver
        if driver is not None and driver.refusal:
            said.append(f"{device.found.label}: {driver.refusal}")
        elif device.trouble:
            said.append(
                f"{device.found.label}: {device.trouble}"
                if device.found.label not in device.trouble
                else device.trouble
            )
    return said


def nothing_found(seconds: float, others: int) -> LinkError:
    """No sensor was heard: what to do next."""
    if others:
        also = f"{_count(others, 'other device')} {'was' if others == 1 else 'were'} heard, so Bluetooth works"
    else:
        also = "nothing else was either, so look at dowel doctor too"
    return LinkError(
        f"No sensor was heard within {seconds:g} s; {also}. Switch the sensors on, bring them near, and close other "
        "programs and phones that may hold them."
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def others_line(others: int) -> str:
    """The devices that no driver knows, in one line."""
    return f"{_count(others, 'other device')}; --all lists {'it' if others == 1 else 'them'}."
