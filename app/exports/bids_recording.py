"""One session in a Motion-BIDS data set: a tracking system for each sensor, one for what was computed, and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from dowel.analysis.column_type import Column
from dowel.exports.bids_tables import NOT_KNOWN, number_lines, write_json, write_tsv
from dowel.exports.raw_samples import RAW_COLUMNS, raw_samples
from dowel.exports.session_tables import ROWS_AT_A_TIME
from dowel.exports.spans import Named, contact_spans, row_spans, truth_spans
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import CALIBRATION_STEPS, FloatArray, Sensor
from dowel.session.results import SessionResults
from dowel.session.signal_table import signal_blocks
from dowel.session.tables import SIGNAL_COLUMNS
from dowel.settings.version import program_version

COMPUTED: Final = "dowel"
"""The tracking system of what was computed."""
KINDS: Final = ("ACCEL", "ANGACCEL", "GYRO", "JNTANG", "LATENCY", "MAGN", "ORNT", "POS", "VEL")
"""The types of channels that BIDS counts; those that we have none of too."""

_UNITS: Final = {"m/s2": "m/s^2", "deg": "deg", "s": "s", "rad/s": "rad/s"}
_CHANNELS: Final = ("name", "component", "type", "tracked_point", "units", "reference_frame", "description")

EVENTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "onset": {"Description": "Start, from the beginning of the session.", "Units": "s"},
    "duration": {"Description": "How long it lasted.", "Units": "s"},
    "trial_type": {
        "Description": "What it is.",
        "Levels": {
            "rep": "A rep.",
            "half": "A bend much less deep than the others of its set.",
            "bend": "A bend outside any group.",
            "pick_up": "A load is picked up.",
            "set_down": "A load is set down.",
            "hold": "A hold.",
            "set": "A set, from the start of its first rep to the end of its last.",
            "contact_lost": "By the sensors, the back was off the rod's line by more than the limit.",
            "rod_off": "A contact of a real rod was absent, as somebody or a switch told.",
            "rod_watched": "Somebody, or a switch, looked at the contacts of a real rod.",
            **{str(step): f"Calibration step: {step.replace('_', ' ')}." for step in CALIBRATION_STEPS},
        },
    },
    "set": {"Description": "Number of the set in the session."},
    "rep": {"Description": "Number of the rep in its set."},
    "drill": {"Description": "The drill in force."},
    "load_kg": {"Description": "The load in force.", "Units": "kg"},
    "verdict": {"Description": "held, warned, lost or not_judged."},
    "verdict_reason": {"Description": "Reasons, joined by +."},
    "contact_lost": {"Description": "Points of the rod lost in the rep, joined by +."},
    "contact": {"Description": "The point of the rod that this is about."},
    "told_by": {"Description": "Who or what told it."},
}
"""The columns of the events and what they mean."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a tracking system: what BIDS calls its type and axis, and what it is of."""

    column: Column
    type: str
    component: str
    tracked_point: str
    frame: str

    def row(self) -> dict[str, str]:
        """Its row of the channels' table."""
        return {
            "name": self.column.name,
            "component": self.component,
            "type": self.type,
            "tracked_point": self.tracked_point,
            "units": _UNITS[self.column.unit],
            "reference_frame": self.frame,
            "description": self.column.meaning,
        }


def write_recording(session: Session, results: SessionResults, folder: Path, prefix: str) -> list[str]:
    """Write all files of a session into a new folder; returns the names of those with data."""
    folder.mkdir(parents=True)
    drill = results.setting.drill.name
    start = f"{prefix}_task-{_letters(drill)}"
    files = _write_sensors(session, folder, start, drill)
    files.append(_write_computed(results, folder, start, drill))
    spans = sorted(_events(results), key=lambda each: (each.start_s, each.end_s))
    rows = [
        {"onset": f"{each.start_s:.3f}", "duration": f"{each.end_s - each.start_s:.3f}", "trial_type": each.what}
        | dict(each.detail)
        for each in spans
    ]
    write_tsv(folder / f"{start}_events.tsv", tuple(EVENTS), rows)
    write_json(folder / f"{start}_events.json", EVENTS)
    return files


def _letters(name: str) -> str:
    """A label as BIDS has it: letters and digits alone."""
    return name.replace("_", "").replace(" ", "")


def _events(results: SessionResults) -> Iterator[Named]:
    yield from row_spans(results)
    for row in results.rep_rows:
        yield from contact_spans(results, row)
    yield from truth_spans(results)
    for mark in results.marks:
        if mark.kind in CALIBRATION_STEPS:
            yield Named(mark.start_s, mark.end_s, str(mark.kind))


# ------------------------------------------------------------------------------------------------ the sensors' samples


def _write_sensors(session: Session, folder: Path, start: str, drill: str) -> list[str]:
    starts = [f"{start}_tracksys-{_letters(sensor.placement)}" for sensor in session.sensors]
    digits = [column.digits or 0 for column in RAW_COLUMNS]
    times = [_Times() for _ in session.sensors]
    with ExitStack() as stack:
        files: list[TextIO] = [
            stack.enter_context((folder / f"{each}_motion.tsv").open("w", encoding="utf-8", newline=""))
            for each in starts
        ]
        for index, values in raw_samples(session):
            files[index].writelines(number_lines(values, digits))
            times[index].take(values[:, 0])
    for each, sensor, taken in zip(starts, session.sensors, times, strict=True):
        facts = {
            "SamplingFrequency": sensor.asked_rate_hz or sensor.measured_rate_hz or taken.rate_hz,
            "SamplingFrequencyEffective": taken.rate_hz,
            "TrackingSystemName": f"inertial sensor, {sensor.placement.words}",
            "ManufacturersModelName": sensor.name or sensor.driver,
            "SoftwareVersions": sensor.firmware or NOT_KNOWN,
        }
        _write_about(folder / each, drill, facts, list(_sensor_channels(sensor)))
    return [f"{each}_motion.tsv" for each in starts]


class _Times:
    """From when to when samples came, and how many."""

    def __init__(self) -> None:
        self._count, self._first_s, self._last_s = 0, 0.0, 0.0

    def take(self, times_s: FloatArray) -> None:
        if not self._count:
            self._first_s = float(times_s[0])
        self._count += len(times_s)
        self._last_s = float(times_s[-1])

    @property
    def rate_hz(self) -> float | str:
        """The mean rate; n/a where there are too few samples."""
        span_s = self._last_s - self._first_s
        return round((self._count - 1) / span_s, 4) if span_s > 0 else NOT_KNOWN


def _sensor_channels(sensor: Sensor) -> Iterator[Channel]:
    point = str(sensor.placement)
    yield Channel(RAW_COLUMNS[0], "LATENCY", NOT_KNOWN, point, NOT_KNOWN)
    for column in RAW_COLUMNS[1:]:
        axis = column.name.split("_")[1]
        yield Channel(column, "ACCEL" if column.name.startswith("acc") else "GYRO", axis, point, "sensor")


# --------------------------------------------------------------------------------------------------- what was computed


def _write_computed(results: SessionResults, folder: Path, start: str, drill: str) -> str:
    blocks = signal_blocks(results, ROWS_AT_A_TIME)
    block = next(blocks)
    known = [column for column in SIGNAL_COLUMNS if column.name in block and column.unit in _UNITS]
    channels = [Channel(column, *_kind_of(column), NOT_KNOWN) for column in known]
    digits = [column.digits or 0 for column in known]
    each = f"{start}_tracksys-{COMPUTED}"
    with (folder / f"{each}_motion.tsv").open("w", encoding="utf-8", newline="") as file:
        for signals in chain((block,), blocks):
            values = np.column_stack([signals[column.name].astype(np.float64) for column in known])
            file.writelines(number_lines(values, digits))
    facts = {
        "SamplingFrequency": GRID_HZ,
        "SamplingFrequencyEffective": GRID_HZ,
        "TrackingSystemName": "Dowel, computed from the sensors",
        "ManufacturersModelName": "Dowel",
        "SoftwareVersions": program_version(),
    }
    _write_about(folder / each, drill, facts, channels)
    return f"{each}_motion.tsv"


def _kind_of(column: Column) -> tuple[str, str, str]:
    """Type, component and tracked point of a signal."""
    if column.unit == "s":
        return "LATENCY", NOT_KNOWN, NOT_KNOWN
    return "JNTANG", NOT_KNOWN, column.name.removesuffix("_deg").removesuffix("_lean").removesuffix("_deviation")


def _write_about(start: Path, drill: str, facts: Mapping[str, Any], channels: Sequence[Channel]) -> None:
    """What BIDS asks to be said of a tracking system, and its channels."""
    kinds = [channel.type for channel in channels]
    counts = {f"{kind}ChannelCount": kinds.count(kind) for kind in KINDS}
    points = {channel.tracked_point for channel in channels} - {NOT_KNOWN}
    about = {
        "TaskName": drill.replace("_", " "),
        "TaskDescription": "Reps of a drill of the hip hinge, in sets; the events say what was done.",
        **facts,
        **counts,
        "MotionChannelCount": len(channels),
        "TrackedPointsCount": len(points),
        "MissingValues": NOT_KNOWN,
    }
    write_json(start.with_name(f"{start.name}_motion.json"), about)
    write_tsv(start.with_name(f"{start.name}_channels.tsv"), _CHANNELS, [channel.row() for channel in channels])
    frame = {
        "sensor": {
            "SpatialAxes": NOT_KNOWN,
            "RotationRule": "right-hand",
            "RotationOrder": NOT_KNOWN,
            "Description": "The axes of the sensor as its maker prints them; how it sits on the segment is not known.",
        }
    }
    levels = {"Description": "The axes that a channel is told in.", "Levels": frame}
    if any(channel.frame != NOT_KNOWN for channel in channels):
        write_json(start.with_name(f"{start.name}_channels.json"), {"reference_frame": levels})
