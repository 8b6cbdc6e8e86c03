"""What happens in a session, line by line as it is told: counts, contact, rows, calibration steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from dowel.analysis.contact.given_limits import LimitsGiven
from dowel.analysis.contact.limits import FloorLimits
from dowel.analysis.events import (
    BendLeftOut,
    BendMeasured,
    Calibrated,
    CalibrationDoubted,
    ContactBack,
    ContactPassed,
    Event,
    RepCounted,
    RowRevised,
    RowVoided,
    RowWritten,
    SensorCameOff,
    SensorSilent,
    SensorSlipped,
    SetEnded,
    Spoken,
    StandChanged,
    StepRefused,
)
from dowel.analysis.rows import Rep, as_dict
from dowel.recordings.types import Mark, MarkKind
from dowel.text.sanitise import plain
from dowel.text.wording import (
    VERDICT_STYLES,
    clock,
    drill_words,
    given_words,
    left_out_words,
    limit,
    movement_words,
    notice_words,
    number,
    peak,
    rep_name,
    rules_words,
    silence_words,
    summary_words,
    tap_words,
    tempo,
    why,
    words,
)

_TAG_WIDTH: Final = 9
SILENT_MARKS: Final = (
    MarkKind.TICK,
    MarkKind.END,
    MarkKind.CALIBRATION,
    MarkKind.HEIGHT,
    MarkKind.FACT,
    MarkKind.UNDO,
)
"""Marks that tell a person nothing that is not told otherwise."""


def print_lines(out: Console, marks: Sequence[Mark], events: Sequence[Event], rows: Sequence[Rep] = ()) -> None:
    """Marks and events as lines, in the order of their time; ``rows`` are those written so far."""
    timed = [(mark.end_s, mark_line(mark)) for mark in marks]
    timed += [(event.time_s, event_line(event, _rows_of(event, rows))) for event in events]
    for time_s, line in sorted(timed, key=lambda each: each[0]):
        if line is not None:
            _print_line(out, time_s, line)


def _rows_of(event: Event, rows: Sequence[Rep]) -> Sequence[Rep]:
    return [row for row in rows if row.set == event.summary.set] if isinstance(event, SetEnded) else ()


def print_line_of(out: Console, time_s: float, tag: str, told: str) -> None:
    """A sentence that is neither mark nor event, as a line among them."""
    _print_line(out, time_s, _line(tag, plain(told)))


class Line(NamedTuple):
    """One line: a word that says what it is, and what is told."""

    tag: Text
    told: Text


def _print_line(out: Console, time_s: float, line: Line) -> None:
    """One line; on a terminal a long one goes on below its own text, in a pipe it stays one line."""
    head = Text.assemble((f"{clock(time_s):>8}  ", "dim"), line.tag)
    if not out.is_terminal:
        out.print(head.append_text(line.told), soft_wrap=True)
        return
    for part in line.told.wrap(out, max(out.width - len(head), 20)):
        part.rstrip()
        out.print(Text.assemble(head, part), soft_wrap=True)
        head = Text(" " * len(head))


def _line(tag: str, told: str | Text, style: str = "dim") -> Line:
    return Line(Text(f"{tag:<{_TAG_WIDTH}}", style), told if isinstance(told, Text) else Text(told))


def mark_line(mark: Mark) -> Line | None:
    """A mark in words; None where its effect is told instead."""
    if mark.kind is MarkKind.STEP_START:
        return _line("step", f"{words(str(mark.detail.get('step', 'calibration')))} begins")
    if mark.kind is MarkKind.STEP_END:
        return _line("step", f"{words(str(mark.detail.get('step', 'calibration')))} given up")
    if mark.kind is MarkKind.SET_START or mark.kind is MarkKind.SET:
        return _line("set", f"begins, {_amount(mark.detail['load_kg'])} kg" if "load_kg" in mark.detail else "begins")
    if mark.kind is MarkKind.SET_END:
        return None
    if mark.kind is MarkKind.LOAD:
        return _line("load", f"{_amount(mark.detail.get('load_kg', 0))} kg")
    if mark.kind is MarkKind.DRILL:
        told = drill_mark_words(mark.detail)
        return _line("drill", told) if told else None
    if mark.kind is MarkKind.RULES:
        return _line("rules", rules_words(mark.detail))
    if mark.kind is MarkKind.NOTE:
        return _line("note", plain(mark.detail.get("text", "without words")))
    if mark.kind in (MarkKind.LINK_LOST, MarkKind.LINK_BACK):
        where = words(str(mark.detail.get("placement", "sensor")))
        return _line("link", f"{where} {'lost' if mark.kind is MarkKind.LINK_LOST else 'is back'}", "yellow")
    if mark.kind is MarkKind.VERDICT:
        return _line("by eye", f"the bend at {clock(mark.start_s)}: {words(str(mark.detail.get('verdict', '')))}")
    if mark.kind in (MarkKind.REP, MarkKind.VOID):
        return _line("mark", "this bend is a rep" if mark.kind is MarkKind.REP else "this bend is taken back")
    return _line("step", f"{words(str(mark.kind))} done")


def drill_mark_words(detail: Mapping[str, Any]) -> str:
    """The drill, and what it is done with."""
    told = [drill_words(str(detail.get("drill", "")))]
    told += [f"{_amount(detail['wall_cm'])} cm from the wall"] if "wall_cm" in detail else []
    told += [f"lifted from {plain(detail['from'])}"] if "from" in detail else []
    told += [f"band: {plain(detail['band'])}"] if "band" in detail else []
    return ", ".join(told)


def _amount(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else plain(value)


def event_line(event: Event, rows: Sequence[Rep] = ()) -> Line | None:
    """An event in words; ``rows`` are those of its set. None for what is told otherwise: a measurement by its row."""
    match event:
        case RepCounted():
            return _line("count", str(event.number), "bold")
        case ContactPassed():
            text = f"{words(event.point)}, {words(event.reason)} {event.deviation_deg:+.0f}°"
            at = number(event.hinge_deg, 0)
            return _line(words(event.level), f"{text} at hinge {at}°" if at else text, VERDICT_STYLES[event.level])
        case Spoken():
            return _line("said", event.sentence, "yellow")
        case RowWritten():
            return _row_line("row", event.rep)
        case RowRevised():
            return _row_line("now", event.rep)
        case SetEnded():
            return _line("set over", f"set {event.summary.set}, {summary_words(event.summary, rows)}", "bold")
        case Calibrated():
            return _line("ready", ready_words(event), "green")
        case LimitsGiven():
            return _line("limits", given_words(event.given))
        case StepRefused():
            return _line("refused", notice_words(event), "yellow")
        case CalibrationDoubted():
            return _line("doubt", notice_words(event), "yellow")
        case SensorSlipped() | StandChanged():
            return _line("slip", notice_words(event), "yellow")
        case SensorCameOff():
            return _line("came off", notice_words(event), "bold red")
        case BendLeftOut():
            return _line("left out", f"a bend from {clock(event.start_s)} on: {left_out_words(event.reason)}", "yellow")
        case SensorSilent():
            return _line("no data", f"{words(event.placement)}, {silence_words(event.start_s, event.end_s)}", "yellow")
        case RowVoided():
            return _line("voided", f"the row at {clock(event.start_s)} is taken back")
        case BendMeasured() | ContactBack():
            return None


def ready_words(event: Calibrated) -> str:
    """What holds from here on, in short."""
    limits = event.limits
    if isinstance(limits, FloorLimits):
        return f"{words(event.calibration.name)} calibration: lost over {limit(limits.arching_lost_deg)} arching"
    return (
        f"{words(event.calibration.name)} calibration: lost over {limit(limits.lost_deg)} rounding or "
        f"{limit(limits.arching_lost_deg)} arching"
    )


def _row_line(name: str, rep: Rep) -> Line:
    row = as_dict(rep)
    verdict = str(row["verdict"])
    at_set = f"{row['set']}." if row["set"] is not None else ""
    line = Text(f"{at_set + rep_name(row):<6} ").append(f"{words(verdict):<11}", VERDICT_STYLES.get(verdict, ""))
    duration = f"{tempo(row)} s" if tempo(row) else f"{number(row['end_s'] - row['start_s'], 1)} s"
    peaked = f"peak {peak(row)}°" if peak(row) else ""
    rest = [why(row), peaked, duration, tap_words(row), movement_words(rep.movement), row["side"]]
    return _line(name, line.append(", ".join(part for part in rest if part)))
