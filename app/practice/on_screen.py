"""A practice on a terminal: one picture that follows what happens, and keys."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console

from dowel.analysis.contact import Limits, limits_for
from dowel.analysis.results import (
    BendMeasured,
    Event,
    Rep,
    RepCounted,
    RowStruck,
    RowWritten,
    SensorSlipped,
    SetEnded,
    as_dict,
)
from dowel.event_lines import summary_words
from dowel.practice.guide import Instruction, Phase
from dowel.practice.keys import keys
from dowel.practice.screen import Screen
from dowel.practice.view import Contact, LinkState, Message, RepView, SensorView, StepView, View
from dowel.practice.vitals import Vitals
from dowel.recordings.types import FloatArray, Mark, Placement
from dowel.terminal import notice_words, rep_name, why, words

if TYPE_CHECKING:
    from dowel.practice.practising import Practice

LOOK_S: Final = 0.1
MESSAGES: Final = 3
NEWS_S: Final = 12.0
WARNINGS_S: Final = 60.0
"""News need to be read once; a warning must also be seen by who was in the middle of a set."""
BENDS: Final = 8
NOTE_CHARACTERS: Final = 500

TITLES: Final = {
    "clap": "Knock",
    "still": "Stand still",
    "rod_hold": "Rod hold",
    "rod_hinges": "Rod hinges",
    "stance_hold": "Stand tall",
    "stance_bends": "Slow bends",
    "slump": "Slump",
    "spacer": "Block",
}
"""What the steps of the calibration are called."""


class OnScreen:
    """Draws the practice and takes keys. A terminal that is gone ends neither the practice nor the recording."""

    def __init__(self, out: Console) -> None:
        self._screen = Screen(out)
        self._stack = ExitStack()
        self._practice: Practice | None = None
        self._messages: deque[tuple[float, Message]] = deque(maxlen=MESSAGES)
        self._asked = StepView("Getting ready", "")
        self._reps = 0
        self._bends: dict[float, tuple[str, Rep]] = {}
        self._note: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._stack.enter_context(self._screen)
        self._look()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._stack.close()

    # --- what a practice tells ---

    def begin(self, practice: Practice) -> None:
        """The session runs from here on; keys work."""
        self._practice = practice
        loop = asyncio.get_running_loop()
        self._stack.enter_context(keys(loop, self._pressed, practice.stop))

    def say(self, sentence: str) -> None:
        """News, shown for a while."""
        self._message(Message(sentence), NEWS_S)

    def warn(self, sentence: str) -> None:
        """A warning, shown for longer."""
        self._message(Message(sentence, warning=True), WARNINGS_S)

    def ask(self, sentence: str) -> None:
        """What the person is to do before the session can begin."""
        self._asked = StepView("Which is which", sentence)
        self.bell()

    def _message(self, message: Message, seconds: float) -> None:
        self._messages.append((asyncio.get_running_loop().time() + seconds, message))

    def bell(self) -> None:
        """The terminal's bell."""
        self._screen.ring()

    def instruct(self, instruction: Instruction) -> None:
        """The calibration says what to do now."""
        if instruction.phase is Phase.JUDGE or (instruction.phase is Phase.PREPARE and not instruction.progress):
            self.bell()

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:  # noqa: ARG002
        """What the analysis said."""
        for event in events:
            if isinstance(event, RepCounted):
                self._reps = event.number
            elif isinstance(event, BendMeasured):
                self._bends[event.rep.start_s] = (str(self._reps), event.rep)
            elif isinstance(event, RowWritten):
                self._bends[event.rep.start_s] = (rep_name(as_dict(event.rep)), event.rep)
            elif isinstance(event, RowStruck):
                self._reps = max(self._reps - 1, 0)
                self._bends = {at: bend for at, bend in self._bends.items() if not at <= event.start_s <= bend[1].end_s}
            elif isinstance(event, SetEnded):
                rows = [rep for _, rep in self._bends.values() if rep.set == event.summary.set]
                self.say(f"Set {event.summary.set}: {summary_words(event.summary, rows)}.")
                self._reps = 0
            elif isinstance(event, SensorSlipped):
                self.warn(notice_words(event))

    # --- what a person presses ---

    def _pressed(self, key: str) -> None:
        practice = self._practice
        if practice is None:
            return
        if self._note is not None:
            self._write_note(practice, self._note, key)
            return
        actions: Mapping[str, Callable[[], None]] = {
            "s": practice.toggle_set,
            " ": practice.toggle_set,
            "u": practice.undo_rep,
            "n": self._begin_note,
            "c": practice.calibrate,
            "r": practice.slump,
            "b": practice.spacer,
            "q": practice.stop,
            "m": lambda: self.say(practice.choices.next_mode()),
            "+": lambda: self.say(practice.choices.louder()),
            "-": lambda: self.say(practice.choices.louder(-1)),
        }
        action = actions.get(key.lower())
        if action is not None:
            action()

    def _begin_note(self) -> None:
        self._note = ""

    def _write_note(self, practice: Practice, note: str, key: str) -> None:
        if key in "\r\n":
            self._note = None
            if note:
                practice.note(note)
                self.say("Noted.")
        elif key in "\x7f\b":
            self._note = note[:-1]
        elif key.isprintable():
            self._note = (note + key)[:NOTE_CHARACTERS]

    # --- the picture ---

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        self._screen.show(self.view())

    def view(self) -> View:
        """What is shown now."""
        practice, now_s = self._practice, asyncio.get_running_loop().time()
        messages = tuple(message for until_s, message in self._messages if until_s > now_s)
        if practice is None:
            return View("practice", "", "", 0.0, step=self._asked, messages=messages, keys=(("ctrl-c", "quit"),))
        live = practice.live
        pipeline = live.engine.pipeline
        calibration, now = pipeline.posture.calibration, pipeline.history.next
        limits = limits_for(calibration, pipeline.setting.load_kg) if calibration else None
        deviation_deg = _known(pipeline.history.deviation_deg(now - 1, now))
        head_deg = _known(pipeline.history.head_deg(now - 1, now))
        shown = tuple(_bend_view(name, rep) for name, rep in list(self._bends.values())[-BENDS:])
        return View(
            practice.wanted.drill,
            practice.wanted.person,
            practice.wanted.out.name,
            live.now_s,
            sensors=tuple(_sensor_view(vitals) for vitals in practice.vitals.latest),
            step=self._step_view(practice, calibrated=calibration is not None),
            reps=self._reps,
            set_number=len(live.results.set_rows) + 1 if practice.in_set else None,
            last=shown,
            deviation_deg=deviation_deg,
            limits=limits,
            contacts=contacts(limits, deviation_deg, head_deg, [each.placement for each in live.engine.sensors]),
            messages=messages,
            keys=_keys(practice),
        )

    def _step_view(self, practice: Practice, *, calibrated: bool) -> StepView | None:
        if self._note is not None:
            return StepView("Note", f"{self._note}_  (Enter to keep it)")
        told = practice.guide.instruction
        if told is not None:
            title = TITLES[told.step]
            say = f"{told.say} {told.bends} seen." if told.bends else told.say
            return StepView(title, say, told.number, told.count, told.progress, told.problem)
        if not calibrated:
            return StepView("Not calibrated", "Press c to calibrate. Without it reps are counted, not judged.")
        if practice.in_set:
            return None
        return StepView("Ready", "Hinge. Press s to begin a set, or just go: a rest of 20 s ends a set too.")


def contacts(
    limits: Limits | None, deviation_deg: float | None, head_deg: float | None, placements: Sequence[Placement]
) -> tuple[tuple[str, Contact], ...]:
    """The points of the rod with what is known of them now; rounding is the sacrum's, arching the upper back's."""
    if limits is None:
        return ()
    found = [
        ("sacrum", _contact(deviation_deg, limits.warn_deg, limits.lost_deg)),
        ("upper back", _contact(_negative(deviation_deg), limits.arching_warn_deg, limits.arching_lost_deg)),
    ]
    if Placement.HEAD in placements:
        away_deg = None if head_deg is None else abs(head_deg)
        found.append(("head", _contact(away_deg, limits.head_warn_deg, limits.head_lost_deg)))
    return tuple(found)


def _known(latest: FloatArray) -> float | None:
    """The one value, None where there is none or it cannot be judged."""
    return float(latest[0]) if len(latest) and math.isfinite(latest[0]) else None


def _negative(value_deg: float | None) -> float | None:
    return None if value_deg is None else -value_deg


def _contact(away_deg: float | None, warn_deg: float, lost_deg: float) -> Contact:
    if away_deg is None:
        return Contact.UNKNOWN
    if away_deg > lost_deg:
        return Contact.LOST
    return Contact.NEAR if away_deg > warn_deg else Contact.HELD


def _sensor_view(vitals: Vitals) -> SensorView:
    return SensorView(
        words(vitals.placement),
        LinkState(vitals.state),
        vitals.name,
        vitals.rate_hz,
        vitals.asked_rate_hz,
        vitals.battery_pct,
        vitals.rssi_dbm,
        vitals.losses,
        vitals.clock_ms,
    )


def _bend_view(name: str, rep: Rep) -> RepView:
    row = as_dict(rep)
    return RepView(name, rep.verdict, why(row))


def _keys(practice: Practice) -> tuple[tuple[str, str], ...]:
    set_key = "end set" if practice.in_set else "set"
    calibrate_key = "give up" if practice.guide.busy else "calibrate"
    return (
        *(("s", set_key), ("u", "undo"), ("n", "note")),
        *(("c", calibrate_key), ("r", "slump"), ("b", "block"), ("m", "cues"), ("q", "quit")),
    )
