"""From intact blocks to what they say: facts, sensors, marks, the record of each sensor, and what is missing.

A document that makes no sense (only a forged file or a newer program has one) is left out and named, like a block
that is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from dowel.recordings.errors import InputError, not_understood
from dowel.recordings.session_file.blocks import BlockKind, Blocks, decode_document
from dowel.recordings.session_file.documents import (
    Calibration,
    Heard,
    calibration_of,
    fact_of,
    heard_of,
    is_count,
    mark_of,
    sensor_of,
)
from dowel.recordings.session_file.known_values import LARGEST_INT, MARKS, known
from dowel.recordings.session_file.schema import CHECKPOINT_EVERY_S, LOST_BY_KILL_S, wal_of
from dowel.recordings.session_file.sensor_record import SensorRecord
from dowel.recordings.session_file.session_blocks import StoredBlocks
from dowel.recordings.types import Mark, Sensor

REPAIRED: Final = "repaired"
"""The fact that a session was damaged: the file's name, and the sentences about what was wrong with it."""

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a session's blocks say. ``marks`` are as they were written; ``records`` go with ``sensors``."""

    facts: dict[str, Any]
    sensors: list[Sensor]
    records: list[SensorRecord]
    marks: list[Mark]
    calibrations: list[Calibration]
    heard: list[Heard]
    problems: list[str]

    @property
    def next_sequence(self) -> int:
        """The first sequence number that nobody has."""
        return _next_sequence(self.records, self.marks)


def read_contents(path: Path, stored: StoredBlocks) -> Contents:
    """Interpret the blocks of ``path``.

    Raises InputError when the session's start time or all of its sensors are unreadable: nothing else would mean
    anything without them.
    """
    problems = list(stored.damage)
    blocks = stored.blocks
    facts = dict(_parsed(blocks, BlockKind.FACT, fact_of, problems))
    origin_ns = facts.get("origin_ns")
    if not isinstance(origin_ns, int) or isinstance(origin_ns, bool) or abs(origin_ns) >= LARGEST_INT:
        raise InputError(f"{path}: when the session began could not be read, so nothing in it has a time.")
    before = len(problems)
    sensors = dict(_parsed(blocks, BlockKind.SENSOR, sensor_of, problems))
    why = "".join(f" {problem}" for problem in problems[before:])
    undescribed = [index for index in blocks.sensors() if index not in sensors]
    sensors = {index: sensors[index] for index in sorted(sensors)}
    if undescribed and not sensors:
        raise InputError(f"{path}: what its sensors were could not be read, so their data cannot be understood.{why}")
    problems += [f"What sensor {index} was could not be read, so its data is left out." for index in undescribed]
    records = {index: SensorRecord.of(blocks, index) for index in sensors}
    marks = _parsed(blocks, BlockKind.MARK, mark_of, problems)
    for mark in marks:
        _refuse_unknown_detail(path, mark)
    problems += _missing(facts, sensors, records, marks, bool(undescribed))
    problems += [stranger.sentence for stranger in stored.strangers]
    problems += _ending(path, facts, stored)
    problems += _repaired(facts, problems)
    return Contents(
        facts,
        list(sensors.values()),
        list(records.values()),
        marks,
        _parsed(blocks, BlockKind.CALIBRATION, calibration_of, problems),
        _parsed(blocks, BlockKind.HEARD, heard_of, problems),
        problems,
    )


def _refuse_unknown_detail(path: Path, mark: Mark) -> None:
    """Raise InputError where a mark's detail cannot be used: without it (a load) all would be judged by another."""
    if mark.kind in MARKS:
        try:
            known(mark.detail, *MARKS[mark.kind])
        except ValueError as error:
            raise InputError(f"{path}: {not_understood(mark.kind, mark.end_s, error)}") from error


# ---------------------------------------------------------------------------------------------------------- documents

_NAMES: Final = {
    BlockKind.FACT: "facts",
    BlockKind.SENSOR: "sensor descriptions",
    BlockKind.MARK: "marks",
    BlockKind.CALIBRATION: "calibrations",
    BlockKind.HEARD: "rows as heard",
}


def _parsed(
    blocks: Blocks, kind: BlockKind, parse: Callable[[dict[str, Any]], _Entry], problems: list[str]
) -> list[_Entry]:
    """All documents of a kind that can be understood, in the order they were written."""
    entries, complaints = [], []
    for block in blocks.documents(kind):
        try:
            entries.append(parse(decode_document(block)))
        except KeyError as error:
            complaints.append(f"{error} is missing")
        except ValueError as error:
            complaints.append(str(error))
    if complaints:
        problems.append(f"{len(complaints)} {_NAMES[kind]} could not be understood and are left out ({complaints[0]}).")
    return entries


# --------------------------------------------------------------------------------------------------- what is missing


def _missing(
    facts: dict[str, Any],
    sensors: dict[int, Sensor],
    records: dict[int, SensorRecord],
    marks: list[Mark],
    undescribed: bool,
) -> list[str]:
    """A sentence for each gap in a sensor's record, and one for what is missing besides."""
    totals, length = _totals(facts)
    sentences = []
    missing = 0
    for index, record in records.items():
        for count, start_s, end_s in _gaps(record, facts["origin_ns"], totals.get(index)):
            missing += count
            sentences.append(
                f"{count} notifications of the sensor on the {sensors[index].placement.replace('_', ' ')} could not "
                f"be read, from {_moment(start_s, 'the start')} to {_moment(end_s, 'the end')}."
            )
    read = sum(map(len, records.values())) + len(marks)
    others = max(length, _next_sequence(records.values(), marks)) - read - missing
    if others > 0 and not undescribed:
        sentences.append(f"{others} further entries (marks, or the last notifications of a sensor) could not be read.")
    return sentences


def _totals(facts: dict[str, Any]) -> tuple[dict[int, int], int]:
    """What was counted when the session was closed: each sensor's notifications, and the length of the stream."""
    taken = facts.get("taken")
    if not isinstance(taken, dict):
        return {}, 0
    counts, length = taken.get("notifications"), taken.get("stream")
    listed = enumerate(counts) if isinstance(counts, list) else []
    return {index: count for index, count in listed if is_count(count)}, length if is_count(length) else 0


def _next_sequence(records: Iterable[SensorRecord], marks: list[Mark]) -> int:
    last = [int(record.sequence[-1]) for record in records if len(record)]
    return max(last + [mark.sequence for mark in marks], default=-1) + 1


def _gaps(record: SensorRecord, origin_ns: int, total: int | None) -> list[tuple[int, float, float]]:
    """How many notifications are missing in each gap, and between which session times (infinite: open end)."""
    ends = np.concatenate(([0], record.ordinal + record.count))
    starts = np.concatenate((record.ordinal, [ends[-1] if total is None else total]))
    gaps = []
    for block in np.flatnonzero(starts > ends).tolist():
        index = int(record.ends[block - 1]) if block > 0 else 0
        before_s = _time_s(record, index - 1, origin_ns) if block > 0 else -math.inf
        after_s = _time_s(record, index, origin_ns) if block < len(record.ends) else math.inf
        gaps.append((int(starts[block] - ends[block]), before_s, after_s))
    return gaps


def _time_s(record: SensorRecord, index: int, origin_ns: int) -> float:
    """When a notification arrived, in session time."""
    return (int(record.between(index, index + 1).arrival_ns[0]) - origin_ns) * 1e-9


def _repaired(facts: dict[str, Any], known: list[str]) -> list[str]:
    """Of a repaired session what was wrong with the damaged one, as far as it cannot be seen any more."""
    if REPAIRED not in facts:
        return []
    name, said = facts[REPAIRED]["session"], facts[REPAIRED]["said"]
    return [f"Repaired from {name}: {sentence}" for sentence in said if sentence not in known]


def _moment(time_s: float, otherwise: str) -> str:
    return f"{time_s:.2f} s" if math.isfinite(time_s) else otherwise


def _ending(path: Path, facts: dict[str, Any], stored: StoredBlocks) -> list[str]:
    """How the session was ended, if not by closing it."""
    if stored.being_recorded:
        return ["This session is being recorded now: it is shown as far as it has come."]
    wal = wal_of(path).name
    if facts.get("recovered") is True:
        return [f"Writing this session was interrupted: it ends there, or at most {LOST_BY_KILL_S} s earlier."]
    if facts.get("closed") is True:
        return [] if stored.single_file else ["A change to this session was interrupted; it is read as it was before."]
    if not stored.single_file:
        return [
            f"This session was not closed and is read together with {wal}: it ends where writing was interrupted, "
            f"or at most {LOST_BY_KILL_S} s earlier."
        ]
    if stored.damage:
        return ["How this session was ended could not be read: something may be missing at its end."]
    return [
        f"This session was not closed and there is no {wal} beside it: if that file was left behind, "
        f"up to {CHECKPOINT_EVERY_S:.0f} s at the end are missing."
    ]
