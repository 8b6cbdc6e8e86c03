"""A session that is told again can be paused, moved and repeated: what there is to see of it, and what can be done.

The terminal and the page show the same timeline and have the same keys.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from dowel.analysis.events import ContactPassed
from dowel.analysis.rows import as_dict
from dowel.display.actions import Action
from dowel.recordings.errors import UsageError
from dowel.session.results import SessionResults
from dowel.text.wording import rep_name

STEP_S: Final = 5.0
"""Back or on with an arrow: a rep is 4 to 8 s long."""
LEAD_S: Final = 1.0
"""A rep is shown from so long before it: the stand that it begins with belongs to it."""
SAME_REP_S: Final = 1.5
"""Whoever goes back so soon after a rep's beginning wants the one before."""

PLAYER_ACTIONS: Final = (
    Action("pause", "space", "pause"),
    Action("back", "left", "5 s back"),
    Action("on", "right", "5 s on"),
    Action("rep_before", ",", "rep before"),
    Action("rep_after", ".", "next rep"),
    Action("loss", "x", "next loss"),
    Action("again", "a", "again"),
    Action("report", "r", "report"),
    Action("other", "o", "other session"),
    Action("stop", "q", "quit"),
)


class Span(NamedTuple):
    """A set, a rep or a loss of contact on the timeline: ``name`` says which, or where contact was lost."""

    name: str
    start_s: float
    end_s: float
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happens when in a session, from ``began_s`` to ``ended_s``, by the analysis of all of it."""

    began_s: float
    ended_s: float
    sets: tuple[Span, ...]
    reps: tuple[Span, ...]
    losses: tuple[Span, ...]

    @classmethod
    def of(cls, results: SessionResults) -> Timeline:
        """The timeline of a session that was analysed to its end."""
        reps = tuple(
            Span(rep_name(as_dict(row)), row.start_s, row.end_s, row.verdict)
            for row in sorted(results.rep_rows, key=lambda row: row.start_s)
        )
        lost = [row for row in results.rep_rows if row.verdict == "lost"]
        passed = [each for each in results.events if isinstance(each, ContactPassed) and each.level == "lost"]
        losses = [
            Span(each.point, each.began_s, each.time_s)
            for each in passed
            if any(row.start_s <= each.began_s <= row.end_s for row in lost)
        ]
        sets = [
            Span(str(each.set), min(within), max(row.end_s for row in results.rep_rows if row.set == each.set))
            for each in results.set_rows
            if (within := [row.start_s for row in results.rep_rows if row.set == each.set])
        ]
        ended_s = max(results.analysed_until_s, results.began_s)
        return cls(results.began_s, ended_s, tuple(sets), reps, tuple(losses))

    def goal_s(self, action: str, at_s: float) -> float | None:
        """Where an action leads from a moment; None where there is nothing that way."""
        starts_s = [rep.start_s - LEAD_S for rep in self.reps]
        match action:
            case "again":
                return self.began_s
            case "back":
                return self.within(at_s - STEP_S)
            case "on":
                return self.within(at_s + STEP_S)
            case "rep_before":
                return max((s for s in starts_s if s < at_s - SAME_REP_S), default=self.began_s)
            case "rep_after":
                return min((s for s in starts_s if s > at_s), default=None)
            case "loss":
                return min((s for loss in self.losses if (s := loss.start_s - LEAD_S) > at_s), default=None)
        raise UsageError(f"There is no action {action!r} in a replay.")

    def within(self, time_s: float) -> float:
        """The moment of the session that is nearest to a time."""
        return min(max(time_s, self.began_s), self.ended_s)


class Player(Protocol):
    """A replay, as the terminal and the page lead it."""

    @property
    def timeline(self) -> Timeline:
        """What happens when."""

    @property
    def at_s(self) -> float:
        """Session time up to which it was told."""

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""

    @property
    def over(self) -> bool:
        """Whether all of it was told."""

    @property
    def moving(self) -> bool:
        """Whether it is on its way to another moment."""

    @property
    def others(self) -> Sequence[str]:
        """The sessions that can be told instead, the newest first: file names of the same folder."""

    def pause(self) -> None:
        """Pause, or go on; at the end from the start."""

    def move(self, to_s: float) -> None:
        """Go to a moment of the session."""

    def open_report(self) -> None:
        """Tell what the whole session gave."""

    def choose(self, name: str) -> None:
        """Tell one of ``others`` instead."""

    def stop(self) -> None:
        """End the replay."""


def play(player: Player, action: str, *, to_s: float = math.nan, session: str = "") -> None:
    """Do it. Raises ``UsageError`` for an action that there is not, or what cannot be done."""
    match action:
        case "pause":
            player.pause()
        case "move":
            if not math.isfinite(to_s):
                raise UsageError("Where to go is a number of seconds.")
            player.move(to_s)
        case "report":
            player.open_report()
        case "other":
            if session not in player.others:
                raise UsageError("There is no such session in this folder. Choose one of the list.")
            player.choose(session)
        case "stop":
            player.stop()
        case _:
            goal_s = player.timeline.goal_s(action, player.at_s)
            if goal_s is not None:
                player.move(goal_s)
