"""What is said of a study: the words and tables that terminal and page share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from dowel.agreement.between_places import Pooled
from dowel.agreement.contact_figures import ContactFigures
from dowel.agreement.intervals import Estimate
from dowel.agreement.observations import ANY
from dowel.agreement.study import Agreement, LossDeviation
from dowel.agreement.supported_limits import SupportedLimit
from dowel.reports.tables import TableColumn
from dowel.text.sanitise import plain
from dowel.text.wording import counted, joined, words

Row = Mapping[str, Any]

KINDS: Final = {"all": "", "place": "place", "person": "person", "drill": "drill", "tempo": "tempo", "load": "load"}
CHANCE: Final = ((0.2, "hardly better than chance"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
"""Landis and Koch's words for kappa, up to each value; beyond, almost perfect (sources#kappa)."""
FOR_HALF: Final = 4
"""Of fewer there is nothing to say where half of them lie (sources#least-reps)."""
MEANING: Final = (
    "Sensitivity: of the reps in which the rod truly left the back, the share in which Dowel said so. Specificity: of "
    "those in which it stayed, the share in which Dowel said nothing. Kappa: agreement beyond chance, from 0 to 1. "
    "ROC area: how often a rep with a loss shows the larger deviation, whatever the limit; 0.5 is chance.",
    "It says how well Dowel tells what a rod would tell, on these people, in these drills. It does not say that a back "
    "which stays on the rod is safe, or that one which leaves it is in danger.",
)


def rod_words(study: Agreement) -> str:
    """What the verdicts were held against."""
    if not study.simulated:
        return "a real rod"
    if study.simulated < study.sessions:
        return f"a real rod and, in {study.simulated} of {study.sessions} sessions, a simulated one"
    return "a simulated rod"


def headline(study: Agreement) -> str:
    """The study in a sentence."""
    overall = _overall(study)
    if overall is None:
        return "Nothing can be compared."
    parts = [
        f"told {overall.hits} of {counted(overall.off, 'rep')} with a true loss" if overall.off else "no true loss",
        f"{overall.told - overall.hits} of {counted(overall.reps - overall.off, 'kept rep')} told without need"
        if overall.reps > overall.off
        else "no kept rep",
    ]
    where = "" if overall.contact == ANY else f" at the {words(overall.contact)}"
    return f"Against {rod_words(study)}{where}, over {counted(overall.reps, 'judged rep')}: {', '.join(parts)}."


def _overall(study: Agreement) -> ContactFigures | None:
    """Whatever contact was lost; where not all were watched the one that was seen lost most often."""
    contacts = study.groups[0].contacts
    either = [each for each in contacts if each.contact == ANY]
    return max(either or contacts, key=lambda each: each.off, default=None)


def about(study: Agreement) -> str:
    """What the study rests on."""
    parts = [
        "1 person" if study.people == 1 else f"{study.people} people",
        counted(study.sessions, "session"),
        f"{study.watched_s / 60:.0f} min watched",
        counted(study.reps, "watched rep"),
    ]
    if study.not_judged:
        parts.append(f"{study.not_judged} of them not judged, and left out below")
    if study.not_watched:
        parts.append(f"{counted(study.not_watched, 'rep')} that nobody watched from start to end")
    return " · ".join(parts)


def interval_words(study: Agreement) -> str:
    """What the intervals mean."""
    return f"Intervals hold 95 % of the time, drawn over {study.drawn}. An empty one: too few for it."


def percent(share: Estimate) -> str:
    """A share with its interval: ``92 (86 to 96)``."""
    return _with_interval(share, lambda value: f"{100 * value:.0f}")


def plain_figure(value: Estimate) -> str:
    """A figure with its interval: ``0.90 (0.86 to 0.93)``."""
    return _with_interval(value, lambda each: f"{each:.2f}")


def degrees(value: Estimate) -> str:
    """An angle with its interval."""
    return _with_interval(value, lambda each: f"{each:.1f}")


def _with_interval(value: Estimate, text: Any) -> str:
    if np.isnan(value.value):
        return ""
    if np.isnan(value.low):
        return str(text(value.value))
    return f"{text(value.value)} ({text(value.low)} to {text(value.high)})"


def kappa_words(value: Estimate) -> str:
    """Kappa as a word; empty where it is not known."""
    if np.isnan(value.value):
        return ""
    if np.isnan(value.low):
        return "too few to say"
    return next((word for up_to, word in CHANCE if value.value <= up_to), "almost perfect")


def contact_words(contact: str) -> str:
    """A contact as a person reads it."""
    return "any point" if contact == ANY else words(contact)


FIGURES_TABLE: Final = (
    TableColumn("contact", lambda row: contact_words(row["figures"].contact), is_words=True),
    TableColumn("reps", lambda row: str(row["figures"].reps)),
    TableColumn("lost", lambda row: str(row["figures"].off)),
    TableColumn("told", lambda row: str(row["figures"].told)),
    TableColumn("sensitivity", lambda row: percent(row["figures"].sensitivity), unit="%"),
    TableColumn("specificity", lambda row: percent(row["figures"].specificity), unit="%"),
    TableColumn("kappa", lambda row: plain_figure(row["figures"].kappa)),
    TableColumn("ROC area", lambda row: plain_figure(row["figures"].roc_area)),
    TableColumn("told later by", lambda row: _lag(row["figures"])),
)
"""One row per contact; ``figures`` are a :class:`ContactFigures`."""


def _lag(figures: ContactFigures) -> str:
    low, middle, high = figures.lag_s
    if np.isnan(middle):
        return ""
    interval = f" ({low:+.2f} to {high:+.2f})" if figures.hits >= FOR_HALF else ""
    return f"{middle:+.2f} s{interval}"


GROUPS_TABLE: Final = (
    TableColumn("reps of", lambda row: _group(row), is_words=True),
    *FIGURES_TABLE[:6],
)
"""One row per group and contact: persons, drills, tempos, loads."""


def _group(row: Row) -> str:
    name = plain(words(row["name"]) if row["kind"] == "drill" else row["name"])
    return f"{KINDS[row['kind']]} {name}" if row["kind"] in ("place", "person", "drill") else name


PLACES_TABLE: Final = (
    TableColumn("contact", lambda row: contact_words(row["differ"].contact), is_words=True),
    TableColumn("figure", lambda row: words(row["differ"].figure).replace("roc", "ROC"), is_words=True),
    TableColumn("places", lambda row: str(row["differ"].places)),
    TableColumn("they found", lambda row: "{:.2f} to {:.2f}".format(*row["differ"].found)),
    TableColumn("together", lambda row: _pooled(row["differ"].pooled)),
    TableColumn("a further place", lambda row: _further_place(row["differ"].pooled)),
    TableColumn("not by chance", lambda row: _not_by_chance(row["differ"].pooled)),
)
"""One row per contact and figure; ``differ`` is a :class:`PlacesDiffer`."""


def _pooled(pooled: Pooled) -> str:
    return plain_figure(Estimate(pooled.value, pooled.low, pooled.high))


def _further_place(pooled: Pooled) -> str:
    return "" if np.isnan(pooled.next_low) else f"{pooled.next_low:.2f} to {pooled.next_high:.2f}"


def _not_by_chance(pooled: Pooled) -> str:
    p = "p < 0.01" if pooled.p < 0.01 else f"p {pooled.p:.2f}"
    return f"{100 * pooled.i2:.0f} % ({p})"


PLACES_MEAN: Final = (
    "Together: the mean over places, which counts each as one of many there could be. A further place: where its "
    "figure would lie 95 times in 100. Not by chance: how much of what places differ by is more than their few people "
    "explain (I², with p of Cochran's Q); with few places that is hardly known itself."
)


LIMITS_TABLE: Final = (
    TableColumn("contact", lambda row: contact_words(row["limit"].contact), is_words=True),
    TableColumn("whose", lambda row: plain(row["limit"].person) or "everybody", is_words=True),
    TableColumn("limit", lambda row: degrees(row["limit"].limit_deg), unit="°"),
    TableColumn("in force", lambda row: _in_force(row["limit"]), unit="°"),
    TableColumn("reps", lambda row: str(row["limit"].reps)),
    TableColumn("lost", lambda row: str(row["limit"].off)),
    TableColumn("sensitivity", lambda row: _share(row["limit"].sensitivity), unit="% on others"),
    TableColumn("specificity", lambda row: _share(row["limit"].specificity), unit="% on others"),
)
"""One row per limit that the data support; ``limit`` is a :class:`SupportedLimit`."""


def _in_force(limit: SupportedLimit) -> str:
    low, high = limit.in_force_deg
    return f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}"


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.0f}"


def loss_words(loss: LossDeviation) -> str:
    """At which deviation a contact was truly lost."""
    low, middle, high = loss.quartiles_deg
    times = len(loss.deviation_deg)
    half = f" (half of them between {low:.1f} and {high:.1f}°)" if times >= FOR_HALF else ""
    told = (
        f"The {words(loss.contact)} truly left the rod {counted(times, 'time')}, at {middle:.1f}°{half}; by the model "
        f"a gap of {loss.model_gap_mm:.0f} mm."
    )
    if np.isfinite(loss.mm_per_deg):
        told += f" By the gap at which the contacts open that is {loss.mm_per_deg:.1f} mm per degree."
    return told


def further(study: Agreement) -> Iterator[str]:
    """What else was found, a sentence each."""
    yield from (loss_words(each) for each in study.losses)
    for reaction in study.reactions:
        if np.isfinite(reaction.delay_s.value):
            late = _with_interval(reaction.delay_s, lambda value: f"{value:.2f}")
            who = plain(reaction.by).capitalize() or "The helper"
            yield f"{who} was {late} s late; all times are corrected for it."
    for lean in study.leans:
        found = lean.beyond_rod_deg
        yield (
            f"The {words(lean.segment)} leaned {found.bias:+.1f}° against the rod's own sensor at the bottom of "
            f"{counted(found.pairs, 'kept rep')}; 95 % of single reps lie between {found.low:+.1f} and "
            f"{found.high:+.1f}°."
        )
    for each in study.repeated:
        yield (
            f"{words(each.name)} repeats to {each.error:.1f}° between sessions of a person; a change of less than "
            f"{each.detectable:.1f}° is none ({counted(each.sessions, 'session')})."
        )


def lacking(study: Agreement) -> list[str]:
    """What is missing or odd: of the study, then for the limits of everybody, or of the one person."""
    limits = [each.lacking for each in study.limits if each.lacking and (study.people < 2 or not each.person)]
    return [plain(text) for text in (*study.problems, *limits)]


def figures_rows(study: Agreement) -> list[Row]:
    """The rows of ``FIGURES_TABLE``, over all reps."""
    return [{"figures": each} for each in study.groups[0].contacts]


def places_rows(study: Agreement) -> list[Row]:
    """The rows of ``PLACES_TABLE``."""
    return [{"differ": each} for each in study.places]


def groups_title(study: Agreement) -> str:
    """What ``GROUPS_TABLE`` goes by: the kinds of groups that there are."""
    overall = _overall(study)
    kinds = joined(list(dict.fromkeys(each.kind for each in study.groups[1:])))
    return f"By {kinds}: {contact_words(overall.contact if overall else ANY)}"


def groups_rows(study: Agreement) -> list[Row]:
    """The rows of ``GROUPS_TABLE``, of the contact of the headline."""
    overall = _overall(study)
    return [
        {"kind": group.kind, "name": group.name, "figures": figures}
        for group in study.groups[1:]
        for figures in group.contacts
        if overall is not None and figures.contact == overall.contact
    ]


def limits_rows(study: Agreement) -> list[Row]:
    """The rows of ``LIMITS_TABLE``: limits that there are."""
    return [{"limit": each} for each in study.limits if not each.lacking]
