"""The limits that a person's own reps with a rod support, kept for their next sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dowel.agreement.study import NO_NAME, Agreement
from dowel.analysis.contact.given_limits import GIVEN_DEG, GivenLimits
from dowel.settings.person_limits import keep_limits
from dowel.text.wording import joined

POINT_OF: Final = {"sacrum": "rounding", "upper_back": "arching", "head": "head"}
"""What is limited at each contact."""


def kept_for_persons(study: Agreement) -> Iterator[str]:
    """Keep the limits of each person for whom there are any; a sentence on each.

    Parameters
    ----------
    study
        The study.
    """
    if study.simulated:
        yield "No limits were kept: there are simulated sessions among these."
        return
    persons: dict[str, dict[str, Any]] = {}
    for each in study.limits:
        if each.person in ("", NO_NAME) or each.lacking:
            continue
        limits = persons.setdefault(each.person, {"basis": "personal"})
        limits[POINT_OF[each.contact]] = min(max(round(each.limit_deg.value, 1), GIVEN_DEG[0]), GIVEN_DEG[1])
        limits.setdefault("evidence", f"{each.reps} reps with the rod, {each.off} of them off it")
    for person, limits in persons.items():
        given = GivenLimits.from_json(limits)
        assert given is not None
        path = keep_limits(person, given)
        told = [f"{name} {value:g}°" for name, value in limits.items() if isinstance(value, float)]
        yield f"Kept for {person}: {joined(told)} ({given.evidence}). {path}"
    if not persons:
        yield "No limits were kept: no person with a code has enough watched reps for any."
