"""Keeps one sensor streaming: watches it, and brings it back when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Placement, Sensor
from dowel.sensors.ble.connection import CONNECT_S, Connection, connect
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import Found, find
from dowel.sensors.drivers.base import BluetoothDriver, Facts
from dowel.sensors.links import STANDARD_POLICY, LinkChange, LinkPolicy, LinkState, WatchedLink


class SensorLink(WatchedLink):
    """One sensor at one placement, from its first connection until :meth:`close`.

    Parameters
    ----------
    radio, found, placement
        The computer's Bluetooth, the sensor, and where it is worn.
    driver
        Instead of the one that the advert told.
    rate_hz
        Rate to ask for; None: the driver's recommended one.
    settings
        Settings of the sensor that are known already, such as a trim of its accelerometer.
    on_notification, on_change, policy
        As of ``WatchedLink``; notifications are handed on after :meth:`begin`.
    """

    def __init__(
        self,
        radio: Radio,
        found: Found,
        placement: Placement,
        *,
        driver: BluetoothDriver | None = None,
        rate_hz: float | None = None,
        settings: Mapping[str, Any] | None = None,
        on_notification: Callable[[int, bytes], None],
        on_change: Callable[[LinkChange], None],
        policy: LinkPolicy = STANDARD_POLICY,
    ) -> None:
        super().__init__(placement, radio.clock_ns, on_notification, on_change, policy)
        self.status.rssi_dbm = found.rssi_dbm
        self._driver = driver or found.driver
        self._radio = radio
        self._found = found
        self._rate_hz = rate_hz
        self._settings = dict(settings or {})
        self._connection: Connection | None = None
        self._pause_s = policy.first_pause_s
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def driver(self) -> BluetoothDriver:
        """The driver in use; once connected the one that the device said fits."""
        if self._driver is None:
            raise LinkError(
                f"{self._found.label} is not a sensor that this program knows. Look at `dowel scan`, and check that "
                "the address is the sensor's."
            )
        return self._driver

    async def open(self) -> Sensor:
        """Connect and start it; what the session file keeps of it. Raises ``LinkError``."""
        self._connection = await self._connected(CONNECT_S, tries=2)
        facts = self._connection.facts
        self.sensor = Sensor(
            self.placement,
            self.driver.name,
            name=self._found.name,
            address=self._found.address,
            firmware=str(facts.get("firmware", "")),
            asked_rate_hz=self._rate_hz,
            settings=self._settings | {key: facts[key] for key in self.driver.needed_facts},
        )
        self.status.state = LinkState.STREAMING
        return self.sensor

    def begin(self) -> None:
        """From now on notifications are handed on, and a lost sensor is brought back."""
        if not self._tasks:
            if self._connection is not None:
                self._connection.on_data = self._notified
            self._tasks = [asyncio.ensure_future(self._keep()), asyncio.ensure_future(self._poll())]

    async def close(self) -> None:
        """Stop and disconnect the sensor. Takes some seconds at most; never raises; may be called again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        connection, self._connection = self._connection, None
        self.status.state = LinkState.STOPPED
        if connection is not None:
            connection.on_data = None
            await connection.close(stop=True)

    # --- connections

    async def _connected(self, seconds: float, tries: int) -> Connection:
        connection = await connect(self._radio, self._found, self.driver, self._rate_hz, seconds=seconds, tries=tries)
        self._found, self._driver, self._rate_hz = connection.found, connection.driver, connection.rate_hz
        connection.on_facts = self._learn
        self._learn(connection.facts)
        return connection

    async def _keep(self) -> None:
        """Watch a connection until it is over, make a new one, and so on."""
        while True:
            if self._connection is not None:
                await self._watch(self._connection)
                fruitless = self._away
                await self._drop(self._connection)
                if fruitless:
                    await self._rest()
            await self._reconnect()

    async def _watch(self, connection: Connection) -> None:
        """Returns when the connection has ended, or has been silent for too long."""
        patience = self._policy.patience(self.driver.latency_s)
        silent_after_s = patience * self._policy.silent_after_s
        give_up_after_s = patience * self._policy.reconnect_after_silent_s
        begin_ns = self._radio.clock_ns()
        while not connection.ended.is_set():
            silent_s = self._silent_s(begin_ns)
            if silent_s >= give_up_after_s:
                return
            if silent_s >= silent_after_s and self.status.state is LinkState.STREAMING:
                self.status.state = LinkState.SILENT
                self._tell("silent", f"The {self._where} sensor is connected but sends nothing.")
            next_look_s = silent_after_s if silent_s < silent_after_s else give_up_after_s
            with suppress(TimeoutError):
                async with asyncio.timeout(next_look_s - silent_s + 1e-3):  # a little late, not a little early
                    await connection.ended.wait()

    async def _drop(self, connection: Connection) -> None:
        fell_silent = not connection.ended.is_set()
        self.status.state = LinkState.LOST
        if not self._away:
            self._away = True
            self.status.losses += 1
            how = "sends nothing and is being reconnected" if fell_silent else "is lost and is being looked for"
            self._tell("lost", f"The {self._where} sensor {how}. Keep it near; the session goes on.")
        await connection.close(stop=False)
        self._connection = None

    async def _reconnect(self) -> None:
        """Try until it is connected. Nothing that goes wrong ends it."""
        while self._connection is None:
            self.status.state = LinkState.CONNECTING
            try:
                self._found = await find(self._radio, self._found.address, self._policy.search_s)
                self.status.rssi_dbm = self._found.rssi_dbm
                self._connection = await self._connected(self._policy.connect_s, tries=1)
                self._connection.on_data = self._notified
            except LinkError as error:
                self.status.state = LinkState.LOST
                self._note(str(error))
                await self._rest()

    async def _rest(self) -> None:
        """Leave the radio to others for a while, longer each time until the sensor is back."""
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(2.0 * self._pause_s, self._policy.longest_pause_s)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._policy.poll_s)
            if self._connection is not None:
                with suppress(Exception):  # a lost or deaf sensor is the watch's business
                    await self._connection.poll()

    # --- what comes

    def _is_back(self, arrival_ns: int) -> None:
        self._pause_s = self._policy.first_pause_s
        super()._is_back(arrival_ns)

    def _learn(self, facts: Facts) -> None:
        if "battery_pct" in facts:
            self.status.battery_pct = float(facts["battery_pct"])
        if "firmware" in facts:
            self.status.firmware = str(facts["firmware"])
        if "trouble" in facts:
            self._note(f"The {self._where} sensor cannot be used. {facts['trouble']}")
        asked_hz = self._rate_hz
        if (
            "rate_hz" in facts
            and asked_hz
            and abs(float(facts["rate_hz"]) / asked_hz - 1.0) > self._policy.rate_tolerance
        ):
            self._note(
                f"The {self._where} sensor says that it sends {float(facts['rate_hz']):g} samples a second instead of "
                f"{asked_hz:g}. Switch it off and on, and update its firmware if that does not help."
            )
