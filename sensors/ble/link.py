"""Keeps one sensor streaming: watches it, and brings it back when it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Literal

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Placement, Sensor
from dowel.sensors.ble.connection import CONNECT_S, Connection, connect
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import Found, find
from dowel.sensors.ble.status import LinkChange, LinkPolicy, LinkState, LinkStatus
from dowel.sensors.drivers.base import Driver, Facts

_log = logging.getLogger(__name__)

NS_PER_S: Final = 1_000_000_000  # of the radio's clock
STANDARD_POLICY: Final = LinkPolicy()


class SensorLink:
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
    on_notification
        Told the arrival time (ns, radio's clock) and the bytes of every notification after :meth:`begin`, in order.
    on_change
        Told what happens to the link. ``back`` is told just before the first notification of a new connection.
    policy
        When to lose patience.

    What ``on_notification`` and ``on_change`` raise does no harm to the stream.
    """

    def __init__(
        self,
        radio: Radio,
        found: Found,
        placement: Placement,
        *,
        driver: Driver | None = None,
        rate_hz: float | None = None,
        settings: Mapping[str, Any] | None = None,
        on_notification: Callable[[int, bytes], None],
        on_change: Callable[[LinkChange], None],
        policy: LinkPolicy = STANDARD_POLICY,
    ) -> None:
        self.placement = placement
        self.status = LinkStatus(found.rssi_dbm)
        self.sensor: Sensor
        self._driver = driver or found.driver
        self._radio = radio
        self._found = found
        self._rate_hz = rate_hz
        self._settings = dict(settings or {})
        self._on_notification = on_notification
        self._on_change = on_change
        self._policy = policy
        self._connection: Connection | None = None
        self._away = False
        self._pause_s = policy.first_pause_s
        self._told: set[str] = set()
        self._window_ns = 0
        self._in_window = 0
        self._storm = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def driver(self) -> Driver:
        """The driver in use; once connected the one that the device said fits."""
        if self._driver is None:
            raise LinkError(
                f"{self._found.label} is no sensor that this program knows. Look at `dowel scan`, and check that the "
                "address is the sensor's."
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
            heard_ns = max(begin_ns, self.status.last_arrival_ns or begin_ns)
            silent_s = (self._radio.clock_ns() - heard_ns) / NS_PER_S
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
            how = "sends nothing and is connected anew" if fell_silent else "is lost and is looked for"
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

    def _notified(self, arrival_ns: int, payload: bytes) -> None:
        if self._away:
            self._is_back(arrival_ns)
        if self.status.state is not LinkState.STREAMING:
            self.status.state, self.status.sentence = LinkState.STREAMING, ""
        self.status.last_arrival_ns = arrival_ns
        if self._too_many(arrival_ns):
            self.status.dropped += 1
            return
        self.status.notifications += 1
        try:
            self._on_notification(arrival_ns, payload)
        except Exception as error:
            _log.debug("A notification could not be handled", exc_info=error)
            self._note(
                f"What the {self._where} sensor sent could not be used ({type(error).__name__}: {error}). The session "
                "goes on; please report this."
            )

    def _is_back(self, arrival_ns: int) -> None:
        self._away = False
        self._pause_s = self._policy.first_pause_s
        self._told.clear()
        self._tell("back", f"The {self._where} sensor is back.", arrival_ns)

    def _too_many(self, arrival_ns: int) -> bool:
        """Whether this notification is beyond what a sensor can mean; told once per storm."""
        if arrival_ns - self._window_ns >= NS_PER_S:
            self._storm = self._storm and self._in_window > self._policy.storm_notifications_per_s
            self._window_ns, self._in_window = arrival_ns, 0
        self._in_window += 1
        if self._in_window <= self._policy.storm_notifications_per_s:
            return False
        if not self._storm:
            self._storm = True
            self._tell(
                "storm",
                f"The {self._where} sensor sends more than {self._policy.storm_notifications_per_s} notifications a "
                "second; the excess is left out. Switch it off and on.",
            )
        return True

    def _learn(self, facts: Facts) -> None:
        if "battery_pct" in facts:
            self.status.battery_pct = float(facts["battery_pct"])
        if "firmware" in facts:
            self.status.firmware = str(facts["firmware"])
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

    # --- what is told

    @property
    def _where(self) -> str:
        return self.placement.words

    def _note(self, sentence: str) -> None:
        """Told once until the sensor is back."""
        self.status.sentence = sentence
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell("note", sentence)

    def _tell(
        self, kind: Literal["lost", "back", "silent", "storm", "note"], sentence: str, at_ns: int | None = None
    ) -> None:
        if kind in ("lost", "silent", "storm"):
            self.status.sentence = sentence
        change = LinkChange(self.placement, kind, sentence, self._radio.clock_ns() if at_ns is None else at_ns)
        try:
            self._on_change(change)
        except Exception:
            _log.exception("A change of a link could not be handled")
