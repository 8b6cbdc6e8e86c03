"""One connection to one sensor: made, started as its driver says, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from bleak import BleakClient
from bleak.backends import BleakBackend
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakBluetoothNotAvailableError, BleakError, BleakGATTProtocolError

from dowel.recordings.errors import LinkError
from dowel.sensors.ble.failures import StillSendsError, link_error
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import Found, find
from dowel.sensors.ble.service_watch import ServiceWatch
from dowel.sensors.ble.trial import Trial
from dowel.sensors.drivers import DRIVERS
from dowel.sensors.drivers.base import BluetoothDriver, Change, Facts, Notify, Pause, Read, Silence, Step, Write

CONNECT_S: Final = 20.0
"""Longest time for connecting and reading the table of characteristics. Systems need 1 to 5 s, Windows up to 15 s
(sources#system-waits)."""
STEP_S: Final = 5.0
"""Longest time for one request; an answer comes within two connection intervals, 0.1 s (sources#system-waits)."""
ANSWER_S: Final = 3.0
"""Longest wait for what a sensor tells after it was started; it comes with the next notifications
(sources#system-waits)."""
FIND_AGAIN_S: Final = 5.0
"""Search before a second try; a sensor that was just there advertises within a second or two (sources#system-waits)."""
DISCONNECT_S: Final = 5.0
"""Longest wait for the end of a connection: on Windows it can take minutes or hang (bleak issues 1205, 1360;
sources#system-waits)."""
DISCONNECT_AT_ONCE_S: Final = 1.0
"""The same where there is no connection to end: it was never made, or is over. bleak then waits for news that cannot
come, as the try that was given up has told the system already (sources#system-waits)."""

BATTERY_LEVEL: Final = "00002a19-0000-1000-8000-00805f9b34fb"  # Bluetooth assigned numbers, 3.8.1
FIRMWARE_REVISION: Final = "00002a26-0000-1000-8000-00805f9b34fb"
_LASTING: Final = (BleakBluetoothNotAvailableError, BleakGATTProtocolError)  # the same at a second try
_STANDARD: Final = (BATTERY_LEVEL, FIRMWARE_REVISION)


class Connection:
    """A sensor that is connected; made by :func:`connect`. When ``ended`` is set it is over for good.

    ``driver`` is the one that fits, which the device may have had to say, and ``rate_hz`` the rate asked for.
    ``facts`` is what it told of itself so far; ``on_facts`` is told of what comes new. ``on_data`` is told of every
    notification of the data characteristic: its arrival in ns and its bytes. Until it is set, they are dropped.
    """

    def __init__(self, radio: Radio, found: Found, driver: BluetoothDriver, rate_hz: float | None) -> None:
        self.found = found
        self.driver = driver
        self.rate_hz = rate_hz if rate_hz is not None else next(iter(driver.rates_hz), 0.0)
        self.on_data: Callable[[int, bytes], None] | None = None
        self.facts: dict[str, float | str | bool] = {}
        self.on_facts: Callable[[Facts], None] | None = None
        self.ended = asyncio.Event()
        self._radio = radio
        self._news = asyncio.Event()
        self._talking = asyncio.Lock()
        self._notifying: set[str] = set()
        self._data_count = 0
        self._is_open = False
        self._service_watch = ServiceWatch()
        self._trial: Trial | None = None
        self._client = radio.client(
            found.device,
            disconnected_callback=self._disconnected,
            timeout=CONNECT_S,
            winrt={"use_cached_services": False},  # Windows would go on with the table of an older firmware
        )

    async def open(self, seconds: float) -> None:
        """Connect; one at a time on a radio, because two at once fail on BlueZ (bleak issue 1036)."""
        async with self._radio.lock, asyncio.timeout(seconds):
            await self._client.connect()
            self._is_open = True
            if self._radio.client_backend is None:
                await self._service_watch.start()

    async def start(self) -> None:
        """Start the stream. Raises ``LinkError`` where the device cannot."""
        for characteristic in _STANDARD:
            await self._ask(self._standard_read(characteristic))
        await self._start()
        fitting = self.facts.get("driver", self.driver.name)
        if fitting != self.driver.name:
            await self._run(self.driver.stop())
            self.driver = next(driver for driver in DRIVERS if driver.name == fitting)
            await self._start()
        if "battery_pct" not in self.facts:
            await self.poll()
        self._trial = Trial(self.driver, self.rate_hz, self.facts, self._is_told)

    async def poll(self) -> None:
        """Ask for what changes while the sensor runs: its battery."""
        await self._ask(self.driver.poll or self._standard_read(BATTERY_LEVEL))

    async def close(self, *, stop: bool) -> None:
        """End it, after the driver's steps to stop the stream if that is wished; bounded in time, never raises."""
        if stop and not self.ended.is_set():
            with suppress(Exception):  # the sensor may be gone already, and that is no trouble any more
                async with asyncio.timeout(STEP_S):
                    await self._run(self.driver.stop())
        is_there = self._is_open and not self.ended.is_set()
        self.ended.set()
        self._end_trial()
        if self._is_open or self._client.backend_id != BleakBackend.BLUEZ_DBUS:
            # There a connect that never returned has disconnected the device itself, and given up its own connection
            # to the bus: what is asked over that fails, and asyncio prints that nobody wanted to know.
            with suppress(Exception):
                async with asyncio.timeout(DISCONNECT_S if is_there else DISCONNECT_AT_ONCE_S):
                    await self._client.disconnect()
        self._service_watch.stop()

    # --- what the device is told

    async def _start(self) -> None:
        try:
            steps = self.driver.start(self.rate_hz)
        except ValueError as error:
            known = ", ".join(f"{rate:g}" for rate in self.driver.rates_hz)
            raise LinkError(f"{error} Ask {self.found.label} for one of {known} Hz.") from error
        self._check_table(steps)
        await self._run(steps)
        await self._wait_for_needed_facts()

    def _check_table(self, steps: Iterable[Step]) -> None:
        wanted = [step.characteristic for step in steps if not isinstance(step, Pause | Silence)]
        missing = [each for each in dict.fromkeys([*wanted, self.driver.data_characteristic]) if not self._has(each)]
        if missing:
            raise self._wrong_firmware(f"lacks characteristic {missing[0]} of")

    def _wrong_firmware(self, how: str) -> LinkError:
        title = self.driver.title
        return LinkError(
            f"{self.found.label} {how} a {title}. Update its firmware with the maker's app, or check that it is one."
        )

    def _has(self, characteristic: str) -> bool:
        return any(each.uuid == characteristic for each in self._client.services.characteristics.values())

    def _standard_read(self, characteristic: str) -> tuple[Step, ...]:
        """For what a device may tell in the way that Bluetooth foresees, if it has that."""
        return (Read(characteristic),) if self._has(characteristic) else ()

    async def _ask(self, steps: Iterable[Step]) -> None:
        """Steps that the stream does not need: a refusal does no harm."""
        with suppress(BleakGATTProtocolError):
            await self._run(steps)

    async def _run(self, steps: Iterable[Step]) -> None:
        """Do these steps without another request in between: some devices' answers do not tell the question."""
        async with self._talking:
            for step in steps:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                elif isinstance(step, Silence):
                    await self._silence(step)
                else:
                    async with asyncio.timeout(STEP_S):
                        await self._do(step)

    async def _silence(self, step: Silence) -> None:
        """Wait for what is under way; whoever sends on then is reset, which ends the connection."""
        await asyncio.sleep(step.seconds)
        came = self._data_count
        await asyncio.sleep(step.seconds)
        if self._data_count > came:
            async with asyncio.timeout(STEP_S):
                await self._do(step.reset)
            raise StillSendsError

    async def _do(self, step: Write | Change | Read | Notify) -> None:
        match step:
            case Notify(characteristic):
                await self._notify(characteristic)
            case Read(characteristic):
                self._learn(characteristic, bytes(await self._client.read_gatt_char(characteristic)))
            case Write(characteristic, payload):
                await self._write(characteristic, payload)
            case Change(characteristic, changes):
                value = await self._client.read_gatt_char(characteristic)
                for offset, changed in changes:
                    if offset + len(changed) > len(value):
                        raise self._wrong_firmware(f"has a shorter characteristic {characteristic} than")
                    value[offset : offset + len(changed)] = changed
                await self._write(characteristic, bytes(value))

    async def _notify(self, characteristic: str) -> None:
        """Once in a connection: macOS refuses a second time."""
        if characteristic not in self._notifying:
            is_data = characteristic == self.driver.data_characteristic
            await self._client.start_notify(characteristic, self._data if is_data else self._told)
            self._notifying.add(characteristic)

    async def _write(self, characteristic: str, payload: bytes) -> None:
        """With a response where the device gives one: then the order is sure, and a refusal is heard."""
        attribute = self._client.services.get_characteristic(characteristic)
        if attribute is None:
            raise BleakError("disconnected")
        await self._client.write_gatt_char(attribute, payload, response="write" in attribute.properties)

    async def _wait_for_needed_facts(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while not ("trouble" in self.facts or self.facts.keys() >= set(self.driver.needed_facts)):
                    self._news.clear()
                    await self._news.wait()
        if "trouble" in self.facts:
            raise LinkError(f"{self.found.label} cannot be used. {self.facts['trouble']}")
        if not self.facts.keys() >= set(self.driver.needed_facts):
            raise LinkError(
                f"{self.found.label} does not answer as a {self.driver.title} does. Close other programs that use it, "
                "switch it off and on, and try again."
            )

    # --- what the device tells

    def _data(self, _sender: BleakGATTCharacteristic, payload: bytearray) -> None:
        arrival_ns = self._radio.clock_ns()
        if self.ended.is_set():
            return
        data = bytes(payload)
        self._data_count += 1
        if self._trial is not None:
            self._trial.take(arrival_ns, data)
            if self._trial.understood:
                self._end_trial()
        if self.on_data is not None:
            self.on_data(arrival_ns, data)
        self._learn(self.driver.data_characteristic, data)

    def _told(self, sender: BleakGATTCharacteristic, payload: bytearray) -> None:
        self._learn(sender.uuid, bytes(payload))

    def _learn(self, characteristic: str, payload: bytes) -> None:
        facts = self.driver.facts(characteristic, payload) or _standard_facts(characteristic, payload)
        if facts:
            self._is_told(facts)

    def _is_told(self, facts: Facts) -> None:
        self.facts.update(facts)
        self._news.set()
        if self.on_facts is not None:
            self.on_facts(facts)

    def _end_trial(self) -> None:
        if self._trial is not None:
            self._trial.end()
            self._trial = None

    def _disconnected(self, _client: BleakClient) -> None:
        self.ended.set()
        self._end_trial()


async def connect(
    radio: Radio,
    found: Found,
    driver: BluetoothDriver,
    rate_hz: float | None = None,
    *,
    seconds: float = CONNECT_S,
    tries: int = 2,
) -> Connection:
    """Connect a sensor and start it, at its recommended rate unless another is given.

    A try that the system breaks off is repeated: the first one often fails on Linux, or the system has forgotten the
    device since the scan (sources#system-waits). Whatever goes wrong, also when the caller is cancelled, nothing stays
    connected. Raises ``LinkError``.
    """
    if driver.refusal:
        raise LinkError(driver.refusal)
    while True:
        tries -= 1
        try:
            return await _try_to_connect(Connection(radio, found, driver, rate_hz), seconds)
        except Exception as error:
            if not tries or isinstance(error, _LASTING) or not isinstance(error, BleakError):
                raise link_error(error, f"Connecting to {found.label}") from error
        found = await find(radio, found.address, FIND_AGAIN_S)


async def _try_to_connect(connection: Connection, seconds: float) -> Connection:
    try:
        await connection.open(seconds)
        await connection.start()
    except BaseException:
        await connection.close(stop=False)
        raise
    return connection


def _standard_facts(characteristic: str, payload: bytes) -> Facts:
    """Battery and firmware as Bluetooth's own services tell them."""
    if characteristic == BATTERY_LEVEL and payload:
        return {"battery_pct": float(payload[0])}
    if characteristic == FIRMWARE_REVISION and payload:
        return {"firmware": payload.decode("utf-8", "replace").strip("\0 ")}
    return {}
