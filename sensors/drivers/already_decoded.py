"""Driver for samples that are decoded already: imported files, the simulated lifter, a researcher's own program.

A payload is one or more records of 32 bytes, little-endian: ``float64`` time in s on the sensor's own clock, then
``float32`` specific force x, y, z in m/s2 and angular rate x, y, z in rad/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Samples, Sensor
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.drivers.readings import FULL_SCALE_SHARE, SampleNumbers

NAME: Final = "decoded"
RECORD: Final = np.dtype([("time_s", "<f8"), ("values", "<f4", (6,))])


def encode(samples: Samples) -> bytes:
    """The payload that holds these samples."""
    records = np.empty(len(samples), RECORD)
    records["time_s"] = samples.time_s
    records["values"][:, :3] = samples.acc_m_s2
    records["values"][:, 3:] = samples.gyr_rad_s
    return records.tobytes()


class DecodedSamples:
    """Decoder of 32-byte records.

    Settings of the sensor that it reads: ``time_base`` (``session``, ``device_time`` or ``count``; default
    ``device_time``), ``acc_range_m_s2`` and ``gyr_range_rad_s`` (full scale; absent: clipping is not looked for).
    A record with a value that is not finite is dropped and counted, as is a payload of the wrong length.
    """

    def __init__(self, sensor: Sensor) -> None:
        self.time_base = str(sensor.settings.get("time_base", "device_time"))
        acc_range = float(sensor.settings.get("acc_range_m_s2", np.inf))
        gyr_range = float(sensor.settings.get("gyr_range_rad_s", np.inf))
        self._limit: FloatArray = FULL_SCALE_SHARE * np.repeat([acc_range, gyr_range], 3)
        self._numbers = SampleNumbers(sensor)

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        length, payload = notifications.length, notifications.payload
        bad = 0
        if (length % RECORD.itemsize).any():
            payload, length, bad = _drop_wrong_lengths(notifications)
        records = np.frombuffer(payload, RECORD)
        count = length // RECORD.itemsize
        with np.errstate(invalid="ignore"):  # some NaNs raise the processor's flag when they are converted
            time_s, values = records["time_s"], records["values"].astype(np.float64)
        largest = float(np.abs(values).max(initial=0.0))  # NaN and infinity come through
        if not (np.isfinite(largest) and np.isfinite(time_s).all()):
            good = np.isfinite(values).all(axis=1) & np.isfinite(time_s)
            owner = np.repeat(np.arange(len(count)), count)
            bad += int(len(good) - good.sum())
            time_s, values = time_s[good], values[good]
            count = np.bincount(owner[good], minlength=len(count))
        if self.time_base == "count":
            time_s = self._numbers.next(len(time_s))
        clipped: BoolArray = np.zeros(len(time_s), np.bool_)
        if not largest < self._limit.min():
            clipped = np.any(np.abs(values) >= self._limit, axis=1)
        return Decoded(count, time_s, values, clipped, bad)


def _drop_wrong_lengths(notifications: Notifications) -> tuple[bytes, IntArray, int]:
    """The payload without the notifications whose length is no whole number of records; they count as empty."""
    ends = np.cumsum(notifications.length)
    good = notifications.length % RECORD.itemsize == 0
    kept = [
        notifications.payload[end - size : end]
        for end, size, use in zip(ends.tolist(), notifications.length.tolist(), good.tolist(), strict=True)
        if use
    ]
    return b"".join(kept), np.where(good, notifications.length, 0), int((~good).sum())
