"""The way from the sensor to the computer: the device's clock, notifications, and when they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Samples
from dowel.sensors.drivers.already_decoded import RECORD, encode


@dataclass(frozen=True)
class Link:
    """A Bluetooth LE link with its troubles. Defaults: sources#clock-hull, unless said otherwise.

    - ``clock_offset_s``, ``drift_ppm``: the device's clock reads offset + (1 + drift) x time; ``wander_ppm`` is a slow
      change of the drift (period 10 min).
    - ``time_base``: "device_time" stamps samples with that clock; "count" devices send no time; "session" stamps them
      with the true time (an imported file).
    - ``samples_per_notification``: 4, as measured on a WitMotion at 100 Hz (sources#witmotion).
    - ``connection_interval_ms``: notifications leave only at these moments; 0 means at once. 30 is usual
      (sources#bluetooth).
    - ``retransmission_share`` of the packets fail and go out one interval later.
    - ``stack_fixed_ms``, ``stack_mean_ms``: delay in the computer, fixed plus gamma-distributed.
    - ``stalls_per_min``: nothing arrives for 0.15-1.5 s, then all of it at once.
    - ``dropouts_s``: (start, duration) during which notifications are lost for good.
    """

    clock_offset_s: float = 0.0
    drift_ppm: float = 40.0
    wander_ppm: float = 2.0
    time_base: Literal["device_time", "count", "session"] = "device_time"
    samples_per_notification: int = 4
    connection_interval_ms: float = 30.0
    retransmission_share: float = 0.08
    stack_fixed_ms: float = 0.5
    stack_mean_ms: float = 3.0
    stalls_per_min: float = 1.0
    dropouts_s: tuple[tuple[float, float], ...] = ()

    @staticmethod
    def perfect() -> Link:
        """Every sample arrives at once, alone, with its true time."""
        return Link(0.0, 0.0, 0.0, "session", 1, 0.0, 0.0, 0.0, 0.0, 0.0)

    def clock_error_s(self, time_s: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Device clock minus true time, without the offset: drift and wander; draws one phase."""
        slow = 2.0 * np.pi / 600.0
        phase = rng.uniform(0.0, 2.0 * np.pi)
        wander = self.wander_ppm / slow * (np.cos(phase) - np.cos(slow * time_s + phase))
        return np.asarray(1e-6 * (self.drift_ppm * time_s + wander))

    def sampling(self, rate_hz: float, duration_s: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """True sample times from a random phase on, and the device's clock at them.

        The device samples evenly by its own clock. ``rate_hz`` is the true rate (without the wander).
        """
        even_s = np.arange(rng.uniform(0.0, 1.0), duration_s * rate_hz) / rate_hz
        clock_s = even_s * (1.0 + 1e-6 * self.drift_ppm)
        # Only the wander makes true times uneven. It changes by 1e-6 of the time, so one correction is exact.
        time_s = even_s - (self.clock_error_s(even_s, rng) - 1e-6 * self.drift_ppm * even_s)
        return time_s, clock_s + self.clock_offset_s

    def deliver(self, measured: Samples, device_time_s: FloatArray, rng: np.random.Generator) -> Delivery:
        """Pack samples into notifications and send them; ``measured.time_s`` are the true sample times (session)."""
        size = self.samples_per_notification
        packets = len(measured) // size
        sent = slice(0, packets * size)  # the rest never fills a notification
        payload = encode(Samples(device_time_s[sent], measured.acc_m_s2[sent], measured.gyr_rad_s[sent]))
        payload_bytes = size * RECORD.itemsize
        ready_s = measured.time_s[size - 1 :: size][:packets]
        arrival_s = self._arrival_s(ready_s, rng)
        kept = np.ones(packets, np.bool_)
        for start_s, lost_s in self.dropouts_s:
            kept &= (ready_s < start_s) | (ready_s >= start_s + lost_s)
        delivered = np.zeros(len(measured), np.bool_)
        delivered[sent] = np.repeat(kept, size)
        return Delivery(
            np.round(arrival_s[kept] * 1e9).astype(np.int64),
            payload_bytes,
            np.frombuffer(payload, np.uint8).reshape(packets, payload_bytes)[kept].tobytes(),
            delivered,
        )

    def _arrival_s(self, ready_s: FloatArray, rng: np.random.Generator) -> FloatArray:
        """When each notification reaches the program: never before an earlier one."""
        count = len(ready_s)
        sent_s = ready_s
        if self.connection_interval_ms:
            interval_s = 1e-3 * self.connection_interval_ms
            phase_s = rng.uniform(0.0, interval_s)
            tries = rng.geometric(1.0 - self.retransmission_share, count)
            event = np.ceil((ready_s - phase_s) / interval_s) + tries - 1
            sent_s = phase_s + interval_s * np.maximum.accumulate(event)
        arrival_s = sent_s + 1e-3 * self.stack_fixed_ms + rng.gamma(2.0, 0.5e-3 * self.stack_mean_ms, count)
        last_s = float(arrival_s[-1]) if count else 0.0
        for stall_s in rng.uniform(0.0, last_s, rng.poisson(self.stalls_per_min * last_s / 60.0)):
            ends_s = stall_s + rng.uniform(0.15, 1.5)
            arrival_s = np.where((arrival_s >= stall_s) & (arrival_s < ends_s), ends_s, arrival_s)
        return np.maximum.accumulate(arrival_s)


@dataclass(frozen=True)
class Delivery:
    """What arrived: ``arrival_ns`` (m,) of the notifications, all of ``payload_bytes`` each, joined in ``payload``.

    ``delivered`` (n,) says which of the samples are in them.
    """

    arrival_ns: IntArray
    payload_bytes: int
    payload: bytes
    delivered: BoolArray
