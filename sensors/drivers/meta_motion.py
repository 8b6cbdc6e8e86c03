"""Drivers for MbientLab MetaMotion: R, RL and C (chip BMI160) and S (chip BMI270).

Accelerometer and gyroscope are separate streams on one characteristic, three samples packed in each packet, without
time or counter. Source (sources#metamotion): MetaWear-SDK-Cpp, ``metawearboard.cpp``, ``accelerometer_bosch.cpp``,
``gyro_bosch_register.h`` and its unit tests.

All models advertise alike. The board's answer to the question for its accelerometer, asked on starting, says which of
the two drivers fits (fact ``driver``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Facts, Notify, Silence, Step, Write
from dowel.sensors.drivers.frames import ByteArray, frames_of_length
from dowel.sensors.drivers.readings import FullScale, SampleNumbers

NAME: Final = "meta_motion"
NAME_S: Final = "meta_motion_s"
TITLE: Final = "MetaMotion R, RL or C"
TITLE_S: Final = "MetaMotion S"
SERVICE: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
DATA: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"
LATENCY_S: Final = 0.06  # three samples at 100 Hz are packed, then a usual connection interval
TRIED_ON_HARDWARE: Final = False

ACC, GYR, SETTINGS, FUSION, DEBUG = 0x03, 0x13, 0x11, 0x19, 0xFE  # modules of the board
ANSWER: Final = 0x80  # bit of the register in a question and in its answer
FRAME_BYTES: Final = 20
SAMPLES: Final = 3  # in a packet
RATE_CODE: Final = {100.0: 0x08, 50.0: 0x07}  # 200 Hz would need more packets than the board sends
ACC_RANGE_G: Final = 8  # swings reach some 5 g at the sacrum; the vendor's test vectors use it
GYR_RANGE_DEG_S: Final = 1000
ACC_COUNTS_PER_G: Final = 4096.0
GYR_COUNTS_PER_DEG_S: Final = 32.8
SHORT_INTERVAL: Final = bytes.fromhex("11 09 06 00 06 00 00 00 58 02")  # 7.5 ms, no latency, timeout 6 s

ON_THEIR_WAY_S: Final = 0.25  # packets of 30 to 60 ms, some of which wait in the board
_RESET: Final = Write(COMMAND, bytes([DEBUG, 0x01]))

_SCALE: Final[FloatArray] = np.repeat([GRAVITY_M_S2 / ACC_COUNTS_PER_G, np.pi / 180.0 / GYR_COUNTS_PER_DEG_S], 3)


@dataclass(frozen=True, slots=True)
class Chip:
    """What differs between the two chips: the driver's name, registers of data, codes of rate and range."""

    driver: str
    title: str
    acc_register: int
    gyr_register: int
    gyr_single_register: int
    acc_rate_base: int
    acc_range_code: int

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Silence what may still run, ask for the chip, configure both sensors, subscribe and start them."""
        if rate_hz not in RATE_CODE:
            raise ValueError(f"A MetaMotion cannot be asked for {rate_hz:g} Hz, only for {tuple(RATE_CODE)}.")
        rate = RATE_CODE[rate_hz]
        commands = (
            SHORT_INTERVAL,
            bytes([ACC, ANSWER]),
            bytes([ACC, 0x03, self.acc_rate_base | rate, self.acc_range_code]),
            bytes([GYR, 0x03, 0x20 | rate, 0x01]),  # range code 1: 1000 deg/s
            bytes([ACC, self.acc_register, 1]),
            bytes([GYR, self.gyr_register, 1]),
            bytes([ACC, 0x02, 1, 0]),
            bytes([GYR, 0x02, 1, 0]),
            bytes([ACC, 0x01, 1]),
            bytes([GYR, 0x01, 1]),
        )
        quiet = Notify(DATA), Silence(ON_THEIR_WAY_S, _RESET)
        return *self.stop(), *quiet, *(Write(COMMAND, command) for command in commands)

    def stop(self) -> tuple[Step, ...]:
        """Stop both sensors and on-board fusion, and unsubscribe single, packed and fused data.

        A board keeps what it was told, by whatever program, until it is reset; a lost link is no reset.
        """
        commands = (
            bytes([FUSION, 0x01, 0]),
            bytes([FUSION, 0x03, 0, 0x7F]),
            bytes([ACC, 0x01, 0]),
            bytes([GYR, 0x01, 0]),
            bytes([ACC, 0x02, 0, 1]),
            bytes([GYR, 0x02, 0, 1]),
            bytes([ACC, ACC_SINGLE_REGISTER, 0]),
            bytes([GYR, self.gyr_single_register, 0]),
            bytes([ACC, self.acc_register, 0]),
            bytes([GYR, self.gyr_register, 0]),
        )
        return tuple(Write(COMMAND, command) for command in commands)


ACC_SINGLE_REGISTER: Final = 0x04  # of either chip
BMI160: Final = Chip(NAME, TITLE, 0x1C, 0x07, 0x05, 0x20, 0x08)
BMI270: Final = Chip(NAME_S, TITLE_S, 0x05, 0x05, 0x04, 0xA0, 0x02)
DRIVER_OF_IMPLEMENTATION: Final = {1: NAME, 4: NAME_S}  # of the accelerometer module


def facts(characteristic: str, payload: bytes) -> Facts:
    """``driver``, the driver that fits the board, from the answer to the question for its accelerometer."""
    if characteristic.lower() != DATA or len(payload) < 3 or payload[:2] != bytes([ACC, ANSWER]):
        return {}
    driver = DRIVER_OF_IMPLEMENTATION.get(payload[2])
    return {} if driver is None else {"driver": driver}


class MetaMotion:
    """Decoder of packed accelerometer and gyroscope packets of either chip, which it tells apart by their registers.

    Both sensors run at one rate, so their packets alternate. A gyroscope packet is joined with the accelerometer
    packet just before it, sample by sample. A packet whose partner was lost is left out and counted, so that one loss
    never shifts what follows. Which of the two the board sends first at one moment is not documented: the specific
    force may be older than the rate by up to a packet (30 ms at 100 Hz), which gravity, used as a slow reference,
    forgives.

    Answers to questions are no samples and are not counted; anything else is.
    """

    time_base = "count"

    def __init__(self, sensor: Sensor) -> None:
        self._range = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)
        self._numbers = SampleNumbers(sensor)
        self._waiting: ByteArray = np.empty((0, FRAME_BYTES), np.uint8)

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        which, frames = frames_of_length(notifications, FRAME_BYTES)
        module, register = frames[:, 0], frames[:, 1]
        is_acc = (module == ACC) & ((register == BMI160.acc_register) | (register == BMI270.acc_register))
        is_gyr = (module == GYR) & ((register == BMI160.gyr_register) | (register == BMI270.gyr_register))
        data = is_acc | is_gyr
        bad = len(notifications) - int(data.sum()) - _answers(notifications)

        waiting = len(self._waiting)
        frames = np.concatenate([self._waiting, frames[data]])
        acc_first = np.concatenate([np.ones(waiting, np.bool_), is_acc[data]])
        closes: IntArray = 1 + np.flatnonzero(acc_first[:-1] & ~acc_first[1:])
        last_waits = bool(len(frames)) and bool(acc_first[-1])
        self._waiting = frames[len(frames) - last_waits :].copy()
        bad += len(frames) - 2 * len(closes) - last_waits

        values = np.concatenate([_counts(frames[closes - 1]), _counts(frames[closes])], axis=1) * _SCALE
        count = SAMPLES * np.bincount(which[data][closes - waiting], minlength=len(notifications))
        return Decoded(count, self._numbers.next(len(values)), values, self._range.clipped(values), bad)


def _counts(frames: ByteArray) -> FloatArray:
    """The three samples of each packet (3k, 3)."""
    return np.ascontiguousarray(frames[:, 2:]).view("<i2").astype(np.float64).reshape(-1, 3)


def _answers(notifications: Notifications) -> int:
    """How many notifications answer a question."""
    length = notifications.length
    whole = length >= 2
    starts = (np.cumsum(length) - length)[whole]
    return int(np.count_nonzero(np.frombuffer(notifications.payload, np.uint8)[starts + 1] & ANSWER))


def _driver(chip: Chip) -> BluetoothDriver:
    return BluetoothDriver(
        name=chip.driver,
        title=chip.title,
        service_uuids=(SERVICE,),
        name_pattern="MetaWear",
        data_characteristic=DATA,
        control_characteristic=COMMAND,
        rates_hz=tuple(RATE_CODE),
        start=chip.start,
        stop=chip.stop,
        decoder=MetaMotion,
        facts=facts,
        needed_facts=("driver",),
        latency_s=LATENCY_S,
        tried_on_hardware=TRIED_ON_HARDWARE,
        note="If it streams before it is started it is reset; if it still does, clear its macro with the maker's app.",
    )


DRIVER: Final = _driver(BMI160)
DRIVER_S: Final = _driver(BMI270)
