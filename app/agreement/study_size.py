"""How exact a study would be: many made ones of so many people and reps, and how far their figures spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.agreement.intervals import LEAST_CLUSTERS, share_interval
from dowel.agreement.made_people import made_reps
from dowel.agreement.supported_limits import LEAST_OFF, Rule, chosen_limit_deg
from dowel.recordings.types import FloatArray

STUDIES: Final = 300
SEED: Final = 0
LIMIT_DEG: Final = 10.0
"""Held against the deviation that is measured: the program's usual one (sources#contact-limits)."""


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
    made = made_reps(rng, people, reps)
    truth, told = made.off, made.measured_deg > LIMIT_DEG
    share = share_interval((truth & told).sum(axis=1).astype(float), truth.sum(axis=1).astype(float))
    kept = float((~told[~truth]).mean()) if (~truth).any() else float("nan")
    return share.value, kept, share.high - share.low, chosen_limit_deg(truth.ravel(), made.measured_deg.ravel(), Rule())


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
