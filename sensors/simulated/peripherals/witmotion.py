"""WitMotion's BLE 5.0 sensors, simulated: a stream that begins with the subscription, and registers.

Source: sources#witmotion. Where sources disagree, the stricter one holds: registers change only when unlocked, and a
bandwidth below the output rate repeats values. Bandwidth codes are those of the maker's Android program. Frames share a
notification at 50 Hz and above: four at 100 Hz were captured, at other rates as many as fall into the same time.
Angles are the tilt of the specific force, yaw 0. Left out: sleep, quaternion, magnetometer, chip time, temperature and
serial number (their registers hold 0), and what calibrations do.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, IntArray
from dowel.sensors.simulated.peripherals.base import Characteristic, Packet, Peripheral, Service, in_steps

SERVICE: Final = "0000ffe5-0000-1000-8000-00805f9a34fb"
DATA: Final = "0000ffe4-0000-1000-8000-00805f9a34fb"
COMMAND: Final = "0000ffe9-0000-1000-8000-00805f9a34fb"

ACC_STEP_M_S2: Final = 16.0 * GRAVITY_M_S2 / 32768.0  # this and the next two: sources#witmotion
GYR_STEP_RAD_S: Final = math.radians(2000.0) / 32768.0
ANGLE_STEP_RAD: Final = math.pi / 32768.0
STEPS: Final = np.repeat([ACC_STEP_M_S2, GYR_STEP_RAD_S, ANGLE_STEP_RAD], 3)

# registers, and what stands in a register's place in two commands: sources#witmotion
SAVE, READ, UNLOCK = 0x00, 0x27, 0x69
RATE, BANDWIDTH, ALGORITHM, DISPLACEMENT = 0x03, 0x1F, 0x24, 0x96
VERSION, BATTERY = 0x2E, 0x64

UNLOCK_CODE: Final = 0xB588  # sources#witmotion, with the next two
UNLOCKED_S: Final = 10.0
SAVING_S: Final = 0.313  # middle of 299 to 327 ms

RATES_HZ: Final = {
    **{0x01: 0.2, 0x02: 0.5, 0x03: 1.0, 0x04: 2.0, 0x05: 5.0, 0x06: 10.0},
    **{0x07: 20.0, 0x08: 50.0, 0x09: 100.0, 0x0A: 100.0, 0x0B: 200.0},
}
"""By code; sources#witmotion. Code 0A is measured as 100 Hz, whatever the tables say."""

BANDWIDTHS_HZ: Final = {0: 256.0, 2: 188.0, 3: 98.0, 4: 42.0, 5: 20.0, 6: 10.0, 7: 5.0}
"""By code; sources#witmotion. Its Windows program takes 4 for 20 Hz."""

FACTORY: Final = {RATE: 0x06, BANDWIDTH: 0x05, ALGORITHM: 0, VERSION: 0x0116, VERSION + 1: 0x89D8, DISPLACEMENT: 0}
"""Registers of a new sensor; the version is a captured one (sources#witmotion)."""

VOLTS: Final = {
    **{396: 100, 393: 90, 387: 75, 382: 60, 379: 50, 377: 40},
    **{373: 30, 370: 20, 368: 15, 350: 10, 340: 5, 330: 0},
}
"""Per cent of the battery by 10 mV, a ladder; sources#witmotion. It ends "below": 330 is a guess."""

GATHERED_S: Final = 0.04  # what one notification brings: 4 frames at 100 Hz (sources#witmotion)
REPLY_S: Final = 0.01  # a guess: registers are answered at once
ATT_HEADER_BYTES: Final = 3  # Bluetooth Core, vol. 3 F 3.4.7.1


class WitMotion(Peripheral):
    """One sensor. What is written to it, and also what is saved, lasts as long as this object.

    Parameters
    ----------
    saved
        Registers that somebody has changed and saved before: ``{RATE: 0x09}`` for 100 Hz.
    notification_bytes
        So many bytes in each notification, wherever frames begin and end; None: whole frames, as in the capture.

    """

    usual_name = "WT901BLE67"
    paced_by_chip = True
    services = (
        Service(
            SERVICE,
            (Characteristic(DATA, ("notify",)), Characteristic(COMMAND, ("write", "write-without-response"))),
        ),
    )

    def __init__(
        self,
        *args: Any,
        saved: Mapping[int, int] | None = None,
        notification_bytes: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._registers: dict[int, int] = {**FACTORY, **(saved or {})}
        self._unlocked_until_s = self._busy_until_s = self._loop.time()
        self._notification_bytes = notification_bytes
        self._waiting = b""
        self._filtered: tuple[int, FloatArray, FloatArray] | None = None

    def subscribe(self, characteristic: str, on: bool) -> None:
        """Nothing else is needed: it streams as long as somebody listens."""
        super().subscribe(characteristic, on)
        if characteristic == DATA:
            self._stream()

    def disconnected(self) -> None:
        """What was gathered for the next notification is lost."""
        super().disconnected()
        self._waiting = b""

    def write(self, characteristic: str, value: bytes) -> None:
        """A command of five bytes; anything else is ignored, as is what is locked."""
        if characteristic != COMMAND or len(value) != 5 or value[:2] != b"\xff\xaa":
            return
        register, number = value[2], int.from_bytes(value[3:], "little")
        if register == READ:
            self.later(REPLY_S, lambda: self._put(self._reply(number)))
        elif register == UNLOCK:
            if number == UNLOCK_CODE:
                self._unlocked_until_s = self._loop.time() + UNLOCKED_S
        elif self._loop.time() < self._unlocked_until_s:
            self._change(register, number)

    def _change(self, register: int, number: int) -> None:
        if register == SAVE:
            if number == 1:
                self._registers = dict(FACTORY)
                self._stream()
            self._busy_until_s = self._loop.time() + SAVING_S
        elif register == RATE:
            if number in RATES_HZ:
                self._registers[RATE] = number
                self._stream()
        elif register != BANDWIDTH or number in BANDWIDTHS_HZ:
            self._registers[register] = number

    def _reply(self, register: int) -> bytes:
        values = [self._register(each) & 0xFFFF for each in range(register, register + 8)]
        return struct.pack("<2sH8H", b"\x55\x71", register, *values)

    def _register(self, register: int) -> int:
        if register == BATTERY:
            if self._loop.time() < self._busy_until_s:
                return 0
            return next(volts for volts, percent in VOLTS.items() if self.battery_pct >= percent)
        return self._registers.get(register, 0)

    def _stream(self) -> None:
        self.stop("frames")
        self._filtered = None
        if DATA in self.subscribed:
            rate_hz = RATES_HZ[self._registers[RATE]]
            self.sample("frames", rate_hz, max(1, round(rate_hz * GATHERED_S)), self._hand_over)

    def _hand_over(self, packet: Packet) -> None:
        indices = range(len(packet.number))
        words = in_steps(np.array([self._values(packet, index) for index in indices]), STEPS)
        self._put(b"".join(self._frame(packet, index, words[index]) for index in indices))

    def _values(self, packet: Packet, index: int) -> FloatArray:
        """Acceleration, rate and angles of a sample (9,)."""
        acc_m_s2, gyr_rad_s = self._through_filter(packet, index)
        x, y, z = acc_m_s2
        tilt_rad = (math.atan2(y, z), math.atan2(-x, math.hypot(y, z)), 0.0)
        if self._registers.get(DISPLACEMENT) == 1:
            acc_m_s2 = gyr_rad_s = np.zeros(3)  # then these are displacement and its speed, and it hardly moves
        return np.array([*acc_m_s2, *gyr_rad_s, *tilt_rad])

    def _frame(self, packet: Packet, index: int, words: IntArray) -> bytes:  # noqa: ARG002
        return struct.pack("<2s9h", b"\x55\x61", *words)

    def _through_filter(self, packet: Packet, index: int) -> tuple[FloatArray, FloatArray]:
        """The values of a sample, or earlier ones while the bandwidth brings no new ones."""
        rate_hz, bandwidth_hz = RATES_HZ[self._registers[RATE]], BANDWIDTHS_HZ[self._registers[BANDWIDTH]]
        step = int(packet.number[index] * min(1.0, bandwidth_hz / rate_hz))
        if self._filtered is None or step > self._filtered[0]:
            self._filtered = step, packet.acc_m_s2[index], packet.gyr_rad_s[index]
        return self._filtered[1:]

    def _put(self, data: bytes) -> None:
        room = self.mtu - ATT_HEADER_BYTES
        self._waiting += data
        least = 1 if self._notification_bytes is None else min(room, self._notification_bytes)
        most = room if self._notification_bytes is None else least
        while len(self._waiting) >= least:
            piece, self._waiting = self._waiting[:most], self._waiting[most:]
            self.notify(DATA, piece)
