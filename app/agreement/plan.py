"""How exact a study would be: many made ones of so many people and reps, and how far their figures spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.agreement.statistics import LEAST_CLUSTERS, share_interval
from dowel.agreement.supported_limits import LEAST_OFF, Rule, chosen_limit_deg
from dowel.recordings.types import BoolArray, FloatArray

STUDIES: Final = 300
SEED: Final = 0
OFF_DEG: Final = 10.0
"""Where the rod leaves an average back (sources#contact-limits)."""
OFF_SD_DEG: Final = (1.5, 0.7)
"""How that differs between people, and from rep to rep (sources#plan-of-a-study)."""
ERROR_DEG: Final = (0.7, 1.5)
"""How far the measured deviation is off, by person and by rep (sources#plan-of-a-study)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study of this size can be expected to tell.

    Parameters
    ----------
    people, reps
        Its size; half of each person's reps are provoked.
    sensitivity, specificity
        Middle of many such studies, and half of what 95 % of them spread over.
    interval
        Half the width of the interval that one such study would give for its sensitivity, typically.
    limit_deg
        The limit for everybody, and half of what 95 % of the studies spread over.
    """

    people: int
    reps: int
    sensitivity: tuple[float, float]
    specificity: tuple[float, float]
    interval: float
    limit_deg: tuple[float, float]


def plan_of(people: int, reps: int) -> Plan:
    """Make many studies of this size.

    Parameters
    ----------
    people, reps
        How many, and how many reps of each.

    Notes
    -----
    People of a model, as in sources#plan-of-a-study; nobody was measured yet.
    """
    rng = np.random.default_rng(SEED)
    found = [_study(rng, people, reps) for _ in range(STUDIES)]
    sensitivity, specificity, width, limit_deg = np.array(found).T
    interval = float(np.median(width)) / 2.0  # of few people there is none
    return Plan(people, reps, _spread(sensitivity), _spread(specificity), interval, _spread(limit_deg))


def _study(rng: np.random.Generator, people: int, reps: int) -> tuple[float, float, float, float]:
    """One made study: its sensitivity and specificity, the width of the former's interval, and its limit."""
    truth, measured = _reps(rng, people, reps)
    told = measured > OFF_DEG
    share = share_interval((truth & told).sum(axis=1).astype(float), truth.sum(axis=1).astype(float))
    kept = float((~told[~truth]).mean()) if (~truth).any() else float("nan")
    return share.value, kept, share.high - share.low, chosen_limit_deg(truth.ravel(), measured.ravel(), Rule())


def _reps(rng: np.random.Generator, people: int, reps: int) -> tuple[BoolArray, FloatArray]:
    """Whether the rod left the back, and the deviation that was measured (people, reps)."""
    size = (people, reps)
    provoked = np.arange(reps) < reps / 2
    true_deg = np.where(provoked, rng.uniform(5.0, 25.0, size), rng.normal(2.0, 2.0, size))
    off_deg = OFF_DEG + rng.normal(0.0, OFF_SD_DEG[0], (people, 1)) + rng.normal(0.0, OFF_SD_DEG[1], size)
    error_deg = rng.normal(0.0, ERROR_DEG[0], (people, 1)) + rng.normal(0.0, ERROR_DEG[1], size)
    return true_deg > off_deg, true_deg + error_deg


def _spread(values: FloatArray) -> tuple[float, float]:
    """The middle, and half of what 95 % spread over."""
    low, middle, high = np.nanquantile(values, [0.025, 0.5, 0.975])
    return float(middle), float(high - low) / 2.0


def plan_words(plan: Plan) -> Iterator[str]:
    """A plan in sentences.

    Parameters
    ----------
    plan
        The plan.
    """
    yield (
        f"{plan.people} people of {plan.reps} reps, half of them provoked, on {STUDIES} made studies of people of a "
        "model; nobody was measured yet."
    )
    for name, (middle, half) in (("Sensitivity", plan.sensitivity), ("Specificity", plan.specificity)):
        yield f"{name}: {100 * middle:.0f} %, and 95 of 100 such studies lie within {100 * half:.0f} of it."
    if np.isfinite(plan.interval):
        yield f"The interval of one study's sensitivity reaches about {100 * plan.interval:.0f} to either side."
    else:
        yield f"There would be no intervals over people: it takes {LEAST_CLUSTERS}."
    middle, half = plan.limit_deg
    yield f"The limit for everybody comes out at {middle:.1f}°, within {half:.1f}° in 95 of 100."
    if plan.reps < 2 * LEAST_OFF:
        yield f"A person's own limit takes {LEAST_OFF} reps with the contact lost and {LEAST_OFF} kept: more reps."
