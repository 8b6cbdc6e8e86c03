"""People of a model, who make reps with a rod: for planning a study, and for trying the statistics on known truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dowel.recordings.types import BoolArray, FloatArray


@dataclass(frozen=True)
class MadePeople:
    """What people are like, in degrees (sources#plan-of-a-study).

    Parameters
    ----------
    off_deg
        Where the rod leaves an average back (sources#contact-limits).
    off_sd_deg
        How that differs between people, and from rep to rep.
    error_deg
        How far the measured deviation is off (sd), by person and by rep.
    provoked
        The share of reps that are rounded on purpose, by 5 to 25 degrees; the others are neutral.
    """

    off_deg: float = 10.0
    off_sd_deg: tuple[float, float] = (1.5, 0.7)
    error_deg: tuple[float, float] = (0.7, 1.5)
    provoked: float = 0.5


@dataclass(frozen=True, slots=True)
class MadeReps:
    """The reps that were made, each array (people, reps).

    Parameters
    ----------
    true_deg, measured_deg
        The largest deviation, and what a program measures of it.
    off_deg
        Where the rod leaves the back in this rep.
    """

    true_deg: FloatArray
    measured_deg: FloatArray
    off_deg: FloatArray

    @property
    def off(self) -> BoolArray:
        """Whether the rod left the back."""
        return self.true_deg > self.off_deg


def made_reps(rng: np.random.Generator, people: int, reps: int, made: MadePeople | None = None) -> MadeReps:
    """Let people of the model make reps, neutral and provoked ones in an order of their own.

    Parameters
    ----------
    rng
        Draws.
    people, reps
        How many, and how many of each.
    made
        What they are like; usual ones without.
    """
    made = made or MadePeople()
    size = (people, reps)
    provoked = rng.permuted(np.broadcast_to(np.arange(reps) < made.provoked * reps, size), axis=1)
    true_deg = np.where(provoked, rng.uniform(5.0, 25.0, size), rng.normal(2.0, 2.0, size))
    (off_sd, off_rep_sd), (error, error_rep) = made.off_sd_deg, made.error_deg
    off_deg = made.off_deg + rng.normal(0.0, off_sd, (people, 1)) + rng.normal(0.0, off_rep_sd, size)
    error_deg = rng.normal(0.0, error, (people, 1)) + rng.normal(0.0, error_rep, size)
    return MadeReps(true_deg, true_deg + error_deg, off_deg)
