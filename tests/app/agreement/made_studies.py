"""Whole studies made without sensors: people, reps, a rod, who watches it, and what is truly so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dowel.agreement.made_people import MadePeople, MadeReps, made_reps
from dowel.agreement.observations import AFTER_S, BEFORE_S, Moment, Observed, SeenRep
from dowel.agreement.rod_truth import Span, Truth
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import CONTACTS, FloatArray

NAN = float("nan")
LIMIT_DEG = 10.0
HOLD_S = 0.1
FALSE_S = 0.4
"""How long somebody presses by mistake."""
REP = Rep(
    set=1,
    rep=1,
    kind="rep",
    drill="dowel_hinge",
    load_kg=0.0,
    start_s=0.0,
    bottom_s=3.0,
    end_s=6.0,
    lowering_s=2.5,
    rest_before_s=NAN,
    hinge_angle_deg=70.0,
    verdict="held",
    verdict_reason="",
    contact_lost="",
    flexion_peak_deg=0.0,
    extension_peak_deg=0.0,
    deviation_bottom_deg=0.0,
    lowering_peak_deg_s=60.0,
    rising_peak_deg_s=60.0,
    smoothness_lowering=-2.0,
    smoothness_rising=-2.0,
    calibration="rod",
    sync_ms=2.0,
    missing_pct=0.0,
)


@dataclass(frozen=True)
class Making:
    """How a study is made: of people of the model, whose rod is back on ``less_deg`` below where it left, and of who
    watches it, is late, misses a share of the losses, and presses in a share of the reps without one."""

    people: int = 20
    reps: int = 30
    made: MadePeople = field(default_factory=MadePeople)
    less_deg: float = 2.0
    delay_s: float = 0.0
    delay_sd_s: float = 0.07
    by: str = "switch"
    misses: float = 0.0
    false: float = 0.0


def smooth(share: FloatArray) -> FloatArray:
    """From 0 to 1 without a jerk."""
    part = np.clip(share, 0.0, 1.0)
    return part**3 * (10.0 - 15.0 * part + 6.0 * part**2)


def made_study(seed: int, making: Making) -> list[Observed]:
    """One session of each person."""
    rng = np.random.default_rng(seed)
    reps = made_reps(rng, making.people, making.reps, making.made)
    return [_session(rng, making, reps, person) for person in range(making.people)]


def _session(rng: np.random.Generator, making: Making, made: MadeReps, place: int) -> Observed:
    person = f"p{place:03d}"
    reps: list[SeenRep] = []
    moments: list[Moment] = []
    spans: list[Span] = []
    for number in range(making.reps):
        start_s = 5.0 + 8.0 * number
        lost_deg = float(made.off_deg[place, number])
        curve = _Curve(rng, float(made.true_deg[place, number]), start_s)
        reps.append(_rep(curve, person, number, float(made.measured_deg[place, number])))
        span = curve.above(lost_deg, lost_deg - making.less_deg)
        if span is None and making.false and rng.uniform() < making.false:
            span = (curve.start_s + curve.top_s - FALSE_S, curve.start_s + curve.top_s)
        elif making.misses and rng.uniform() < making.misses:
            span = None
        if span is not None:
            late = np.maximum(rng.normal(making.delay_s, making.delay_sd_s, 2), 0.08) if making.delay_s else np.zeros(2)
            told = (span[0] + late[0], span[1] + late[1])
            spans.append(Span(*told, making.by, making.delay_s > 0))
            moments += [
                Moment("sacrum", off, making.by, making.delay_s > 0, person, person, curve.around(at_s))
                for off, at_s in zip((True, False), told, strict=True)
            ]
    whole = Span(0.0, 20.0 + 8.0 * making.reps, making.by, making.delay_s > 0)
    truth = Truth(dict.fromkeys(CONTACTS, (whole,)), {"sacrum": tuple(spans), "upper_back": (), "head": ()}, ())
    return Observed(person, person, truth, tuple(reps), tuple(moments))


class _Curve:
    """The deviation over one rep."""

    def __init__(self, rng: np.random.Generator, peak_deg: float, start_s: float) -> None:
        self.start_s, self.peak_deg = start_s, peak_deg
        self.lowering_s, self.rising_s = 2.5 * np.exp(rng.normal(0.0, 0.15)), 1.8 * np.exp(rng.normal(0.0, 0.15))
        self.top_s = self.lowering_s + 0.5
        self.end_s = start_s + self.top_s + self.rising_s

    def at(self, time_s: FloatArray) -> FloatArray:
        since = np.asarray(time_s) - self.start_s
        up, down = smooth(since / self.lowering_s), smooth((since - self.top_s) / self.rising_s)
        return self.peak_deg * (up - down)

    def around(self, at_s: float) -> FloatArray:
        return self.at(at_s - BEFORE_S + np.arange(round((BEFORE_S + AFTER_S) * GRID_HZ)) / GRID_HZ)

    def above(self, on_deg: float, off_deg: float) -> tuple[float, float] | None:
        """From when it passes the one to when it falls below the other, where that lasts."""
        time_s = self.start_s + np.arange(0.0, self.end_s - self.start_s, 0.002)
        values = self.at(time_s)
        over = np.flatnonzero(values > on_deg)
        if not len(over):
            return None
        back = over[-1] + np.flatnonzero(values[over[-1] :] < off_deg)
        end_s = float(time_s[back[0]]) if len(back) else self.end_s
        return (float(time_s[over[0]]), end_s) if end_s - time_s[over[0]] >= HOLD_S else None


def _rep(curve: _Curve, person: str, number: int, measured_deg: float) -> SeenRep:
    told = measured_deg > LIMIT_DEG
    share = np.arange(0.0, 1.0, 0.002)
    reached = np.flatnonzero(measured_deg * smooth(share) > LIMIT_DEG)
    told_s = {"sacrum": curve.start_s + float(share[reached[0]]) * curve.lowering_s + HOLD_S} if told else {}
    row = replace(
        REP,
        rep=number + 1,
        set=number // 10 + 1,
        start_s=curve.start_s,
        bottom_s=curve.start_s + curve.top_s,
        end_s=curve.end_s,
        lowering_s=curve.lowering_s,
        verdict="lost" if told else "held",
        flexion_peak_deg=max(measured_deg, 0.0),
    )
    peaks = {"sacrum": measured_deg, "upper_back": -measured_deg, "head": NAN}
    limits = {"sacrum": LIMIT_DEG, "upper_back": 12.0, "head": 12.0}
    return SeenRep(person, person, row.drill, False, False, row, peaks, limits, told_s, {})
