"""The words of history, the same in the terminal and on the page: rules, where a person is, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dowel.history.pass_rules import passing_rule
from dowel.history.practised_sets import PracticeSession
from dowel.history.progress import StageReached, Way
from dowel.history.stages import Stage
from dowel.history.step_back_rules import or_less
from dowel.history.trends import GroupSession, Trend
from dowel.settings.rules import Rule, Rules
from dowel.text.sanitise import plain
from dowel.text.wording import counted, words

ABOUT: Final[Mapping[Stage, str]] = {
    Stage.DEAD_BUG: "the back stays on the floor while the limbs move",
    Stage.WALL_TAP: "moving from the hips, back to a wall",
    Stage.DOWEL_HINGE: "the hinge with the stick, no point lost",
    Stage.LOADED_HINGE: "the hinge with a kettlebell or a bar",
}
"""What each stage is."""

SEPARATE: Final = "Sets are compared only where drill, placements, calibration, and load or no load are the same."
NO_MORE_LOAD: Final = "Which load is right is for you and your coach: dowel never asks for more."


def person_words(person: str, simulated: bool) -> str:
    """How a person is called: by their code."""
    name = f"person {plain(person)}" if person else "no name given"
    return f"{name}, simulated" if simulated else name


def span_words(sessions: Sequence[PracticeSession], undated: Sequence[PracticeSession]) -> str:
    """How many sessions, from when to when."""
    told = counted(len(sessions) + len(undated), "session")
    days = list(dict.fromkeys(str(session.day) for session in sessions))
    return f"{told}, {' to '.join(days[:1] + days[1:][-1:])}" if days else told


# --------------------------------------------------------------------------------------------------------------- rules


def rule_says(rule: Rule) -> str:
    """What a rule asks for, with its numbers."""
    values = rule.values
    match rule.name:
        case "order.skip":
            return "a stage without sessions is passed over" if values["unpractised"] else "no stage is passed over"
        case "back.lost":
            return f"{_reps(values)} or more of a loaded set lost contact"
        case "back.range":
            return (
                f"{_reps(values)} or more of a loaded set used over {values['range_pct']:g} % of the back's full bend"
            )
        case "back.drift":
            return f"rounding grew by more than {values['drift_deg']:g}° over a loaded set of {_reps(values)} or more"
        case "stick.sets":
            return (
                f"{values['sets']} to {values['most_sets']} sets of {values['reps']} to {values['most_reps']} slow "
                f"hinges with the stick, no load, until {values['sets']} in a row are good: {_verdicts(values)}; "
                f"if {values['most_sets']} on a day do not bring that, leave the load for another day"
            )
        case "load.lighter":
            return f"load again with about {values['lighter_pct']:g} % less, at least {values['about_pct']:g} %"
        case _:
            return _passing_says(values)


def _passing_says(values: Mapping[str, Any]) -> str:
    return f"on {counted(values['days'], 'day')} of practice in a row, {_good_day(values)}"


def _good_day(values: Mapping[str, Any]) -> str:
    return (
        f"{counted(values['sets'], 'set')} in a row of at least {counted(values['reps'], 'judged rep')} each, "
        f"{', '.join([_verdicts(values), *_conditions(values)])}"
    )


def _reps(values: Mapping[str, Any]) -> str:
    return counted(values["reps"], "rep")


def _most(count: int, what: str) -> str:
    return f"at most {count} {what}" if count else f"none {what}"


def _verdicts(values: Mapping[str, Any]) -> str:
    return f"{_most(values['lost'], 'lost')}, {_most(values['warned'], words('warned'))}"


def _conditions(values: Mapping[str, Any]) -> Iterator[str]:
    if "no_tap" in values:
        yield f"{_most(values['no_tap'], 'without a tap')}, {_most(values['unsure_tap'], 'unsure')}"
    if "wall_share" in values:
        yield f"the wall at {values['wall_share']:g} of the height or farther"
    if "squats" in values:
        yield _most(values["squats"], "squatted")
    if "depth_deg" in values:
        yield f"{values['depth_deg']:g}° deep or deeper"
    if "calibrations" in values:
        yield f"calibrated with {words(' or '.join(values['calibrations']))}"
    if values.get("both_sides"):
        yield "both sides"


def rests_on(rule: Rule) -> str:
    """What stands behind a rule; a changed one says so."""
    changed = f" Changed here: {', '.join(rule.changed)}." if rule.changed else ""
    return f"{plain(rule.rests_on)}.{changed}"


# ------------------------------------------------------------------------------------------------------------- the way


def headline(way: Way) -> str:
    """Where the person is, in one sentence."""
    where = f"Stage {way.at.stage.number} of {len(Stage)}: {way.at.stage.words}"
    if way.owed is not None:
        return f"{where}. Back to the stick since {way.owed.since.day}."
    return f"{where}."


def state_words(reached: StageReached, rules: Rules) -> str:
    """How far a stage is."""
    rule = passing_rule(rules, reached.stage)
    if reached.passed:
        return f"passed on {reached.passed}"
    if reached.skipped:
        return "no sessions; passed over"
    if not reached.days:
        return "not begun"
    if rule is None:
        return f"practised on {counted(reached.days, 'day')}"
    return f"{len(reached.good)} of {counted(rule.whole('days'), 'good day')}"


def state_rule(reached: StageReached) -> str:
    """The rule behind :func:`state_words`; empty where none decided."""
    return "order.skip" if reached.skipped else "" if reached.stage is Stage.LOADED_HINGE else f"pass.{reached.stage}"


def next_steps(way: Way, rules: Rules) -> list[tuple[str, tuple[str, ...]]]:
    """What comes next: sentences, each with the names of the rules behind it."""
    steps = list(_about_load(way, rules))
    rule = passing_rule(rules, way.at.stage)
    if rule is not None:
        left = rule.whole("days") - len(way.at.good)
        more = "more " if way.at.good else ""
        steps.append(
            (
                f"To pass the {way.at.stage.words}, {counted(left, f'{more}good day')}: {_good_day(rule.values)}.",
                (rule.name,),
            )
        )
        if way.at.lacking:
            steps.append((f"Why the latest sets did not count: {'; '.join(way.at.lacking)}.", (rule.name,)))
    elif not way.owed and not way.lighter_kg:
        begun = (
            "No stage comes after this one" if way.at.days else "Now with a kettlebell or a bar that is light for you"
        )
        steps.append((f"{begun}: keep the back with a load as it is with the stick.", ()))
        steps += [(f"Back to the stick when {rule_says(rules[name])}.", (name,)) for name in _BACK]
    if way.at.stage is Stage.LOADED_HINGE:
        steps.append((NO_MORE_LOAD, ()))
    return steps


_BACK: Final = ("back.lost", "back.range", "back.drift")


def _about_load(way: Way, rules: Rules) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is owed before load is taken up again, and with how much less."""
    if way.owed is not None:
        yield (
            f"Back to the stick first: {rule_says(rules['stick.sets'])}. "
            f"{way.owed.well} of {rules['stick.sets'].whole('sets')} done.",
            (*way.owed.since.rules, "stick.sets"),
        )
    if way.lighter_kg:
        then = "Then load" if way.owed is not None else "Load"
        yield f"{then} again with {or_less(way.lighter_kg)}.", ("load.lighter",)


# -------------------------------------------------------------------------------------------------------------- trends

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
MOST_BLOCKS: Final = 24
"""More sessions than that do not fit; the latest are drawn."""


def value_words(each: GroupSession, value: float, trend: Trend) -> str:
    """One value of a trend, with its unit."""
    least = "≥" if trend.quantity.at_least is not None and trend.quantity.at_least(each) else ""
    return f"{least}{round(value, trend.quantity.digits) + 0.0:g}{trend.quantity.unit}"


def trend_words(trend: Trend) -> str:
    """The first value and the latest."""
    told = [value_words(each, value, trend) for each, value in (trend.points[0], trend.points[-1])]
    return " to ".join(dict.fromkeys(told))


def trend_blocks(trend: Trend) -> str:
    """The values as a row of blocks, from the lowest to the highest; small changes look small."""
    values = [value for _, value in trend.points][-MOST_BLOCKS:]
    span = max(max(values) - min(values), trend.quantity.least_range)
    low = 0.5 * (max(values) + min(values) - span)
    return "".join(_BLOCKS[round((value - low) / span * (len(_BLOCKS) - 1))] for value in values)


def limits_vary(trends: Sequence[Trend]) -> str:
    """A caution where the depths of a group were told by other limits; empty where they were the same."""
    depths = [trend for trend in trends if trend.quantity.at_least is not None]
    warn_deg = {deg for trend in depths for each, _ in trend.points for deg in each.warn_deg}
    if not warn_deg or max(warn_deg) - min(warn_deg) < SAME_LIMIT_DEG:
        return ""
    return (
        f"Rounding was called close over {min(warn_deg):.1f}° to {max(warn_deg):.1f}°, as the sessions were calibrated "
        "differently: compare the depths with care."
    )


SAME_LIMIT_DEG: Final = 0.5
"""Limits that differ by less shift the depth at which rounding begins by less than sensors can tell."""
