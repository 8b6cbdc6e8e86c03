"""A session file, analysed: rows, sets, signals and what was noticed on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.column_type import Column
from dowel.analysis.contact.given_limits import LimitsGiven
from dowel.analysis.contact.judged import judged
from dowel.analysis.contact.limits import Crossing, Limits, crossings
from dowel.analysis.contact.verdict import Direction, directions
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DOWEL_HINGE, DRILLS
from dowel.analysis.events import Calibrated, Event, Notice, RowRevised, RowVoided, RowWritten, SetEnded
from dowel.analysis.pipeline import Pipeline
from dowel.analysis.rows import Rep, SetSummary, as_dict
from dowel.analysis.stances.base import Stance
from dowel.analysis.stances.standing import STANDING
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import FloatArray, Mark, Placement, Sensor
from dowel.sensors.drivers import usual_latency_s
from dowel.sensors.stream.sensor_track import Track
from dowel.session.current_state import Angles, Now, angles_of
from dowel.session.engine import Engine
from dowel.session.human_verdicts import human_verdict
from dowel.session.revised_tables import revised
from dowel.session.tables import rep_columns
from dowel.settings.version import program_version


@dataclass
class SessionResults:
    """What the analysis of one session gave.

    ``rep_rows`` and ``set_rows`` are the tables' rows (:class:`~dowel.analysis.rows.Rep`, ``SetSummary``);
    ``events`` everything that was said, in order; ``problems`` sentences about the file.

    Signals are asked for by session time: from ``start_s`` to before ``stop_s`` in steps of 10 ms, as far as the points
    are kept. They need an engine, which :func:`~dowel.session.following.follow` and a practice attach; without one
    there are rows and events alone. How it stands at the latest moment is :attr:`now`.
    """

    path: Path
    facts: Mapping[str, Any]
    sensors: tuple[Sensor, ...]
    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    events: list[Event] = field(default_factory=list, init=False)
    rep_rows: list[Rep] = field(default_factory=list)
    set_rows: list[SetSummary] = field(default_factory=list)
    _engine: Engine | None = field(default=None, repr=False, compare=False)
    _calibrated: list[Calibrated] = field(default_factory=list, init=False, repr=False, compare=False)
    _limits_given: list[LimitsGiven] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, session: Session) -> Self:
        """Results of a session, still to be filled by :func:`~dowel.session.following.follow`.

        Parameters
        ----------
        session
            The session, as it was opened.
        """
        return cls(session.path, dict(session.facts), session.sensors, session.marks, session.problems)

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in force at the end; None where there was none."""
        return self._calibrated[-1].calibration if self._calibrated else None

    def calibration_at(self, row: Rep) -> Calibration | None:
        """The calibration by which a row was judged; None where there was none yet.

        Parameters
        ----------
        row
            A row of ``rep_rows``.
        """
        return next((each.calibration for each in reversed(self._calibrated) if each.time_s <= row.end_s), None)

    def limits_at(self, row: Rep) -> Limits:
        """The limits by which a row was judged.

        Parameters
        ----------
        row
            A row of ``rep_rows``.
        """
        # a row as it was heard may come from a stranger's file and name any drill
        limits = DRILLS.get(row.drill, DOWEL_HINGE).limits_for(self.calibration_at(row), row.load_kg)
        given = next((each.given for each in reversed(self._limits_given) if each.time_s <= row.end_s), None)
        return given.instead_of(limits) if given else limits

    @property
    def notices(self) -> list[Notice]:
        """Steps that were refused, calibrations in doubt, and sensors that slipped, came off, or stand differently."""
        return [event for event in self.events if isinstance(event, Notice)]

    def take(self, events: Sequence[Event]) -> None:
        """Take what the engine said next.

        Parameters
        ----------
        events
            In the order in which it said them.
        """
        self.events += events
        for event in events:
            if isinstance(event, RowWritten):
                self.rep_rows.append(event.rep)
            elif isinstance(event, SetEnded):
                self.set_rows.append(event.summary)
            elif isinstance(event, RowVoided | RowRevised):
                self.rep_rows, self.set_rows = revised(self.rep_rows, self.set_rows, event)
            elif isinstance(event, Calibrated):
                self._calibrated.append(event)
            elif isinstance(event, LimitsGiven):
                self._limits_given.append(event)

    def rep_dict(self, row: Rep) -> dict[str, Any]:
        """A row of the rep table by column name, with what the session says of itself.

        Parameters
        ----------
        row
            A row of ``rep_rows``.
        """
        return {
            **self._head(),
            **as_dict(row),
            "program_version": program_version(),
            "human_verdict": human_verdict(self.marks, row.start_s, row.end_s),
        }

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

    # --- signals ---

    def attach(self, engine: Engine) -> None:
        """Take an engine that makes the results from here on: it is asked for signals and for how things stand now.

        Parameters
        ----------
        engine
            The engine.
        """
        self._engine = engine

    @property
    def _pipeline(self) -> Pipeline:
        if self._engine is None:
            raise RuntimeError("no engine was attached: these results have rows and events, but no signals")
        return self._engine.pipeline

    @property
    def now(self) -> Now:
        """How it stands at the latest moment that was analysed."""
        return Now(self._pipeline)

    @property
    def setting(self) -> Setting:
        """Drill, load, height, wall and band as the marks said last; what is taken for granted before any did."""
        return Setting() if self._engine is None else replace(self._engine.pipeline.setting)

    @property
    def stance(self) -> Stance:
        """How the person is placed; standing before anything was analysed."""
        return STANDING if self._engine is None else self._engine.pipeline.stance

    @property
    def began_s(self) -> float:
        """Session time at which the session began, in seconds: 0, or of a sample before it."""
        return 0.0 if self._engine is None else min(0.0, (self._engine.pipeline.history.begin or 0) / GRID_HZ)

    @property
    def analysed_until_s(self) -> float:
        """Session time up to which it was analysed, in seconds; 0 before the first sample."""
        return 0.0 if self._engine is None else self._engine.pipeline.history.next / GRID_HZ

    @property
    def kept_from_s(self) -> float:
        """Session time from which on signals can be asked for, in seconds; infinite without an engine."""
        return math.inf if self._engine is None else self._engine.pipeline.history.angles_from / GRID_HZ

    @property
    def latency_s(self) -> float:
        """How late the samples of its slowest sensor usually are, in seconds."""
        return 0.0 if self._engine is None else max(usual_latency_s(sensor) for sensor in self._engine.sensors)

    @property
    def tracks(self) -> Sequence[Track]:
        """For each of ``sensors``, what was used of its samples and what not; nothing without an engine."""
        return () if self._engine is None else self._engine.tracks

    @property
    def ended_s(self) -> float | None:
        """From when on nothing is used, as the pauses before it are too long; None where all is used."""
        return None if self._engine is None else self._engine.pause_limit.ended_s

    def lean_deg(self, placement: Placement, start_s: float, stop_s: float) -> FloatArray | None:
        """Lean of a segment, forward > 0.

        Parameters
        ----------
        placement
            The sensor's place on it.
        start_s, stop_s
            Session times, from the one to before the other.

        Returns
        -------
        array (n,) or None
            In degrees at 100 Hz, NaN where it is not known; None where no sensor is worn there.
        """
        placements = self._pipeline.posture.placements
        if placement not in placements:
            return None
        leans = self._pipeline.history.lean_deg(*_points(start_s, stop_s))
        of_segment: FloatArray = leans[placements.index(placement)]
        return of_segment

    def deviation_deg(self, start_s: float, stop_s: float) -> FloatArray:
        """Deviation of the spine (n,) at 100 Hz, rounding > 0; NaN where it cannot be judged.

        Parameters
        ----------
        start_s, stop_s
            Session times, from the one to before the other.
        """
        return self._pipeline.history.deviation_deg(*_points(start_s, stop_s))

    def head_deviation_deg(self, start_s: float, stop_s: float) -> FloatArray:
        """Deviation of the head (n,), chin down > 0, of somebody who lies roll of the pelvis; NaN where not judged.

        Parameters
        ----------
        start_s, stop_s
            Session times, from the one to before the other.
        """
        return self._pipeline.history.head_deg(*_points(start_s, stop_s))

    def bend_angle_deg(self, start_s: float, stop_s: float) -> FloatArray:
        """The angle that bends are counted on (n,): the larger lean of the trunk, lying how far a leg is lowered.

        Parameters
        ----------
        start_s, stop_s
            Session times, from the one to before the other.
        """
        pipeline = self._pipeline
        return pipeline.posture.angle_deg(pipeline.history.lean_deg(*_points(start_s, stop_s)))

    def angles_at(self, time_s: float) -> Angles:
        """How the body stood at a moment.

        Parameters
        ----------
        time_s
            The session time.
        """
        return angles_of(self._pipeline, round(time_s * GRID_HZ))

    def signals_of(self, row: Rep) -> dict[str, FloatArray]:
        """How far the back was off in each way to lose contact, from a row's start to its end.

        Parameters
        ----------
        row
            A row of ``rep_rows``.

        Returns
        -------
        dict of arrays (n,)
            By reason, in degrees at 100 Hz; so signed that the limit lies above, NaN where it cannot be judged.
        """
        start, stop = points_of(row)
        as_measured = judged(self._pipeline.posture, self._pipeline.history, start, stop, sync_ms=0.0)
        return as_measured.least_deg

    def losses(self, row: Rep) -> Iterator[tuple[Direction, Crossing]]:
        """Each time that contact was lost in a row, by the verdict's own crossings.

        Parameters
        ----------
        row
            A row of ``rep_rows``.

        Yields
        ------
        Direction, Crossing
            The way in which it was lost, and where; points count from the row's start.
        """
        limits, values = self.limits_at(row), self.signals_of(row)
        for name, direction in directions(limits).items():
            found = crossings(values[name], direction.lost_deg, limits.hold_points)
            yield from ((direction, crossing) for crossing in found)


def points_of(row: Rep) -> tuple[int, int]:
    """The grid points of a row: its first, and the one after its last."""
    return round(row.start_s * GRID_HZ), round(row.end_s * GRID_HZ) + 1


def _points(start_s: float, stop_s: float) -> tuple[int, int]:
    return round(start_s * GRID_HZ), round(stop_s * GRID_HZ)


def columns_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns of a rep table with these rows: those of all drills, and the extras of the drills among them."""
    names = {str(row["drill"]) for row in rows}
    return rep_columns(drill for name, drill in DRILLS.items() if name in names)
