"""Everything that history tells of one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dowel.history.practised_sets import PracticeSession
from dowel.history.progress import Way, way_of
from dowel.history.trends import Group, GroupSession, Trend, Week, grouped, trends_of, weeks_of
from dowel.history.wording import person_words
from dowel.recordings.errors import InputError
from dowel.session.human_verdicts import Agreement
from dowel.settings.rules import Rules


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """One person's sessions and what follows from them.

    ``sessions`` say when they were, and are in order. ``undated`` do not, so they are in no week, trend or decision.
    """

    person: str
    simulated: bool
    sessions: tuple[PracticeSession, ...]
    undated: tuple[PracticeSession, ...]
    way: Way
    weeks: tuple[Week, ...]
    groups: tuple[GroupSession, ...]
    trends: dict[Group, list[Trend]]

    @property
    def agreement(self) -> Agreement:
        """How a person's own verdicts and the program's agree, over all sessions."""
        return Agreement.of(row for each in (*self.sessions, *self.undated) for one in each.sets for row in one.rows)

    @property
    def name(self) -> str:
        """How the person is called."""
        return person_words(self.person, self.simulated)


def persons_of(sessions: Sequence[PracticeSession], rules: Rules, person: str | None = None) -> list[PersonHistory]:
    """The history of each person, or of the one with this code; simulated practice is apart from real.

    Raises ``InputError`` where there is no such person.
    """
    keys = sorted({(each.person, each.simulated) for each in sessions}, key=lambda key: (not key[0], *key))
    if person is not None and not any(code == person for code, _ in keys):
        there = ", ".join(dict.fromkeys(code or "(no name given)" for code, _ in keys))
        raise InputError(f"There is no session of a person {person!r}. There are: {there}.")
    return [
        _history(
            code, simulated, [each for each in sessions if (each.person, each.simulated) == (code, simulated)], rules
        )
        for code, simulated in keys
        if person is None or code == person
    ]


def _history(person: str, simulated: bool, sessions: Sequence[PracticeSession], rules: Rules) -> PersonHistory:
    dated = tuple(each for each in sessions if each.started)
    undated = tuple(each for each in sessions if not each.started)
    way = way_of(dated, rules)
    groups = grouped((*dated, *undated), way.decisions)
    return PersonHistory(
        person, simulated, dated, undated, way, tuple(weeks_of(dated)), tuple(groups), trends_of(groups, rules)
    )
