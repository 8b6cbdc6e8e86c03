"""History in the terminal: readable without colour and at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dowel.history.person import PersonHistory
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Turn
from dowel.history.wording import (
    SEPARATE,
    headline,
    limits_vary,
    next_steps,
    span_words,
    state_rule,
    state_words,
    trend_blocks,
    trend_words,
)
from dowel.reports.by_eye import agreement_words
from dowel.settings.rules import Rules
from dowel.text.fitting_table import fitting_table
from dowel.text.sanitise import plain
from dowel.text.wording import DISCLAIMER, counted

MOST_DECISIONS: Final = 12
MOST_WEEKS: Final = 12
"""More than a terminal shows at once; the page has them all."""

TURN_STYLES: Final = {
    Turn.PASSED: "bright_blue",
    Turn.RETURNED: "bright_blue",
    Turn.BACK: "bold red",
    Turn.STOPPED: "bold red",
    Turn.STICK_BAD: "yellow",
    Turn.NOT_DONE: "yellow",
}


class Footnotes:
    """Rules as numbers behind what they decided: their names are for who changes them, at the end."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def of(self, names: Iterable[str]) -> str:
        """The numbers of these rules, with a space before them."""
        wanted = list(names)
        self.names += [name for name in wanted if name not in self.names]
        return f" [{', '.join(str(self.names.index(name) + 1) for name in wanted)}]"

    def told(self) -> str:
        """All numbers with their names."""
        return ", ".join(f"[{number}] {plain(name)}" for number, name in enumerate(self.names, start=1))


def print_history(out: Console, persons: Iterable[PersonHistory], rules: Rules, left_out: Iterable[str]) -> None:
    """Everything about these persons, and what was left out."""
    notes = Footnotes()
    for person in persons:
        _print_person(out, person, rules, notes)
    for sentence in left_out:
        _print(out, Text(f"Left out: {plain(sentence)}", style="yellow"))
    if rules.path is not None:
        _print(out, Text(f"Decided by the rules of {plain(rules.path)}.", style="dim"))
    if notes.names:
        _print(out, Text(f"Rules: {notes.told()}.", style="dim"))
    _print(out, Text("dowel history --show-rules prints the rules with their reasons.", style="dim"))
    out.print()


def _print_person(out: Console, person: PersonHistory, rules: Rules, notes: Footnotes) -> None:
    out.print()
    out.print(Text(f"  {person.name}", style="bold"), soft_wrap=True)
    _print(out, Text(span_words(person.sessions, person.undated)))
    out.print()
    _print(out, Text(DISCLAIMER, style="italic"))
    out.print()
    if person.sessions:
        _print(out, Text(headline(person.way), style="bold"))
        out.print()
        _print(out, _stages(person, rules, notes))
        _print_next(out, person, rules, notes)
        _print_decisions(out, person, notes)
        _print_weeks(out, person)
        _print_trends(out, person)
    if by_eye := agreement_words(person.agreement):
        out.print()
        _print(out, Text(by_eye))
    for session in person.undated:
        sentence = f"{plain(session.name)} does not say when it was: it is in no week, trend or decision."
        _print(out, Text(sentence, style="yellow"))
    for session in (*person.sessions, *person.undated):
        for problem in session.problems:
            _print(out, Text(f"{plain(session.name)}: {plain(problem)}", style="yellow"))
    out.print()


def _print(out: Console, shown: RenderableType, left: int = 2) -> None:
    out.print(Padding(shown, (0, 0, 0, left), expand=False))


def _stages(person: PersonHistory, rules: Rules, notes: Footnotes) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for reached in person.way.stages:
        here = reached is person.way.at
        state = Text()
        state.append(state_words(reached, rules), style="bright_blue" if reached.passed else "")
        if rule := state_rule(reached):
            state.append(notes.of([rule]), style="dim")
        name = Text(f"{reached.stage.number}  {reached.stage.words}", style="bold" if here else "")
        table.add_row(Text(">" if here else " ", style="bold"), name, state)
    return table


def _title(out: Console, title: str) -> None:
    out.print()
    _print(out, Text(title, style="bold"))


def _print_next(out: Console, person: PersonHistory, rules: Rules, notes: Footnotes) -> None:
    _title(out, "Next")
    for sentence, names in next_steps(person.way, rules):
        text = Text(sentence)
        if names:
            text.append(notes.of(names), style="dim")
        _print(out, text)


def _print_decisions(out: Console, person: PersonHistory, notes: Footnotes) -> None:
    decisions = person.way.decisions
    if not decisions:
        return
    _title(out, "What was decided")
    earlier = len(decisions) - MOST_DECISIONS
    if earlier > 0:
        _print(out, Text(f"... and {counted(earlier, 'decision')} before; --html shows all.", style="dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for decision in decisions[-MOST_DECISIONS:]:
        text = Text(decision.text, style=TURN_STYLES.get(decision.turn, ""))
        text.append(notes.of(decision.rules), style="dim")
        table.add_row(str(decision.day), text)
    _print(out, table)


def _print_weeks(out: Console, person: PersonHistory) -> None:
    stages = [stage for stage in Stage if any(week.reps[stage] for week in person.weeks)]
    if not stages:
        return
    _title(out, "Per week: clean reps of all reps, and volume (reps times load)")
    rows = []
    for week in person.weeks[-MOST_WEEKS:]:
        cells = [f"{week.clean[stage]} of {week.reps[stage]}" if week.reps[stage] else "" for stage in stages]
        volume = f"{week.volume_kg:.0f} kg" if week.volume_kg else ""
        rows.append([Text(cell) for cell in (str(week.monday), str(week.sessions or ""), *cells, volume)])
    numbers = ("sessions", *(stage.words for stage in stages), "volume")
    _print(out, fitting_table({"week of": True, **dict.fromkeys(numbers, False)}, rows, out.width - 2))


def _print_trends(out: Console, person: PersonHistory) -> None:
    told = {group: trends for group, trends in person.trends.items() if trends}
    if not told:
        return
    _title(out, "Trends, first session to latest")
    for group, trends in told.items():
        sessions = {id(each.session) for trend in trends for each, _ in trend.points}
        _print(out, Text(f"{group.title}, {counted(len(sessions), 'session')}"))
        _print(out, Text(group.measured, style="dim"), left=4)
        table = Table.grid(padding=(0, 2, 0, 0))
        for trend in trends:
            table.add_row(trend.quantity.title, Text(trend_words(trend)), Text(trend_blocks(trend)))
        _print(out, table, left=4)
        if limits_vary(trends):
            _print(out, Text(limits_vary(trends), style="yellow"), left=4)
    _print(out, Text(SEPARATE, style="dim"))
    for trend in {trend.quantity.title: trend for trends in told.values() for trend in trends}.values():
        _print(out, Text(f"{trend.quantity.title}: {trend.quantity.about}", style="dim"))
