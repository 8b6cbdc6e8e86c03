"""The cues of a session that is told again in its own time."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace

from rich.console import Console

from dowel.cues.cue import CueOutput
from dowel.cues.cue_outputs import cues_for, open_output
from dowel.cues.cue_settings import Choices
from dowel.cues.cueing import Cueing
from dowel.recordings.session_file.session_reader import Session
from dowel.session.results import Followed, SessionResults
from dowel.settings.cue_mode import BY_LOAD, CueMode
from dowel.settings.preferences import read_preferences
from dowel.text.sanitise import plain


class ReplayedCues:
    """Sounds the cues as they sounded in the practice, or with another ``mode`` and ``volume`` if these are given.

    Called with each slice of the session. What is played on, besides ``also``, is open until the stack is left.
    ``choices`` may change meanwhile.
    """

    def __init__(
        self,
        session: Session,
        results: SessionResults,
        out: Console,
        stack: ExitStack,
        mode: CueMode | None,
        volume: float | None,
        *also: CueOutput,
    ) -> None:
        kept = read_preferences()
        cues = cues_for(mode, volume, kept.preferences.cues)
        if mode is None:
            cues = replace(cues, mode=mode_of(session, cues.mode))
        self._results = results
        self._origin_ns = int(session.facts["origin_ns"])
        self.choices = Choices(cues)
        self._out = out
        for problem in kept.problems:
            self._say(problem)
        self._outputs = (open_output(stack, self.choices, self._ring, self._say), *also)
        self._cueing: Cueing | None = None

    def __call__(self, part: Followed) -> None:
        """Sound what is due."""
        if self._cueing is None:
            self._cueing = Cueing(self._results, self._origin_ns, self.choices.cues, self._outputs, say=self._say)
            self.choices.listeners.append(self._cueing.use)
        self._cueing.hear(part.marks, part.events, part.arrival_ns)

    @property
    def mode(self) -> CueMode:
        """When cues sound now."""
        return self._cueing.mode if self._cueing is not None else CueMode.OFF

    def _say(self, sentence: str) -> None:
        self._out.print(plain(sentence), style="dim", soft_wrap=True)

    def _ring(self) -> None:
        if self._out.is_terminal:
            with suppress(OSError):
                self._out.bell()


def mode_of(session: Session, otherwise: CueMode | None) -> CueMode | None:
    """When cues sounded as the practice began; ``otherwise`` where the session does not say (an imported one)."""
    said = session.facts.get("cue")
    if said == BY_LOAD:
        return None
    return CueMode(str(said)) if said in list(CueMode) else otherwise
