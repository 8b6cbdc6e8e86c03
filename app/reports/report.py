"""The report of a session as a value: computed once from its results, and then only formatted, by terminal and page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from dowel.analysis.contact.limits import GAP_UPPER_BACK_MM_PER_DEG, Limits, sacrum_mm_per_deg
from dowel.analysis.rows import Rep, as_dict
from dowel.recordings.types import MarkKind
from dowel.reports.by_eye import by_eye_sentence
from dowel.reports.findings import Advice, advice_of, drift_words, not_judged_sentence, tap_sentence, verdict_sentence
from dowel.reports.groups import RepGroup
from dowel.reports.report_header import HeadLine, about, head_lines, legend_of
from dowel.reports.tables import Row
from dowel.reports.worst_moment import Moment, worst_moment
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER, NO_PREDICTION, VERDICTS, clock, done_with, known, number, signed, words


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a session, from its rows and events alone.

    ``reps`` and ``sets`` are the tables' rows by column name, ``tally`` verdict, its word and the number of reps.
    ``meaning`` says what contact is, empty where there is no rep. ``by_eye`` says how a person's own verdicts agree,
    and is empty without any. ``disclaimer`` says what it is, and what the limits rest on at best; ``basis`` says what
    the limits rest on; ``sensors`` and ``notes`` are name or time and text; ``wide_legend`` belongs to tables with all
    columns.
    """

    name: str
    about: tuple[str, ...]
    head: tuple[HeadLine, ...]
    sentence: str
    unjudged: str
    meaning: str
    by_eye: str
    tally: tuple[tuple[str, str, int], ...]
    advice: tuple[Advice, ...]
    reps: tuple[Row, ...]
    sets: tuple[Row, ...]
    disclaimer: str
    basis: tuple[str, ...]
    sensors: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    legend: tuple[tuple[str, str], ...]
    wide_legend: tuple[tuple[str, str], ...]

    @property
    def verdict(self) -> str:
        """All of the verdict: how the reps went that were judged, and how many could not be."""
        return " ".join(filter(None, (self.sentence, self.unjudged)))


@dataclass(frozen=True, slots=True)
class SetReport:
    """What is told of one set, or of the bends outside sets, from its rows and its signals.

    ``facts`` are name and text; ``moment`` is the worst one, None where nothing was judged.
    """

    group: RepGroup
    title: str
    sentence: str
    unjudged: str
    facts: tuple[tuple[str, str], ...]
    advice: str
    reps: tuple[Row, ...]
    moment: Moment | None


def report_of(results: SessionResults, remarks: Iterable[str] = (), reps: Sequence[Row] | None = None) -> Report:
    """The report of a session.

    Parameters
    ----------
    results
        What its analysis gave.
    remarks
        Sentences that go to the end of its head.
    reps
        The rows of the rep table by column name, where they are others than the results' own (as they were heard).
    """
    rows = results.rep_rows
    told = tuple(results.rep_dicts() if reps is None else reps)
    counts = [(name, words(name), sum(row.kind == "rep" and row.verdict == name for row in rows)) for name in VERDICTS]
    return Report(
        name=plain(results.path.stem),
        about=tuple(about(results)),
        head=tuple(head_lines(results, remarks)),
        sentence=_sentence(rows),
        unjudged=not_judged_sentence(rows),
        meaning=results.stance.telling.meaning if rows else "",
        by_eye=by_eye_sentence(told),
        tally=tuple(each for each in counts if each[2]),
        advice=tuple(advice_of(results)),
        reps=told,
        sets=tuple(results.set_dicts()),
        disclaimer=_disclaimer(results),
        basis=tuple(_basis(results)),
        sensors=tuple(_sensors(results)),
        notes=tuple(
            (clock(mark.start_s), plain(mark.detail.get("text", "without words")))
            for mark in results.marks
            if mark.kind is MarkKind.NOTE
        ),
        legend=legend_of(results, wide=False),
        wide_legend=legend_of(results, wide=True),
    )


def _disclaimer(results: SessionResults) -> str:
    """What a report is; where the limits are from a person's own reps with a rod, from which."""
    personal = {limits.evidence for limits in map(results.limits_at, results.rep_rows) if limits.basis == "personal"}
    own = [f"{NO_PREDICTION}\nLimits from this person's own {plain(evidence)}." for evidence in sorted(personal)]
    return own[0] if own else DISCLAIMER


def set_report(results: SessionResults, group: RepGroup) -> SetReport:
    """What is told of a set; its signals must have been kept."""
    return SetReport(
        group,
        title=_title(group),
        sentence=_sentence(group.rows),
        unjudged=not_judged_sentence(group.rows),
        facts=tuple((title, text) for title, text in _facts(results, group) if text),
        advice=plain(group.summary.advice) if group.summary else "",
        reps=tuple(results.rep_dict(row) for row in group.rows),
        moment=worst_moment(results, group.rows),
    )


def _sentence(rows: Sequence[Rep]) -> str:
    return " ".join(filter(None, (verdict_sentence(rows), tap_sentence(rows))))


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
        chance = drift_words(summary, results.setting.rules)
        yield "Drift", f"{signed(summary.drift_deg)}° from the first rep to the last: {chance}"
    half = sum(row.kind == "half" for row in group.rows)
    yield "Half reps", str(half or "")


def _median(values: Iterable[float]) -> str:
    measured = [value for value in values if known(value)]
    return number(median(measured), 1) if measured else ""


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
        per_deg = sacrum_mm_per_deg(lever_m)
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
