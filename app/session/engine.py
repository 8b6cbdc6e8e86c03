"""The composition root: bytes of notifications to rows and events, the only place that wires the rooms together.

    driver -> clock -> gaps (sensors.stream.sensor_track) -> attitude -> grid (sensors.stream.grid) -> analysis.pipeline

Its output depends on the ordered stream of notifications and marks and on nothing else: practice, replay, report and
notebooks all run this engine, in whatever chunks they like.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.clap import ClapCheck
from dowel.analysis.calibration.still_step import standing_bias
from dowel.analysis.drills.drills import default_drill
from dowel.analysis.events import Event, StepRefused
from dowel.analysis.kept import Kept
from dowel.analysis.orientation.attitude import COLUMNS, Attitude
from dowel.analysis.parameters import in_force
from dowel.analysis.pipeline import Pipeline
from dowel.recordings.errors import InputError, understanding_mark
from dowel.recordings.grid_points import GridPoints
from dowel.recordings.types import FloatArray, Mark, MarkKind, Notifications, Sensor, StreamSlice, Sync, SyncSource
from dowel.sensors.drivers import usual_latency_s
from dowel.sensors.stream.grid import CausalGrid, lag_limit_s
from dowel.sensors.stream.pause_limit import PauseLimit
from dowel.sensors.stream.sensor_track import Track, TrackSamples, joined

RECENT_S = 70.0
"""Raw samples are kept for as long as a calibration step may last."""
BIAS_KNOWN_FOR_S = 6.0
"""A bias that a mark brings is taken to have held for so long: twice the time in which the attitude filter follows
gravity (sources#attitude-filter)."""
CLAP_LIMIT_MS = 10.0  # a clap that disagrees by more is shown as the sync error (sources#clap)


class Engine:
    """Analyses one session's stream.

    The contract: one ordered stream of notifications and marks goes in, by :meth:`feed`, and events come out. They
    depend on the stream and on nothing else: not on the time of day, not on how it is cut. Whatever changes a number is
    a mark in the stream.

    Parameters
    ----------
    sensors
        In the order of the stream's notifications.
    origin_ns
        The arrival clock at session time 0.
    kept
        What is kept of old grid points, for charts and signals.

    Raises
    ------
    InputError
        Where no trunk sensor is among them.
    """

    def __init__(self, sensors: Sequence[Sensor], origin_ns: int, kept: Kept = Kept.NOTHING) -> None:
        placements = [sensor.placement for sensor in sensors]
        if default_drill(placements) is None:
            places = ", ".join(sensor.placement for sensor in sensors) or "none"
            raise InputError(
                f"There is no sensor on the trunk (placements: {places}). Reps are counted on upper_back or sacrum: "
                "record or import one of them. Lying they are sternum and pelvis_front."
            )
        self.sensors = tuple(sensors)
        self.tracks = [Track(sensor, origin_ns) for sensor in sensors]
        self._attitudes = [Attitude(track.period_s) for track in self.tracks]
        limit_s = lag_limit_s([usual_latency_s(sensor) for sensor in sensors])
        self._grid = CausalGrid(len(sensors), COLUMNS, limit_s)
        self._recent: list[deque[TrackSamples]] = [deque() for _ in sensors]
        self.pause_limit = PauseLimit()
        self._clap_ms = 0.0
        self.pipeline = Pipeline(placements, self.sync, kept)

    @property
    def _trunk(self) -> list[int]:
        """The sensors whose time must agree."""
        return [index for index, sensor in enumerate(self.sensors) if sensor.placement in self.pipeline.stance.trunk]

    def sync(self, time_s: float) -> Sync:
        """How well the clocks of the trunk sensors claim to agree.

        Parameters
        ----------
        time_s
            The session time at which it is asked for.

        Returns
        -------
        Sync
            0 ms for one sensor. Measured where an import has held the claim against the movement.
        """
        trunk = self._trunk
        if len(trunk) < 2:
            return Sync(0.0, "declared")
        squares = [self.tracks[index].clock_ms(time_s) ** 2 for index in trunk]
        sources = {self.sensors[index].settings.get("sync_source") for index in trunk}
        source: SyncSource = "measured" if sources == {"measured"} else "declared"
        return Sync(max(math.sqrt(sum(squares)), self._clap_ms), source)

    def feed(self, stream: StreamSlice) -> list[Event]:
        """Take the next run of the stream.

        Parameters
        ----------
        stream
            It goes on where the last one ended; how long it is changes nothing.

        Returns
        -------
        list of Event
            What becomes known by it, in order.

        Raises
        ------
        InputError
            For a mark that cannot be understood.
        """
        if not stream.marks:
            return self._samples(stream.notifications)
        events: list[Event] = []
        starts = [0] * len(stream.notifications)
        for mark in stream.marks:
            ends = [int(np.searchsorted(each.sequence, mark.sequence)) for each in stream.notifications]
            if ends != starts:
                events += self._samples(_parts(stream.notifications, starts, ends))
            events += self._mark(mark)
            starts = ends
        ends = [len(each) for each in stream.notifications]
        return events + self._samples(_parts(stream.notifications, starts, ends))

    def finish(self) -> list[Event]:
        """The stream is over."""
        self._take_all([track.finish() for track in self.tracks])
        return [*self._advance(), *self.pipeline.finish()]

    def grid_of(
        self, stream: Iterable[StreamSlice], biases_rad_s: Mapping[str, FloatArray] | None = None
    ) -> Iterator[GridPoints]:
        """The grid points of a whole stream, as the analysis is given them, in half its time.

        Nobody looks for reps, and nothing is kept.

        Parameters
        ----------
        stream
            All of it; its marks are not obeyed.
        biases_rad_s
            The gyroscopes' biases by placement, where they are known from the start.

        Yields
        ------
        GridPoints
            The next points.
        """
        for sensor, attitude in zip(self.sensors, self._attitudes, strict=True):
            if biases_rad_s is not None and sensor.placement in biases_rad_s:
                attitude.set_bias(biases_rad_s[sensor.placement])
        for part in stream:
            self._receive(part.notifications)
            yield self._grid.advance()
        self._take_all([track.finish() for track in self.tracks])
        yield self._grid.advance()

    def grid_attitudes(self) -> tuple[int, FloatArray, NDArray[np.uint8]]:
        """The first grid point, and from there on attitudes (sensors, n, 4) and status, where they are kept."""
        history = self.pipeline.history
        first, stop = history.angles_from, history.next
        return first, history.attitudes(first, stop), history.status(first, stop)

    def _samples(self, notifications: Sequence[Notifications]) -> list[Event]:
        self._receive(notifications)
        return self._advance()

    def _receive(self, notifications: Sequence[Notifications]) -> None:
        """The next samples of the sensors that sent any, onto the grid."""
        sent = [index for index, each in enumerate(notifications) if len(each)]
        self._take_all([self.tracks[index].feed(notifications[index]) for index in sent], sent)

    def _take_all(self, samples: Sequence[TrackSamples], of: Sequence[int] | None = None) -> None:
        """The next samples of these sensors, or of all, as far as the session goes."""
        for index, each in zip(
            range(len(samples)) if of is None else of, self.pause_limit.within(samples), strict=True
        ):
            self._take(index, each)

    def _take(self, index: int, samples: TrackSamples) -> None:
        """One sensor's next samples: their attitude onto the grid, themselves for the steps of the calibration."""
        if not len(samples):
            return
        values = self._attitudes[index].update(samples.acc_m_s2, samples.gyr_rad_s, samples.step_s, samples.status)
        self._grid.add(index, samples.time_s, values, samples.status, samples.sequence)
        recent = self._recent[index]
        recent.append(samples)
        while recent[0].time_s[-1] < samples.time_s[-1] - RECENT_S:
            recent.popleft()

    def _advance(self) -> list[Event]:
        points = self._grid.advance()
        return self.pipeline.advance(points) if len(points) else []

    def _mark(self, mark: Mark) -> list[Event]:
        events: list[Event] = []
        if mark.kind is MarkKind.STILL:
            events += self._take_bias(mark)
        elif mark.kind is MarkKind.CLAP:
            events += self._take_clap(mark)
        elif mark.kind is MarkKind.CALIBRATION:
            with understanding_mark(mark.kind, mark.end_s):
                biases = Calibration.from_json(mark.detail).bias_rad_s
            for index, sensor in enumerate(self.sensors):
                if sensor.placement in biases:
                    self._know_bias(index, biases[sensor.placement], mark.end_s - BIAS_KNOWN_FOR_S)
        elif mark.kind is MarkKind.LINK_BACK:
            for sensor, track in zip(self.sensors, self.tracks, strict=True):
                if mark.detail.get("placement") == sensor.placement:
                    track.restart()
        elif mark.kind is MarkKind.TICK:
            self._grid.pass_time(self.pause_limit.tick_s(mark.end_s))
            events += self._advance()
        return events + self.pipeline.mark(mark)

    def samples_between(self, sensor: int, start_s: float, end_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """One sensor's latest measurements between two session times.

        No sample that repeats another instead of measuring, and nothing from before ``RECENT_S``, also where a large
        chunk still holds it.

        Parameters
        ----------
        sensor
            Its index among ``sensors``.
        start_s, end_s
            From the one to the other, both included.

        Returns
        -------
        tuple of arrays
            Times (n,) in s, specific force (n, 3) in m/s2, rates of turn (n, 3) in rad/s.
        """
        samples = self._between(sensor, start_s, end_s)
        return samples.time_s, samples.acc_m_s2, samples.gyr_rad_s

    def _between(self, sensor: int, start_s: float, end_s: float) -> TrackSamples:
        """The same with all that is known of them."""
        recent = self._recent[sensor]
        start_s = max(start_s, recent[-1].time_s[-1] - RECENT_S) if recent else start_s
        wanted = list(takewhile(lambda samples: samples.time_s[-1] >= start_s, reversed(recent)))[::-1]
        return joined(wanted).measured_between(start_s, end_s)

    def _take_bias(self, mark: Mark) -> list[Event]:
        """The still step: what each sensor's gyroscope showed is its bias, if the person stood."""
        events: list[Event] = []
        for index, sensor in enumerate(self.sensors):
            samples = self._between(index, mark.start_s, mark.end_s)
            bias = standing_bias(samples.time_s, samples.acc_m_s2, samples.gyr_rad_s, samples.status)
            if isinstance(bias, Refused):
                events.append(StepRefused(mark.end_s, str(mark.kind), str(sensor.placement), bias.reason, False))
            else:
                self._know_bias(index, bias, mark.start_s)
        return events

    def _know_bias(self, sensor: int, bias_rad_s: FloatArray, since_s: float) -> None:
        """From here on this is a gyroscope's bias, and its attitude what it would be had it been known ``since_s``."""
        self._attitudes[sensor].set_bias(bias_rad_s)
        samples = self._between(sensor, since_s, np.inf)
        self._attitudes[sensor].restart(samples.acc_m_s2, samples.gyr_rad_s, samples.step_s, samples.status)

    def _take_clap(self, mark: Mark) -> list[Event]:
        """The clap: sensors that disagree by more than the limit have that as their sync error."""
        if len(self._trunk) < 2:
            return []
        (time_a, acc_a, _), (time_b, acc_b, _) = (
            self.samples_between(index, mark.start_s, mark.end_s) for index in self._trunk
        )
        lag_ms = abs(1e3 * in_force(ClapCheck).lag_s(time_a, acc_a, time_b, acc_b))
        if np.isnan(lag_ms):
            reason = "no three knocks were found in both sensors; knock them together three times, half a second apart"
            return [StepRefused(mark.end_s, str(mark.kind), "", reason, False)]
        self._clap_ms = lag_ms if lag_ms > CLAP_LIMIT_MS else 0.0
        return []


def _parts(notifications: Sequence[Notifications], starts: list[int], ends: list[int]) -> list[Notifications]:
    """Of each sensor the notifications from one index to before another."""
    return [
        each if start == 0 and end == len(each) else each.between(start, end)
        for each, start, end in zip(notifications, starts, ends, strict=True)
    ]
