"""What the pipeline says: rows, and the events on the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.limits import Limits
from dowel.recordings.types import FloatArray

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Rep:
    """One row of the rep table, without what the session says of itself (name, person, date, version).

    Fields, units and order as in DESIGN section 8; NaN or None where nothing was measured. Those after
    ``missing_pct`` are the extras, which only some drills have; ``knees_bent`` is no column (it is spoken).
    """

    set: int | None
    rep: int | None
    kind: str
    drill: str
    load_kg: float
    start_s: float
    bottom_s: float
    end_s: float
    lowering_s: float
    pause_s: float
    rising_s: float
    rest_before_s: float
    hinge_angle_deg: float
    trunk_lean_deg: float
    verdict: str
    verdict_reason: str
    contact_lost: str
    first_lost_s: float
    first_lost_hinge_deg: float
    lost_s: float
    flexion_peak_deg: float
    extension_peak_deg: float
    deviation_bottom_deg: float
    gap_sacrum_mm: float
    gap_upper_back_mm: float
    gap_head_mm: float
    flexion_range_pct: float
    lumbar_share: float
    depth_before_rounding_deg: float
    side_bend_peak_deg: float
    twist_peak_deg: float
    lowering_peak_deg_s: float
    rising_peak_deg_s: float
    smoothness_lowering: float
    smoothness_rising: float
    movement: str
    tap: str
    calibration: str
    sync_ms: float
    missing_pct: float
    hip_drop_cm: float = NAN
    hip_drop_sd_cm: float = NAN
    hip_travel_cm: float = NAN
    hip_travel_sd_cm: float = NAN
    wall_cm: float = NAN
    side: str = ""
    pelvis_sternum_peak_deg: float = NAN
    pelvis_roll_peak_deg: float = NAN
    knees_bent: bool = False


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One row of the set table, without what the session says of itself.

    ``detectable_drift_deg`` is no column: drifts below it are a person's own scatter.
    """

    set: int
    drill: str
    load_kg: float
    wall_cm: float
    reps: int
    half: int
    held: int
    warned: int
    lost: int
    not_judged: int
    worst_contact: str
    flexion_peak_median_deg: float
    drift_deg: float
    rest_before_s: float
    advice: str
    detectable_drift_deg: float = NAN


@dataclass(frozen=True, slots=True)
class RepCounted:
    """A bend has closed: ``number`` can be spoken. Provisional until its row is written."""

    time_s: float
    number: int


@dataclass(frozen=True, slots=True)
class BendMeasured:
    """A bend has ended and is measured; its kind is not certain yet."""

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RowWritten:
    """A row, final."""

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RowStruck:
    """A row that was written is taken back by a ``void`` mark; it started at ``start_s``."""

    time_s: float
    start_s: float


@dataclass(frozen=True, slots=True)
class SetEnded:
    """A set is over."""

    time_s: float
    summary: SetSummary


@dataclass(frozen=True, slots=True)
class ContactPassed:
    """The deviation passed a limit and was held: what a cue is made of.

    ``level`` is ``warned`` or ``lost``, ``point`` the point of the rod, ``began_s`` when the limit was passed,
    ``time_s`` when it had been held. ``load_kg`` is the load in force. :class:`ContactBack` follows for each.
    """

    time_s: float
    began_s: float
    level: str
    point: str
    reason: str
    hinge_deg: float
    deviation_deg: float
    load_kg: float = 0.0


@dataclass(frozen=True, slots=True)
class ContactBack:
    """The end of what :class:`ContactPassed` told with the same ``level``, ``reason`` and ``began_s``.

    The deviation fell below ``CLEAR_SHARE`` of the limit, or cannot be judged any more, or the bend is over.
    """

    time_s: float
    began_s: float
    level: str
    point: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence for the person, beside what a contact's cue says.

    ``about`` is ``movement`` (two bends running were of another kind), ``knees`` (in a wall tap), ``side`` (the same
    leg again), ``range`` (the end of the back's range, under load) or ``advice`` (what a set asks for next).
    """

    time_s: float
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration is in force from here on, with these limits."""

    time_s: float
    calibration: Calibration
    limits: Limits


@dataclass(frozen=True, slots=True)
class StepRefused:
    """A calibration step cannot be used: which, at which sensor (empty: all), why and what to do."""

    time_s: float
    step: str
    placement: str
    reason: str


@dataclass(frozen=True, slots=True)
class SensorSlipped:
    """A sensor moved on the skin and was zeroed anew; ``judged`` is false when it moved too far in all.

    ``frame`` (3, 3) is its segment's forward, left and up in sensor axes from here on.
    """

    time_s: float
    placement: str
    step_deg: float
    total_deg: float
    judged: bool
    frame: FloatArray


Event = (
    RepCounted
    | BendMeasured
    | RowWritten
    | RowStruck
    | SetEnded
    | ContactPassed
    | ContactBack
    | Spoken
    | Calibrated
    | StepRefused
    | SensorSlipped
)


def as_dict(result: Rep | SetSummary) -> dict[str, Any]:
    """The fields of a row by name."""
    return {name: getattr(result, name) for name in type(result).__slots__}
