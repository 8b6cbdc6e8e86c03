"""When a set is good, and when a stage is passed: the rules ``pass.*`` and ``stick.sets`` applied to sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from dowel.history.practised_sets import PracticeSession, PracticeSet
from dowel.history.stages import Stage
from dowel.settings.rules import Rule, Rules
from dowel.text.wording import counted, joined, known, words


class Worth(StrEnum):
    """What a set says about a stage: that it went well, that it did not, or nothing."""

    GOOD = "good"
    BAD = "bad"
    NOT_COUNTED = "not_counted"


@dataclass(frozen=True, slots=True)
class Judged:
    """A set by a rule, and in words what is missing; empty for a good one."""

    worth: Worth
    missing: str = ""


def judge(practised: PracticeSet, rule: Rule) -> Judged:
    """A set by a rule's numbers.

    Too few judged reps say nothing. Lost contact, or a wall that was not reached, make it a bad one. What is not what
    the rule asks for (too shallow, too near, no rod) does not count either way.
    """
    if practised.judged < rule.whole("reps"):
        few = f"{counted(practised.judged, 'judged rep')}, {rule.whole('reps')} asked for"
        return Judged(Worth.NOT_COUNTED, few)
    bad = [
        f"{count} {name}"
        for key, name, count in (
            ("lost", "lost", practised.count("lost")),
            ("warned", words("warned"), practised.count("warned")),
            ("no_tap", "without a tap", practised.with_value("tap", "none")),
            ("unsure_tap", "with an unsure tap", practised.with_value("tap", "unsure")),
            ("squats", "squatted", practised.with_value("movement", "squat")),
        )
        if key in rule.values and count > rule.whole(key)
    ]
    if bad:
        return Judged(Worth.BAD, joined(bad))
    unmet = list(_unmet(practised, rule))
    return Judged(Worth.NOT_COUNTED, joined(unmet)) if unmet else Judged(Worth.GOOD)


def _unmet(practised: PracticeSet, rule: Rule) -> Iterable[str]:
    values = rule.values
    if "depth_deg" in values and not practised.hinge_deg >= rule.number("depth_deg"):
        at = f"a hinge of {practised.hinge_deg:.0f}°" if known(practised.hinge_deg) else "the hinge is not known"
        yield f"{at}, {rule.number('depth_deg'):g}° asked for"
    if "calibrations" in values and practised.calibration not in values["calibrations"]:
        yield f"{words(practised.calibration)} calibration, {words(' or '.join(values['calibrations']))} asked for"
    if "wall_share" in values:
        asked_cm = rule.number("wall_share") * practised.height_cm
        if not practised.wall_cm >= asked_cm - 0.5:  # a tape at a wall is read to the centimetre
            at = f"{practised.wall_cm:.0f} cm from the wall" if known(practised.wall_cm) else "distance not given"
            yield f"{at}, {asked_cm:.0f} cm asked for"
    if values.get("both_sides") and len(practised.sides) == 1:
        yield f"only the {words(next(iter(practised.sides)))} side"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of practice of a stage, by its rule. ``sets`` are those that made it good, with their sessions."""

    day: date
    worth: Worth
    sets: tuple[tuple[PracticeSession, PracticeSet], ...] = ()


def days_of(stage: Stage, sessions: Sequence[PracticeSession], rule: Rule) -> list[Day]:
    """The days on which a stage was practised, in order; ``sessions`` say when they were, and are in order."""
    found = []
    for day, of_day in groupby(sessions, key=lambda session: session.day):
        sets = [(session, each) for session in of_day for each in session.sets if each.stage is stage]
        if day is not None and sets:
            found.append(_day(day, sets, rule))
    return found


def _day(day: date, sets: Sequence[tuple[PracticeSession, PracticeSet]], rule: Rule) -> Day:
    """A good day has so many good sets running; a bad one has sets that could have been good, and were not."""
    running: list[tuple[PracticeSession, PracticeSet]] = []
    counted_sets = 0
    for session, each in sets:
        worth = judge(each, rule).worth
        if worth is Worth.NOT_COUNTED:
            continue
        counted_sets += 1
        running = [*running, (session, each)] if worth is Worth.GOOD else []
        if len(running) >= rule.whole("sets"):
            return Day(day, Worth.GOOD, tuple(running))
    return Day(day, Worth.BAD if counted_sets >= rule.whole("sets") else Worth.NOT_COUNTED)


def good_days(days: Sequence[Day], rule: Rule) -> list[Day]:
    """The good days running, up to so many that the stage is passed; from the last bad day on."""
    running: list[Day] = []
    for day in days:
        if day.worth is Worth.BAD:
            running = []
        elif day.worth is Worth.GOOD:
            running.append(day)
        if len(running) >= rule.whole("days"):
            break
    return running


def passing_rule(rules: Rules, stage: Stage) -> Rule | None:
    """The rule by which a stage is passed; the last one is kept, not passed."""
    return None if stage is Stage.LOADED_HINGE else rules[f"pass.{stage}"]
