"""The live view as lines of a terminal: exactly so wide, at most so high, and readable without colour.

What is most urgent is largest: count and contact are read from two metres away, the sensors' figures from the chair.
Every state has a sign and a word, so that colour only repeats what is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from dowel.analysis.contact.limits import FloorLimits, Limits
from dowel.display.actions import Action
from dowel.display.big_letters import BIG_ROWS, big, big_words
from dowel.display.sensor_health import RATE_TOLERANCE, SensorHealth
from dowel.display.view import Contact, Message, RepView, StepView, Told, View
from dowel.sensors.links import LinkState
from dowel.text.sanitise import plain
from dowel.text.signal_strength import LOW_BATTERY_PCT, battery_words, signal_words
from dowel.text.wording import VERDICT_STYLES

SCALE_DEG: Final = 20.0
"""The bar reaches so far either way: past the widest limit (18 deg), and a good rep still moves it."""

NARROW_COLUMNS: Final = 72
"""Below this width the sensors' figures are those that a person can act on."""
WIDE_COLUMNS: Final = 100
"""From this width on the sensors' own names are shown."""

STEP_ROWS: Final = 7
"""What a step of the calibration needs besides its title in large letters: its place, what to do, progress."""

MOST_STEP_LINES: Final = 5
"""What a set asks for next takes so many lines of 80 columns; a step of the calibration takes two."""

_MARGIN: Final = 2
_BETWEEN: Final = 5
"""Between two points of the rod."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The letters that pictures are made of."""

    held: str
    near: str
    lost: str
    unknown: str
    rule: str
    full: str
    empty: str
    news: str
    warn_mark: str
    lost_mark: str


UNICODE: Final = Glyphs("●", "▲", "✗", "▬", "─", "█", "─", "·", "╎", "┃")
ASCII: Final = Glyphs("o", "^", "X", "-", "-", "#", "-", ".", ":", "|")
"""For terminals that have no others."""

_BLUE, _YELLOW, _RED, _DIM = (VERDICT_STYLES[each] for each in ("held", "warned", "lost", "not_judged"))
VERDICT_GLYPHS: Final = {
    "held": ("held", _BLUE),
    "warned": ("near", _YELLOW),
    "lost": ("lost", _RED),
    "not_judged": ("unknown", _DIM),
}
"""Verdict: which glyph, which style."""
_CONTACTS: Final = {
    Contact.HELD: ("held", "held", _BLUE),
    Contact.NEAR: ("near", "near", _YELLOW),
    Contact.LOST: ("lost", "LOST", f"{_RED} reverse"),
    Contact.UNKNOWN: ("unknown", "not judged", _DIM),
    Contact.UNMEASURED: ("unknown", "not measured", _DIM),
}
_LINKS: Final = {
    LinkState.CONNECTING: ("unknown", _YELLOW),
    LinkState.STREAMING: ("held", _BLUE),
    LinkState.SILENT: ("near", _YELLOW),
    LinkState.LOST: ("lost", _RED),
    LinkState.STOPPED: ("unknown", _DIM),
}


def draw(view: View, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The view as at most ``height`` lines, none wider than ``width``; the keys stand in the last one.

    Where there is little room older messages go first, then older reps, then the big digits.
    """
    above = [_title(view, width), *_page(view.page, width), *_sensors(view.sensors, width, glyphs)]
    counting = view.reps > 0 or view.set_number is not None or bool(view.last)
    bar = [_rule(width, glyphs), *_contact(view, width, glyphs)] if view.limits or view.contacts else []
    keys = key_lines(view.actions, width)
    step = _step(view.step, width, height - len(above) - len(bar) - len(keys) - STEP_ROWS, glyphs)
    above += [_rule(width, glyphs), *step] if step else []
    room = height - len(above) - len(bar) - len(keys)
    messages = _messages(view.messages, room - (BIG_ROWS + 1 if counting else 0), width, glyphs)
    room -= len(messages)
    middle = [_rule(width, glyphs), *_reps(view, width, room - 1, glyphs)] if counting and room >= 2 else []
    lines = [*above, *middle, *bar]
    lines += [Text()] * (height - len(lines) - len(messages) - len(keys))
    lines = [*[*lines, *messages][: height - len(keys)], *keys]
    for line in lines:
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis" if glyphs is UNICODE else "crop")
    return lines


def minutes(seconds: float) -> str:
    """Minutes and seconds of something that lasts."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


# ------------------------------------------------------------------------------------------------------------- pieces


def _words(name: str) -> str:
    return plain(name).replace("_", " ")


def _rule(width: int, glyphs: Glyphs) -> Text:
    return Text(glyphs.rule * width, style=_DIM)


def _title(view: View, width: int) -> Text:
    left = "  " + "   ".join(part for part in (_words(view.drill), plain(view.person), plain(view.file)) if part)
    right = f"{minutes(view.elapsed_s)}  "
    line = Text(left, style="bold reverse", no_wrap=True)
    line.truncate(max(0, width - len(right) - 2), overflow="ellipsis", pad=True)
    line.append(f"  {right}")
    return line


def _cells(parts: Iterable[tuple[str, int, str]]) -> Text:
    """Texts side by side, each with its width (0: as it is) and style."""
    line = Text(" " * _MARGIN)
    for text, width, style in parts:
        cell = Text(text, style=style)
        if width:
            cell.truncate(width - 1, overflow="ellipsis", pad=True)
            cell.append(" ")
        line.append_text(cell)
    return line


def _page(address: str, width: int) -> list[Text]:
    """The live page's address, where there is room for all of it."""
    line = Text(f"{' ' * _MARGIN}page  {plain(address)}", style=_DIM)
    return [line] if address and line.cell_len <= width else []


def _sensors(sensors: Sequence[SensorHealth], width: int, glyphs: Glyphs) -> list[Text]:
    narrow, wide = width < NARROW_COLUMNS, width >= WIDE_COLUMNS
    widths = (12, 13, 0 if narrow else 12, 9, 0 if narrow else 18, 5, 8, 24 if wide else 0)
    names = ("sensor", "state", "rate, Hz", "battery", "signal", "gaps", "clock", "name")

    def row(cells: Sequence[tuple[str, str]]) -> Text:
        return _cells((text, room, style) for (text, style), room in zip(cells, widths, strict=True) if room)

    lines = [row([(name, _DIM) for name in names])] if sensors else []
    for sensor in sensors:
        glyph, style = _LINKS[sensor.state]
        lines.append(
            row(
                [
                    (_words(sensor.placement), "bold"),
                    (f"{getattr(glyphs, glyph)} {sensor.state}", style),
                    _rate(sensor),
                    (battery_words(sensor.battery_pct), _YELLOW if _is_low(sensor) else ""),
                    (signal_words(sensor.rssi_dbm), ""),
                    (str(sensor.gaps), _YELLOW if sensor.gaps else ""),
                    _clock(sensor),
                    (plain(sensor.name), _DIM),
                ]
            )
        )
    return lines


def _is_low(sensor: SensorHealth) -> bool:
    return sensor.battery_pct is not None and sensor.battery_pct < LOW_BATTERY_PCT


def _clock(sensor: SensorHealth) -> tuple[str, str]:
    if sensor.settling:
        return "settling", _YELLOW
    return "-" if sensor.clock_ms is None else f"{sensor.clock_ms:.0f} ms", ""


def _rate(sensor: SensorHealth) -> tuple[str, str]:
    if sensor.rate_hz is None:
        return "-", ""
    if sensor.rate_off is None:
        return f"{sensor.rate_hz:.1f}", ""
    off = abs(sensor.rate_off) > RATE_TOLERANCE
    return f"{sensor.rate_hz:.1f}/{sensor.asked_rate_hz:.0f}" + (" !" if off else ""), _YELLOW if off else ""


def _step(step: StepView | None, width: int, title_rows: int, glyphs: Glyphs) -> list[Text]:
    if step is None:
        return []
    place = f"{step.number} of {step.count}" if step.count else ""
    title = plain(step.title).upper()
    if step.count:  # somebody stands there and looks from afar
        rows = big_words(title, width - 2 * _MARGIN, title_rows, glyphs.full)
        lines = [Text(" " * _MARGIN + row, style="bold cyan") for row in rows]
        lines.append(Text(" " * _MARGIN + place, style=_DIM))
    else:
        lines = [Text(" " * _MARGIN).append(title, style="bold cyan")]
    lines += _wrapped(plain(step.say), width, "bold", MOST_STEP_LINES)
    if step.progress is not None:
        lines += [_progress(step.progress, width, glyphs)] * (2 if step.count else 1)
    if step.problem:
        lines += _wrapped(f"{glyphs.near} {plain(step.problem)}", width, _YELLOW)
    return lines


def _progress(share: float, width: int, glyphs: Glyphs) -> Text:
    share = min(max(share, 0.0), 1.0)
    room = max(4, min(50, width - 2 * _MARGIN - 6))
    full = round(share * room)
    line = Text(" " * _MARGIN)
    line.append(glyphs.full * full, style="cyan")
    line.append(glyphs.empty * (room - full), style=_DIM)
    line.append(f" {100 * share:3.0f} %")
    return line


def _wrapped(text: str, width: int, style: str, most_lines: int = 2) -> list[Text]:
    """A sentence in as few lines as it needs, ``most_lines`` at most."""
    room = max(8, width - 2 * _MARGIN)
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and cell_len(line) + 1 + cell_len(word) > room and len(lines) < most_lines - 1:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [Text(" " * _MARGIN + each, style=style) for each in [*lines, line]]


# --------------------------------------------------------------------------------------------------- counting, judging


def _reps(view: View, width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """The count at the left, large where there is room, and the last bends at its right, the latest on top."""
    set_words = f"set {view.set_number}" if view.set_number is not None else "no set"
    if view.load_kg:
        set_words += f", {view.load_kg:g} kg"
    if view.wall_cm is not None:
        set_words += f", {view.wall_cm:g} cm"
    if rows < BIG_ROWS:
        count = [Text.assemble("  ", (f"{view.reps}", "bold"), f" rep{'' if view.reps == 1 else 's'}, {set_words}")]
    else:
        count = [Text("  ").append(line, style="bold") for line in big(str(view.reps), glyphs.full)]
        count[0].append(f"  {set_words}", style="bold")
        count[1].append(f"  rep{'' if view.reps == 1 else 's'}", style=_DIM)
    left = max(26, max(line.cell_len for line in count) + 2)
    room = max(0, width - left)
    bends = [_bend(rep, room, glyphs) for rep in reversed(view.last)]
    lines = []
    for row in range(min(rows, max(len(count), len(bends)))):
        line = count[row].copy() if row < len(count) else Text()
        line.truncate(left, pad=True)
        lines.append(line.append_text(bends[row]) if row < len(bends) else line)
    return lines


def _bend(rep: RepView, width: int, glyphs: Glyphs) -> Text:
    glyph, style = VERDICT_GLYPHS.get(rep.verdict, ("unknown", _DIM))
    line = Text(f"{plain(rep.name):>4} ")
    line.append(f"{getattr(glyphs, glyph)} {_words(rep.verdict):<11}", style=style)
    line.append(", ".join(plain(told) for told in (rep.why, rep.tap, rep.movement) if told))
    line.truncate(width, overflow="ellipsis")
    return line


def _contact(view: View, width: int, glyphs: Glyphs) -> list[Text]:
    points: list[Text] = []
    for point, contact in view.contacts:
        glyph, word, style = _CONTACTS[contact]
        told = Text.assemble((f"{_words(point)} ", "bold"), (f"{getattr(glyphs, glyph)} {word}", style))
        if points and points[-1].cell_len + _BETWEEN + told.cell_len <= width:
            points[-1].append(" " * _BETWEEN).append_text(told)
        else:
            points.append(Text(" " * _MARGIN).append_text(told))
    return [*points, *_told(view.told, width), *_bar(view, width, glyphs)]


def _told(told: Told, width: int) -> list[Text]:
    """Why contact is as it is, and what to do about it."""
    sentence = ": ".join(plain(part) for part in (told.why, told.todo) if part)
    return _wrapped(sentence, width, "bold") if sentence else []


def _bar(view: View, width: int, glyphs: Glyphs) -> list[Text]:
    """Arching to the left, rounding to the right, a mark at each limit, filled from 0 to the value."""
    room = max(21, width - 2 * _MARGIN)

    def column(angle_deg: float) -> int:
        share = 0.5 * (min(max(angle_deg / SCALE_DEG, -1.0), 1.0) + 1.0)
        return round(share * (room - 1))

    marks = _marks(view.limits)
    letters = [glyphs.empty] * room
    styles = [_DIM] * room
    value = view.deviation_deg
    if value is not None:
        first, last = sorted((column(0.0), column(value)))
        letters[first : last + 1] = [glyphs.full] * (last + 1 - first)
        styles[first : last + 1] = [_value_style(value, view.limits)] * (last + 1 - first)
    for angle_deg, is_lost in marks:
        letters[column(angle_deg)] = glyphs.lost_mark if is_lost else glyphs.warn_mark
        styles[column(angle_deg)] = "bold"
    bar = Text(" " * _MARGIN)
    for letter, style in zip(letters, styles, strict=True):
        bar.append(letter, style=style)
    figures = [" "] * room
    for angle_deg in (0.0, *(angle for angle, _ in marks)):
        _put(figures, column(angle_deg), f"{abs(angle_deg):.0f}")
    _put(figures, 0, "arching", left=True)
    onward = "pressing" if isinstance(view.limits, FloorLimits) else "rounding"
    _put(figures, room - len(onward), onward, left=True)
    return [_value_line(value, view.limits), bar, Text(" " * _MARGIN + "".join(figures), style=_DIM)]


def _value_line(value_deg: float | None, limits: Limits | None) -> Text:
    text = "not known" if value_deg is None else f"{value_deg:+.1f}°"
    style = _DIM if value_deg is None else f"bold {_value_style(value_deg, limits)}"
    line = Text(" " * _MARGIN)
    line.append("deviation ", style=_DIM)
    line.append(text, style=style)
    return line


def _put(figures: list[str], column: int, text: str, *, left: bool = False) -> None:
    """Write a text centred at a column, unless something stands there."""
    first = column if left else column - len(text) // 2
    first = min(max(first, 0), len(figures) - len(text))
    if all(letter == " " for letter in figures[max(first - 1, 0) : first + len(text) + 1]):
        figures[first : first + len(text)] = text


def _marks(limits: Limits | None) -> list[tuple[float, bool]]:
    """Where the limits are, deg, and whether contact is lost there."""
    if limits is None:
        return []
    marks = [
        (limits.warn_deg, False),
        (limits.lost_deg, True),
        (-limits.arching_warn_deg, False),
        (-limits.arching_lost_deg, True),
    ]
    return [mark for mark in marks if math.isfinite(mark[0])]  # lying nobody can press too hard


def _value_style(value_deg: float, limits: Limits | None) -> str:
    if limits is None:
        return "default"
    arching = value_deg < 0
    if abs(value_deg) > (limits.arching_lost_deg if arching else limits.lost_deg):
        return "red"
    return "yellow" if abs(value_deg) > (limits.arching_warn_deg if arching else limits.warn_deg) else _BLUE


# --------------------------------------------------------------------------------------------------- messages and keys

MOST_MESSAGES: Final = 3


def _messages(messages: Sequence[Message], room: int, width: int, glyphs: Glyphs) -> list[Text]:
    """The latest messages, as many whole ones as there is room for, but always the latest."""
    lines: list[Text] = []
    for message in reversed(messages[-MOST_MESSAGES:]):
        sign, style = (glyphs.near, _YELLOW) if message.warning else (glyphs.news, _DIM)
        wrapped = _wrapped(f"{sign} {plain(message.text)}", width, style)
        if lines and len(lines) + len(wrapped) > room:
            break
        lines = [*wrapped, *lines]
    return lines


def key_lines(actions: Sequence[Action], width: int) -> list[Text]:
    """The keys with what they do, in as many lines as it takes."""
    lines: list[Text] = []
    for action in (each for each in actions if each.key):
        told = Text.assemble((f" {plain(action.key)} ", "reverse"), f" {plain(action.says)}  ")
        if not lines or lines[-1].cell_len + told.cell_len - 2 > width:
            lines.append(Text(" " * _MARGIN))
        lines[-1].append_text(told)
    for line in lines:
        line.rstrip()
    return lines
