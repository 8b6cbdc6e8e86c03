"""One sensor's way from notifications to gap-free samples in session time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.errors import InputError
from dowel.recordings.grid_points import Status
from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Sensor
from dowel.sensors.drivers import decoder_for
from dowel.sensors.stream.clock import Clock, HullClock, SharedClock
from dowel.sensors.stream.contacts import Contacts
from dowel.sensors.stream.counted import CountedTime
from dowel.sensors.stream.gaps import LastSample, filled, has_gap, missed_samples, too_long
from dowel.sensors.stream.gyroscope_gain import DOUBTFUL_ERROR, GyroscopeGain
from dowel.sensors.stream.health import Health
from dowel.sensors.stream.stamped import Stamped

SETTLING_S = 4.0
"""After a longer gap the filter starts over and is back under 2 deg after 3.1 s (sources#gap-filling)."""
BACKWARDS_S = 1.0
"""Device time that runs back by more than this is a new clock, by less a repeated or disordered sample
(sources#gap-handling)."""


@dataclass(frozen=True, slots=True)
class TrackSamples:
    """Samples of one sensor in session time, in order.

    ``time_s`` (n,), ``step_s`` (n,) time since the sample before (by the device's clock, drift taken out),
    ``acc_m_s2`` and ``gyr_rad_s`` (n, 3), ``status`` (n,) of :class:`Status` bits, ``sequence`` (n,) of the
    notification with which the sample could be used (a filled one: the notification that closed the gap). Where the
    sensor repeated itself instead of measuring (``Status.FROZEN``) values are NaN.
    """

    time_s: FloatArray
    step_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray
    status: NDArray[np.uint8]
    sequence: IntArray

    def __len__(self) -> int:
        return len(self.time_s)

    def first(self, number: int) -> TrackSamples:
        """So many of them, from the first on."""
        return TrackSamples(*(getattr(self, each.name)[:number] for each in fields(self)))

    def measured_between(self, start_s: float, end_s: float) -> TrackSamples:
        """Those from one session time to another, both included, that are measurements."""
        inside = (self.time_s >= start_s) & (self.time_s <= end_s) & ~np.isnan(self.acc_m_s2[:, 0])
        return TrackSamples(*(getattr(self, each.name)[inside] for each in fields(self)))


def joined(parts: Sequence[TrackSamples]) -> TrackSamples:
    """Samples one after the other."""
    if not parts:
        none, no_vectors = np.empty(0), np.empty((0, 3))
        return TrackSamples(none, none, no_vectors, no_vectors, np.empty(0, np.uint8), np.empty(0, np.int64))
    columns = ([getattr(part, each.name) for part in parts] for each in fields(TrackSamples))
    return TrackSamples(*map(np.concatenate, columns))


class Track:
    """Decodes, stamps and fills one sensor's notifications, in any chunks with the same result.

    ``breaks`` counts the gaps that were too long to be filled; ``settling``: the latest sample is not to be judged,
    because of such a gap or because its time is in doubt; ``doubtful``: the gyroscope turns so much otherwise than
    gravity that nothing can be judged.

    Parameters
    ----------
    sensor
        Names the driver and gives the asked or measured rate, which is the nominal sample period.
    origin_ns
        The arrival clock's value at session time 0.

    Raises
    ------
    InputError
        Where the sensor says no rate, or its trim cannot be read.

    Notes
    -----
    Settings of the sensor that it reads, beside the trim: ``gyr_gain``, how many times too far the gyroscope turns in
    the whole recording, and ``gyr_scale``, what its rates are multiplied by.
    """

    def __init__(self, sensor: Sensor, origin_ns: int) -> None:
        rate_hz = sensor.asked_rate_hz or sensor.measured_rate_hz
        if not rate_hz:
            raise InputError(
                f"The {sensor.placement} sensor says neither its asked nor its measured rate; without it its samples "
                "cannot be placed in time. Record or import it again."
            )
        self.period_s = 1.0 / rate_hz
        self.bad_frames = self.dropped_samples = self.filled_samples = self.samples = self.breaks = 0
        self.clipped_samples = 0
        self.settling = False
        self._origin_ns = origin_ns
        self._decoder = decoder_for(sensor)
        self._trim = _trim_of(sensor)
        self.clock: Clock = (
            SharedClock(float(sensor.settings.get("sync_ms", 0.0)))
            if self._decoder.time_base == "session"
            else HullClock(counting=self._decoder.time_base == "count")
        )
        self.counted = CountedTime(self.period_s) if self._decoder.time_base == "count" else None
        self.health = Health(self.period_s)
        self.contacts = Contacts()
        self.gain = GyroscopeGain(self.period_s, trimmed=self._trim is not None)
        self._scale = float(sensor.settings.get("gyr_scale", 1.0))
        known_gain = float(sensor.settings.get("gyr_gain", 1.0)) * self._scale
        self._always_doubtful = abs(known_gain - 1.0) > DOUBTFUL_ERROR
        self.doubtful = self._always_doubtful
        self.on_stamped: Callable[[Stamped], None] = lambda _: None
        """Is given the samples as they were sent, in session time, as they come."""
        self._last: LastSample | None = None
        self._settled_at_s = {Status.FROZEN: -np.inf, Status.CLIPPED: -np.inf, Status.SETTLING: -np.inf}

    def feed(self, notifications: Notifications) -> TrackSamples:
        """The samples that these notifications bring."""
        samples = self.stamped(notifications)
        self.on_stamped(samples)
        if self._trim is not None and len(samples.values):
            offset, scale = self._trim
            samples.values[:, :3] = (samples.values[:, :3] - offset) * scale
        if self._scale != 1.0:
            samples.values[:, 3:] *= self._scale
        return self._joined(self.health.look(samples))

    def finish(self) -> TrackSamples:
        """The stream is over: the samples that waited for what comes after them."""
        return self._joined(self.health.finish())

    def _joined(self, samples: Stamped) -> TrackSamples:
        """Samples that can be used, as one stream with those before."""
        if not len(samples):
            return _finished(samples.time_s, samples.time_s, samples.values, samples.status, samples.sequence)
        step_s, session_step_s = self._steps(samples)
        if step_s.min() <= 0 and ((step_s <= 0) & (step_s > -BACKWARDS_S)).any():
            new = self._new(samples.device_s)
            samples = samples.take(new)
            self.dropped_samples += int(np.count_nonzero(~new))
            if not len(samples):
                return self._joined(samples)
            step_s, session_step_s = self._steps(samples)
        self.samples += len(step_s)
        return self._fill(samples, step_s, session_step_s)

    def stamped(self, notifications: Notifications) -> Stamped:
        """The samples as the sensor sent them, in session time; of a sensor that only counts perhaps not all yet."""
        decoded = self._decoder.decode(notifications)
        self.bad_frames += decoded.bad_frames
        arrival_s: FloatArray = (notifications.arrival_ns - self._origin_ns).astype(np.float64) * 1e-9
        if self.counted is None:
            times = self.clock.stamp(arrival_s, decoded.count, decoded.device_time_s, decoded.newest_s)
            if decoded.contacts is not None:
                self.contacts.feed(times.time_s, decoded.contacts)
            device_s, values, clipped, doubtful = decoded.device_time_s, decoded.values, decoded.clipped, None
            sequence = notifications.sequence.repeat(decoded.count)
        else:
            settled = self.counted.settle(decoded, arrival_s, notifications.sequence)
            device_s, values, clipped, doubtful = (
                settled.device_time_s,
                settled.values,
                settled.clipped,
                settled.doubtful,
            )
            sequence = settled.sequence
            times = self.clock.stamp(settled.arrival_s, settled.count, device_s, known_s=settled.known_s)
        status = np.zeros(len(device_s), np.uint8)
        if clipped.any():
            status[clipped] = Status.CLIPPED
        if doubtful is not None and doubtful.any():
            status[doubtful] |= np.uint8(Status.SETTLING)
        return Stamped(times.time_s, device_s, times.rate_factor, values, status, sequence)

    def restart(self) -> None:
        """The link came back after it was lost."""
        self.clock.restart()
        if self.counted is not None:
            self.dropped_samples += self.counted.restart()

    def clock_ms(self, time_s: float) -> float:
        """How uncertain the samples' session time is at a session time."""
        counted_ms = 0.0 if self.counted is None else self.counted.uncertainty.at(time_s)
        return self.clock.uncertainty.at(time_s) + counted_ms

    def _steps(self, samples: Stamped) -> tuple[FloatArray, FloatArray]:
        """Time since the sample before: by the device's clock, and in session time."""
        if self._last is None:
            first_step, first_session = self.period_s, self.period_s
        else:
            first_step = (samples.device_s[0] - self._last.device_s) * samples.factor[0]
            first_session = samples.time_s[0] - self._last.time_s
        step_s, session_step_s = np.empty(len(samples.time_s)), np.empty(len(samples.time_s))
        step_s[0], session_step_s[0] = first_step, first_session
        np.subtract(samples.device_s[1:], samples.device_s[:-1], out=step_s[1:])
        step_s[1:] *= samples.factor[1:]
        np.subtract(samples.time_s[1:], samples.time_s[:-1], out=session_step_s[1:])
        return step_s, session_step_s

    def _new(self, device_s: FloatArray) -> BoolArray:
        """Which samples are neither repeated nor older than the latest one kept before them."""
        latest_s = -np.inf if self._last is None else self._last.device_s
        new = np.ones(len(device_s), np.bool_)
        for index, time_s in enumerate(device_s.tolist()):
            if latest_s - BACKWARDS_S < time_s <= latest_s:
                new[index] = False
            else:
                latest_s = time_s
        return new

    def _fill(self, samples: Stamped, step_s: FloatArray, session_step_s: FloatArray) -> TrackSamples:
        """Fill short gaps, mark long ones and what is not to be judged after them."""
        time_s, values, sequence = samples.time_s, samples.values, samples.sequence
        status = samples.status
        before, self._last = self._last, LastSample(float(time_s[-1]), float(samples.device_s[-1]), values[-1])
        late_s = session_step_s - step_s
        if has_gap(step_s, late_s, self.period_s):
            broken = too_long(step_s, late_s)
            status[broken] |= np.uint8(Status.BREAK)
            self.breaks += int(np.count_nonzero(broken))
            step_s = np.where(broken, self.period_s, step_s)
            missed = missed_samples(step_s, self.period_s)
            self.filled_samples += int(missed.sum())
            time_s, step_s, values, status, sequence = filled(before, time_s, step_s, values, status, sequence, missed)
        self._mark_settling(time_s, status)
        self.settling = bool(status[-1] & Status.SETTLING)
        self._mark_doubtful(values, step_s, status)
        return _finished(time_s, step_s, values, status, sequence)

    def _mark_settling(self, time_s: FloatArray, status: NDArray[np.uint8]) -> None:
        """Mark what follows a break too closely to be judged, by what broke it; count what was clipped."""
        if status.any():
            self.clipped_samples += int(np.count_nonzero(status & Status.CLIPPED))
        for why, until_s in self._settled_at_s.items():
            if time_s[0] < until_s:
                status[time_s < until_s] |= np.uint8(why)
        if not status.any():
            return
        for index in np.flatnonzero(status & Status.BREAK).tolist():
            why = next((why for why in self._settled_at_s if status[index] & why), Status.SETTLING)
            self._settled_at_s[why] = float(time_s[index]) + SETTLING_S
            status[index:][time_s[index:] < self._settled_at_s[why]] |= np.uint8(why)

    def _mark_doubtful(self, values: FloatArray, step_s: FloatArray, status: NDArray[np.uint8]) -> None:
        """Mark what comes while the gyroscope turns otherwise than gravity."""
        if status.any():
            unknown = (status & np.uint8(Status.BREAK | Status.CLIPPED | Status.FROZEN)) != 0
            values = np.where(unknown[:, None], np.nan, values)
        start = 0
        for stop, doubtful in self.gain.feed(values[:, :3], values[:, 3:], step_s):
            if self.doubtful:
                status[start:stop] |= np.uint8(Status.DOUBTFUL)
            start, self.doubtful = stop, doubtful or self._always_doubtful
        if self.doubtful:
            status[start:] |= np.uint8(Status.DOUBTFUL)


def _trim_of(sensor: Sensor) -> tuple[FloatArray, FloatArray] | None:
    """Offset in m/s2 and scale (3,) of the accelerometer, as ``dowel trim`` found them; None for an untrimmed one."""
    if "acc_offset_m_s2" not in sensor.settings and "acc_scale" not in sensor.settings:
        return None
    found = []
    for key in ("acc_offset_m_s2", "acc_scale"):
        try:
            value = np.array(sensor.settings[key], np.float64)
        except (KeyError, TypeError, ValueError):
            value = np.empty(0)
        if value.shape != (3,) or not np.isfinite(value).all():
            raise InputError(
                f"The trim of the {sensor.placement} sensor cannot be read: {key} must be three numbers. "
                "The file may be damaged or made by another program; ask where it came from."
            )
        found.append(value)
    return found[0], found[1]


def _finished(
    time_s: FloatArray, step_s: FloatArray, values: FloatArray, status: NDArray[np.uint8], sequence: IntArray
) -> TrackSamples:
    return TrackSamples(time_s, step_s, values[:, :3], values[:, 3:], status, sequence)
