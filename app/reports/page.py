"""``dowel report --html``: one file with everything in it, for a screen, a phone or paper. It needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from dowel.reports.curves import curves_of
from dowel.reports.groups import RepGroup, groups_of
from dowel.reports.letterhead import Letterhead
from dowel.reports.lifter_picture import lifter_svg
from dowel.reports.page_style import stylesheet, template
from dowel.reports.report import Report, SetReport, report_of, set_report
from dowel.reports.report_header import HeadLine
from dowel.reports.set_chart import chart_legend, set_chart
from dowel.reports.tables import REP_TABLE, SET_TABLE, TableView, table_view
from dowel.reports.worst_moment import Moment
from dowel.session.results import SessionResults
from dowel.settings.version import program_version
from dowel.text.wording import clock, known, words

_OF_CALIBRATION: Final = ("calibration", "limits", "height", "not sensed")
"""Lines of the head that say how it was measured; the others say what is wrong with the data."""


@dataclass(frozen=True, slots=True)
class SetView:
    """One set on the page: what is told of it, its pictures, and ``moment``, which says what the lifter's shows."""

    anchor: str
    report: SetReport
    legend: Markup
    plot: Markup
    lifter: Markup | None
    moment: str
    table: TableView | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session on the page: what is told of it, and the lines of its head where the page has them."""

    anchor: str
    report: Report
    calibration: tuple[HeadLine, ...]
    data: tuple[HeadLine, ...]
    sets: TableView | None
    groups: tuple[SetView, ...]


def session_view(results: SessionResults, number_on_page: int = 1, remarks: Iterable[str] = ()) -> SessionView:
    """A session as the page shows it, with remarks at the end of its head.

    Raises ``InputError`` where the signals were not kept.
    """
    report, anchor = report_of(results, remarks), f"session-{number_on_page}"
    return SessionView(
        anchor,
        report,
        calibration=tuple(line for line in report.head if line.name in _OF_CALIBRATION),
        data=tuple(line for line in report.head if line.name not in _OF_CALIBRATION),
        sets=table_view(SET_TABLE, report.sets) if len(report.sets) > 1 else None,
        groups=tuple(_set_view(results, group, anchor) for group in groups_of(results)),
    )


def html_page(sessions: Sequence[SessionView], letterhead: Letterhead | None = None) -> str:
    """The page of these sessions, under the letterhead of whoever hands it on."""
    return template("page.html").render(
        sessions=sessions,
        title=", ".join(session.report.name for session in sessions),
        css=stylesheet(),
        letterhead=letterhead,
        legend=tuple(dict.fromkeys(each for session in sessions for each in session.report.wide_legend)),
        version=program_version(),
    )


# ---------------------------------------------------------------------------------------------------------------- sets


def _set_view(results: SessionResults, group: RepGroup, anchor: str) -> SetView:
    """A set, of whose curves nothing is kept but what is drawn of them."""
    report, name = set_report(results, group), f"{anchor}-set-{group.number or 'none'}"
    curves = curves_of(results, group)
    return SetView(
        name,
        report,
        legend=Markup(chart_legend(curves)),
        plot=Markup(set_chart(curves, name)),
        lifter=Markup(lifter_svg(report.moment)) if report.moment else None,
        moment=_moment_words(report.moment) if report.moment else "",
        table=table_view(REP_TABLE, report.reps) if report.reps else None,
    )


def _moment_words(moment: Moment) -> str:
    """What the picture of the worst moment shows."""
    row, point = moment.row, words(moment.direction.point)
    which = f"Rep {row.rep}" if row.rep is not None else words(row.kind).capitalize()
    at = f" at a hinge of {moment.hinge_deg:.0f}°" if known(moment.hinge_deg) else ""
    peak = f"{words(moment.direction.reason)} by {abs(moment.deviation_deg):.1f}°"
    if moment.direction.point == "floor":
        kept = {"held": "The low back stayed down", "warned": "It came close to its limit"}.get(
            row.verdict, "It came off"
        )
        return f"{which}, {clock(moment.time_s)}: {peak}. {kept}. The hollow is drawn three times as deep as it is."
    if row.verdict == "held":
        return f"{which}, {clock(moment.time_s)}: the largest deviation of the set, {peak}{at}. Contact was kept."
    kept = "contact was lost" if row.verdict == "lost" else "contact came close to its limit"
    return (
        f"{which}, {clock(moment.time_s)}: {peak}{at}. That is {moment.gap_mm:.0f} mm between rod and {point}; {kept}."
    )
