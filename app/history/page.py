"""``dowel history --html``: one file with everything in it, in the look of the report. It needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

from markupsafe import Markup

from dowel.history.person import PersonHistory
from dowel.history.plots import trend_plot, weeks_plot
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Decision, Turn
from dowel.history.trends import QUANTITIES, Group, GroupSession, Trend
from dowel.history.wording import (
    ABOUT,
    SEPARATE,
    headline,
    limits_vary,
    next_steps,
    rests_on,
    rule_says,
    span_words,
    state_rule,
    state_words,
    trend_words,
    value_words,
)
from dowel.reports.by_eye import agreement_words
from dowel.reports.letterhead import Letterhead
from dowel.reports.page_style import resource, stylesheet, template
from dowel.reports.pictures import plot_svg
from dowel.reports.tables import TableColumn, TableView
from dowel.settings.rules import Rules
from dowel.settings.version import program_version
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER, counted, date_words, words

MARKS: Final = {
    Turn.PASSED: "held",
    Turn.RETURNED: "held",
    Turn.LOADED_AGAIN: "held",
    Turn.BACK: "lost",
    Turn.STOPPED: "lost",
    Turn.STICK_BAD: "warned",
    Turn.NOT_DONE: "warned",
}
"""The symbol of each decision, those of the verdicts."""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of the way: ``mark`` is ``passed``, ``here``, ``skipped`` or ``ahead``."""

    number: int
    name: str
    about: str
    state: str
    rule: str
    mark: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision, with the symbol of a verdict, and where it was made; ``link`` leads to the report, or is empty."""

    day: str
    mark: str
    text: str
    where: str
    link: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """The trends of sets that can be compared."""

    title: str
    measured: str
    told: tuple[tuple[str, str], ...]
    caution: str
    plots: tuple[Markup, ...]
    table: TableView


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person on the page."""

    anchor: str
    name: str
    about: str
    headline: str
    stages: tuple[StageView, ...]
    steps: tuple[tuple[str, tuple[str, ...]], ...]
    decisions: tuple[DecisionView, ...]
    weeks: TableView | None
    weeks_plot: Markup | None
    groups: tuple[GroupView, ...]
    by_eye: str
    problems: tuple[str, ...]


def history_page(
    persons: Sequence[PersonHistory],
    rules: Rules,
    left_out: Iterable[str],
    links: Mapping[Path, str] | None = None,
    letterhead: Letterhead | None = None,
) -> str:
    """The page of these persons, with the rules in force; ``links`` lead from sessions to their reports."""
    links = links or {}
    views = [_person_view(person, rules, f"person-{number}", links) for number, person in enumerate(persons, start=1)]
    return template("page.html", "dowel.history").render(
        persons=views,
        title=", ".join(view.name for view in views),
        css=stylesheet() + Markup(resource("page.css", "dowel.history")),
        disclaimer=DISCLAIMER.splitlines(),
        letterhead=letterhead,
        separate=SEPARATE,
        numbers={rule.name: number for number, rule in enumerate(rules.of_history(), start=1)},
        quantities=[(each.title, each.about) for each in QUANTITIES if _is_told(each.title, persons)],
        rules=[
            (rule.name, rule_says(rule), plain(rule.why), rests_on(rule), bool(rule.changed))
            for rule in rules.of_history()
        ],
        rules_file=plain(rules.path) if rules.path else "",
        left_out=[plain(sentence) for sentence in left_out],
        version=program_version(),
    )


def _is_told(title: str, persons: Sequence[PersonHistory]) -> bool:
    trends = (trend for person in persons for of_group in person.trends.values() for trend in of_group)
    return any(trend.quantity.title == title for trend in trends)


def _person_view(person: PersonHistory, rules: Rules, anchor: str, links: Mapping[Path, str]) -> PersonView:
    return PersonView(
        anchor=anchor,
        name=person.name,
        about=span_words(person.sessions, person.undated),
        headline=headline(person.way) if person.sessions else "No session says when it was.",
        stages=tuple(_stages(person, rules)) if person.sessions else (),
        steps=tuple(next_steps(person.way, rules)) if person.sessions else (),
        decisions=tuple(_decisions(person, links)),
        weeks=_weeks(person) if person.weeks else None,
        weeks_plot=_weeks_plot(person, anchor) if person.weeks else None,
        groups=tuple(_groups(person, anchor, links)),
        by_eye=agreement_words(person.agreement),
        problems=tuple(_problems(person)),
    )


def _stages(person: PersonHistory, rules: Rules) -> Iterator[StageView]:
    for reached in person.way.stages:
        stage = reached.stage
        here = reached is person.way.at
        mark = "here" if here else "passed" if reached.passed else "skipped" if reached.skipped else "ahead"
        yield StageView(stage.number, stage.words, ABOUT[stage], state_words(reached, rules), state_rule(reached), mark)


def _decisions(person: PersonHistory, links: Mapping[Path, str]) -> Iterator[DecisionView]:
    for each in reversed(person.way.decisions):
        where = f"{plain(each.session.name)}, set {each.set}"
        yield DecisionView(
            str(each.day), MARKS[each.turn], each.text, where, links.get(each.session.path, ""), each.rules
        )


def _problems(person: PersonHistory) -> Iterator[str]:
    for session in person.undated:
        yield f"{plain(session.name)} does not say when it was: it is in no week, trend or decision."
    for session in (*person.sessions, *person.undated):
        yield from (f"{plain(session.name)}: {plain(problem)}" for problem in session.problems)
    if any(each.stage is Stage.WALL_TAP and not s.height_given for s in person.sessions for each in s.sets):
        yield "No height was given: 170 cm is taken for the distance to the wall that the rule asks for."


# --------------------------------------------------------------------------------------------------- weeks and trends


def _table(titles: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> TableView:
    """A table of texts: its titles with their units, those that have something to say; the first is words."""
    columns = [
        TableColumn(title, itemgetter(title), is_words=place == 0, unit=unit)
        for place, (title, unit) in enumerate(titles.items())
        if any(row[title] for row in rows)
    ]
    return TableView(tuple(columns), tuple((tuple(column.text(row) for column in columns), "") for row in rows))


def _weeks(person: PersonHistory) -> TableView:
    stages = {stage: stage.words for stage in Stage}
    rows = [
        {
            "week of": str(week.monday),
            "sessions": str(week.sessions or ""),
            **{
                title: f"{week.clean[stage]} of {week.reps[stage]}" if week.reps[stage] else ""
                for stage, title in stages.items()
            },
            "volume": f"{week.volume_kg:.0f}" if week.volume_kg else "",
        }
        for week in person.weeks
    ]
    return _table({"week of": "", "sessions": "", **dict.fromkeys(stages.values(), ""), "volume": "kg"}, rows)


def _weeks_plot(person: PersonHistory, anchor: str) -> Markup:
    reps = sum(sum(week.reps.values()) for week in person.weeks)
    clean = sum(sum(week.clean.values()) for week in person.weeks)
    told = f"Clean reps, other reps and volume in {counted(len(person.weeks), 'week')}: {clean} of {reps} reps clean."
    return Markup(plot_svg(lambda: weeks_plot(person.weeks), f"{anchor}-weeks", told))


def _groups(person: PersonHistory, anchor: str, links: Mapping[Path, str]) -> Iterator[GroupView]:
    for number, (group, trends) in enumerate(person.trends.items(), start=1):
        own = [each for each in person.groups if each.group == group and each.session.day]
        if not own:
            continue
        yield GroupView(
            title=f"{group.title}, {counted(len(own), 'session')}",
            measured=group.measured,
            told=tuple((trend.quantity.title, trend_words(trend)) for trend in trends),
            caution=limits_vary(trends),
            plots=tuple(_trend_plots(person, group, trends, f"{anchor}-trends-{number}")) if len(own) > 1 else (),
            table=_sessions(own, trends, links),
        )


def _trend_plots(person: PersonHistory, group: Group, trends: Sequence[Trend], name: str) -> Iterator[Markup]:
    days = [session.day for session in person.sessions if session.day]
    decisions = [each for each in person.way.decisions if _concerns(each, group)]
    for place, trend in enumerate(trends):
        draw = partial(trend_plot, trend, decisions, days[0], days[-1], named=place == 0)
        told = f"{group.title} over time: {trend.quantity.title} {trend_words(trend)}."
        yield Markup(plot_svg(draw, f"{name}-{place}", told))


def _concerns(decision: Decision, group: Group) -> bool:
    """Whether a decision is drawn into the picture of a group: it is of its stage, or goes between stick and load."""
    if decision.turn is Turn.PASSED:
        return f"pass.{group.stage}" in decision.rules
    return group.stage in (Stage.DOWEL_HINGE, Stage.LOADED_HINGE)


def _sessions(own: Sequence[GroupSession], trends: Sequence[Trend], links: Mapping[Path, str]) -> TableView:
    """One row per session, the latest first."""
    values = {
        (trend.quantity.title, id(each)): value_words(each, value, trend)
        for trend in trends
        for each, value in trend.points
    }
    titles = [trend.quantity.title for trend in trends]
    rows = [
        {
            "session": date_words(each.session.started_at),
            "sets": str(len(each.sets)),
            "reps": str(each.reps),
            "clean": str(sum(one.clean for one in each.sets)),
            words("warned"): str(sum(one.count("warned") for one in each.sets)),
            "lost": str(sum(one.count("lost") for one in each.sets)),
            "not judged": str(sum(one.count("not_judged") for one in each.sets) or ""),
            **{title: values.get((title, id(each)), "") for title in titles},
        }
        for each in reversed(own)
    ]
    found = tuple(links.get(each.session.path, "") for each in reversed(own))
    return replace(_table(dict.fromkeys(rows[0], ""), rows), links=found if any(found) else ())
