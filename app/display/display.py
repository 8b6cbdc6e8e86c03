"""What a practice tells whoever shows it: terminal, lines in a pipe, the page."""

from __future__ import annotations

from collections.abc import Sequence

from dowel.analysis.events import Event
from dowel.display.view import Instruction, Shown
from dowel.recordings.types import Mark


class Display:
    """Overrides what it wants to hear of. None of it may wait or raise."""

    def say(self, sentence: str) -> None:
        """News: what is being done, what has happened."""

    def warn(self, sentence: str) -> None:
        """Something is wrong, and what to do about it."""

    def ask(self, sentence: str) -> None:
        """Something that the person is to do before the session can begin."""

    def wait(self, sentence: str) -> None:
        """What is waited for before the session can begin."""
        self.say(sentence)

    def bell(self) -> None:
        """A sound."""

    def begin(self, shown: Shown) -> None:
        """The session runs from here on."""

    def instruct(self, instruction: Instruction) -> None:
        """The calibration says what to do now."""

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""


class Displays(Display):
    """Tells each of several, in their order."""

    def __init__(self, *displays: Display) -> None:
        self._displays = displays

    def say(self, sentence: str) -> None:
        """News."""
        for display in self._displays:
            display.say(sentence)

    def warn(self, sentence: str) -> None:
        """Something is wrong."""
        for display in self._displays:
            display.warn(sentence)

    def ask(self, sentence: str) -> None:
        """Something that the person is to do."""
        for display in self._displays:
            display.ask(sentence)

    def wait(self, sentence: str) -> None:
        """What is waited for."""
        for display in self._displays:
            display.wait(sentence)

    def bell(self) -> None:
        """A sound."""
        for display in self._displays:
            display.bell()

    def begin(self, shown: Shown) -> None:
        """The session runs from here on."""
        for display in self._displays:
            display.begin(shown)

    def instruct(self, instruction: Instruction) -> None:
        """The calibration says what to do now."""
        for display in self._displays:
            display.instruct(instruction)

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        for display in self._displays:
            display.hear(marks, events)
