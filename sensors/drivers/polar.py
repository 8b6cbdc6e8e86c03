"""Drivers for Polar sensors: Verity Sense (accelerometer and gyroscope); H10, H9 and OH1 are refused, having no gyro.

Both sensors of the Verity Sense send frames of some seventy samples, compressed as differences, each frame with the
device's time of its last sample. Source (sources#polar): polar-ble-sdk (``PmdDataFrameUtils.kt``, ``BlePMDClient.kt``,
unit tests) and ``online_measurement.pdf``.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Facts, Notify, Step, Write
from dowel.sensors.drivers.readings import FULL_SCALE_SHARE, float64_of

NAME: Final = "polar"
NAME_NO_GYRO: Final = "polar_no_gyro"
TITLE: Final = "Polar Verity Sense"
SERVICE: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
LATENCY_S: Final = 1.5  # frames of about 71 samples arrive every 1 to 2 s (polar-ble-sdk issue 317)
TRIED_ON_HARDWARE: Final = False

RATE_HZ: Final = 52.0  # the only rate outside of its SDK mode
ACC, GYR = 2, 5  # measurement types
ACC_RANGE_G: Final = 8
GYR_RANGE_DEG_S: Final = 2000
START, STOP, ANSWER = 0x02, 0x03, 0xF0
FACTOR_SETTING: Final = 5
SETTING_BYTES: Final = {0: 2, 1: 2, 2: 2, 3: 4, 4: 1, FACTOR_SETTING: 4, 6: 16}
REFUSALS: Final = {
    10: "The system's connection has too small packets for it. Use another Bluetooth adapter, or a newer system.",
    13: "It does not measure in its charger. Take it out.",
    14: "Its memory is full. Empty it with the Polar app.",
}
"""What statuses of answers mean that a person can do something about (sources#polar)."""
ALREADY: Final = 6
FACTOR_NAME: Final = {ACC: "acc_factor", GYR: "gyr_factor"}

HEADER: Final = struct.Struct("<BQB")  # type, ns since 2000 of the last sample, kind of frame
MAX_TIME_NS: Final = 1 << 62  # a century and a half
PLAIN_BYTES: Final = {0x00: 1, 0x01: 2, 0x02: 3}
FIXED, MILLI_OR_FLOAT = 0x80, 0x81
BEYOND_RANGE: Final = 1.25  # the chip's gyroscope may go 15 % past its nominal range; more than this is no measurement
STEP_TOLERANCE: Final = 0.2  # a lost frame lengthens the step by more, a clock's error by far less
LONGEST_STEP: Final = 1.5  # between neighbours, in periods; more has lost a frame in between
RESTART_S: Final = 2.0  # a stream that runs back by more has a new clock
WAIT_S: Final = 5.0  # longer than any frame; a sample that has waited longer for its partner never meets it

_UNIT: Final = {ACC: GRAVITY_M_S2, GYR: math.pi / 180.0}
_RANGE: Final = {ACC: ACC_RANGE_G * GRAVITY_M_S2, GYR: math.radians(GYR_RANGE_DEG_S)}
_CLIPPED: Final = {kind: FULL_SCALE_SHARE * full_scale for kind, full_scale in _RANGE.items()}


def _settings(kind: int, range_: int) -> bytes:
    """Settings of a start command: rate, 16 bits, range, 3 channels."""
    return bytes([START, kind]) + struct.pack("<BBHBBHBBHBBB", 0, 1, round(RATE_HZ), 1, 1, 16, 2, 1, range_, 4, 1, 3)


def start(rate_hz: float) -> tuple[Step, ...]:
    """Subscribe, stop what may still run (a running stream refuses to be started), start both sensors."""
    if rate_hz != RATE_HZ:
        raise ValueError(f"A Polar Verity Sense cannot be asked for {rate_hz:g} Hz, only for {RATE_HZ:g} Hz.")
    return (
        Notify(CONTROL),
        Notify(DATA),
        *stop(),
        Write(CONTROL, _settings(ACC, ACC_RANGE_G)),
        Write(CONTROL, _settings(GYR, GYR_RANGE_DEG_S)),
    )


def stop() -> tuple[Step, ...]:
    """Stop both sensors."""
    return Write(CONTROL, bytes([STOP, GYR])), Write(CONTROL, bytes([STOP, ACC]))


def facts(characteristic: str, payload: bytes) -> Facts:
    """``acc_factor`` or ``gyr_factor``, the conversion factor in the answer to a start command; ``trouble``: a refusal.

    The factors belong into the settings of the sensor: the decoder needs them, and they are nowhere else. An answer
    without a factor means 1 (polar-ble-sdk).
    """
    if characteristic.lower() != CONTROL or len(payload) < 5 or payload[0] != ANSWER or payload[1] != START:
        return {}
    kind, status = payload[2], payload[3]
    if kind not in FACTOR_NAME or status == ALREADY:
        return {}
    if status:
        sensor = "accelerometer" if kind == ACC else "gyroscope"
        told = REFUSALS.get(status, "Close the Polar app, switch it off and on, and update its firmware.")
        return {"trouble": f"It refuses to start its {sensor} (status {status}). {told}"}
    factor, at = 1.0, 5
    while at + 2 <= len(payload):
        setting, count = payload[at], payload[at + 1]
        size = SETTING_BYTES.get(setting, 0) * count
        at += 2
        if not size or at + size > len(payload):
            break
        if setting == FACTOR_SETTING:
            (factor,) = struct.unpack_from("<f", payload, at)
        at += size
    return {FACTOR_NAME[kind]: factor} if np.isfinite(factor) and factor > 0 else {}


@dataclass(slots=True)
class _Stream:
    """One sensor's samples that wait for their partners, and the time of its last frame."""

    last_s: float = -np.inf
    time_s: FloatArray = field(default_factory=lambda: np.empty(0))
    values: FloatArray = field(default_factory=lambda: np.empty((0, 3)))

    def add(self, frame_s: float, values: FloatArray, period_s: float) -> None:
        """Append a frame: its samples lie evenly between the last frame's end and its own.

        At the beginning and after a lost frame that step is unknown; there the asked period holds.
        """
        count = len(values)
        measured_s = (frame_s - self.last_s) / count
        step_s = measured_s if abs(measured_s / period_s - 1.0) <= STEP_TOLERANCE else min(period_s, measured_s)
        self.time_s = np.concatenate([self.time_s, frame_s - step_s * np.arange(count - 1, -1, -1)])
        self.values = np.concatenate([self.values, values])
        self.last_s = frame_s

    def forget(self, count: int) -> None:
        """Drop the first samples."""
        self.time_s, self.values = self.time_s[count:], self.values[count:]


@dataclass(frozen=True, slots=True)
class _Joined:
    """Samples of both sensors at the same times, whether either was clipped, and how many found no partner.

    ``newest_s`` is the time of the frame that made them complete: the clock goes by it, not by the last of them.
    """

    time_s: FloatArray
    values: FloatArray
    clipped: BoolArray
    left_out: int
    newest_s: float = math.nan


_NOTHING: Final = _Joined(np.empty(0), np.empty((0, 6)), np.empty(0, np.bool_), 0)
_BROKEN: Final = replace(_NOTHING, left_out=1)


class VeritySense:
    """Decoder of accelerometer and gyroscope frames, joined at the gyroscope's sample times.

    Specific force is interpolated linearly between the two accelerometer samples around each gyroscope sample; where
    these are more than one and a half periods apart (a lost frame) the sample is left out and counted. So are frames
    of other kinds, frames that do not end with their last difference, and values beyond the sensor's range.

    Settings of the sensor that it reads: ``acc_factor`` and ``gyr_factor`` (see :func:`facts`). Frames of kind 0x80
    cannot be read without them and are then left out.

    One pass of Python per frame: there are about two in a second. Directions of the axes were not checked on a device.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._period_s = 1.0 / (sensor.asked_rate_hz or RATE_HZ)
        self._factor = {kind: _number(sensor, name) for kind, name in FACTOR_NAME.items()}
        self._streams = {ACC: _Stream(), GYR: _Stream()}

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        ends = np.cumsum(notifications.length).tolist()
        joined = [
            self._take(notifications.payload[start:end]) for start, end in zip([0, *ends][:-1], ends, strict=True)
        ]
        return Decoded(
            np.array([len(part.time_s) for part in joined], np.int64),
            np.concatenate([_NOTHING.time_s, *(part.time_s for part in joined)]),
            np.concatenate([_NOTHING.values, *(part.values for part in joined)]),
            np.concatenate([_NOTHING.clipped, *(part.clipped for part in joined)]),
            sum(part.left_out for part in joined),
            np.array([part.newest_s for part in joined], np.float64),
        )

    def _take(self, payload: bytes) -> _Joined:
        """What becomes complete with this notification."""
        frame = self._frame(payload)
        if frame is None:
            return _BROKEN
        kind, frame_s, values = frame
        forgotten = 0
        if frame_s <= self._streams[kind].last_s:
            if frame_s > self._streams[kind].last_s - RESTART_S:
                return _BROKEN  # repeated, or out of order
            forgotten = len(self._streams[GYR].time_s)
            self._streams = {ACC: _Stream(), GYR: _Stream()}  # switched on again
        self._streams[kind].add(frame_s, values, self._period_s)
        joined = self._join()
        return replace(joined, left_out=joined.left_out + forgotten, newest_s=frame_s)

    def _frame(self, payload: bytes) -> tuple[int, float, FloatArray] | None:
        """Kind, time of the last sample and values (n, 3) in SI units; ``None`` when it cannot be used."""
        if len(payload) <= HEADER.size:
            return None
        first, time_ns, form = HEADER.unpack_from(payload)
        kind, content = first & 0x3F, payload[HEADER.size :]
        values = None if kind not in FACTOR_NAME or time_ns > MAX_TIME_NS else self._values(kind, form, content)
        if values is None or not len(values) or not np.all(np.abs(values) <= BEYOND_RANGE * _RANGE[kind]):
            return None
        return kind, time_ns * 1e-9, values

    def _values(self, kind: int, form: int, content: bytes) -> FloatArray | None:
        """The frame's content in SI units, by its form."""
        factor, unit = self._factor[kind], _UNIT[kind]
        if form in PLAIN_BYTES and kind == ACC and len(content) % (3 * PLAIN_BYTES[form]) == 0:
            return _integers(content, PLAIN_BYTES[form]).reshape(-1, 3).astype(np.float64) * (1e-3 * unit)
        if form == FIXED and factor is not None:
            counts = _undo_differences(content, 2)
            return None if counts is None else counts.astype(np.float64) * (factor * unit)
        if form == MILLI_OR_FLOAT and kind == ACC:
            counts = _undo_differences(content, 2)
            return (
                None
                if counts is None
                else counts.astype(np.float64) * (1e-3 * (1.0 if factor is None else factor) * unit)
            )
        if form == MILLI_OR_FLOAT:
            patterns = _undo_differences(content, 4)
            if patterns is None:
                return None
            return float64_of(patterns.astype("<u4").view(np.uint8)) * ((1.0 if factor is None else factor) * unit)
        return None

    def _join(self) -> _Joined:
        """The gyroscope's samples that the accelerometer has reached; forgets what will not be needed any more."""
        acc, gyr = self._streams[ACC], self._streams[GYR]
        reached = int(np.searchsorted(gyr.time_s, acc.last_s, side="right"))
        time_s, rate = gyr.time_s[:reached], gyr.values[:reached]
        joined = _NOTHING
        if reached:
            after = np.searchsorted(acc.time_s, time_s)
            before = np.where(acc.time_s[after] == time_s, after, after - 1)
            found = (before >= 0) & (acc.time_s[after] - acc.time_s[before] <= LONGEST_STEP * self._period_s)
            force = np.column_stack([np.interp(time_s, acc.time_s, acc.values[:, axis]) for axis in range(3)])
            clipped = np.any(np.abs(rate) >= _CLIPPED[GYR], axis=1)
            for neighbour in (before, after):
                clipped |= np.any(np.abs(acc.values[neighbour]) >= _CLIPPED[ACC], axis=1)
            values = np.concatenate([force, rate], axis=1)
            joined = _Joined(time_s[found], values[found], clipped[found], int(np.count_nonzero(~found)))

        oldest_s = max(acc.last_s, gyr.last_s) - WAIT_S
        given_up = max(int(np.searchsorted(gyr.time_s, oldest_s)) - reached, 0)
        gyr.forget(reached + given_up)
        acc.forget(int(np.searchsorted(acc.time_s, oldest_s)))
        return replace(joined, left_out=joined.left_out + given_up)


def _number(sensor: Sensor, name: str) -> float | None:
    value = sensor.settings.get(name)
    return None if value is None else float(value)


def _integers(content: bytes, size: int) -> NDArray[np.int64]:
    """Signed little-endian integers of ``size`` bytes."""
    rows = np.frombuffer(content, np.uint8).reshape(-1, size).astype(np.int64)
    value: NDArray[np.int64] = rows @ (1 << 8 * np.arange(size))
    return value - ((value >> (8 * size - 1)) << (8 * size))


def _undo_differences(content: bytes, size: int) -> NDArray[np.int64] | None:
    """The samples (n, 3) of a compressed frame, or ``None`` when it is cut short.

    A reference sample of three integers, then blocks: width in bits, number of samples, and that many triplets of
    signed differences as a stream of bits, lowest bit of each byte first. Each block begins at a byte.
    """
    at = 3 * size
    if len(content) < at:
        return None
    parts = [_integers(content[:at], size).reshape(1, 3)]
    while at < len(content):
        if at + 2 > len(content):
            return None
        width, count = content[at], content[at + 1]
        used = (width * count * 3 + 7) // 8
        at += 2
        if not 0 < width <= 8 * size + 1 or at + used > len(content):
            return None
        bits = np.unpackbits(np.frombuffer(content, np.uint8, used, at), bitorder="little")
        rows = bits[: width * count * 3].reshape(-1, width).astype(np.int64)
        value = rows @ (1 << np.arange(width))
        parts.append((value - (rows[:, -1] << width)).reshape(-1, 3))
        at += used
    return np.cumsum(np.concatenate(parts), axis=0)


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(),  # its service is also that of the models without a gyroscope; the name tells them apart
    name_pattern="Polar (Verity )?Sense",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=(RATE_HZ,),
    start=start,
    stop=stop,
    decoder=VeritySense,
    facts=facts,
    needed_facts=tuple(FACTOR_NAME.values()),
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="The Verity Sense sends its data one to two seconds late: you hear the verdict after the rep, not during it.",
)


def _refuse(rate_hz: float) -> tuple[Step, ...]:
    raise ValueError(f"This Polar sensor has no gyroscope and cannot be started at {rate_hz:g} Hz.")


NO_GYRO_DRIVER: Final = BluetoothDriver(
    name=NAME_NO_GYRO,
    title="Polar H10, H9 or OH1",
    service_uuids=(),
    name_pattern="Polar (H10|H9|OH1)",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=(),
    start=_refuse,
    decoder=VeritySense,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    refusal="This Polar sensor has no gyroscope, and angles in movement cannot be measured without one. Use a Polar "
    "Verity Sense or another sensor with a gyroscope.",
)
