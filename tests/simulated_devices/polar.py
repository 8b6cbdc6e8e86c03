"""Polar's sensors, simulated: Verity Sense (accelerometer and gyroscope) and the H10 strap (accelerometer only).

Source: sources#polar. Left out: heart rate, PPG, magnetometer (asked for, they are refused as unsupported), the status
commands 05 and 06 whose answers are not in our source (refused too), and setting the clock.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, IntArray
from dowel.sensors.simulated.peripherals.base import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    AttError,
    Characteristic,
    Packet,
    Peripheral,
    Service,
    in_steps,
)

SERVICE: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
HEART_RATE_SERVICE: Final = "0000180d-0000-1000-8000-00805f9b34fb"
POLAR_SERVICE: Final = "0000feee-0000-1000-8000-00805f9b34fb"

FEATURES, ANSWER = 0x0F, 0xF0  # first bytes of what is read from, and sent by, the control point
GET, START, STOP, GET_IN_SDK_MODE = 0x01, 0x02, 0x03, 0x04  # commands
ACC, GYRO, SDK_MODE = 0x02, 0x05, 0x09  # what they are about
OK, BAD_COMMAND, UNSUPPORTED, BAD_LENGTH, BAD_PARAMETER, ALREADY, BAD_MTU, BAD_STATE = 0, 1, 3, 4, 5, 6, 10, 12
RATE, RESOLUTION, RANGE, CHANNELS, FACTOR = 0, 1, 2, 4, 5  # settings
SIZES: Final = {RATE: 2, RESOLUTION: 2, RANGE: 2, CHANNELS: 1}  # bytes of a value (sources#polar)
NOT_OFFERED: Final = {RATE: 8, RESOLUTION: 7, RANGE: 9, CHANNELS: 11}  # statuses that refuse a value
WRONG_LENGTH: Final = 0x0D  # of ATT

RAW_MG, COUNTS, MG_OR_FLOATS = 0x01, 0x80, 0x81  # frame types
FRAME_HEAD: Final = struct.Struct("<BQB")
LONGEST_FRAME: Final = 229  # what an MTU of 232, the SDK's own, leaves: the captured frame has 228
SMALLEST_MTU: Final = 64  # below it a start is refused; the true bound is not published
BLOCK: Final = 10  # samples that share a width, at least; the frame's first counts: as in the captured frame
LONGEST_BLOCK: Final = 250  # the count of a block is one byte
CLOCK_START_NS: Final = 599_616_000_000_000_000  # 2019-01-01 since 2000-01-01: where the H10's clock restarts

Offer = Mapping[int, tuple[int, ...]]
"""The values of each setting that can be asked for."""


def _offer(rates: tuple[int, ...], ranges: tuple[int, ...]) -> Offer:
    return {RATE: rates, RESOLUTION: (16,), RANGE: ranges, CHANNELS: (3,)}


def compressed(values: IntArray, size: int) -> bytes:
    """Rows of three values as the first one, ``size`` bytes each, and blocks of differences (sources#polar)."""
    content = b"".join(int(value).to_bytes(size, "little", signed=True) for value in values[0])
    differences = _differences(values)
    return content + b"".join(_block(differences[first:last], bits) for first, last, bits in _blocks(differences))


def compressed_length(values: IntArray, size: int) -> int:
    """How many bytes :func:`compressed` makes of them, without making them: asked for with every sample."""
    blocks = _blocks(_differences(values))
    return 3 * size + sum(2 + (3 * (last - first) * bits + 7) // 8 for first, last, bits in blocks)


def _differences(values: IntArray) -> IntArray:
    """From row to row. Those of floats' bits wrap at 32 bits; those of counts never come near."""
    differences: IntArray = (np.diff(values, axis=0) + (1 << 31)) % (1 << 32) - (1 << 31)
    return differences


def _blocks(differences: IntArray) -> list[tuple[int, int, int]]:
    """Where blocks begin and end, and the bits of a difference in each."""
    if not len(differences):
        return []
    borders = [0, *range(BLOCK - 1, len(differences) - BLOCK + 1, BLOCK)]
    largest = np.maximum.reduceat(np.where(differences < 0, ~differences, differences).max(axis=1), borders)
    widths = [_even(int(each).bit_length() + 1) for each in largest]
    found = []
    begin = 0
    for first, last, before, bits in zip(
        borders[1:], [*borders[2:], len(differences)], widths, widths[1:], strict=False
    ):
        if bits != before or last - begin > LONGEST_BLOCK:
            found.append((begin, first, before))
            begin = first
    return [*found, (begin, len(differences), widths[-1])]


def _even(bits: int) -> int:
    """As in the captured frame: values in two's complement of an even number of bits."""
    return bits + bits % 2


def _block(differences: IntArray, bits: int) -> bytes:
    each_bit = (differences.reshape(-1, 1) >> np.arange(bits)) & 1
    return bytes([bits, len(differences)]) + np.packbits(each_bit.astype(np.uint8), bitorder="little").tobytes()


@dataclass(slots=True)
class Stream:
    """A measurement that runs: how it was started, and what waits for its frame to fill."""

    settings: dict[int, int]
    values: list[IntArray] = field(default_factory=list)
    last_s: float = 0.0


class Polar(Peripheral):
    """A Verity Sense.

    Parameters
    ----------
    frame_type
        0x80: counts and a factor; 0x81: mg without a factor, and deg/s as bits of floats.

    A measurement goes on when the link is lost, and a second start is then refused as long as it has not been stopped.
    """

    usual_name = "Polar Sense B51E7C2A"
    advertised_services = (HEART_RATE_SERVICE, POLAR_SERVICE)
    services = (
        Service(
            SERVICE,
            (Characteristic(CONTROL, ("read", "write", "indicate")), Characteristic(DATA, ("notify",))),
        ),
        Service(BATTERY_SERVICE, (Characteristic(BATTERY_LEVEL, ("read", "notify")),)),
    )
    measures_unheard = True
    features: ClassVar[bytes] = bytes([0x6E, 0x02])  # PPG, ACC, PPI, gyro, magnetometer; SDK mode
    offers: ClassVar[Mapping[int, Offer]] = {ACC: _offer((52,), (8,)), GYRO: _offer((52,), (2000,))}
    sdk_offers: ClassVar[Mapping[int, Offer]] = {
        ACC: _offer((26, 52, 104, 208, 416), (2, 4, 8, 16)),
        GYRO: _offer((26, 52, 104, 208, 416), (250, 500, 1000, 2000)),
    }

    def __init__(self, *args: Any, frame_type: int = COUNTS, **options: Any) -> None:
        super().__init__(*args, **options)
        self._frame_type = frame_type
        self._running: dict[int, Stream] = {}
        self._sdk_mode = False

    def read(self, characteristic: str) -> bytes:
        """The features from the control point, or the battery."""
        if characteristic == CONTROL:
            return bytes([FEATURES]) + self.features.ljust(16, b"\0")
        return super().read(characteristic)

    def write(self, characteristic: str, value: bytes) -> None:
        """A command; the answer comes as an indication."""
        if characteristic != CONTROL:
            return
        if not value:
            raise AttError(WRONG_LENGTH)
        kind = value[1] if len(value) > 1 else 0
        status, more = self._obey(value[0], kind, value[2:]) if len(value) > 1 else (BAD_LENGTH, b"")
        answer = bytes([ANSWER, value[0], kind, status]) + (b"\0" + more if status == OK else b"")
        self.later(0.0, lambda: self.notify(CONTROL, answer))

    def _obey(self, command: int, kind: int, parameters: bytes) -> tuple[int, bytes]:
        """Status and what follows it."""
        if command not in (GET, START, STOP, GET_IN_SDK_MODE):
            return (UNSUPPORTED if command in (5, 6) else BAD_COMMAND), b""
        if kind == SDK_MODE and self.sdk_offers and command in (START, STOP):
            return self._switch_sdk_mode(command == START), b""
        offers = self.sdk_offers if self._sdk_mode or command == GET_IN_SDK_MODE else self.offers
        if kind not in offers:
            return UNSUPPORTED, b""
        if command == START:
            return self._start(kind, offers[kind], parameters)
        if command == STOP:
            if self._running.pop(kind, None) is None:
                return ALREADY, b""
            self.stop(f"measurement {kind}")
            return OK, b""
        return OK, b"".join(
            bytes([setting, len(values)]) + b"".join(value.to_bytes(SIZES[setting], "little") for value in values)
            for setting, values in offers[kind].items()
        )

    def _switch_sdk_mode(self, on: bool) -> int:
        if self._running:
            return BAD_STATE
        if on == self._sdk_mode:
            return ALREADY
        self._sdk_mode = on
        return OK

    def _start(self, kind: int, offer: Offer, parameters: bytes) -> tuple[int, bytes]:
        if kind in self._running:
            return ALREADY, b""
        status, settings = _chosen(offer, parameters)
        if status == OK and self.mtu < SMALLEST_MTU:
            status = BAD_MTU
        if status != OK:
            return status, b""
        stream = self._running[kind] = Stream(settings)
        self.sample(f"measurement {kind}", settings[RATE], 1, lambda packet: self._hand_over(kind, stream, packet))
        factor = self._factor(settings)
        return OK, b"" if factor is None else struct.pack("<BBf", FACTOR, 1, factor)

    def _factor(self, settings: Mapping[int, int]) -> float | None:
        """What a count is worth, in g or deg/s."""
        return settings[RANGE] / 32768.0 if self._frame_type == COUNTS else None

    def _hand_over(self, kind: int, stream: Stream, packet: Packet) -> None:
        """Send the frame as soon as the new sample does not fit into it any more."""
        dps_or_g = np.rad2deg(packet.gyr_rad_s) if kind == GYRO else packet.acc_m_s2 / GRAVITY_M_S2
        values = [*stream.values, self._integers(kind, stream.settings[RANGE], dps_or_g[0])]
        room = min(self.mtu - 3, LONGEST_FRAME) - FRAME_HEAD.size
        if stream.values and self._length(kind, np.array(values)) > room:
            time_ns = CLOCK_START_NS + round(stream.last_s * 1e9)
            content = self._content(kind, np.array(stream.values))
            self.notify(DATA, FRAME_HEAD.pack(kind, time_ns, self._frame_type) + content)
            del values[:-1]
        stream.values, stream.last_s = values, float(packet.device_time_s[0])

    def _integers(self, kind: int, full_scale: int, value: FloatArray) -> IntArray:
        """A sample as it is sent: counts, mg, or the bits of floats."""
        if self._frame_type == COUNTS:
            return in_steps(value, full_scale / 32768.0)
        value = np.clip(value, -full_scale, full_scale)
        if kind == ACC:
            return in_steps(value, 1e-3)
        return value.astype("<f4").view("<i4").astype(np.int64)

    def _content(self, kind: int, values: IntArray) -> bytes:
        if self._frame_type == RAW_MG:
            return values.astype("<i2").tobytes()
        return compressed(values, self._size(kind))

    def _length(self, kind: int, values: IntArray) -> int:
        """Of the content."""
        return 2 * values.size if self._frame_type == RAW_MG else compressed_length(values, self._size(kind))

    def _size(self, kind: int) -> int:
        """Bytes of a value that is no difference."""
        return 4 if (kind, self._frame_type) == (GYRO, MG_OR_FLOATS) else 2


def _chosen(offer: Offer, parameters: bytes) -> tuple[int, dict[int, int]]:
    """Status, and the settings a start command asks for: each that is offered, once, with one value."""
    settings: dict[int, int] = {}
    while parameters:
        setting, count = parameters[0], parameters[1] if len(parameters) > 1 else 0
        if setting not in offer or count > 1:
            return BAD_PARAMETER, {}
        end = 2 + SIZES[setting]
        if not count or len(parameters) < end:
            return BAD_LENGTH, {}
        settings[setting] = int.from_bytes(parameters[2:end], "little")
        if settings[setting] not in offer[setting]:
            return NOT_OFFERED[setting], {}
        parameters = parameters[end:]
    return (OK if settings.keys() == offer.keys() else BAD_PARAMETER), settings


class PolarH10(Polar):
    """An H10 strap: no gyroscope, no SDK mode, and accelerations in mg, not compressed."""

    usual_name = "Polar H10 9A3D412C"
    features = bytes([0x05, 0x00])  # ECG, ACC
    offers: ClassVar[Mapping[int, Offer]] = {
        ACC: {RATE: (25, 50, 100, 200), RESOLUTION: (16,), RANGE: (2, 4, 8)},
    }
    sdk_offers: ClassVar[Mapping[int, Offer]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, frame_type=RAW_MG, **options)
