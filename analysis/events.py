"""What the pipeline says: the events on the way to the rows of the tables."""

from __future__ import annotations

from dataclasses import dataclass

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.given_limits import LimitsGiven
from dowel.analysis.contact.limits import Limits
from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.types import FloatArray


@dataclass(frozen=True, slots=True)
class RepCounted:
    """A bend has closed and counts. Provisional until its row is written.

    Where the last bend of a set puts the load down, a bend counts only once the next one has opened.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    number
        The number that can be spoken.
    closed_s
        Session time at which the bend closed.
    """

    time_s: float
    number: int
    closed_s: float


@dataclass(frozen=True, slots=True)
class BendMeasured:
    """A bend has ended and is measured; its kind is not certain yet.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    rep
        Its row as it would be now.
    """

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RowWritten:
    """A row is written; a void mark or what comes later may still take it back.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    rep
        The row.
    """

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RowVoided:
    """A row that was written is taken back by a ``void`` mark.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    start_s
        Session time at which the row started.
    """

    time_s: float
    start_s: float


@dataclass(frozen=True, slots=True)
class RowRevised:
    """A row that was written is another, because what came later spoke against its verdict.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    rep
        The row, in the place of the one that starts at the same time.
    """

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class SetEnded:
    """A set is over.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    summary
        Its row of the set table.
    """

    time_s: float
    summary: SetSummary


@dataclass(frozen=True, slots=True)
class ContactPassed:
    """The deviation passed a limit and was held: what a cue is made of.

    :class:`ContactBack` follows for each.

    Parameters
    ----------
    time_s
        Session time at which it had been held.
    began_s
        Session time at which the limit was passed.
    level
        ``warned`` or ``lost``.
    point
        The point of the rod.
    reason
        The way in which the back left it, as in ``verdict_reason``.
    hinge_deg
        Sacrum lean at that moment.
    deviation_deg
        The deviation then.
    load_kg
        The load in force.
    """

    time_s: float
    began_s: float
    level: str
    point: str
    reason: str
    hinge_deg: float
    deviation_deg: float
    load_kg: float


@dataclass(frozen=True, slots=True)
class ContactBack:
    """The end of what :class:`ContactPassed` began.

    The deviation fell below ``CLEAR_SHARE`` of the limit, or cannot be judged any more, or the bend is over.

    Parameters
    ----------
    time_s
        Session time of the end.
    began_s, level, point, reason
        Those of the :class:`ContactPassed` that it ends.
    """

    time_s: float
    began_s: float
    level: str
    point: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence for the person, beside what a contact's cue says.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    about
        ``movement`` (two bends running were of another kind), ``knees`` (in a wall tap), ``side`` (the same leg again),
        ``range`` (the end of the back's range, under load) or ``advice`` (what a set asks for next).
    sentence
        What is said.
    """

    time_s: float
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class BendLeftOut:
    """A bend becomes no row.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    start_s
        When it began.
    reason
        ``ended`` (the session ended in it), ``step`` (a calibration step began in it) or ``sideways``.
    """

    time_s: float
    start_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class SensorSilent:
    """A sensor sent nothing for a second or more, or nothing that came in time.

    Parameters
    ----------
    time_s
        Session time at which it was over.
    placement
        Which sensor.
    start_s, end_s
        From when to when.
    """

    time_s: float
    placement: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration is in force from here on.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    calibration
        The calibration.
    limits
        The limits that follow from it.
    """

    time_s: float
    calibration: Calibration
    limits: Limits


@dataclass(frozen=True, slots=True)
class StepRefused:
    """A calibration step cannot be used.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    step
        Which: the kind of its mark.
    placement
        At which sensor; empty: at all.
    reason
        Why, and what to do.
    step_before
        Whether the step before it was at fault and is to be repeated too.
    """

    time_s: float
    step: str
    placement: str
    reason: str
    step_before: bool


@dataclass(frozen=True, slots=True)
class SensorSlipped:
    """A sensor moved on the skin and was zeroed again.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    placement
        Which sensor.
    step_deg
        How far it moved now.
    total_deg
        How far it moved in all since the calibration.
    judged
        False when that is too far to judge anything until the next calibration.
    frame
        Its segment's forward, left and up in sensor axes (3, 3) from here on.
    """

    time_s: float
    placement: str
    step_deg: float
    total_deg: float
    judged: bool
    frame: FloatArray


@dataclass(frozen=True, slots=True)
class StandChanged:
    """One sensor stands differently, and nothing tells whether it slid or the person stands otherwise; or that is over.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    placement
        Which sensor; empty: one of the two of the trunk, which bend after bend go ways that lie apart.
    step_deg
        How far it turned; 0 where the bends told that it did not.
    judged
        Whether reps are judged from the next bend on: it was the person, who stands as before again or, standing
        differently, bends to the same bottom as before.
    """

    time_s: float
    placement: str
    step_deg: float
    judged: bool


@dataclass(frozen=True, slots=True)
class SensorCameOff:
    """A sensor came off or was turned over: nothing it took part in is judged until the next calibration.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    placement
        Which sensor.
    since_s
        Session time from which on it is not believed.
    """

    time_s: float
    placement: str
    since_s: float


@dataclass(frozen=True, slots=True)
class CalibrationDoubted:
    """What followed a calibration does not fit it: nothing is judged until the next one.

    Parameters
    ----------
    time_s
        Session time at which it became known.
    placement
        At which sensor; empty: at all.
    reason
        What was seen.
    """

    time_s: float
    placement: str
    reason: str


Notice = StepRefused | SensorSlipped | StandChanged | SensorCameOff | CalibrationDoubted
"""What a person is told of calibration and sensors."""

Event = (
    RepCounted
    | BendMeasured
    | RowWritten
    | RowVoided
    | RowRevised
    | SetEnded
    | BendLeftOut
    | SensorSilent
    | ContactPassed
    | ContactBack
    | Spoken
    | Calibrated
    | LimitsGiven
    | StepRefused
    | SensorSlipped
    | StandChanged
    | SensorCameOff
    | CalibrationDoubted
)
