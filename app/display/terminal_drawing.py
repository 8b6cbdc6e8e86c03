"""The live view as lines of a terminal: exactly so wide, at most so high, and readable without colour.

What is most urgent is largest: count and contact are read from two metres away, the sensors' figures from the chair.
Every state has a sign and a word, so that colour only repeats what is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, chop_cells
from rich.text import Text

from dowel.analysis.contact.limits import FloorLimits, Limits
from dowel.display.actions import Action
from dowel.display.big_letters import BIG_ROWS, big, big_words
from dowel.display.glyphs import BLUE, DIM, RED, UNICODE, VERDICT_GLYPHS, YELLOW, Glyphs
from dowel.display.sensor_lines import MARGIN, NARROW_COLUMNS, sensor_lines
from dowel.display.view import Contact, Message, RepView, StepView, Told, View
from dowel.text.sanitise import plain
from dowel.text.wording import words

SCALE_DEG: Final = 20.0
"""The bar reaches so far either way: past the widest limit (18 deg), and a good rep still moves it."""

STEP_ROWS: Final = 7
"""What a step of the calibration needs besides its title in large letters: its place, what to do, progress."""

MOST_LINES: Final = 8
"""So many lines has the longest sentence of the program on a terminal of 40 columns."""

ROOMY_COLUMNS: Final = 30
"""In so many columns bends stand in a table of their own."""

_BETWEEN: Final = 5
"""Between two points of the rod."""


_CONTACTS: Final = {
    Contact.HELD: ("held", "held", BLUE),
    Contact.NEAR: ("near", "close", YELLOW),
    Contact.LOST: ("lost", "LOST", f"{RED} reverse"),
    Contact.UNKNOWN: ("unknown", "not judged", DIM),
    Contact.UNMEASURED: ("unknown", "not measured", DIM),
}


def draw(view: View, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The view as at most ``height`` lines, none wider than ``width``; the keys stand in the last one.

    Where there is little room older messages go first, then older reps, then the big digits.
    """
    above = [_title(view, width), *_addresses(view, width), *sensor_lines(view.sensors, width, glyphs)]
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


def _rule(width: int, glyphs: Glyphs) -> Text:
    return Text(glyphs.rule * width, style=DIM)


def _title(view: View, width: int) -> Text:
    left = "  " + "   ".join(part for part in (words(view.drill), plain(view.person), plain(view.file)) if part)
    right = f"{minutes(view.elapsed_s)}  "
    line = Text(left, style="bold reverse", no_wrap=True)
    line.truncate(max(0, width - len(right) - 2), overflow="ellipsis", pad=True)
    line.append(f"  {right}")
    return line


def _addresses(view: View, width: int) -> list[Text]:
    """The live page's address and others, whole: where a line has no room, on lines of its own from edge to edge."""
    lines: list[str] = []
    for name, address in view.addresses:
        line = f"{' ' * MARGIN}{name}  {plain(address)}"
        if address and cell_len(line) > width:
            lines += [f"{' ' * MARGIN}{name}", *chop_cells(plain(address), width)]
        elif address:
            lines.append(line)
    return [Text(line, style=DIM) for line in lines]


def _step(step: StepView | None, width: int, title_rows: int, glyphs: Glyphs) -> list[Text]:
    if step is None:
        return []
    place = f"{step.number} of {step.count}" if step.count else ""
    title = plain(step.title).upper()
    if step.count:  # somebody stands there and looks from afar
        rows = big_words(title, width - 2 * MARGIN, title_rows, glyphs.full)
        lines = [Text(" " * MARGIN + row, style="bold cyan") for row in rows]
        lines.append(Text(" " * MARGIN + place, style=DIM))
    else:
        lines = [Text(" " * MARGIN).append(title, style="bold cyan")]
    lines += _wrapped(plain(step.say), width, "bold")
    if step.progress is not None:
        lines.append(_progress(step.progress, width, glyphs))
    if step.problem:
        lines += _wrapped(f"{glyphs.near} {plain(step.problem)}", width, YELLOW)
    return lines


def _progress(share: float, width: int, glyphs: Glyphs) -> Text:
    share = min(max(share, 0.0), 1.0)
    room = max(4, min(50, width - 2 * MARGIN - 6))
    full = round(share * room)
    line = Text(" " * MARGIN)
    line.append(glyphs.full * full, style="cyan")
    line.append(glyphs.empty * (room - full), style=DIM)
    line.append(f" {100 * share:3.0f} %")
    return line


def _wrapped(text: str, width: int, style: str) -> list[Text]:
    """A sentence in as few lines as it needs, ``MOST_LINES`` at most."""
    room = max(8, width - 2 * MARGIN)
    lines: list[str] = []
    line = ""
    for word in (part for each in text.split() for part in chop_cells(each, room)):
        if line and cell_len(line) + 1 + cell_len(word) > room and len(lines) < MOST_LINES - 1:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [Text(" " * MARGIN + each, style=style) for each in [*lines, line]]


# --------------------------------------------------------------------------------------------------- counting, judging


def _reps(view: View, width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """The count at the left, large where there is room, and the last bends at its right, the latest on top."""
    reps = f"rep{'' if view.reps == 1 else 's'}"
    set_words = [f"set {view.set_number}" if view.set_number is not None else "no set"]
    set_words += [f"{view.load_kg:g} kg"] if view.load_kg else []
    set_words += [f"{view.wall_cm:g} cm"] if view.wall_cm is not None else []
    narrow = width < NARROW_COLUMNS
    if rows < BIG_ROWS:
        count = [Text.assemble("  ", (f"{view.reps}", "bold"), f" {reps}, {', '.join(set_words)}")]
    else:
        count = [Text("  ").append(line, style="bold") for line in big(str(view.reps), glyphs.full)]
        beside = [set_words[0], reps, *set_words[1:]] if narrow else [", ".join(set_words), reps]
        for line, told in zip(count, beside, strict=False):
            line.append(f"  {told}", style=DIM if told == reps else "bold")
    left = max(0 if narrow else 26, max(line.cell_len for line in count) + 2)
    bends = [_bend(rep, width - left, glyphs) for rep in reversed(view.last)]
    lines = []
    for row in range(min(rows, max(len(count), len(bends)))):
        line = count[row].copy() if row < len(count) else Text()
        line.truncate(left, pad=True)
        lines.append(line.append_text(bends[row]) if row < len(bends) else line)
    return [*lines, *_latest(view, lines, width)][:rows] if narrow else lines


def _latest(view: View, lines: Sequence[Text], width: int) -> list[Text]:
    """What is told of the latest bend, where there was no room for it beside the count."""
    told = ", ".join(plain(each) for each in _told_of(view.last[-1])) if view.last else ""
    if not told or lines[0].plain.endswith(told):
        return []
    return _wrapped(f"{plain(view.last[-1].name)}: {told}", width, "")


def _told_of(rep: RepView) -> list[str]:
    return [each for each in (rep.why, rep.tap, rep.movement) if each]


def _bend(rep: RepView, width: int, glyphs: Glyphs) -> Text:
    """A bend with as much of what is told of it as there is room for, none of it cut."""
    glyph, style = VERDICT_GLYPHS.get(rep.verdict, ("unknown", DIM))
    name, verdict = plain(rep.name), words(rep.verdict)
    told = [plain(each) for each in _told_of(rep)]
    if width < ROOMY_COLUMNS:
        sign = f"{getattr(glyphs, glyph)} "
        if cell_len(f"{name} {sign}{verdict}") > width:
            sign = ""  # its word says the same
        line = Text.assemble(f"{name} ", (f"{sign}{verdict}", style))
        told = told[:1]
    else:
        line = Text.assemble(f"{name:>4} ", (f"{getattr(glyphs, glyph)} {verdict:<11}", style))
    between = " " if width < ROOMY_COLUMNS else ""
    for each in told:
        if line.cell_len + cell_len(between + each) <= width:
            line.append(between + each)
            between = ", "
    line.truncate(width, overflow="ellipsis")
    return line


def _contact(view: View, width: int, glyphs: Glyphs) -> list[Text]:
    points: list[Text] = []
    for point, contact in view.contacts:
        glyph, word, style = _CONTACTS[contact]
        told = Text.assemble((f"{words(point)} ", "bold"), (f"{getattr(glyphs, glyph)} {word}", style))
        if points and points[-1].cell_len + _BETWEEN + told.cell_len <= width:
            points[-1].append(" " * _BETWEEN).append_text(told)
        else:
            points.append(Text(" " * MARGIN).append_text(told))
    return [*points, *_told(view.told, width), *_bar(view, width, glyphs)]


def _told(told: Told, width: int) -> list[Text]:
    """Why contact is as it is, and what to do about it."""
    sentence = ": ".join(plain(part) for part in (told.why, told.todo) if part)
    return _wrapped(sentence, width, "bold") if sentence else []


def _bar(view: View, width: int, glyphs: Glyphs) -> list[Text]:
    """Arching to the left, rounding to the right, a mark at each limit, filled from 0 to the value."""
    room = max(21, width - 2 * MARGIN)

    def column(angle_deg: float) -> int:
        share = 0.5 * (min(max(angle_deg / SCALE_DEG, -1.0), 1.0) + 1.0)
        return round(share * (room - 1))

    marks = _marks(view.limits)
    letters = [glyphs.empty] * room
    styles = [DIM] * room
    value = view.deviation_deg
    if value is not None:
        first, last = sorted((column(0.0), column(value)))
        letters[first : last + 1] = [glyphs.full] * (last + 1 - first)
        styles[first : last + 1] = [_value_style(value, view.limits)] * (last + 1 - first)
    for angle_deg, is_lost in marks:
        letters[column(angle_deg)] = glyphs.lost_mark if is_lost else glyphs.warn_mark
        styles[column(angle_deg)] = "bold"
    bar = Text(" " * MARGIN)
    for letter, style in zip(letters, styles, strict=True):
        bar.append(letter, style=style)
    figures = [" "] * room
    for angle_deg in (0.0, *(angle for angle, _ in marks)):
        _put(figures, column(angle_deg), f"{abs(angle_deg):.0f}")
    onward = "pressing" if isinstance(view.limits, FloorLimits) else "rounding"
    below = [_put(figures, 0, "arching", left=True), _put(figures, room - len(onward), onward, left=True)]
    told, signs = _value_line(value, view.limits), f"  - arching, + {onward}"
    if not all(below) and told.cell_len + len(signs) <= width:  # the limits reach to the ends
        told.append(signs, style=DIM)
    return [told, bar, Text(" " * MARGIN + "".join(figures), style=DIM)]


def _value_line(value_deg: float | None, limits: Limits | None) -> Text:
    text = "not known" if value_deg is None else f"{value_deg:+.1f}°"
    style = DIM if value_deg is None else f"bold {_value_style(value_deg, limits)}"
    line = Text(" " * MARGIN)
    line.append("deviation ", style=DIM)
    line.append(text, style=style)
    return line


def _put(figures: list[str], column: int, text: str, *, left: bool = False) -> bool:
    """Write a text centred at a column, unless something stands there; whether it was written."""
    first = column if left else column - len(text) // 2
    first = min(max(first, 0), len(figures) - len(text))
    free = all(letter == " " for letter in figures[max(first - 1, 0) : first + len(text) + 1])
    if free:
        figures[first : first + len(text)] = text
    return free


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
    return "yellow" if abs(value_deg) > (limits.arching_warn_deg if arching else limits.warn_deg) else BLUE


# --------------------------------------------------------------------------------------------------- messages and keys

MOST_MESSAGES: Final = 3


def _messages(messages: Sequence[Message], room: int, width: int, glyphs: Glyphs) -> list[Text]:
    """The latest messages, as many whole ones as there is room for, but always the latest."""
    lines: list[Text] = []
    for message in reversed(messages[-MOST_MESSAGES:]):
        sign, style = (glyphs.near, YELLOW) if message.warning else (glyphs.news, DIM)
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
            lines.append(Text(" " * MARGIN))
        lines[-1].append_text(told)
    for line in lines:
        line.rstrip()
    return lines
