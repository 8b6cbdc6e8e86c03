"""``dowel validate --html``: the study as one file, in the look of the report. It needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dowel.agreement.contact_figures import ContactFigures
from dowel.agreement.plots import contact_plot, lean_plot
from dowel.agreement.roc import Roc
from dowel.agreement.study import Agreement
from dowel.agreement.wording import (
    FIGURES_TABLE,
    GROUPS_TABLE,
    LIMITS_TABLE,
    MEANING,
    PLACES_MEAN,
    PLACES_TABLE,
    about,
    contact_words,
    figures_rows,
    further,
    groups_rows,
    groups_title,
    headline,
    interval_words,
    kappa_words,
    lacking,
    limits_rows,
    places_rows,
    rod_words,
)
from dowel.reports.page_style import stylesheet, template
from dowel.reports.pictures import plot_svg
from dowel.reports.tables import Row, TableColumn, TableView, table_view
from dowel.settings.version import program_version
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER


@dataclass(frozen=True, slots=True)
class Confusion:
    """The four numbers of one contact: ``cells`` are told and not told, of lost reps, then of kept ones."""

    title: str
    cells: tuple[tuple[int, int], tuple[int, int]]
    agreement: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """The pictures of one contact."""

    title: str
    plot: Markup


def study_page(study: Agreement, left_out: Sequence[str]) -> str:
    """The page of a study.

    Parameters
    ----------
    study
        The study.
    left_out
        Sentences about sessions that could not be used.
    """
    return template("page.html", "dowel.agreement").render(
        rod=rod_words(study),
        headline=headline(study),
        about=about(study),
        css=stylesheet(),
        disclaimer=DISCLAIMER.splitlines(),
        figures=_table(FIGURES_TABLE, figures_rows(study)),
        confusions=[_confusion(each) for each in study.groups[0].contacts],
        contacts=[_contact(study, each) for each in study.roc],
        leans=_leans(study),
        groups=_table(GROUPS_TABLE, groups_rows(study)),
        groups_title=groups_title(study),
        places=_table(PLACES_TABLE, places_rows(study)),
        places_mean=PLACES_MEAN,
        limits=_table(LIMITS_TABLE, limits_rows(study)),
        rule=study.rule.words,
        further=list(further(study)),
        lacking=lacking(study),
        intervals=interval_words(study),
        meaning=MEANING,
        left_out=[plain(sentence) for sentence in left_out],
        version=program_version(),
    )


def _table(table: Sequence[TableColumn], rows: Sequence[Row]) -> TableView | None:
    return table_view(table, rows) if rows else None


def _confusion(figures: ContactFigures) -> Confusion:
    missed, false = figures.off - figures.hits, figures.told - figures.hits
    kept = figures.reps - figures.off
    return Confusion(
        contact_words(figures.contact).capitalize(),
        ((figures.hits, missed), (false, kept - false)),
        kappa_words(figures.kappa),
    )


def _leans(study: Agreement) -> Markup | None:
    if not study.leans:
        return None
    told = (
        "How much farther upper back and sacrum leaned than the rod, over the mean of both, with limits of agreement."
    )
    return Markup(plot_svg(lambda: lean_plot(study.leans), "leans", told))


def _contact(study: Agreement, roc: Roc) -> ContactView:
    of_contact = [each for each in study.limits if each.contact == roc.contact and not each.lacking]
    limit = of_contact[0] if of_contact else None
    title = contact_words(roc.contact).capitalize()
    told = f"{title}: deviations of {len(roc.kept_deg)} kept and {len(roc.off_deg)} lost reps, and the ROC curve."
    return ContactView(title, Markup(plot_svg(lambda: contact_plot(roc, limit), f"roc-{roc.contact}", told)))
