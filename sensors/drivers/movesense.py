"""Movesense (HR+, HR2, MD, Flash) with the GATT SensorData protocol of its default firmware 2.3.1 and later.

A packet has a time in ms and 1, 2, 4 or 8 samples (13 to 104 Hz): first all accelerations, then all angular rates.
More than 150 bytes of payload are cut in two notifications. Acceleration is taken as specific force, as the vendor's
SI values at rest say.

Sources (sources#movesense): movesense.com/docs/esw/gatt_sensordata_protocol; the sample application and imu.yaml in
movesense-device-lib.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoded, Facts, Notify, Pause, Step, Write
from dowel.sensors.drivers.readings import UINT32, FullScale, Unwrapped, float64_of

NAME: Final = "movesense"
TITLE: Final = "Movesense (firmware 2.3.1 or later)"
SERVICE: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
SHORT_SERVICE: Final = "0000fdf3-0000-1000-8000-00805f9b34fb"
CONTROL: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA: Final = "34800002-7185-4d5d-b431-630e7050e8f0"
LATENCY_S: Final = 0.11  # the first of four samples at 52 Hz waits 58 ms for the packet, which waits for the link
TRIED_ON_HARDWARE: Final = False

RATES_HZ: Final = (52.0, 104.0, 26.0, 13.0)
PACKETS_PER_S: Final = 13.0
"""At each of these rates a packet holds a thirteenth of a second."""
ACC_RANGE_G: Final = 8.0  # the usual setting, from general knowledge: the protocol of older firmware cannot ask
GYR_RANGE_DEG_S: Final = 2000.0
REFERENCE: Final = 0x63
"""Our number for the subscription; any but 0."""
REFUSALS: Final = {
    429: "It refuses every request until it is restarted: take it off its strap and press it on again.",
    507: "All its subscriptions are taken. Close other programs that use it, or take it off its strap and press it on "
    "again.",
}
"""What statuses mean that were seen (sources#movesense); 404 is also the answer to leaving what was not subscribed."""
ANSWERED_S: Final = 0.3
"""A refusal comes as a notification, within some connection intervals."""
_SUBSCRIBE, _UNSUBSCRIBE = 1, 2
_RESULT, _PACKET, _PACKET_PART_2 = 1, 2, 3
_NOT_FOUND: Final = 404
_HEAD_BYTES: Final = 6  # response, reference, time
_VECTORS_BYTES: Final = 24
_PART_1_BYTES: Final = 152
_PART_2_BYTES: Final = 48  # of a packet of 8 samples, the only one that is cut
_STOP: Final = Write(CONTROL, bytes([_UNSUBSCRIBE, REFERENCE]))


def start(rate_hz: float) -> tuple[Step, ...]:
    """Subscribe to acceleration and angular rate, after leaving a subscription that may still stand."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"Movesense has no rate of {rate_hz:g} Hz here.")
    path = f"/Meas/IMU6/{rate_hz:g}".encode("ascii")
    return (
        Notify(DATA),
        _STOP,
        Pause(0.1, "the old subscription must be gone"),
        Write(CONTROL, bytes([_SUBSCRIBE, REFERENCE]) + path),
        Pause(ANSWERED_S, "a refusal comes as a notification"),
    )


def stop() -> tuple[Step, ...]:
    """Leave the subscription."""
    return (_STOP,)


def facts(characteristic: str, payload: bytes) -> Facts:
    """``trouble`` where the answer to a command is a refusal; old firmware sends the high byte of its status first."""
    if characteristic != DATA or len(payload) < 4 or payload[0] != _RESULT or payload[1] != REFERENCE:
        return {}
    for order in ("little", "big"):
        status = int.from_bytes(payload[2:4], order)
        if status in REFUSALS:
            return {"trouble": REFUSALS[status]}
        if 400 <= status < 600 and status != _NOT_FOUND:
            return {
                "trouble": f"It refuses (status {status}). Update its firmware with the maker's app, and try again."
            }
    return {}


class MovesensePackets:
    """Decoder of IMU6 packets, whole or in two parts. Samples lie evenly in the thirteenth of a second of a packet."""

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._clock_ms = Unwrapped(UINT32)
        self._full_scale = FullScale.of(sensor, ACC_RANGE_G, GYR_RANGE_DEG_S)
        self._part_1 = b""

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications. A part without its other part is one bad frame."""
        carried = 1 if self._part_1 else 0
        octets = np.frombuffer(self._part_1 + notifications.payload, np.uint8)
        length = np.concatenate([np.full(carried, _PART_1_BYTES), notifications.length])
        packets, bad = self._packets(octets, length)
        owner = np.concatenate([each.owner for each in packets])
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        time_ms = np.concatenate([each.time_ms for each in packets])[order]
        after_s = np.concatenate([each.after_s for each in packets])[order]
        values: FloatArray = np.concatenate([each.values for each in packets])[order]
        good = self._full_scale.usable(values)
        values = values[good]
        time_s = self._clock_ms.follow(time_ms[good]) * 1e-3 + after_s[good]
        count = np.bincount(owner[good], minlength=len(length))[carried:]
        bad += int(np.count_nonzero(~good))
        return Decoded(count, time_s, values, self._full_scale.clipped(values), bad)

    def _packets(self, octets: NDArray[np.uint8], length: IntArray) -> tuple[list[_Samples], int]:
        """The samples by size of packet, and how many notifications are none; keeps a first part at the end."""
        begins = np.cumsum(length) - length
        code, mine = np.zeros(len(length), np.int64), np.zeros(len(length), np.bool_)
        headed = length >= 2
        code[headed] = octets[begins[headed]]
        mine[headed] = octets[begins[headed] + 1] == REFERENCE
        used: BoolArray = code == _RESULT  # the answer to a command may come between two parts
        stream = np.flatnonzero(~used)
        first = (mine & (code == _PACKET) & (length == _PART_1_BYTES))[stream]
        second = (mine & (code == _PACKET_PART_2) & (length == _PART_2_BYTES))[stream]
        pair = np.flatnonzero(first[:-1] & second[1:])
        one, other = stream[pair], stream[pair + 1]
        used[one] = used[other] = True
        parts = [octets[begins[one, None] + np.arange(2, _PART_1_BYTES)]]
        parts.append(octets[begins[other, None] + np.arange(2, _PART_2_BYTES)])
        packets = [_Samples.of(np.concatenate(parts, axis=1), other)]
        for samples in (1, 2, 4):
            size = _HEAD_BYTES + samples * _VECTORS_BYTES
            rows = np.flatnonzero(mine & (code == _PACKET) & (length == size))
            used[rows] = True
            packets.append(_Samples.of(octets[begins[rows, None] + np.arange(2, size)], rows))
        self._part_1 = b""
        if len(first) and first[-1]:
            used[stream[-1]] = True
            begin = begins[stream[-1]]
            self._part_1 = octets[begin : begin + _PART_1_BYTES].tobytes()
        return packets, int(np.count_nonzero(~used))


@dataclass(frozen=True, slots=True)
class _Samples:
    """Samples of packets of one size: which notification completed them, the packet's time, the time since then."""

    owner: IntArray
    time_ms: FloatArray
    after_s: FloatArray
    values: FloatArray

    @staticmethod
    def of(payloads: NDArray[np.uint8], owner: IntArray) -> _Samples:
        """The samples in payloads (k, 4 + 24 n) that these notifications (k,) completed."""
        packets, size = payloads.shape
        samples = size // _VECTORS_BYTES
        time_ms = np.ascontiguousarray(payloads[:, :4]).view("<u4")[:, 0].astype(np.float64)
        vectors = float64_of(payloads[:, 4:]).reshape(packets, 2, samples, 3)
        values = vectors.transpose(0, 2, 1, 3).reshape(packets * samples, 6)
        values[:, 3:] *= np.pi / 180.0
        after_s = np.tile(np.arange(samples) / (samples * PACKETS_PER_S), packets)
        return _Samples(owner.repeat(samples), time_ms.repeat(samples), after_s, values)


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(SERVICE, SHORT_SERVICE),
    name_pattern=r"Movesense",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=RATES_HZ,
    start=start,
    stop=stop,
    decoder=MovesensePackets,
    facts=facts,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="The sensor sleeps until its studs touch skin or a wet strap; with firmware before 2.3.1 it sends nothing.",
)
