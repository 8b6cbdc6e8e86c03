"""``dowel report --html``: one file with everything in it, for a screen, a phone or paper. It needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from markupsafe import Markup

from dowel.analysis.contact.limits import GAP_SACRUM_MM_PER_DEG, GAP_UPPER_BACK_MM_PER_DEG, Limits
from dowel.analysis.events import as_dict
from dowel.recordings.types import MarkKind
from dowel.reports.findings import Advice, advice_of, drift_words, not_judged_sentence, tap_sentence, verdict_sentence
from dowel.reports.groups import RepGroup, groups_of
from dowel.reports.head import HeadLine, about, head_lines, legend_of
from dowel.reports.look import stylesheet, template
from dowel.reports.moment import Moment, worst_moment
from dowel.reports.pictures import lifter_svg, set_plot_svg
from dowel.reports.tables import REP_TABLE, SET_TABLE, Row, TableColumn, shown
from dowel.session.results import SessionResults
from dowel.settings.version import program_version
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER, clock, done_with, known, number, signed, words

VERDICTS: Final = ("held", "warned", "lost", "not_judged")
_OF_CALIBRATION: Final = ("calibration", "limits", "height", "not sensed")
"""Lines of the head that say how it was measured; the others say what is wrong with the data."""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table: its columns, and for each row the texts of its cells and its verdict (empty where it has none)."""

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """One set on the page: ``facts`` are name and text, ``moment`` says what the picture shows."""

    anchor: str
    title: str
    sentence: str
    unjudged: str
    facts: tuple[tuple[str, str], ...]
    plot: Markup
    lifter: Markup | None
    moment: str
    advice: str
    table: TableView | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session on the page."""

    anchor: str
    name: str
    about: tuple[str, ...]
    sentence: str
    unjudged: str
    tally: tuple[tuple[str, str, int], ...]
    advice: tuple[Advice, ...]
    sets: TableView | None
    groups: tuple[GroupView, ...]
    calibration: tuple[HeadLine, ...]
    basis: tuple[str, ...]
    data: tuple[HeadLine, ...]
    sensors: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    legend: tuple[tuple[str, str], ...]


def session_view(results: SessionResults, remarks: Iterable[str], number_on_page: int) -> SessionView:
    """What the page shows of a session. Raises ``InputError`` where the signals were not kept."""
    anchor = f"session-{number_on_page}"
    lines = list(head_lines(results, remarks))
    reps = [row for row in results.rep_rows if row.kind == "rep"]
    counts = [(verdict, words(verdict), sum(row.verdict == verdict for row in reps)) for verdict in VERDICTS]
    return SessionView(
        anchor=anchor,
        name=plain(results.path.stem),
        about=tuple(about(results)),
        sentence=" ".join(filter(None, (verdict_sentence(results.rep_rows), tap_sentence(results.rep_rows)))),
        unjudged=not_judged_sentence(results.rep_rows),
        tally=tuple(each for each in counts if each[2]),
        advice=tuple(advice_of(results)),
        sets=table_view(SET_TABLE, results.set_dicts()) if len(results.set_rows) > 1 else None,
        groups=tuple(_group_view(results, group, anchor) for group in groups_of(results)),
        calibration=tuple(line for line in lines if line.name in _OF_CALIBRATION),
        basis=tuple(_basis(results)),
        data=tuple(line for line in lines if line.name not in _OF_CALIBRATION),
        sensors=tuple(_sensors(results)),
        notes=tuple(
            (clock(mark.start_s), plain(mark.detail.get("text", "without words")))
            for mark in results.marks
            if mark.kind is MarkKind.NOTE
        ),
        legend=legend_of(results, wide=True),
    )


def html_page(sessions: Sequence[SessionView]) -> str:
    """The page of these sessions."""
    return template("page.html").render(
        sessions=sessions,
        title=", ".join(session.name for session in sessions),
        css=stylesheet(),
        disclaimer=DISCLAIMER.splitlines(),
        legend=tuple(dict.fromkeys(each for session in sessions for each in session.legend)),
        version=program_version(),
    )


# ---------------------------------------------------------------------------------------------------------------- sets


def _group_view(results: SessionResults, group: RepGroup, anchor: str) -> GroupView:
    name = f"{anchor}-set-{group.number or 'none'}"
    moment = worst_moment(results, group.rows)
    return GroupView(
        anchor=name,
        title=_title(group),
        sentence=" ".join(filter(None, (verdict_sentence(group.rows), tap_sentence(group.rows)))),
        unjudged=not_judged_sentence(group.rows),
        facts=tuple((title, text) for title, text in _facts(results, group) if text),
        plot=Markup(set_plot_svg(results, group, name)),
        lifter=Markup(lifter_svg(moment)) if moment else None,
        moment=_moment_words(moment) if moment else "",
        advice=plain(group.summary.advice) if group.summary else "",
        table=table_view(REP_TABLE, [as_dict(row) for row in group.rows]) if group.rows else None,
    )


def _title(group: RepGroup) -> str:
    if not group.rows:
        return "The whole session"
    name = "Outside sets" if group.number is None else f"Set {group.number}"
    return " · ".join([name, *done_with(as_dict(group.rows[0]))])


def _facts(results: SessionResults, group: RepGroup) -> Iterator[tuple[str, str]]:
    """Tempo, depth and drift of a set in words; an empty text where it cannot be told."""
    reps = [row for row in group.rows if row.kind == "rep"] or list(group.rows)
    if not reps:
        return
    tempo = [
        _median(row.lowering_s for row in reps),
        _median(row.pause_s for row in reps),
        _median(row.rising_s for row in reps),
    ]
    yield "Tempo", f"{'-'.join(tempo)} s down, pause, up (medians)" if all(tempo) else ""
    depths = [row.hinge_angle_deg for row in reps if known(row.hinge_angle_deg)]
    yield "Depth", f"hinge of {min(depths):.0f}° to {max(depths):.0f}°" if depths else ""
    summary = group.summary
    if summary is not None and known(summary.drift_deg) and results.setting.drill.rounds:
        yield "Drift", f"{signed(summary.drift_deg)}° from the first rep to the last: {drift_words(summary)}"
    half = sum(row.kind == "half" for row in group.rows)
    yield "Half reps", str(half or "")


def _median(values: Iterable[float]) -> str:
    measured = [value for value in values if known(value)]
    return number(median(measured), 1) if measured else ""


def _moment_words(moment: Moment) -> str:
    """What the picture of the worst moment shows."""
    row, point = moment.row, words(moment.direction.point)
    which = f"Rep {row.rep}" if row.rep is not None else words(row.kind).capitalize()
    at = f" at a hinge of {moment.hinge_deg:.0f}°" if known(moment.hinge_deg) else ""
    peak = f"{words(moment.direction.reason)} by {abs(moment.deviation_deg):.1f}°"
    if moment.direction.point == "floor":
        kept = {"held": "The low back stayed down", "warned": "It was nearly lost"}.get(row.verdict, "It came off")
        return f"{which}, {clock(moment.time_s)}: {peak}. {kept}. The hollow is drawn three times as deep as it is."
    if row.verdict == "held":
        return f"{which}, {clock(moment.time_s)}: the largest deviation of the set, {peak}{at}. Contact was kept."
    kept = "contact was lost" if row.verdict == "lost" else "contact was nearly lost"
    return (
        f"{which}, {clock(moment.time_s)}: {peak}{at}. That is {moment.gap_mm:.0f} mm between rod and {point}; {kept}."
    )


def table_view(columns: Sequence[TableColumn], rows: Sequence[Row]) -> TableView:
    """A table of the columns that have something to say of these rows."""
    used = shown(columns, rows)
    return TableView(
        tuple(used),
        tuple((tuple(column.text(row) for column in used), str(row.get("verdict", ""))) for row in rows),
    )


# -------------------------------------------------------------------------------------------------- how it was measured


def _basis(results: SessionResults) -> Iterator[str]:
    """What the limits rest on: each that was in force, turned into millimetres, and what stands behind them all."""
    if results.stance.telling.contact == "floor":
        yield (
            "How far a pelvis may tip before the low back leaves the floor nobody has measured with such sensors. The "
            "limits are three quarters of your own way from pressed flat to relaxed, within 5° and 9°; ribs and roll "
            "are judgement. They were tried on a model of a lifter, not yet in a study."
        )
        return
    in_force: dict[Limits, float | None] = {}
    for row in results.rep_rows:
        calibration, limits = results.calibration_at(row), results.limits_at(row)
        if calibration is not None and row.verdict != "not_judged":
            in_force[limits] = calibration.lever_m
    for limits, lever_m in in_force.items():
        per_deg = GAP_SACRUM_MM_PER_DEG if lever_m is None else lever_m * 1000.0 * 3.141592653589793 / 180.0
        whose = "for an average back" if lever_m is None else "measured on your own back with the block"
        yield (
            f"Rounding by {limits.lost_deg:.3g}° means about {limits.lost_deg * per_deg:.0f} mm between rod and sacrum "
            f"({per_deg:.1f} mm per degree, {whose}); arching by {limits.arching_lost_deg:.3g}° about "
            f"{limits.arching_lost_deg * GAP_UPPER_BACK_MM_PER_DEG:.0f} mm between rod and upper back."
        )
    yield (
        "Nobody has published how many degrees a rod forgives. The limits come from the geometry of rod and back, and "
        "from how well sensors on skin can measure. They were tried on a model of a lifter and on recordings of other "
        "people, not yet in a study."
    )


def _sensors(results: SessionResults) -> Iterator[tuple[str, str]]:
    for sensor in results.sensors:
        rate_hz = sensor.measured_rate_hz or sensor.asked_rate_hz
        told = [
            plain(sensor.name),
            plain(sensor.driver),
            f"{rate_hz:.0f} Hz" if isinstance(rate_hz, int | float) else "",
        ]
        yield words(sensor.placement), ", ".join(part for part in told if part)
