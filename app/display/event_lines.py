"""What happens in a session, line by line as it is told: counts, contact, rows, calibration steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from dowel.analysis.contact.limits import FloorLimits
from dowel.analysis.events import (
    BendMeasured,
    Calibrated,
    ContactBack,
    ContactPassed,
    Event,
    Rep,
    RepCounted,
    RowStruck,
    RowWritten,
    SensorSlipped,
    SetEnded,
    SetSummary,
    Spoken,
    StepRefused,
    as_dict,
)
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import Mark, MarkKind
from dowel.reports.terminal import VERDICT_STYLES
from dowel.session.results import Followed, SessionResults, follow
from dowel.text.sanitise import plain
from dowel.text.wording import (
    clock,
    drill_words,
    limit,
    notice_words,
    number,
    off_words,
    peak,
    rep_name,
    tap_words,
    tempo,
    why,
    words,
)

NAMED_LOST: Final = 3
"""So many lost reps are named in a set's summary, the first ones: nobody remembers more of what is spoken."""

_TAG_WIDTH: Final = 9
SILENT_MARKS: Final = (MarkKind.TICK, MarkKind.END, MarkKind.CALIBRATION, MarkKind.HEIGHT)
"""Marks that tell a person nothing that is not told otherwise."""


@dataclass(frozen=True)
class Pace:
    """Holds a replay back to ``speed`` times the session's own time; infinite: not at all."""

    speed: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def follow(self, session: Session, results: SessionResults) -> Iterator[Followed]:
        """The session in slices, each when it is due; fills the results."""
        for wait_s, part in self.plan(session, results):
            if wait_s > 0:
                self.sleep(wait_s)
            yield part

    def plan(self, session: Session, results: SessionResults) -> Iterator[tuple[float, Followed]]:
        """The session in slices, each with how long it is still to wait for; fills the results.

        In its own time every notification is a slice of its own, so that a cue is as old as it was.
        """
        if math.isinf(self.speed):
            yield from ((0.0, part) for part in follow(session, results))
            return
        began_s, first_s = self.clock(), None
        for part in follow(session, results, notifications_per_slice=max(round(self.speed), 1)):
            first_s = part.now_s if first_s is None else first_s
            yield began_s + (part.now_s - first_s) / self.speed - self.clock(), part


def tell(
    out: Console,
    session: Session,
    results: SessionResults,
    pace: Pace,
    hear: Callable[[Followed], None] | None = None,
) -> None:
    """Print a session's marks and events in the order of their time, at its pace; fills the results.

    ``hear`` is told each slice before it is printed.
    """
    telling = Telling(out, session, results)
    for part in pace.follow(session, results):
        if hear is not None:
            hear(part)
        telling.tell(part)
    telling.end()


class Telling:
    """Prints what happens in a session that is followed slice by slice, marks where they belong among the events."""

    def __init__(self, out: Console, session: Session, results: SessionResults) -> None:
        self._out = out
        self._results = results
        self._marks = [mark for mark in session.marks if mark.kind not in SILENT_MARKS]

    def tell(self, part: Followed) -> None:
        """The next slice."""
        due = [mark for mark in self._marks if mark.end_s <= part.now_s]
        self._marks = self._marks[len(due) :]
        print_lines(self._out, due, part.events, self._results.rep_rows)

    def end(self) -> None:
        """The session is over: what stands behind its last sample."""
        print_lines(self._out, self._marks, [])


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
    if mark.kind is MarkKind.NOTE:
        return _line("note", plain(mark.detail.get("text", "without words")))
    if mark.kind in (MarkKind.LINK_LOST, MarkKind.LINK_BACK):
        where = words(str(mark.detail.get("placement", "sensor")))
        return _line("link", f"{where} {'lost' if mark.kind is MarkKind.LINK_LOST else 'is back'}", "yellow")
    if mark.kind in (MarkKind.REP, MarkKind.VOID):
        return _line("mark", "this bend is a rep" if mark.kind is MarkKind.REP else "this bend is struck")
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
            return _line(event.level, f"{text} at hinge {at}°" if at else text, VERDICT_STYLES[event.level])
        case Spoken():
            return _line("said", event.sentence, "yellow")
        case RowWritten():
            return _row_line(event)
        case SetEnded():
            return _line("set over", f"set {event.summary.set}, {summary_words(event.summary, rows)}", "bold")
        case Calibrated():
            return _line("ready", ready_words(event), "green")
        case StepRefused():
            return _line("refused", notice_words(event), "yellow")
        case SensorSlipped():
            return _line("slip", notice_words(event), "yellow")
        case RowStruck():
            return _line("struck", f"the row at {clock(event.start_s)} is taken back")
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


def _row_line(event: RowWritten) -> Line:
    row = as_dict(event.rep)
    verdict = str(row["verdict"])
    at_set = f"{row['set']}." if row["set"] is not None else ""
    line = Text(f"{at_set + rep_name(row):<6} ").append(f"{words(verdict):<11}", VERDICT_STYLES.get(verdict, ""))
    duration = f"{tempo(row)} s" if tempo(row) else f"{number(row['end_s'] - row['start_s'], 1)} s"
    peaked = f"peak {peak(row)}°" if peak(row) else ""
    rest = [why(row), peaked, duration, tap_words(row), row["movement"], row["side"]]
    return _line("row", line.append(", ".join(part for part in rest if part)))


def summary_words(summary: SetSummary, rows: Sequence[Rep] = ()) -> str:
    """A set in one sentence, to be shown or spoken: "6 reps, 5 held; rep 5: sacrum off at 52 degrees".

    ``rows`` are those of the set, as far as they are known; without them the lost ones are only counted.
    """
    lost = [row for row in rows if row.kind == "rep" and row.verdict == "lost"]
    verdicts = {
        "held": summary.held,
        "warned": summary.warned,
        "lost": summary.lost if len(lost) != summary.lost or len(lost) > NAMED_LOST else 0,
        "not judged": summary.not_judged,
        "half": summary.half,
    }
    told = [f"{summary.reps} rep{'' if summary.reps == 1 else 's'}"]
    told += [f"{count} {name}" for name, count in verdicts.items() if count]
    if summary.reps and not summary.held and summary.lost + summary.warned:
        told.insert(1, "none held")
    taps = [row.tap for row in rows if row.kind == "rep" and row.tap]
    told += [f"{taps.count('tapped')} tapped"] if taps else []
    return "; ".join([", ".join(told), *(_lost_words(row) for row in lost[:NAMED_LOST])])


def _lost_words(row: Rep) -> str:
    at = number(row.first_lost_hinge_deg, 0)
    where = off_words(row.contact_lost)
    return f"rep {row.rep}: {where} at {at} degrees" if at else f"rep {row.rep}: {where}"
