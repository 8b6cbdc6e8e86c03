"""Which sensors are in range."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from dowel.recordings.errors import LinkError
from dowel.sensors.ble.failures import link_error
from dowel.sensors.ble.radio import Radio
from dowel.sensors.drivers import DRIVERS
from dowel.sensors.drivers.base import BluetoothDriver

SWITCH_S: Final = 10.0
"""Longest wait for the system to begin or end a scan; it takes well under a second where Bluetooth works
(sources#system-waits)."""

IDLE_SCAN_S: Final = 15.0
"""Idle WitMotion sensors soon advertise slowly: one short scan often misses one of two (sources#witmotion)."""

SECOND_PACKET_S: Final = 0.3
"""A name often comes in a second packet, which follows within a tenth of a second; it may tell another driver
(sources#system-waits)."""

UNHEARD_DBM: Final = -127
"""Signal strength of a device that is connected and so sends no advert; the weakest there is, as nothing is known
(sources#units-and-layout)."""
SETTLED_S: Final = 3.0
"""Sensors that are switched on for a practice advertise a few times a second; after this no other one is to come
(sources#system-waits)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that was heard. ``name`` is what it calls itself: untrusted, not unique, perhaps empty.

    ``rssi_dbm`` is the signal strength of the latest advert. ``driver`` is None when no driver knows the device.
    """

    device: BLEDevice
    name: str
    address: str
    rssi_dbm: int
    driver: BluetoothDriver | None

    @property
    def usable(self) -> bool:
        """Whether angles can be had from it."""
        return self.driver is not None and not self.driver.refusal

    @property
    def label(self) -> str:
        """Name and address for a sentence; letters that could harm a terminal are escaped."""
        return f"{self.name!r} ({self.address})" if self.name else self.address


async def scan(
    radio: Radio,
    seconds: float,
    *,
    wanted: Collection[str] = (),
    enough: int | None = None,
    on_found: Callable[[Found], None] | None = None,
) -> list[Found]:
    """Listen for so long; every device that was heard, the strongest first.

    With ``wanted`` addresses it ends as soon as all of them were heard and recognised; with ``enough``, when so many
    sensors that can be used were heard and no other one has come for ``SETTLED_S``; if fewer were, those that the
    system still holds for a program that was killed are there too. ``on_found`` is told of each device when it is heard
    first and when more becomes known of it: some tell their name only in a second packet.
    Sensors that were left alone advertise slowly: 10 s find most (sources#witmotion). Raises ``LinkError``.
    """
    ear = _Ear({address.lower() for address in wanted}, on_found)
    try:
        async with radio.lock:
            await _listen(radio, ear, seconds, enough)
    except Exception as error:
        raise link_error(error, "Looking for sensors") from error
    heard = list(ear.heard.values())
    if enough is not None and sum(found.usable for found in heard) < enough:
        heard += [found for found in await _held(radio) if found.address not in ear.heard]
    return sorted(heard, key=lambda found: -found.rssi_dbm)


async def find(radio: Radio, address: str, seconds: float) -> Found:
    """The device with this address, as soon as it is heard. Raises ``LinkError``, also when it is not heard.

    A device that the system still holds for a program that was killed is taken over.
    """
    found = _at(address, await _held(radio)) or _at(address, await scan(radio, seconds, wanted={address}))
    if found is not None:
        return found
    held = f", or run `bluetoothctl disconnect {address}` if one was killed" if sys.platform == "linux" else ""
    raise LinkError(
        f"No sensor with address {address} was heard within {seconds:g} s. Switch it on, bring it closer, and close "
        f"other programs and phones that may hold it{held}."
    )


def _at(address: str, devices: Collection[Found]) -> Found | None:
    return next((found for found in devices if found.address.lower() == address.lower()), None)


async def _held(radio: Radio) -> list[Found]:
    try:
        devices = await radio.held()
    except Exception as error:
        raise link_error(error, "Looking for sensors") from error
    return [
        Found(each, each.name or "", each.address, UNHEARD_DBM, _driver_of(each.name or "", ())) for each in devices
    ]


class _Ear:
    """Collects what adverts say, device by device."""

    def __init__(self, wanted: set[str], on_found: Callable[[Found], None] | None) -> None:
        self.heard: dict[str, Found] = {}
        self.all_wanted = asyncio.Event()
        self.another = asyncio.Event()
        self._services: dict[str, set[str]] = {}
        self._wanted = wanted
        self._missing = set(wanted)
        self._on_found = on_found

    def hear(self, device: BLEDevice, advert: AdvertisementData) -> None:
        before = self.heard.get(device.address)
        services = self._services.setdefault(device.address, set())
        services.update(advert.service_uuids)
        name = advert.local_name or device.name or (before.name if before else "")
        found = Found(device, name, device.address, advert.rssi, _driver_of(name, services))
        self.heard[device.address] = found
        if found.usable and not (before is not None and before.usable):
            self.another.set()
        if found.driver is not None:
            self._missing.discard(found.address.lower())
        if self._wanted and not self._missing:
            self.all_wanted.set()
        news = before is None or (before.name, before.driver) != (found.name, found.driver)
        if news and self._on_found is not None:
            self._on_found(found)


async def _listen(radio: Radio, ear: _Ear, seconds: float, enough: int | None) -> None:
    scanner = radio.scanner(detection_callback=ear.hear)
    try:
        async with asyncio.timeout(SWITCH_S):
            await scanner.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await (ear.all_wanted.wait() if enough is None else _settled(ear, enough))
                await asyncio.sleep(SECOND_PACKET_S)
    finally:
        with suppress(Exception):  # a radio that cannot end a scan has ended it; what was heard counts
            async with asyncio.timeout(SWITCH_S):
                await scanner.stop()


async def _settled(ear: _Ear, enough: int) -> None:
    """Returns when enough usable sensors were heard, and no other one for a while."""
    while True:
        ear.another.clear()
        have_enough = sum(found.usable for found in ear.heard.values()) >= enough
        try:
            async with asyncio.timeout(SETTLED_S if have_enough else None):
                await ear.another.wait()
        except TimeoutError:
            return


def _driver_of(name: str, services: Collection[str]) -> BluetoothDriver | None:
    return next((driver for driver in DRIVERS if driver.recognises(name, tuple(services))), None)
