"""The cues of a session that is told again in its own time."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace

from rich.console import Console

from dowel.cues.cue import Cue, CueOutput
from dowel.cues.cue_outputs import cues_for, open_output
from dowel.cues.cue_settings import Choices
from dowel.cues.cueing import Cueing
from dowel.recordings.session_file.session_reader import Session
from dowel.session.following import Followed
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import BY_LOAD, CueMode
from dowel.settings.preferences import CuePreferences, read_preferences
from dowel.text.sanitise import plain


class ReplayedCues:
    """Sounds the cues as they sounded in the practice, or with another ``mode`` and ``volume`` if these are given.

    A listener of a replay (``playing.Listener``). What is played on, besides ``also``, is open until the stack is left.
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
        self._origin_ns = int(session.facts["origin_ns"])
        self.choices = Choices(cues)
        self._out = out
        for problem in kept.problems:
            self._say(problem)
        self._valve = _Valve(open_output(stack, self.choices, self._ring, self._say), *also)
        self._cueing: Cueing | None = None
        self.choices.listeners.append(self._use)
        self.begin(results)

    def begin(self, results: SessionResults) -> None:
        """It is told from its start, into these results."""
        self._results, self._cueing = results, None
        self._valve.tone(None)

    def hear(self, part: Followed, *, told: bool = True) -> None:
        """Sound what is due; on the way to another moment nothing is."""
        if self._cueing is None:
            self._cueing = Cueing(self._results, self._origin_ns, self.choices.cues, (self._valve,), say=self._say)
        self._valve.is_open = told
        self._cueing.hear(part.marks, part.events, part.arrival_ns)

    def hold(self, *, still: bool) -> None:
        """No tone while it stands still."""
        self._valve.hold(still=still)

    def leave(self) -> None:
        """Another moment is sought: nothing sounds on the way."""

    def arrived(self) -> None:
        """Another moment was reached: the tone is as it was there."""

    def end(self) -> None:
        """All of it was told."""

    @property
    def mode(self) -> CueMode:
        """When cues sound now."""
        return self._cueing.mode if self._cueing is not None else CueMode.OFF

    def _use(self, cues: CuePreferences) -> None:
        if self._cueing is not None:
            self._cueing.use(cues)

    def _say(self, sentence: str) -> None:
        self._out.print(plain(sentence), style="dim", soft_wrap=True)

    def _ring(self) -> None:
        if self._out.is_terminal:
            with suppress(OSError):
                self._out.bell()


class _Valve:
    """Lets cues through to ``outputs`` while it is open, and the tone while the replay does not stand still."""

    def __init__(self, *outputs: CueOutput) -> None:
        self.is_open = True
        self._outputs = outputs
        self._level: float | None = None
        self._still = False

    def sound(self, cue: Cue) -> None:
        """A cue, where it is told."""
        if self.is_open:
            for output in self._outputs:
                output.sound(cue)

    def tone(self, level: float | None) -> None:
        """The tone, kept for when it may be heard."""
        self._level = level
        self._hand_on()

    def hush(self) -> None:
        """No more words."""
        for output in self._outputs:
            output.hush()

    def hold(self, *, still: bool) -> None:
        """Silent from here on, or as it was."""
        self._still = still
        self._hand_on()

    def _hand_on(self) -> None:
        for output in self._outputs:
            output.tone(None if self._still else self._level)


def mode_of(session: Session, otherwise: CueMode | None) -> CueMode | None:
    """When cues sounded as the practice began; ``otherwise`` where the session does not say (an imported one)."""
    said = session.facts.get("cue")
    if said == BY_LOAD:
        return None
    return CueMode(str(said)) if said in list(CueMode) else otherwise
