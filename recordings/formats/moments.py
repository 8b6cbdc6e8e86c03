"""Date and time as makers' programs and operating systems write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.table import printable
from dowel.recordings.types import FloatArray

_MOMENT: Final = re.compile(
    r"(?:(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<sign2>[-/.])(?P<second>\d{1,2})(?P=sign2)(?P<late_year>\d{4}))"
    r"[ T_]+(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<s>\d{2})"
    r"(?:(?P<mark>[.,_:])(?P<fraction>\d{1,9}))?"
    r"(?: *(?P<half>[AP]M))?"
    r"(?: *(?P<utc>Z|UTC|GMT)?(?:(?P<zone>[+-])(?P<zone_h>\d{1,2}):?(?P<zone_min>\d{2})?)?)?",
    re.IGNORECASE,
)

_DAY_S: Final = 86400.0
_TIME_OF_DAY: Final = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T]+)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,9}))?(?: *([AP])M)?"
    r"(?:Z| ?[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)


def moment(text: str) -> datetime | None:
    """The date and time in a text, with its zone if it names one; `None` if it is none, or its day is ambiguous.

    ``2024-12-09 10:45:39.135 +0100``, ``2024-12-09T09:45:39Z``, ``2021-08-20_20:21:13_835 GMT+8``,
    ``12/9/2024 10:45:39 AM`` (with AM or PM the month comes first), ``9.12.2024 10:45:39``. Of ``9/12/2024`` without
    AM or PM nobody knows the month. After ``_`` or ``:`` stands a count of milliseconds, after a point a fraction.
    """
    if not (match := _MOMENT.fullmatch(text.strip())):
        return None
    day = _day(match)
    if day is None:
        return None
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"].upper() == "PM")
    fraction = match["fraction"] or "0"
    second = int(fraction) * 1e-3 if match["mark"] in ("_", ":") else float(f"0.{fraction}")
    try:
        return datetime(*day, hour, int(match["minute"]), int(match["s"]), tzinfo=_zone(match)) + timedelta(
            seconds=second
        )
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Start:
    """When a recording began: Unix time, or, by a clock that names no time zone, a date and time of day; or unknown."""

    epoch_s: float | None = None
    local: datetime | None = None


def told_start(file: str, what: str, text: str, findings: list[str]) -> Start:
    """The start that a file tells, as in ``2024-12-09 10:45:39``; ``what`` is how the file calls it."""
    start = moment(text)
    if start is None:
        findings.append(f"{file}: {what}, {printable(text[:40])}, cannot be read, so it is not used.")
        return Start()
    if start.tzinfo is None:
        findings.append(
            f"{file}: {what}, {printable(text[:40])}, names no time zone; it dates the session and aligns nothing."
        )
        return Start(local=start)
    return Start(start.timestamp())


def _day(match: re.Match[str]) -> tuple[int, int, int] | None:
    """Year, month and day."""
    if match["year"]:
        return int(match["year"]), int(match["month"]), int(match["day"])
    first, second, year = int(match["first"]), int(match["second"]), int(match["late_year"])
    if match["half"] and match["sign2"] == "/":
        return year, first, second
    if match["sign2"] == "." or first > 12 or first == second:
        return year, second, first
    return (year, first, second) if second > 12 else None


def _zone(match: re.Match[str]) -> timezone | None:
    if not match["zone"]:
        return UTC if match["utc"] else None
    size = timedelta(hours=int(match["zone_h"]), minutes=int(match["zone_min"] or 0))
    try:
        return timezone(-size if match["zone"] == "-" else size)
    except ValueError:  # a day or more
        return None


def seconds_of_day(file: str, texts: Sequence[str]) -> FloatArray:
    """Seconds since the midnight before the first of these times, each with or without a date.

    The date is not read: a chip's clock is often not set, and a step back by a day's length is midnight.
    """
    moments = [_TIME_OF_DAY.fullmatch(text) for text in texts]
    fraction_digits = max((len(match[4] or "") for match in moments if match), default=0)
    counted = fraction_digits == 3  # milliseconds, which some programs print without leading zeros
    seconds = np.empty(len(texts))
    for row, (text, match) in enumerate(zip(texts, moments, strict=True)):
        if match is None:
            raise InputError(f"{file}: the time {printable(text[:30])!r} cannot be read. Export the recording again.")
        hour, minute, second, fraction = (int(part or 0) for part in match.groups()[:4])
        if match[5]:
            hour = hour % 12 + 12 * (match[5] in "pP")
        digits = 3 if counted else len(match[4] or "")
        seconds[row] = hour * 3600 + minute * 60 + second + fraction * 10.0**-digits
    return seconds + _DAY_S * np.concatenate([[0], np.cumsum(np.diff(seconds) < -0.5 * _DAY_S)])
