"""A practice as streams of the Lab Streaming Layer: samples, leans and deviation, events, all on its clock."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import numpy as np
import pylsl

from dowel.analysis.events import Calibrated, Event, RowRevised, RowWritten, SetEnded
from dowel.practice.live_session import LiveSession
from dowel.recordings.errors import LinkError
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, Mark, MarkKind, Placement, Sensor
from dowel.sensors.stream.stamped import Stamped
from dowel.settings.version import program_version
from dowel.text.wording import VERDICTS

SAMPLES: Final = (*((f"acc_{axis}", "m/s^2") for axis in "xyz"), *((f"gyr_{axis}", "rad/s") for axis in "xyz"))
"""Labels and units of a sensor's channels, as ``dowel import`` reads them from an XDF file."""
SIGNALS: Final = "dowel_signals"
EVENTS: Final = "dowel_events"
QUIET: Final = "[log]\nlevel = -2\n"
"""The library's own words about its set-up would stand in the middle of the display."""
READINGS: Final = 20
"""Of so many readings of both clocks the one counts between which the least time passed."""
GONE_S: Final = 0.5
"""What was said last is given this long to leave, where somebody listens."""
VISIBLE: Final = "Lab Streaming Layer: every computer in the local network can see the streams dowel_*."
ROW_FIELDS: Final = ("set", "rep", "kind", "verdict", "verdict_reason", "contact_lost", "start_s", "end_s")
SET_FIELDS: Final = ("set", "reps", *VERDICTS)


class LslStreams:
    """Outlets of one practice; :meth:`follow` opens them, leaving the context closes them.

    ``clock_ns`` is the clock of the notifications' arrival.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        _quiet()
        self._offset_s = _lsl_ahead_s(clock_ns)
        self._outlets: dict[str, pylsl.StreamOutlet] = {}  # they close once nothing else holds them
        self._next_point: int | None = None

    def follow(self, live: LiveSession) -> None:
        """Tell what comes of this session, which has not begun yet. Raises ``LinkError`` where there is no network."""
        sensors, source = live.engine.sensors, uuid4().hex
        self._live = live
        self._offset_s += live.origin_ns * 1e-9
        self._leans = [sensor.placement for sensor in sensors if sensor.placement is not Placement.HEAD]
        self._has_head = len(self._leans) < len(sensors)
        signals = [*(f"{place}_lean" for place in self._leans), "spine_deviation"]
        signals += ["head_deviation"] * self._has_head
        try:
            for sensor, track in zip(sensors, live.engine.tracks, strict=True):
                name = f"dowel_{sensor.placement}"
                self._open(name, "IMU", SAMPLES, _rate_hz(sensor), source)
                track.on_stamped = self._teller(name)
            self._open(SIGNALS, "MoCap", [(name, "deg") for name in signals], GRID_HZ, source)
            self._open(EVENTS, "Markers", [("event", "json")], pylsl.IRREGULAR_RATE, source)
        except RuntimeError as error:
            problem = f"LSL streams cannot be opened ({error}). Leave out --lsl, or look at the network."
            raise LinkError(problem) from error
        live.listeners.append(self._hear)

    def _teller(self, name: str) -> Callable[[Stamped], None]:
        def tell(samples: Stamped) -> None:
            if len(samples):
                self._outlets[name].push_chunk(samples.values, (samples.time_s + self._offset_s).tolist())

        return tell

    def _hear(self, marks: Sequence[Mark], events: Sequence[Event], _arrival_ns: int) -> None:
        self._tell_signals()
        told = [(mark.end_s, mark_words(mark)) for mark in marks if mark.kind is not MarkKind.TICK]
        told += [(event.time_s, event_words(event)) for event in events]
        for time_s, words in told:
            self._outlets[EVENTS].push_sample([json.dumps(words)], time_s + self._offset_s)

    def _tell_signals(self) -> None:
        results = self._live.results
        stop_s = results.analysed_until_s
        start, stop = round(results.kept_from_s * GRID_HZ), round(stop_s * GRID_HZ)
        # after minutes of sleep the first of the points that came at once are kept no more: they are a gap
        start = start if self._next_point is None else max(start, self._next_point)
        if stop <= start:
            return
        start_s = start / GRID_HZ
        self._next_point = stop
        columns: list[FloatArray | None] = [results.lean_deg(place, start_s, stop_s) for place in self._leans]
        columns.append(results.deviation_deg(start_s, stop_s))
        if self._has_head:
            columns.append(results.head_deviation_deg(start_s, stop_s))
        values = np.column_stack([each for each in columns if each is not None])
        self._outlets[SIGNALS].push_chunk(values, (np.arange(start, stop) / GRID_HZ + self._offset_s).tolist())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if any(outlet.have_consumers() for outlet in self._outlets.values()):
            await asyncio.sleep(GONE_S)
        self._outlets.clear()

    def _open(self, name: str, kind: str, channels: Sequence[tuple[str, str]], rate_hz: float, source: str) -> None:
        form = "string" if kind == "Markers" else "double64"
        info = pylsl.StreamInfo(name, kind, len(channels), rate_hz, form, f"{source}-{name}")
        info.set_channel_labels([label for label, _ in channels])
        info.set_channel_units([unit for _, unit in channels])
        acquisition = info.desc().append_child("acquisition")
        acquisition.append_child_value("manufacturer", "Dowel")
        acquisition.append_child_value("version", program_version())
        self._outlets[name] = pylsl.StreamOutlet(info)


def event_words(event: Event) -> dict[str, Any]:
    """An event as it is told: its name, its numbers and words, and what is told of a row, a set or a calibration."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(event).__name__)[1:]
    values = {each.name: getattr(event, each.name) for each in fields(event)}
    words: dict[str, Any] = {"event": name}
    words |= {key: value for key, value in values.items() if isinstance(value, str | int | float)}
    if isinstance(event, RowWritten | RowRevised):
        words |= {key: getattr(event.rep, key) for key in ROW_FIELDS}
    elif isinstance(event, SetEnded):
        words |= {key: getattr(event.summary, key) for key in SET_FIELDS}
    elif isinstance(event, Calibrated):
        words["basis"] = event.calibration.basis
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in words.items()
    }


def mark_words(mark: Mark) -> dict[str, Any]:
    """A mark as it is told: without its detail, which may hold somebody's words."""
    return {"event": "mark", "kind": str(mark.kind), "start_s": mark.start_s, "end_s": mark.end_s}


def _rate_hz(sensor: Sensor) -> float:
    return sensor.asked_rate_hz or sensor.measured_rate_hz or pylsl.IRREGULAR_RATE


def _lsl_ahead_s(clock_ns: Callable[[], int]) -> float:
    """How far LSL's clock is ahead of ours."""
    readings = []
    for _ in range(READINGS):
        before_ns, lsl_s, after_ns = clock_ns(), pylsl.local_clock(), clock_ns()
        readings.append((after_ns - before_ns, lsl_s - 0.5e-9 * (before_ns + after_ns)))
    return float(min(readings)[1])


def _quiet() -> None:
    """No words of the library on the terminal, unless somebody has configured it, who then decides."""
    places = [Path("lsl_api.cfg"), Path.home() / "lsl_api" / "lsl_api.cfg", Path("/etc/lsl_api/lsl_api.cfg")]
    if not os.environ.get("LSLAPICFG") and not any(place.exists() for place in places):
        pylsl.util.set_config_content(QUIET)
