"""The study for other programs: a table of figures as CSV, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from dowel.agreement.contact_figures import ContactFigures
from dowel.agreement.intervals import Estimate
from dowel.agreement.study import Agreement
from dowel.analysis.column_metadata import Column
from dowel.settings.version import program_version

_ESTIMATES: Final = ("sensitivity", "specificity", "kappa", "roc_area")
AGREEMENT_COLUMNS: Final = (
    Column("kind", "", None, "Which reps: all, or those of one person, drill, tempo or load."),
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
)
"""``dowel validate --csv``: one row per group of reps and contact."""


def agreement_rows(study: Agreement) -> Iterator[Mapping[str, Any]]:
    """The rows of the table."""
    for group in study.groups:
        for figures in group.contacts:
            yield {"kind": group.kind, "name": group.name, **_row(figures), "program_version": program_version()}


def _row(figures: ContactFigures) -> dict[str, Any]:
    row: dict[str, Any] = {
        "contact": str(figures.contact),
        "reps": figures.reps,
        "off": figures.off,
        "told": figures.told,
        "hits": figures.hits,
        "lag_s": figures.lag_s[1],
    }
    for name in _ESTIMATES:
        estimate: Estimate = getattr(figures, name)
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row


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
