"""The study for other programs: a table of figures as CSV, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from dowel.agreement.between_places import FIGURES, PlacesDiffer
from dowel.agreement.contact_figures import ContactFigures
from dowel.agreement.intervals import Estimate
from dowel.agreement.study import Agreement
from dowel.analysis.column_type import Column
from dowel.settings.version import program_version
from dowel.text.wording import words

AGREEMENT_COLUMNS: Final = (
    Column(
        "kind",
        "",
        None,
        "Which reps: all, those of one place, person, drill, tempo or load, or pooled, the mean over places.",
    ),
    Column("name", "", None, "Whose, or which."),
    Column("contact", "", None, "head, upper_back, sacrum, or any of them."),
    Column("reps", "", 0, "Reps that were judged, and watched from start to end."),
    Column("off", "", 0, "Of these, reps in which the contact was truly lost."),
    Column("told", "", 0, "Reps in which the program said so."),
    Column("hits", "", 0, "Reps in which both were so."),
    *(
        Column(f"{name}{end}", "", 4, f"{words}{meaning}")
        for name, words in (
            ("sensitivity", "Share of true losses that were told"),
            ("specificity", "Share of kept reps that were told as kept"),
            ("kappa", "Cohen's kappa"),
            ("roc_area", "Area under the ROC curve of the deviation"),
        )
        for end, meaning in (("", "."), ("_low", ", lower end of its 95 % interval."), ("_high", ", upper end."))
    ),
    Column("lag_s", "s", 3, "Median time from the true loss to when the program could tell it."),
    Column("program_version", "", None, "Version that made the row."),
    *(
        Column(f"{name}_{end}", "", 4, f"Of pooled, of the {words(name)}: {meaning}")
        for name in FIGURES
        for end, meaning in (
            ("i2", "share of the variance between places that is not chance (I2)."),
            ("q", "Cochran's Q."),
            ("between_sd", "sd between places, on the logit's scale."),
            ("next_low", "lower end of where a further place would lie 95 times in 100."),
            ("next_high", "upper end."),
        )
    ),
    Column("simulated_sessions", "", 0, "How many of all sessions are of the simulated lifter."),
)
"""``dowel validate --csv``: one row per group of reps and contact."""


def agreement_rows(study: Agreement) -> Iterator[Mapping[str, Any]]:
    """The rows of the table."""
    for group in study.groups:
        for figures in group.contacts:
            yield {"kind": group.kind, "name": group.name, **_row(figures), **_of_study(study)}
    for contact in dict.fromkeys(each.contact for each in study.places):
        of_contact = [each for each in study.places if each.contact == contact]
        pooled: dict[str, Any] = {
            "kind": "pooled",
            "name": f"{max(each.places for each in of_contact)} places",
            "contact": contact,
        }
        for each in of_contact:
            pooled |= _pooled_row(each)
        yield {**pooled, **_of_study(study)}


def _of_study(study: Agreement) -> dict[str, Any]:
    return {"program_version": program_version(), "simulated_sessions": study.simulated}


def _row(figures: ContactFigures) -> dict[str, Any]:
    row: dict[str, Any] = {
        "contact": str(figures.contact),
        "reps": figures.reps,
        "off": figures.off,
        "told": figures.told,
        "hits": figures.hits,
        "lag_s": figures.lag_s[1],
    }
    for name in FIGURES:
        estimate: Estimate = getattr(figures, name)
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row


def _pooled_row(differ: PlacesDiffer) -> dict[str, float]:
    pooled, name = differ.pooled, differ.figure
    row = {name: pooled.value, f"{name}_low": pooled.low, f"{name}_high": pooled.high}
    return row | {f"{name}_{end}": getattr(pooled, end) for end in ("i2", "q", "between_sd", "next_low", "next_high")}


def agreement_json(study: Agreement) -> str:
    """Everything that was found, as JSON; null for what is not known."""
    return json.dumps(_known({"program_version": program_version(), **asdict(study)}), indent=1) + "\n"


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _known(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value
