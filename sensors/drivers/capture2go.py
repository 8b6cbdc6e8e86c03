"""Driver for the Capture2Go IMU of SensorStim Neurotechnology.

Everything travels in packages: ``02``, CRC-32 of what follows the size, size of the content, header, content. A
notification is one byte, 255 minus the number of real-time packages, then these packages whole, then a piece of one
endless stream in which packages are cut anywhere. Source (sources#capture2go): the vendor's Python package capture2go
1.0.1 (``pkg.py``, ``parsing.py``). We never ask for real-time packages and a stream of samples at once, so that without
the first byte of each notification all is one stream.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Facts, Notify, Pause, Step, Write
from dowel.sensors.drivers.frames import ByteArray
from dowel.sensors.drivers.readings import counts

NAME: Final = "capture2go"
TITLE: Final = "Capture2Go IMU"
SERVICE: Final = "80030001-e629-4c98-9324-aa7fc0c66de7"
COMMAND: Final = "80030002-e629-4c98-9324-aa7fc0c66de7"
DATA: Final = "80030003-e629-4c98-9324-aa7fc0c66de7"
LATENCY_S: Final = 0.12  # eight samples at 100 Hz are packed, then a usual connection interval
TRIED_ON_HARDWARE: Final = False

FRAME: Final = struct.Struct("<BIBH")  # 02, CRC, size, header
CRC_FROM: Final = 6  # the CRC covers header and content
SIZE_AT: Final = 5
START_BYTE: Final = 2
MAX_CONTENT: Final = 236
MAX_PACKAGE: Final = FRAME.size + MAX_CONTENT

SET_MODE, START, STOP, STOP_AND_CLEAR, GET_STATUS, STATUS = 0x0120, 0x0150, 0x0152, 0x0158, 0x0200, 0x0201
START_REAL_TIME, STOP_REAL_TIME = 0x0160, 0x0163
SAMPLING_MODE: Final = {100.0: 2, 200.0: 1}
REAL_TIME_HZ: Final = 50.0  # sample by sample with the least delay; the device's own limit there
FULL_DATA: Final = 2  # real-time mode with rate and specific force
BATTERY_AT: Final = 17  # in a status package's content; the highest bit tells that it is charging

ACC_M_S2_PER_COUNT: Final = 16 * 9.81 / 32768  # the vendor's g
GYR_RAD_S_PER_COUNT: Final = np.radians(2000.0) / 32768
_SCALE: Final[FloatArray] = np.repeat([ACC_M_S2_PER_COUNT, GYR_RAD_S_PER_COUNT], 3)
CLIPPED_FLAGS: Final = 0x02 | 0x04  # gyroscope, accelerometer; found by the device at its inner rate


@dataclass(frozen=True, slots=True)
class Layout:
    """Content of a package with samples: ``content`` with fields time_ns, gyr, acc and flags; the rate inside it."""

    content: np.dtype[np.void]
    rate_hz: float

    @property
    def samples(self) -> int:
        """Samples in one package."""
        return int(self.content["gyr"].shape[0])


_PACKED: Final = np.dtype(
    [("time_ns", "<i8"), ("gyr", "<i2", (8, 3)), ("acc", "<i2", (8, 3)), ("attitude", "V10"), ("flags", "u1")]
)
_SINGLE: Final = np.dtype(
    [("time_ns", "<i8"), ("gyr", "<i2", (1, 3)), ("acc", "<i2", (1, 3)), ("rest", "V16"), ("flags", "u1")]
)
LAYOUTS: Final = {
    0x0231: Layout(_PACKED, 200.0),
    0x0232: Layout(_PACKED, 100.0),
    0x0247: Layout(_SINGLE, REAL_TIME_HZ),
}


def package(header: int, content: bytes = b"") -> bytes:
    """A package as both sides send it."""
    checked = header.to_bytes(2, "little") + content
    return struct.pack("<BIB", START_BYTE, zlib.crc32(checked), len(content)) + checked


def start(rate_hz: float) -> tuple[Step, ...]:
    """Subscribe, silence what may still run, then stream: 50 Hz in real time, 100 and 200 Hz packed by eight."""
    if rate_hz != REAL_TIME_HZ and rate_hz not in SAMPLING_MODE:
        known = (*SAMPLING_MODE, REAL_TIME_HZ)
        raise ValueError(f"A Capture2Go IMU cannot be asked for {rate_hz:g} Hz, only for {known}.")
    quiet = (
        Notify(DATA),
        Write(COMMAND, package(STOP_REAL_TIME)),
        Write(COMMAND, package(STOP_AND_CLEAR)),
        Pause(0.2, "the sensor empties its buffer"),
    )
    if rate_hz == REAL_TIME_HZ:
        return *quiet, Write(COMMAND, package(START_REAL_TIME, bytes([FULL_DATA, round(REAL_TIME_HZ)])))
    now, packed, without_magnetometer = 0, SAMPLING_MODE[rate_hz], True
    mode = struct.pack("<q8BHBQ3?", now, 0, 0, packed, 0, 0, 0, 0, 0, 0, 0, 0, False, False, without_magnetometer)
    return *quiet, Write(COMMAND, package(SET_MODE, mode)), Write(COMMAND, package(START))


def stop() -> tuple[Step, ...]:
    """Stop both ways of streaming."""
    return Write(COMMAND, package(STOP_REAL_TIME)), Write(COMMAND, package(STOP))


def facts(characteristic: str, payload: bytes) -> Facts:
    """``battery_pct`` from a status package that lies whole in this notification."""
    if characteristic.lower() != DATA:
        return {}
    for begin, end in _packages(np.frombuffer(payload, np.uint8), 0):
        content = payload[begin + FRAME.size : end]
        if FRAME.unpack_from(payload, begin)[-1] == STATUS and len(content) > BATTERY_AT:
            return {"battery_pct": float(content[BATTERY_AT] & 0x7F)}
    return {}


def _packages(stream: ByteArray, known: int) -> IntArray:
    """Begin and end (k, 2) of every whole package with the right CRC that ends after the first ``known`` bytes."""
    begin = np.flatnonzero(stream[: max(len(stream) - FRAME.size + 1, 0)] == START_BYTE)
    end = begin + FRAME.size + stream[begin + SIZE_AT]
    possible = (end - begin <= MAX_PACKAGE) & (end <= len(stream)) & (end > known)
    begin, end = begin[possible], end[possible]
    data = stream.tobytes()
    crc = [zlib.crc32(data[at:until]) for at, until in zip((begin + CRC_FROM).tolist(), end.tolist(), strict=True)]
    stored = stream[begin[:, None] + np.arange(1, SIZE_AT)].astype(np.int64) @ (1 << 8 * np.arange(4))
    found: IntArray = np.column_stack([begin, end])[stored == np.array(crc, np.int64)]
    return found


class Capture2Go:
    """Decoder of packages with eight samples (100 and 200 Hz) or one (50 Hz), each with the device's time in ns.

    A package counts wherever its CRC holds, so the decoder finds its way back after bytes were lost. A notification
    with bytes that belong to no package counts as a bad frame, once it is certain that none of them begins one.
    Packages of other kinds (answers, status) are passed over. The device has taken its own estimate of the
    gyroscope's bias out of the angular rate.

    The CRC is taken package by package (a call into zlib); everything else is done for all packages at once.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:  # noqa: ARG002
        self._begin = 0  # place in the endless stream where the bytes begin that are kept
        self._stream: ByteArray = np.empty(0, np.uint8)
        self._covered: BoolArray = np.empty(0, np.bool_)
        self._ends: IntArray = np.empty(0, np.int64)  # of the notifications these bytes came with
        self._notifications_before = 0
        self._last_bad = -1

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        length = notifications.length
        content = np.ones(len(notifications.payload), np.bool_)
        content[(np.cumsum(length) - length)[length > 0]] = False  # the number of real-time packages
        known = len(self._stream)
        stream = np.concatenate([self._stream, np.frombuffer(notifications.payload, np.uint8)[content]])
        packages = _packages(stream, known)
        end, time_s, values, clipped = _samples(stream, packages)
        ends = self._begin + known + np.cumsum(np.maximum(length - 1, 0))
        count = counts(self._begin + end, ends)

        first = self._notifications_before - len(self._ends)
        self._notifications_before += len(length)
        self._ends = np.concatenate([self._ends, ends])
        bad = int(np.count_nonzero(length == 0)) + self._settle(stream, packages, first)
        return Decoded(count, time_s, values, clipped, bad)

    def _settle(self, stream: ByteArray, packages: IntArray, first: int) -> int:
        """Let go of what cannot belong to a package to come; how many notifications held bytes of no package.

        ``first`` is the number of the notification that ends at the first of the kept ends.
        """
        depth = np.zeros(len(stream) + 1, np.int8)
        np.add.at(depth, packages[:, 0], 1)
        np.add.at(depth, packages[:, 1], -1)
        covered = np.cumsum(depth, dtype=np.int8)[:-1] > 0
        covered[: len(self._stream)] |= self._covered
        settled = max(len(stream) - MAX_PACKAGE + 1, 0)
        unused = self._begin + np.flatnonzero(~covered[:settled])
        bad = np.unique(first + np.searchsorted(self._ends, unused, side="right"))
        bad = bad[bad > self._last_bad]
        if len(bad):
            self._last_bad = int(bad[-1])
        self._begin += settled
        self._stream, self._covered = stream[settled:].copy(), covered[settled:].copy()
        self._ends = self._ends[self._ends > self._begin]
        return len(bad)


def _samples(stream: ByteArray, packages: IntArray) -> tuple[IntArray, FloatArray, FloatArray, BoolArray]:
    """End of the package, device time, values and clipping of every sample in these packages, in order of the end."""
    header = stream[packages[:, :1] + [6, 7]].astype(np.int64) @ [1, 256]
    parts: list[tuple[IntArray, FloatArray, FloatArray, BoolArray]] = []
    for code, layout in LAYOUTS.items():
        size = layout.content.itemsize
        mine = packages[(header == code) & (packages[:, 1] - packages[:, 0] == FRAME.size + size)]
        records = stream[mine[:, :1] + FRAME.size + np.arange(size)].view(layout.content)[:, 0]
        within_s = np.arange(layout.samples) / layout.rate_hz
        raw = np.concatenate([records["acc"], records["gyr"]], axis=2).reshape(-1, 6).astype(np.float64)
        parts.append(
            (
                np.repeat(mine[:, 1], layout.samples),
                (records["time_ns"][:, None] * 1e-9 + within_s).reshape(-1),
                raw * _SCALE,
                np.repeat(records["flags"] & CLIPPED_FLAGS != 0, layout.samples),
            )
        )
    end, time_s, values, clipped = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(end, kind="stable")
    return end[order], time_s[order], values[order], clipped[order]


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE,),
    name_pattern="IMU_[0-9A-Fa-f]{6}$",
    data_characteristic=DATA,
    control_characteristic=COMMAND,
    rates_hz=(*SAMPLING_MODE, REAL_TIME_HZ),
    start=start,
    stop=stop,
    decoder=Capture2Go,
    facts=facts,
    poll=(Write(COMMAND, package(GET_STATUS)),),
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
)
