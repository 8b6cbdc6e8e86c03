"""How the sensors are doing, a line for each: on a narrow terminal only what a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from dowel.display.glyphs import BLUE, DIM, RED, YELLOW, Glyphs
from dowel.display.sensor_health import RATE_TOLERANCE, SensorHealth
from dowel.sensors.links import LinkState
from dowel.text.sanitise import plain
from dowel.text.signal_strength import LOW_BATTERY_PCT, battery_words, signal_words
from dowel.text.wording import counted, words

NARROW_COLUMNS: Final = 80
"""Below this width the sensors' figures are those that a person can act on."""
WIDE_COLUMNS: Final = 105
"""From this width on the sensors' own names are shown."""
MARGIN: Final = 2
_LINKS: Final = {
    LinkState.CONNECTING: ("unknown", YELLOW),
    LinkState.STREAMING: ("held", BLUE),
    LinkState.SILENT: ("near", YELLOW),
    LinkState.LOST: ("lost", RED),
    LinkState.STOPPED: ("unknown", DIM),
}
_HEADINGS: Final = ("sensor", "state", "rate, Hz", "battery", "signal", "gaps", "clock", "name")
_WIDTHS: Final = (13, 13, 12, 9, 18, 5, 9, 24)


def sensor_lines(sensors: Sequence[SensorHealth], width: int, glyphs: Glyphs) -> list[Text]:
    """The sensors' table; on a narrow terminal lines that need no headings."""
    if width < NARROW_COLUMNS:
        room = 1 + max((cell_len(words(sensor.placement)) for sensor in sensors), default=0)
        return [line for sensor in sensors for line in _narrow(sensor, room, width, glyphs)]
    rows = [[(name, DIM) for name in _HEADINGS]] if sensors else []
    rows += [
        [
            (words(sensor.placement), "bold"),
            _state(sensor, glyphs),
            _rate(sensor),
            _battery(sensor),
            (signal_words(sensor.rssi_dbm), ""),
            (str(sensor.gaps), YELLOW if sensor.gaps else ""),
            _clock(sensor),
            (plain(sensor.name), DIM),
        ]
        for sensor in sensors
    ]
    shown = len(_HEADINGS) if width >= WIDE_COLUMNS else len(_HEADINGS) - 1
    return [_cells(row[:shown], _WIDTHS) for row in rows]


def _narrow(sensor: SensorHealth, room: int, width: int, glyphs: Glyphs) -> list[Text]:
    """What a person can act on, in as many lines as it takes; the place has so much ``room``."""
    gaps = (counted(sensor.gaps, "gap"), YELLOW) if sensor.gaps else ("", "")
    lines = [Text(" " * MARGIN).append(words(sensor.placement).ljust(room), style="bold")]
    for text, style in (_state(sensor, glyphs), _battery(sensor), gaps):
        if lines[-1].cell_len + cell_len(text) > width:
            lines.append(Text(" " * (MARGIN + room)))
        lines[-1].append(text, style=style).append(" ")
    for line in lines:
        line.rstrip()
    return lines


def _cells(texts: Sequence[tuple[str, str]], widths: Sequence[int]) -> Text:
    """Texts with their styles side by side, a blank between two."""
    line = Text(" " * MARGIN)
    for number, ((text, style), width) in enumerate(zip(texts, widths, strict=False)):
        cell = Text(text, style=style)
        last = number == len(texts) - 1
        cell.truncate(width if last else width - 1, overflow="ellipsis", pad=not last)
        line.append_text(cell).append("" if last else " ")
    return line


def _state(sensor: SensorHealth, glyphs: Glyphs) -> tuple[str, str]:
    glyph, style = _LINKS[sensor.state]
    return f"{getattr(glyphs, glyph)} {sensor.state}", style


def _battery(sensor: SensorHealth) -> tuple[str, str]:
    low = sensor.battery_pct is not None and sensor.battery_pct < LOW_BATTERY_PCT
    return battery_words(sensor.battery_pct), YELLOW if low else ""


def _clock(sensor: SensorHealth) -> tuple[str, str]:
    if sensor.settling:
        return "settling", YELLOW
    return "-" if sensor.clock_ms is None else f"{sensor.clock_ms:.0f} ms", ""


def _rate(sensor: SensorHealth) -> tuple[str, str]:
    if sensor.rate_hz is None:
        return "-", ""
    if sensor.rate_off is None:
        return f"{sensor.rate_hz:.1f}", ""
    off = abs(sensor.rate_off) > RATE_TOLERANCE
    return f"{sensor.rate_hz:.1f}/{sensor.asked_rate_hz:.0f}" + (" !" if off else ""), YELLOW if off else ""
