"""A practice told line by line, where there is no terminal to draw on: a pipe, a log, the demo."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console

from dowel.analysis.events import Event
from dowel.analysis.rows import Rep
from dowel.display.display import Display
from dowel.display.event_lines import SILENT_MARKS, print_line_of, print_lines
from dowel.display.view import Instruction, Phase, Shown
from dowel.recordings.types import Mark
from dowel.text.sanitise import plain


class LineOutput(Display):
    """Prints what happens, each thing once. A reader that has gone is no reason to end the practice."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._shown: Shown | None = None
        self._problem = ""

    def begin(self, shown: Shown) -> None:
        """The session runs from here on."""
        self._shown = shown
        self.say(f"Recording {shown.results.path}.")

    def say(self, sentence: str) -> None:
        """A sentence."""
        with suppress(OSError):
            if self._shown is None:
                self._out.print(plain(sentence), soft_wrap=True)
            else:
                print_line_of(self._out, self._shown.now_s, "", sentence)

    def warn(self, sentence: str) -> None:
        """A warning."""
        self.say(sentence)

    def ask(self, sentence: str) -> None:
        """What the person is to do now."""
        self.say(sentence)
        self.bell()

    def bell(self) -> None:
        """A sound, where somebody could hear it."""
        with suppress(OSError):
            if self._out.is_terminal:
                self._out.bell()

    def instruct(self, instruction: Instruction) -> None:
        """What to do now, when it is first said and when it must be done again."""
        if instruction.phase is Phase.PREPARE:
            self._say_problem(instruction)
            self.say(instruction.say)
            self.bell()
        elif instruction.phase is Phase.JUDGE:
            self.bell()
        elif instruction.phase is Phase.WAIT:
            self._say_problem(instruction)

    def _say_problem(self, instruction: Instruction) -> None:
        """Each time that it is a new one."""
        if instruction.problem and instruction.problem != self._problem:
            self.say(instruction.problem)
        self._problem = instruction.problem

    def _rows(self) -> Sequence[Rep]:
        return self._shown.results.rep_rows if self._shown is not None else ()

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        with suppress(OSError):
            print_lines(self._out, [mark for mark in marks if mark.kind not in SILENT_MARKS], events, self._rows())
