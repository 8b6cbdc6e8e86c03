"""WitMotion sensors with Bluetooth LE 5.0: WT901BLE67 and 68, BWT901BLE(CL)5.0, WT9011DCL-BT50, WT901SDCL-BT50.

The sensor sends frames of ``55 61`` and nine int16: acceleration, angular rate, angles. The model with a card adds
its clock, 28 bytes instead of 20. There is neither counter nor checksum, and frames may be cut anywhere between two
notifications. Acceleration is specific force already. The card model's clock is not used: it drifts by 0.7 %, and a
decoder's time base must be known before the first byte.

Sources (sources#witmotion): the vendor's WitBluetooth_BWT901BLE5_0 SDK and WT901BLECL data sheet; bytes and rates
measured in the open project RGu0/WT901; 28-byte frames in zhuyetuo/witmotion_imu.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Facts, Notify, Pause, Step, Write
from dowel.sensors.drivers.readings import FullScale, SampleNumbers, counts

NAME: Final = "witmotion"
TITLE: Final = "WitMotion BLE 5.0 (WT901BLE, BWT901BLECL5.0, WT9011DCL)"
# The vendor's base ends in 9a34fb, unlike the standard's 9b34fb, so the short form 0xffe5 does not match.
SERVICE: Final = "0000ffe5-0000-1000-8000-00805f9a34fb"
DATA: Final = "0000ffe4-0000-1000-8000-00805f9a34fb"
CONTROL: Final = "0000ffe9-0000-1000-8000-00805f9a34fb"
LATENCY_S: Final = 0.06  # four frames share a notification at 100 Hz; notifications came 30 to 60 ms apart (RGu0)
TRIED_ON_HARDWARE: Final = False

ACC_RANGE_G: Final = 16.0
GYR_RANGE_DEG_S: Final = 2000.0
RATE_CODES: Final = {100.0: 0x09, 50.0: 0x08, 200.0: 0x0B, 20.0: 0x07, 10.0: 0x06}
"""Code 0x0A means 125 or 200 Hz in the documents and gave 99 Hz when measured; it is not offered."""

FRAME_BYTES: Final = 20
FRAME_WITH_CLOCK_BYTES: Final = 28
REPLY_BYTES: Final = 20
_HEADER = re.compile(rb"\x55[\x61\x71]")
_DATA_HEADER: Final = b"\x55\x61"
_REPLY_HEADER: Final = b"\x55\x71"
_CLOCK_LARGEST: Final = np.array([12, 31, 23, 59, 59])  # month, day, hour, minute, second
_SCALE: Final = np.repeat([ACC_RANGE_G * GRAVITY_M_S2, np.deg2rad(GYR_RANGE_DEG_S)], 3) / 32768.0

_RATE, _BANDWIDTH, _ALGORITHM, _FIRMWARE, _BATTERY, _OUTPUT = 0x03, 0x1F, 0x24, 0x2E, 0x64, 0x96
_BANDWIDTH_CODE: Final = 0
"""256 Hz, above every rate: the documents say that values repeat when the bandwidth is below the output rate."""
_BATTERY_LADDER: Final = (
    *((396, 100), (393, 90), (387, 75), (382, 60), (379, 50), (377, 40), (373, 30), (370, 20), (368, 15)),
    *((350, 10), (340, 5)),
)
"""The SDK's steps from hundredths of a volt to per cent."""


def _set(register: int, value: int) -> Write:
    return Write(CONTROL, bytes([0xFF, 0xAA, register, value & 0xFF, value >> 8]))


def _ask(register: int) -> tuple[Step, ...]:
    return _set(0x27, register), Pause(0.2, "one question at a time: answers tell their register only")


def start(rate_hz: float) -> tuple[Step, ...]:
    """Set rate, bandwidth, six axes and plain output, without saving them, and ask what became of it."""
    if rate_hz not in RATE_CODES:
        raise ValueError(f"WitMotion sensors have no rate of {rate_hz:g} Hz.")
    between = Pause(0.1, "as the vendor's SDK waits between settings")
    return (
        Notify(DATA),
        Write(CONTROL, bytes.fromhex("ffaa6988b5")),  # settings are unlocked for 10 s
        between,
        _set(_RATE, RATE_CODES[rate_hz]),
        between,
        _set(_BANDWIDTH, _BANDWIDTH_CODE),
        between,
        _set(_ALGORITHM, 1),
        between,
        _set(_OUTPUT, 0),  # 1 would send displacement in the same frames
        between,
        *_ask(_RATE),
        *_ask(_ALGORITHM),
        *_ask(_OUTPUT),
        *_ask(_FIRMWARE),
        *_ask(_BATTERY),
    )


def facts(characteristic: str, payload: bytes) -> Facts:
    """What the register replies in a notification say: rate, six axes, wrong output mode, firmware, battery."""
    found: dict[str, float | str | bool] = {}
    at = 0
    while characteristic == DATA and _HEADER.match(payload, at) and at + FRAME_BYTES <= len(payload):
        if payload[at + 1] == _REPLY_HEADER[1]:
            words = np.frombuffer(payload, "<u2", 5, at + 2).tolist()
            found |= _meaning(words[0], words[1:])
            at += REPLY_BYTES
        else:
            next_is_far = _HEADER.match(payload, at + FRAME_BYTES) is None and at + FRAME_BYTES != len(payload)
            at += FRAME_WITH_CLOCK_BYTES if next_is_far else FRAME_BYTES
    return found


def _meaning(register: int, words: list[int]) -> dict[str, float | str | bool]:
    value = words[0]
    if register == _RATE:
        rate_hz = next((rate for rate, code in RATE_CODES.items() if code == value), None)
        return {} if rate_hz is None else {"rate_hz": rate_hz}
    if register == _ALGORITHM:
        return {"six_axis": value == 1}
    if register == _OUTPUT:
        trouble = "It sends displacement in place of acceleration. Reset it with the maker's app."
        return {"trouble": trouble} if value else {}
    if register == _FIRMWARE:
        joined = value | words[1] << 16
        parts = (joined >> 14 & 0x1FFFF, joined >> 8 & 0x3F, joined & 0xFF)
        return {"firmware": ".".join(map(str, parts)) if joined >> 31 else str(value)}
    if register == _BATTERY and value:  # 0 while the sensor is busy
        percent = next((share for least, share in _BATTERY_LADDER if value >= least), 0)
        return {"battery_v": value / 100.0, "battery_pct": float(percent)}
    return {}


class WitMotionFrames:
    """Decoder of the frame stream.

    A frame is taken as soon as its last byte is here, if it begins where the one before ended and what follows it in
    the same notification begins like a frame. After anything else two headers in a row, 20 or 28 bytes apart, find
    the frames again. What is passed over counts as one bad frame per 20 bytes.
    """

    time_base = "count"

    def __init__(self, sensor: Sensor) -> None:
        self._numbers = SampleNumbers(sensor)
        self._full_scale = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)
        self._rest = b""
        self._stride: int | None = None
        self._passed_over = 0
        self._bad = 0
        self._decided: int
        """So many bytes of those at hand were needed to see that no frame begins where one might."""

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        data = self._rest + notifications.payload
        ends: IntArray = len(self._rest) + np.cumsum(notifications.length)
        self._bad = self._decided = 0
        starts, released = self._frames(data, ends)
        octets = np.frombuffer(data, np.uint8)[starts[:, None] + np.arange(2, 14)]
        values: FloatArray = octets.view("<i2") * _SCALE
        times_s = self._numbers.next(len(values))
        return Decoded(counts(released, ends), times_s, values, self._full_scale.clipped(values), self._bad)

    def _frames(self, data: bytes, ends: IntArray) -> tuple[IntArray, IntArray]:
        """Where the frames begin, and how many bytes were needed to know each of them; keeps the rest."""
        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        at, before = 0, None
        while before != (at, self._stride):
            before = (at, self._stride)
            at = self._search(data, at, found) if self._stride is None else self._follow(data, ends, at, found)
        self._rest = data[at:]
        starts, released = zip(*found, strict=True)
        return np.concatenate(starts), np.concatenate(released)

    def _follow(self, data: bytes, ends: IntArray, at: int, found: list[tuple[IntArray, IntArray]]) -> int:
        """Take the frames that follow one another from here; returns how far it came."""
        size = self._stride or FRAME_BYTES
        whole = (len(data) - at) // size
        good = _good_frames(np.frombuffer(data, np.uint8, whole * size, at).reshape(whole, size))
        run = whole if good.all() else int(np.argmin(good))
        after = at + run * size
        torn = run > 0 and _ends_within(ends, after) and not _HEADER.match(data, after)
        starts = at + size * np.arange(run - torn)
        found.append((starts, starts + size))
        at += size * len(starts)
        if torn:
            self._stride = None
        elif data.startswith(_REPLY_HEADER, at):
            at += REPLY_BYTES if len(data) >= at + REPLY_BYTES else 0
        elif run < whole or not _DATA_HEADER.startswith(data[at : at + 2]):
            self._stride = None
        if self._stride is None and data.startswith(_DATA_HEADER, at):
            self._decided = at + size
        return at

    def _search(self, data: bytes, at: int, found: list[tuple[IntArray, IntArray]]) -> int:
        """Pass over bytes up to a header that another one follows at the right distance; returns how far it came."""
        match = _HEADER.search(data, at)
        begin = match.start() if match else max(at, len(data) - data.endswith(_DATA_HEADER[:1]))
        self._pass_over(begin - at)
        if match is None:
            return begin
        reply = data[begin + 1] == _REPLY_HEADER[1]
        for size in (REPLY_BYTES,) if reply else (FRAME_BYTES, FRAME_WITH_CLOCK_BYTES):
            if len(data) < begin + size + 2:
                return begin
            frame = np.frombuffer(data, np.uint8, size, begin).reshape(1, size)
            if _HEADER.match(data, begin + size) and (reply or _good_frames(frame)[0]):
                self._passed_over = 0
                if not reply:
                    self._stride = size
                    found.append((np.array([begin]), np.array([max(begin + size + 2, self._decided)])))
                return begin + size
            self._decided = begin + size + 2
        self._pass_over(1)
        return begin + 1

    def _pass_over(self, size: int) -> None:
        """Count bytes that belong to no frame."""
        frames_before = -(-self._passed_over // FRAME_BYTES)
        self._passed_over += size
        self._bad += -(-self._passed_over // FRAME_BYTES) - frames_before


def _good_frames(frames: NDArray[np.uint8]) -> BoolArray:
    """Which of the frames (n, 20 or 28) begin with the header and, if they have a clock, tell a possible time.

    The vendor's vibration sensor sends 28 bytes with the same header and other contents; its "clock" gives it away.
    """
    good: BoolArray = (frames[:, 0] == _DATA_HEADER[0]) & (frames[:, 1] == _DATA_HEADER[1])
    if frames.shape[1] == FRAME_WITH_CLOCK_BYTES:
        good &= np.all(frames[:, 21:26] <= _CLOCK_LARGEST, axis=1)
        good &= frames[:, 26] + 256 * frames[:, 27].astype(np.int64) < 1000
    return good


def _ends_within(ends: IntArray, at: int) -> bool:
    """Whether at least two more bytes of the notification that brought the byte before ``at`` follow it."""
    return bool(ends[np.searchsorted(ends, at)] - at >= 2)


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE,),
    name_pattern=r"B?WT",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=tuple(RATE_CODES),
    start=start,
    decoder=WitMotionFrames,
    facts=facts,
    poll=(_set(0x27, _BATTERY),),
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="The sensor sends no time: it runs 0.5 to 1.1 % slow, which is measured while it streams.",
)
