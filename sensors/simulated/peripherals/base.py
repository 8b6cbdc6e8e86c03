"""What every simulated device is: a GATT table, what it does when written to, and a clock of its own.

A peripheral knows nothing of a radio: :mod:`dowel.sensors.simulated.air` puts it on one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from dowel.recordings.types import FloatArray, IntArray, Samples
from dowel.sensors.simulated.imu import TRIMMED, Chip

Source = Callable[[FloatArray], FloatArray]
"""What a sensor feels at times of the event loop's clock (n,): specific force and angular rate (n, 6) in its axes."""

BATTERY_SERVICE: Final = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL: Final = "00002a19-0000-1000-8000-00805f9b34fb"


class AttError(Exception):
    """The device refuses a request with this ATT error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A characteristic: properties are ``read``, ``write``, ``write-without-response``, ``notify``, ``indicate``."""

    uuid: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service and what is in it."""

    uuid: str
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """Samples due together: their numbers since the stream began, the device's clock at them, and their values.

    ``number`` (n,), ``device_time_s`` (n,) since power-on, ``acc_m_s2`` and ``gyr_rad_s`` (n, 3) as the chip has them.
    """

    number: IntArray
    device_time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray


class Peripheral:
    """A simulated device, to be derived for each family.

    Parameters
    ----------
    source
        What it feels.
    name
        As advertised; None is the family's usual name.
    chip
        Noise, bias and range of its sensors, drawn from ``seed``.
    clock_error
        By how much its clock runs fast, as a share: 50e-6, or -0.008 for a WitMotion.
    battery_pct
        What it says of its battery.

    """

    usual_name: ClassVar[str]
    advertised_services: ClassVar[tuple[str, ...]] = ()
    services: ClassVar[tuple[Service, ...]]
    measures_unheard: ClassVar[bool] = False
    """Whether its streams go on when the central is gone."""
    paced_by_chip: ClassVar[bool] = False
    """Whether it sends no time and its samples come at the pace of its chip, not of a quartz."""

    def __init__(
        self,
        source: Source,
        *,
        name: str | None = None,
        chip: Chip = TRIMMED,
        seed: int = 0,
        clock_error: float = 0.0,
        battery_pct: float = 80.0,
    ) -> None:
        self.name = self.usual_name if name is None else name
        self.battery_pct = battery_pct
        self.clock_error = clock_error
        self.subscribed: set[str] = set()
        self.mtu = 23
        self._source = source
        self._chip = chip.drawn(np.random.default_rng(seed))
        self._send: Callable[[str, bytes], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._powered_on_s = self._loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # --- called by whoever hosts it

    def connected(self, send: Callable[[str, bytes], None]) -> None:
        """A central is there; ``send`` notifies or indicates a characteristic."""
        self._send = send

    def disconnected(self) -> None:
        """The central is gone: subscriptions end, and streams too unless it measures unheard."""
        self._send = None
        self.subscribed.clear()
        self.mtu = 23
        if not self.measures_unheard:
            self.stop_all()

    def subscribe(self, characteristic: str, on: bool) -> None:
        """A characteristic's notifications are switched on or off."""
        (self.subscribed.add if on else self.subscribed.discard)(characteristic)

    def write(self, characteristic: str, value: bytes) -> None:
        """A characteristic is written. Raises :class:`AttError` to refuse."""

    def read(self, characteristic: str) -> bytes:
        """A characteristic is read. Raises :class:`AttError` to refuse."""
        if characteristic == BATTERY_LEVEL:
            return bytes([round(self.battery_pct)])
        return b""

    # --- for devices

    @property
    def device_time_s(self) -> float:
        """The device's own clock, since power-on."""
        return (self._loop.time() - self._powered_on_s) * (1.0 + self.clock_error)

    def notify(self, characteristic: str, payload: bytes) -> None:
        """Send, if somebody listens."""
        if self._send is not None and characteristic in self.subscribed:
            self._send(characteristic, payload)

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do something after a while, unless the device is gone by then."""
        self._loop.call_later(delay_s, lambda: action() if self._send is not None else None)

    def sample(self, stream: str, rate_hz: float, samples: int, on_packet: Callable[[Packet], None]) -> None:
        """Measure at this rate from now on and hand over so many samples at a time; a stream of that name is replaced.

        The n-th packet is handed over when its last sample has been taken, by the device's own clock.
        """
        self.stop(stream)
        period_s = 1.0 / (rate_hz * (1.0 + self.clock_error))
        begin_s = self._loop.time()

        def due(first: int) -> None:
            number: IntArray = np.arange(first, first + samples)
            time_s = np.add(begin_s, np.multiply(number + 1, period_s), dtype=np.float64)
            values = self._source(time_s)
            measured = self._chip.measure(Samples(time_s, values[:, :3], values[:, 3:]), rate_hz)
            device_s = np.multiply(time_s - self._powered_on_s, 1.0 + self.clock_error)
            schedule(first + samples)
            on_packet(Packet(number, device_s, measured.acc_m_s2, measured.gyr_rad_s))

        def schedule(first: int) -> None:
            self._timers[stream] = self._loop.call_at(begin_s + (first + samples) * period_s, due, first)

        schedule(0)

    def stop(self, stream: str) -> None:
        """End a stream."""
        timer = self._timers.pop(stream, None)
        if timer is not None:
            timer.cancel()

    def stop_all(self) -> None:
        """End all streams."""
        for stream in list(self._timers):
            self.stop(stream)


def in_steps(values: FloatArray, step: float | FloatArray) -> IntArray:
    """Values as a chip's signed integers of 16 bits: rounded to its steps, held at the ends of its range.

    ``step``: of all values, or of each column.
    """
    return np.asarray(np.clip(np.round(values / step), -32768, 32767), np.int64)
