"""A session file, analysed: rows, sets, signals and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.columns import Column
from dowel.analysis.contact.limits import Limits
from dowel.analysis.drills.drills import DOWEL_HINGE, DRILLS
from dowel.analysis.events import (
    Calibrated,
    Event,
    Rep,
    RowStruck,
    RowWritten,
    SensorSlipped,
    SetEnded,
    SetSummary,
    StepRefused,
    as_dict,
)
from dowel.analysis.repetitions.sets import summarise
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import Mark, Sensor
from dowel.sensors.stream.replay import replay
from dowel.session.columns import rep_columns
from dowel.session.engine import Engine
from dowel.settings.version import program_version


@dataclass
class SessionResults:
    """What the analysis of one session gave.

    ``rep_rows`` and ``set_rows`` are the tables' rows (:class:`~dowel.analysis.events.Rep`, ``SetSummary``);
    ``events`` everything that was said, in order; ``problems`` sentences about the file.
    """

    path: Path
    facts: Mapping[str, Any]
    sensors: tuple[Sensor, ...]
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    events: list[Event] = field(default_factory=list)
    rep_rows: list[Rep] = field(default_factory=list)
    set_rows: list[SetSummary] = field(default_factory=list)
    engine: Engine | None = None

    @classmethod
    def of(cls, session: Session) -> Self:
        """Results of a session, still to be filled by :func:`follow`."""
        return cls(session.path, dict(session.facts), session.sensors, session.marks, session.problems)

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force at the end; None where there was none."""
        found = [event.calibration for event in self.events if isinstance(event, Calibrated)]
        return found[-1] if found else None

    def in_force(self, row: Rep) -> tuple[Calibration | None, Limits]:
        """The calibration and the limits by which a row was judged."""
        earlier = [e.calibration for e in self.events if isinstance(e, Calibrated) and e.time_s <= row.end_s]
        calibration = earlier[-1] if earlier else None
        # a row as it was heard may come from a stranger's file and name any drill
        return calibration, DRILLS.get(row.drill, DOWEL_HINGE).limits_for(calibration, row.load_kg)

    @property
    def notices(self) -> list[StepRefused | SensorSlipped]:
        """Calibration steps that were refused and sensors that slipped."""
        return [event for event in self.events if isinstance(event, StepRefused | SensorSlipped)]

    def take(self, events: Sequence[Event]) -> None:
        """What the engine said next."""
        self.events += events
        for event in events:
            if isinstance(event, RowWritten):
                self.rep_rows.append(event.rep)
            elif isinstance(event, SetEnded):
                self.set_rows.append(event.summary)
            elif isinstance(event, RowStruck):
                _strike(self, event.start_s)

    def rep_dict(self, row: Rep) -> dict[str, Any]:
        """A row of the rep table by column name, with what the session says of itself."""
        return {**self._head(), **as_dict(row), "program_version": program_version()}

    def rep_dicts(self) -> list[dict[str, Any]]:
        """The rows of the rep table by column name."""
        return [self.rep_dict(row) for row in self.rep_rows]

    def set_dicts(self) -> list[dict[str, Any]]:
        """The rows of the set table by column name."""
        return [{**self._head(), **as_dict(row)} for row in self.set_rows]

    def _head(self) -> dict[str, Any]:
        return {
            "session": self.path.stem,
            "person": self.facts.get("person", ""),
            "started_at": self.facts.get("started_at", ""),
        }


def columns_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns of a rep table with these rows: those of all drills, and the extras of the drills among them."""
    names = {str(row["drill"]) for row in rows}
    return rep_columns(drill for name, drill in DRILLS.items() if name in names)


class Followed(NamedTuple):
    """One slice of a session: session time after it, what it gave, its marks, and the latest arrival so far."""

    now_s: float
    events: list[Event]
    marks: Sequence[Mark]
    arrival_ns: int


def follow(
    session: Session, results: SessionResults, *, keep_all: bool = False, notifications_per_slice: int | None = None
) -> Iterator[Followed]:
    """Run the engine over a session, slice by slice, filling ``results``."""
    stream = replay(session, notifications_per_slice) if notifications_per_slice else replay(session)
    engine = Engine(stream.sensors, stream.origin_ns, keep_all=keep_all)
    results.engine = engine
    arrival_ns = stream.origin_ns
    for part in stream.slices:
        arrived = [int(each.arrival_ns[-1]) for each in part.notifications if len(each)]
        made = [stream.origin_ns + round(mark.end_s * 1e9) for mark in part.marks]
        arrival_ns = max([arrival_ns, *arrived, *made])
        events = engine.feed(part)
        results.take(events)
        yield Followed(engine.pipeline.history.next / GRID_HZ, events, part.marks, arrival_ns)
    events = engine.finish()
    results.take(events)
    yield Followed(engine.pipeline.history.next / GRID_HZ, events, (), arrival_ns)


def _strike(results: SessionResults, at_s: float) -> None:
    """Take a row back that a ``void`` mark strikes, and count its set anew."""
    struck = [row for row in results.rep_rows if row.start_s <= at_s <= row.end_s]
    results.rep_rows = [row for row in results.rep_rows if row not in struck]
    for number in {row.set for row in struck if row.set is not None}:
        rows = [row for row in results.rep_rows if row.set == number]
        results.set_rows = [
            _counted_anew(summary, rows) if summary.set == number else summary
            for summary in results.set_rows
            if summary.set != number or rows
        ]


def _counted_anew(summary: SetSummary, rows: list[Rep]) -> SetSummary:
    anew = summarise(rows, summary.set, summary.wall_cm, rows[0].start_s - summary.rest_before_s)
    return replace(anew, advice=summary.advice)
