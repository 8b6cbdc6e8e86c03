"""What a person corrects while practising: the latest rep taken back, a rep judged by eye."""

from __future__ import annotations

from dowel.analysis.events import BendMeasured, RepCounted
from dowel.practice.live_session import LiveSession
from dowel.recordings.types import MarkKind
from dowel.session.find_row import row_at
from dowel.session.human_verdicts import judged_anew
from dowel.text.wording import rep_words, sentence, words


class Corrections:
    """The corrections of one practice; each says in a sentence what was done.

    Parameters
    ----------
    live
        Its session.
    """

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._undone: set[float] = set()

    def undo_rep(self) -> str:
        """Void the latest rep that still stands."""
        at_s = self._latest_standing_s()
        if at_s is None:
            return "There is no rep to take back."
        self._undone.add(at_s)
        self._live.mark(MarkKind.VOID, at_s, at_s)
        return "The last rep is taken back."

    def _latest_standing_s(self) -> float | None:
        """A moment within the latest rep that was not taken back: one that is counted and not yet over, or measured."""
        events = self._live.results.events
        measured = [event for event in events if isinstance(event, BendMeasured)]
        counted = [event.closed_s for event in events if isinstance(event, RepCounted)]
        if counted and counted[-1] not in self._undone and (not measured or counted[-1] > measured[-1].time_s):
            return counted[-1]
        standing = [event.rep.bottom_s for event in measured if event.rep.bottom_s not in self._undone]
        return standing[-1] if standing else None

    def judge(self, at_s: float, verdict: str) -> str:
        """How a person judges the bend at a session time; empty leaves it to the program. Raises ``InputError``."""
        row = row_at(self._live.results, at_s)
        for kind, detail in judged_anew(self._live.results.marks, row.start_s, row.end_s, verdict):
            self._live.mark(kind, row.bottom_s, row.bottom_s, **detail)
        return f"{sentence(rep_words(row))[:-1]}: {f'{words(verdict)} by eye' if verdict else 'as the program says'}."
