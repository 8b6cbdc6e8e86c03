"""Two parts of a person's practice beside each other: sessions, days or weeks, and what is different.

Sets are compared only where drill, placements, calibration, and load or no load are the same, as in the trends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from dowel.history.person import PersonHistory
from dowel.history.practised_sets import PracticeSession
from dowel.history.trends import Group, GroupSession, grouped, monday_of
from dowel.recordings.errors import InputError
from dowel.session.human_verdicts import Agreement
from dowel.text.sanitise import plain
from dowel.text.wording import counted, date_words, joined, known, number, words

FIRST, LAST = "first", "last"
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")
QUARTILES: Final = (25.0, 50.0, 75.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is called, when it was, and its sessions."""

    name: str
    when: str
    sessions: tuple[PracticeSession, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity on both sides, and how it changed; in words."""

    title: str
    first: str
    second: str
    change: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Sets that can be compared: their rep rows on both sides, what is told of them, and a caution, if any.

    ``names`` are those of both sides.
    """

    group: Group
    names: tuple[str, str]
    first: tuple[Mapping[str, Any], ...]
    second: tuple[Mapping[str, Any], ...]
    lines: tuple[Line, ...]
    caution: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One person's two sides. ``alone`` says what was done on one of them only."""

    person: str
    first: Side
    second: Side
    groups: tuple[Compared, ...]
    alone: tuple[str, ...]


def compare(persons: Sequence[PersonHistory], first: str, second: str) -> Comparison:
    """Two parts of one person's practice.

    Parameters
    ----------
    persons
        Those of the folder, or the one that was asked for.
    first, second
        A session by its name or file, a day (``2026-05-04``), a week (``2026-W19``), or ``first`` and ``last``: the
        first and last week.

    Raises
    ------
    InputError
        Where there is no such part, where both are the same, or where it is not clear whose they are.
    """
    found = [(person, sides) for person in persons if (sides := _sides(person, first, second)) is not None]
    if not found:
        raise InputError(_nothing(persons, first, second))
    if len(found) > 1:
        names = joined([person.name for person, _ in found])
        raise InputError(f"{first} and {second} may be of {names}. Say whose with --person.")
    person, (one, other) = found[0]
    if (first, second) == (FIRST, LAST):
        if one.sessions == other.sessions:
            raise InputError(f"There is one week of practice only, of {one.when}. Give two days or two sessions.")
        return _first_and_last_weeks(person, one, other)
    if {id(each) for each in one.sessions} & {id(each) for each in other.sessions}:
        raise InputError(f"{first} and {second} share a session ({one.sessions[0].name}). Give two that differ.")
    mine, theirs = _by_group(one), _by_group(other)
    both = [group for group in mine if group in theirs]
    alone = [
        f"Only in {side.name}: {group.title} ({group.measured})"
        for side, own, beside in ((one, mine, theirs), (other, theirs, mine))
        for group in own
        if group not in beside
    ]
    called = one.name, other.name
    groups = tuple(_compared(group, called, mine[group], theirs[group]) for group in both)
    return Comparison(person.name, one, other, groups, tuple(alone))


def _first_and_last_weeks(person: PersonHistory, one: Side, other: Side) -> Comparison:
    """Of all that was done in two weeks or more, the first of these weeks and the last: people move on."""
    by_group: dict[Group, dict[date, list[GroupSession]]] = {}
    for each in person.groups:
        if each.session.day is not None:
            by_group.setdefault(each.group, {}).setdefault(monday_of(each.session.day), []).append(each)
    groups, alone = [], []
    for group, weeks in by_group.items():
        first, last = min(weeks), max(weeks)
        if first == last:
            alone.append(f"Only in the week of {first}: {group.title} ({group.measured})")
        else:
            groups.append(_compared(group, (f"week of {first}", f"week of {last}"), weeks[first], weeks[last]))
    return Comparison(person.name, one, other, tuple(groups), tuple(alone))


# ------------------------------------------------------------------------------------------------------ which sessions


def _sides(person: PersonHistory, first: str, second: str) -> tuple[Side, Side] | None:
    one, other = _side(person, first), _side(person, second)
    return (one, other) if one is not None and other is not None else None


def _side(person: PersonHistory, asked: str) -> Side | None:
    """The sessions that are meant; None where this person has none."""
    dated = person.sessions
    if asked in (FIRST, LAST) and dated:
        monday = monday_of(_day(dated[0 if asked == FIRST else -1]))
        return _named(f"the {asked} week", [each for each in dated if monday_of(_day(each)) == monday])
    week = _WEEK.fullmatch(asked)
    if week is not None:
        wanted = int(week[1]), int(week[2])
        return _named(asked, [each for each in dated if tuple(_day(each).isocalendar())[:2] == wanted])
    by_day = [each for each in dated if str(each.day) == asked]
    if by_day:
        return _named(asked, by_day)
    every = (*dated, *person.undated)
    return _named(
        plain(Path(asked).stem), [each for each in every if asked in (each.name, each.path.name, str(each.path))]
    )


def _named(name: str, sessions: list[PracticeSession]) -> Side | None:
    if not sessions:
        return None
    days = list(dict.fromkeys(str(each.day) for each in sessions if each.day))
    when = " to ".join(days[:1] + days[1:][-1:])
    return Side(name, "" if when == name else when, tuple(sessions))


def _day(session: PracticeSession) -> date:
    assert session.day is not None, "only sessions that say when they were"
    return session.day


def _nothing(persons: Sequence[PersonHistory], first: str, second: str) -> str:
    every = [each for person in persons for each in (*person.sessions, *person.undated)]
    for asked in (first, second):
        if not any(_side(person, asked) for person in persons):
            there = f"{every[0].name} ({date_words(every[0].started_at)})" if every else "none"
            return (
                f"There is no session, day or week {asked}. Give a session by its name, as {there}, a day like "
                "2026-05-04, a week like 2026-W19, or first and last."
            )
    return f"{first} and {second} are of two persons. Compare the practice of one."


def _by_group(side: Side) -> dict[Group, list[GroupSession]]:
    found: dict[Group, list[GroupSession]] = {}
    for each in grouped(side.sessions, ()):
        found.setdefault(each.group, []).append(each)
    return found


# -------------------------------------------------------------------------------------------------------- what is told


@dataclass(frozen=True, slots=True)
class _Measured:
    """Something that each rep has: its title, unit, digits and value (NaN: not measured)."""

    title: str
    unit: str
    digits: int
    value: Callable[[Mapping[str, Any]], float]


def _depth(row: Mapping[str, Any]) -> float:
    depth = row["depth_before_rounding_deg"]
    return float(depth if known(depth) else row["hinge_angle_deg"])


_OF_REPS: Final = (
    _Measured("rounding peak", "°", 1, lambda row: float(row["flexion_peak_deg"])),
    _Measured("arching peak", "°", 1, lambda row: float(row["extension_peak_deg"])),
    _Measured("hinge", "°", 0, lambda row: float(row["hinge_angle_deg"])),
    _Measured("depth before rounding", "°", 0, _depth),
    _Measured("way down", " s", 1, lambda row: float(row["lowering_s"])),
    _Measured("way up", " s", 1, lambda row: float(row["rising_s"])),
)


def _compared(group: Group, names: tuple[str, str], first: list[GroupSession], second: list[GroupSession]) -> Compared:
    one, other = ([row for each in side for own in each.sets for row in own.rows] for side in (first, second))
    return Compared(
        group, names, tuple(one), tuple(other), tuple(_lines(first, second, one, other)), _caution(first, second)
    )


def _lines(
    first: list[GroupSession],
    second: list[GroupSession],
    one: list[Mapping[str, Any]],
    other: list[Mapping[str, Any]],
) -> Iterator[Line]:
    yield Line("sets, reps", _amount(first), _amount(second), "")
    shares = [sum(own.clean for each in side for own in each.sets) for side in (first, second)]
    judged = [sum(own.judged for each in side for own in each.sets) for side in (first, second)]
    told = [
        f"{clean} of {of}" + (f" ({100 * clean / of:.0f} %)" if of else "")
        for clean, of in zip(shares, judged, strict=True)
    ]
    points = 100 * (shares[1] / judged[1] - shares[0] / judged[0]) if all(judged) else float("nan")
    yield Line("clean reps", told[0], told[1], f"{round(points) + 0:+d} points" if known(points) else "")
    for verdict in ("warned", "lost", "not_judged"):
        counts = [sum(row["verdict"] == verdict for row in rows) for rows in (one, other)]
        if any(counts):
            yield Line(
                words(verdict),
                str(counts[0]),
                str(counts[1]),
                f"{counts[1] - counts[0]:+d}" if counts[0] != counts[1] else "",
            )
    for measured in _OF_REPS:
        values = [_known(measured, rows) for rows in (one, other)]
        if all(len(each) for each in values):
            yield _of_medians(measured, *values)
    for title, unit, of in (
        (
            "largest drift of a set",
            "°",
            [max((e.drift_deg for e in side if known(e.drift_deg)), default=float("nan")) for side in (first, second)],
        ),
        (
            "heaviest load",
            " kg",
            [max((e.load_kg for e in side if known(e.load_kg)), default=float("nan")) for side in (first, second)],
        ),
        (
            "farthest wall",
            " cm",
            [max((e.wall_cm for e in side if known(e.wall_cm)), default=float("nan")) for side in (first, second)],
        ),
    ):
        if all(map(known, of)):
            yield Line(
                title,
                f"{number(of[0], 1)}{unit}",
                f"{number(of[1], 1)}{unit}",
                f"{round(of[1] - of[0], 1) + 0.0:+.1f}{unit}",
            )
    eyes = [Agreement.of(rows) for rows in (one, other)]
    if any(each.judged for each in eyes):
        alike = [f"{each.alike} of {each.both}" if each.both else "" for each in eyes]
        yield Line("by eye as the program", alike[0], alike[1], "")


def _amount(side: Sequence[GroupSession]) -> str:
    return f"{sum(len(each.sets) for each in side)}, {sum(each.reps for each in side)}"


def _known(measured: _Measured, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    return [value for row in rows if row["verdict"] != "not_judged" and known(value := measured.value(row))]


def _of_medians(measured: _Measured, first: list[float], second: list[float]) -> Line:
    (low, middle, high), (low_2, middle_2, high_2) = (
        np.percentile(each, QUARTILES).tolist() for each in (first, second)
    )
    change = round(middle_2 - middle, measured.digits) + 0.0
    overlap = low <= high_2 and low_2 <= high
    return Line(
        measured.title,
        _median(measured, low, middle, high),
        _median(measured, low_2, middle_2, high_2),
        f"{change:+.{measured.digits}f}{measured.unit}" + (", may be chance" if overlap else ""),
    )


def _median(measured: _Measured, low: float, middle: float, high: float) -> str:
    digits = measured.digits
    return f"{number(middle, digits)}{measured.unit} ({number(low, digits)} to {number(high, digits)})"


def _caution(first: list[GroupSession], second: list[GroupSession]) -> str:
    one, other = ({round(deg, 1) for each in side for deg in each.warn_deg} for side in (first, second))
    if one == other or not one or not other:
        return ""
    return (
        f"Rounding was called close over {joined([f'{deg:g}°' for deg in sorted(one)])} first and over "
        f"{joined([f'{deg:g}°' for deg in sorted(other)])} then: compare the verdicts with care, the angles freely."
    )


MEDIANS: Final = (
    "Of reps the median stands here, and in brackets between what the middle half of them lies. Where both halves "
    "overlap, the difference may be chance: that of one day from another."
)


def sides_words(comparison: Comparison) -> str:
    """What is compared with what."""
    return " and ".join(
        f"{side.name} ({', '.join(filter(None, (side.when, counted(len(side.sessions), 'session'))))})"
        for side in (comparison.first, comparison.second)
    )
