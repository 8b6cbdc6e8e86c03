"""A person's way through the method: the stages passed, where they are, and every decision on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dowel.history.pass_rules import Day, Worth, days_of, good_days, judge, passing_rule
from dowel.history.practised_sets import PracticeSession
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Decision, Owed, Returning, Turn
from dowel.settings.rules import Rules


@dataclass(frozen=True, slots=True)
class StageReached:
    """How far a stage is: on how many days it was practised, the good days running, and when it was passed.

    ``skipped``: it has no session, and the rule ``order.skip`` passes it over. ``lacking``: what the latest sets that
    were not good lacked, in words.
    """

    stage: Stage
    days: int
    good: tuple[Day, ...]
    passed: date | None
    skipped: bool
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """The way: all stages in order, the one the person is at, what happened in order of time, and what is owed.

    ``lighter_kg``: by drill the load with which to come back, where load may be taken up again or will be after what is
    owed.
    """

    stages: tuple[StageReached, ...]
    at: StageReached
    decisions: tuple[Decision, ...]
    owed: Owed | None
    stopped: date | None
    lighter_kg: Mapping[str, float]


def way_of(sessions: Sequence[PracticeSession], rules: Rules) -> Way:
    """The way of one person. ``sessions`` say when they were, and are in order."""
    stages = [_reached(stage, sessions, rules) for stage in Stage]
    decisions = [_passed(reached) for reached in stages if reached.passed]
    returning = Returning(rules)
    for session in sessions:
        for practised in session.sets:
            decisions += returning.follow(session, practised)
    decisions += _too_early(sessions, stages[Stage.DOWEL_HINGE.number - 1])
    places = {id(session): place for place, session in enumerate(sessions)}
    decisions.sort(key=lambda each: (places[id(each.session)], each.set))
    at = next((each for each in stages if not (each.passed or each.skipped)), stages[-1])
    return Way(
        tuple(stages),
        at,
        tuple(decisions),
        returning.owed,
        returning.stopped,
        returning.lighter_kg,
    )


def _reached(stage: Stage, sessions: Sequence[PracticeSession], rules: Rules) -> StageReached:
    """How far a stage is. One without sessions is passed over only where a later one was practised."""
    practised = {each.stage for session in sessions for each in session.sets}
    later = any(other.number > stage.number for other in practised if other)
    skipped = stage not in practised and later and bool(rules["order.skip"].values["unpractised"])
    rule = passing_rule(rules, stage)
    if rule is None:
        days = {session.day for session in sessions if any(each.stage is stage for each in session.sets)}
        return StageReached(stage, len(days), (), None, skipped=False)
    days_practised = days_of(stage, sessions, rule)
    good = good_days(days_practised, rule)
    passed = good[-1].day if len(good) >= rule.whole("days") else None
    lacking = () if passed else tuple(_lacking(stage, sessions, rules))
    return StageReached(stage, len(days_practised), tuple(good), passed, skipped, lacking)


def _lacking(stage: Stage, sessions: Sequence[PracticeSession], rules: Rules) -> list[str]:
    """What the sets of the latest session with this stage lacked."""
    rule = passing_rule(rules, stage)
    latest = next((each for each in reversed(sessions) if any(one.stage is stage for one in each.sets)), None)
    if latest is None or rule is None:
        return []
    judged = [(one, judge(one, rule)) for one in latest.sets if one.stage is stage]
    return [f"{one.name} on {latest.day}: {each.missing}" for one, each in judged if each.worth is not Worth.GOOD]


def _too_early(sessions: Sequence[PracticeSession], hinge: StageReached) -> list[Decision]:
    """The first set with load, where the dowel hinge was not passed before it."""
    for session in sessions:
        for practised in session.sets:
            if hinge.passed and hinge.good[-1].sets[-1] == (session, practised):
                return []
            if practised.stage is Stage.LOADED_HINGE and session.day:
                text = f"{practised.name.capitalize()} came before the {hinge.stage.words} was passed."
                return [Decision(session.day, session, practised.number, Turn.NOT_DONE, (f"pass.{hinge.stage}",), text)]
    return []


def _passed(reached: StageReached) -> Decision:
    session, last = reached.good[-1].sets[-1]
    days = " and ".join(str(day.day) for day in reached.good)
    text = f"The {reached.stage.words} is passed: good sets on {days}."
    return Decision(reached.good[-1].day, session, last.number, Turn.PASSED, (f"pass.{reached.stage}",), text)
