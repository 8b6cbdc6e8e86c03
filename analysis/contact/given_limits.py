"""Limits that a coach gives, or that a person's own reps with a rod support, in place of those of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dowel.analysis.contact.limits import FloorLimits, Limits
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.numbers import is_number

BASES: Final = ("coach", "personal", "given")
"""Somebody's judgement; evidence, which is then named; or what was given to one analysis (``dowel.analyse``)."""
HOLD_S: Final = (0.01, 2.0)
"""A grid point, and what no rep lasts beyond (sources#contact-hold)."""
GIVEN_DEG: Final = (3.0, 40.0)
"""Below, skin and chips alone pass the limit; beyond, no back gets (sources#given-limits)."""
POINTS: Final = ("rounding", "arching", "head")


@dataclass(frozen=True, slots=True)
class GivenLimits:
    """Where contact counts as lost, in degrees, by who gave it; None where the program's own limit stays.

    Parameters
    ----------
    basis
        ``coach``, ``personal`` or ``given``.
    rounding, arching, head
        The limits, as magnitudes.
    evidence
        What a personal limit rests on, in words.
    hold_s
        For how long a limit must be passed.
    """

    basis: str
    rounding: float | None = None
    arching: float | None = None
    head: float | None = None
    evidence: str = ""
    hold_s: float | None = None

    def instead_of(self, limits: Limits) -> Limits:
        """The limits that hold then.

        A warning stays at the same share of its limit. Where no rod was held the zero is as unsure as before, so a
        limit is as much wider as the program's own (sources#given-limits).

        Parameters
        ----------
        limits
            Those of the program. Of somebody who lies only the hold changes.
        """
        if self.hold_s is not None:
            limits = replace(limits, hold_points=max(round(self.hold_s * GRID_HZ), 1))
        if isinstance(limits, FloorLimits):
            return limits
        found = replace(limits, basis=self.basis, evidence=self.evidence)
        if self.rounding is not None:
            lost_deg = self.rounding + limits.wider_deg
            found = replace(found, lost_deg=lost_deg, warn_deg=lost_deg * limits.warn_deg / limits.lost_deg)
        if self.arching is not None:
            lost_deg = self.arching + limits.wider_deg
            share = limits.arching_warn_deg / limits.arching_lost_deg
            found = replace(found, arching_lost_deg=lost_deg, arching_warn_deg=lost_deg * share)
        if self.head is not None:
            share = limits.head_warn_deg / limits.head_lost_deg
            found = replace(found, head_lost_deg=self.head, head_warn_deg=self.head * share)
        return found

    def to_json(self) -> dict[str, Any]:
        """The detail of a ``limits`` mark."""
        detail = {name: getattr(self, name) for name in POINTS if getattr(self, name) is not None}
        held = {} if self.hold_s is None else {"hold_s": self.hold_s}
        return {"basis": self.basis, **detail, **({"evidence": self.evidence} if self.evidence else {}), **held}

    @classmethod
    def from_json(cls, detail: Mapping[str, Any]) -> GivenLimits | None:
        """The limits of a ``limits`` mark.

        Parameters
        ----------
        detail
            Of the mark.

        Returns
        -------
        GivenLimits or None
            None for an empty detail, after which the program's own hold again.

        Raises
        ------
        ValueError
            For what are no limits.
        """
        if not detail:
            return None
        basis, evidence = detail.get("basis"), detail.get("evidence", "")
        if basis not in BASES or not isinstance(evidence, str):
            raise ValueError(f"limits are given by one of {', '.join(BASES)}, not {basis!r}")
        rounding, arching, head = (_degrees(name, detail.get(name)) for name in POINTS)
        return cls(
            str(basis), rounding, arching, head, evidence, _within("the hold", "s", HOLD_S, detail.get("hold_s"))
        )


@dataclass(frozen=True, slots=True)
class LimitsGiven:
    """Other limits hold from here on.

    Parameters
    ----------
    time_s
        Session time.
    given
        What was given; None where the program's own hold again.
    """

    time_s: float
    given: GivenLimits | None


def _degrees(name: str, value: object) -> float | None:
    return _within(f"a limit of {name}", "degrees", GIVEN_DEG, value)


def _within(name: str, unit: str, least_and_most: tuple[float, float], value: object) -> float | None:
    if value is None:
        return None
    low, high = least_and_most
    if not is_number(value) or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low:g} to {high:g} {unit}, not {value!r}")
    return float(value)
