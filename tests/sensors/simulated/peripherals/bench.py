"""A simulated device on the bench: it is written to directly, without any radio, and what it sends is kept.

A test: ``bench = Bench(driver, device)``, ``await bench.start(100.0)``, ``await asyncio.sleep(5.0)``, and then
``bench.decode(100.0)`` is compared with ``source.at(source.asked_s)``; all of it under :func:`on_virtual_time`.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Notifications, Placement, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.sensors.drivers.base import BluetoothDriver, Change, Decoded, Notify, Pause, Read, Silence, Step, Write
from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.virtual_time import run

DESKTOP_MTU = 247  # what desktop systems negotiate

P = ParamSpec("P")


class Swinging:
    """A source that swings on every axis at a frequency of its own, within 1.5 g and 200 deg/s, never all at rest.

    ``asked_s`` holds the times it was asked for, in order: the true sample times.
    """

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    def __call__(self, time_s: FloatArray) -> FloatArray:
        self.asked_s.extend(time_s.tolist())
        return self.at(time_s)

    @staticmethod
    def at(time_s: FloatArray) -> FloatArray:
        """The truth at these times (n, 6), for comparison."""
        phase = np.outer(time_s, 2.0 * np.pi * np.array([0.31, 0.43, 0.57, 0.37, 0.53, 0.71])) + np.arange(6.0)
        offset = np.array([0.0, 0.2 * GRAVITY_M_S2, 0.8 * GRAVITY_M_S2, 0.1, -0.2, 0.3])
        swing = np.array([0.4 * GRAVITY_M_S2, 0.5 * GRAVITY_M_S2, 0.6 * GRAVITY_M_S2, 3.0, 2.0, 1.0])
        return np.asarray(offset + swing * np.sin(phase))


@dataclass(frozen=True)
class Heard:
    """One notification: when by the loop's clock, from which characteristic, and its bytes."""

    time_s: float
    characteristic: str
    payload: bytes


class Bench:
    """A driver's steps carried out on a peripheral, as the link would.

    ``heard`` is all that came; ``facts`` is what the driver makes of values read and notified, the latest of each.
    """

    def __init__(self, driver: BluetoothDriver, peripheral: Peripheral, *, mtu: int = DESKTOP_MTU) -> None:
        self.driver, self.peripheral, self.mtu = driver, peripheral, mtu
        self.heard: list[Heard] = []
        self.facts: dict[str, float | str | bool] = {}
        self.connect()

    def connect(self) -> None:
        """As a central does; :meth:`start` comes after it."""
        self.peripheral.connected(self._hear)
        self.peripheral.mtu = self.mtu

    def disconnect(self) -> None:
        """The link is gone."""
        self.peripheral.disconnected()

    async def start(self, rate_hz: float) -> None:
        """The driver's steps for streaming at this rate."""
        await self.perform(self.driver.start(rate_hz))

    async def perform(self, steps: Sequence[Step]) -> None:
        """These steps, one after the other; each must name a characteristic that the device has."""
        for step in steps:
            if not isinstance(step, Pause | Silence):
                self._check(step)
            match step:
                case Write(characteristic, payload):
                    self.peripheral.write(characteristic, payload)
                case Change(characteristic, changes):
                    value = bytearray(self.peripheral.read(characteristic))
                    for offset, part in changes:
                        value[offset : offset + len(part)] = part
                    self.peripheral.write(characteristic, bytes(value))
                case Read(characteristic):
                    self.facts.update(self.driver.facts(characteristic, self.peripheral.read(characteristic)))
                case Notify(characteristic):
                    self.peripheral.subscribe(characteristic, True)
                case Pause(seconds) | Silence(seconds):
                    await asyncio.sleep(seconds)

    def data(self) -> Notifications:
        """The notifications of the driver's data characteristic."""
        heard = [each for each in self.heard if each.characteristic == self.driver.data_characteristic]
        return Notifications(
            np.arange(len(heard)),
            np.array([round(each.time_s * 1e9) for each in heard], np.int64),
            np.array([len(each.payload) for each in heard], np.int64),
            b"".join(each.payload for each in heard),
        )

    def decode(self, rate_hz: float, **settings: object) -> Decoded:
        """What our decoder makes of them, given the facts as settings."""
        given: dict[str, Any] = {**self.facts, **settings}
        sensor = Sensor(Placement.SACRUM, self.driver.name, asked_rate_hz=rate_hz, settings=given)
        return decoder_for(sensor).decode(self.data())

    def _check(self, step: Write | Change | Read | Notify) -> None:
        needed = {
            Write: {"write", "write-without-response"},
            Change: {"write"},
            Read: {"read"},
            Notify: {"notify", "indicate"},
        }[type(step)]
        for service in self.peripheral.services:
            for characteristic in service.characteristics:
                if characteristic.uuid == step.characteristic and needed & set(characteristic.properties):
                    return
        raise AssertionError(f"the device cannot do {step}")

    def _hear(self, characteristic: str, value: bytes) -> None:
        assert characteristic in self.peripheral.subscribed
        payload = value[: self.mtu - 3]  # as Bluetooth does, without a word
        heard = Heard(asyncio.get_running_loop().time(), characteristic, payload)
        self.heard.append(heard)
        self.facts.update(self.driver.facts(characteristic, payload))


def on_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine, run on the loop of virtual time. Goes below ``parametrize``."""

    @functools.wraps(test)
    def runs(*args: P.args, **kwargs: P.kwargs) -> None:
        run(test(*args, **kwargs))

    return runs
