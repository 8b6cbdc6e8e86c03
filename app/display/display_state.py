"""What is to be seen of a session while it happens, kept up to date: the terminal and the page draw it.

A practice tells it what it tells everybody; a replay does the same, so both look alike.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.drills import DRILLS, Drill
from dowel.analysis.events import (
    BendMeasured,
    CalibrationDoubted,
    Event,
    RepCounted,
    RowRevised,
    RowWritten,
    SensorCameOff,
    SensorSlipped,
    SetEnded,
    Spoken,
    StandChanged,
)
from dowel.analysis.rows import Rep, as_dict
from dowel.display.actions import QUIT_EARLY
from dowel.display.display import Display
from dowel.display.moment import told_now
from dowel.display.view import Message, RepView, Shown, StepView, View
from dowel.recordings.types import Mark, MarkKind
from dowel.session.human_verdicts import human_verdict
from dowel.session.results import SessionResults
from dowel.text.wording import (
    movement_words,
    notice_words,
    peak,
    rep_name,
    sentence,
    summary_words,
    tap_words,
    tempo,
    todo_words,
    why,
    words,
)

MESSAGES: Final = 3
NEWS_S: Final = 12.0
WARNINGS_S: Final = 60.0
"""News need to be read once; a warning must also be seen by who was in the middle of a set."""
BENDS: Final = 12
"""More than a set of the method has; the terminal shows as many of them as it has room for."""

TITLES: Final = {
    "clap": "Knock",
    "still": "Stand still",
    "rod_hold": "Rod hold",
    "rod_hinges": "Rod hinges",
    "stance_hold": "Stand tall",
    "stance_bends": "Slow bends",
    "slump": "Slump",
    "spacer": "Block",
    "lying": "Lie down",
    "pressed": "Press flat",
    "relaxed": "Let go",
}
"""What the steps of the calibration are called."""


class Board(Display):
    """Keeps what is to be seen; :meth:`view` gives all of it. To be used inside a running event loop.

    ``drill``: the one that is to be practised, before the session says so.
    """

    def __init__(self, drill: Drill | None = None) -> None:
        self.drill = drill
        self.shown: Shown | None = None
        self.page_address = ""
        self.other_addresses: tuple[tuple[str, str], ...] = ()
        """By name what others open or compare, in sight until the first bend: news would be gone too soon."""
        self._messages: deque[tuple[float, Message]] = deque(maxlen=MESSAGES)
        self._asked = StepView("Getting ready", "")
        self._reps, self._counted_s = 0, 0.0
        self._bends: dict[float, tuple[str, Rep]] = {}
        self._set_over, self._summary, self._advice = 0, "", ""

    # --- what a practice tells ---

    def begin(self, shown: Shown) -> None:
        """The session runs from here on."""
        self.shown = shown

    def say(self, sentence: str) -> None:
        """News, shown for a while."""
        self._message(Message(sentence), NEWS_S)

    def warn(self, sentence: str) -> None:
        """A warning, shown for longer."""
        self._message(Message(sentence, warning=True), WARNINGS_S)

    def refuse(self, sentence: str) -> None:
        """What was typed just now cannot be taken: whoever typed it reads it at once."""
        self._message(Message(sentence, warning=True), NEWS_S)

    def ask(self, sentence: str) -> None:
        """What the person is to do before the session can begin."""
        self._asked = StepView("Which is which", sentence)

    def wait(self, sentence: str) -> None:
        """What is waited for before the session can begin."""
        self._asked = StepView("Getting ready", sentence)

    def _message(self, message: Message, seconds: float) -> None:
        self._messages.append((asyncio.get_running_loop().time() + seconds, message))

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        for mark in marks:
            if mark.kind is MarkKind.VOID:
                self._void(mark.start_s)
        for event in events:
            if isinstance(event, RepCounted):
                self._count(event)
                self._summary = self._advice = ""
            elif isinstance(event, BendMeasured):
                name = str(self._reps) if self._counted(event.rep) else rep_name(as_dict(event.rep))
                self._bends[event.rep.start_s] = (name, event.rep)
            elif isinstance(event, RowWritten | RowRevised):
                self._bends[event.rep.start_s] = (rep_name(as_dict(event.rep)), event.rep)
            elif isinstance(event, SetEnded):
                rows = [rep for _, rep in self._bends.values() if rep.set == event.summary.set]
                self._set_over, self._summary = event.summary.set, f"{summary_words(event.summary, rows)}."
                self._advice = event.summary.advice
                self.say(f"Set {self._set_over}: {self._summary}")
                self._reps = 0
            elif isinstance(event, Spoken) and event.about != "advice":  # which stands there until the next rep
                self.say(sentence(event.sentence))
            elif isinstance(event, SensorSlipped | StandChanged | SensorCameOff | CalibrationDoubted):
                self.warn(notice_words(event))

    def _count(self, event: RepCounted) -> None:
        """A bend counts: the one that has just closed, or one whose kind was not known until the next one opened."""
        self._reps, self._counted_s = event.number, event.closed_s
        for start_s, (_, rep) in self._bends.items():
            if self._counted(rep):
                self._bends[start_s] = (str(event.number), rep)

    def _counted(self, rep: Rep) -> bool:
        """Whether it is the bend that was counted last."""
        return rep.start_s <= self._counted_s <= rep.end_s

    def _void(self, at_s: float) -> None:
        """The rep at this time is taken back: written, measured, or counted just now."""
        if at_s <= self._counted_s:
            self._reps = max(self._reps - 1, 0)
        self._bends = {at: bend for at, bend in self._bends.items() if not at <= at_s <= bend[1].end_s}

    def restart(self) -> None:
        """A session is told from its start, perhaps once more."""
        self._reps, self._counted_s, self._bends = 0, 0.0, {}
        self._set_over, self._summary, self._advice = 0, "", ""
        self._messages.clear()

    def hush(self) -> None:
        """Another moment of a session that is told again: what was said before it is no news."""
        self._messages.clear()

    # --- the picture ---

    def view(self) -> View:
        """What is shown now."""
        shown, now_s = self.shown, asyncio.get_running_loop().time()
        messages = tuple(message for until_s, message in self._messages if until_s > now_s)
        addresses = (("page", self.page_address), *(() if self._bends else self.other_addresses))
        if shown is None:
            return View(
                "practice", "", "", 0.0, step=self._asked, messages=messages, actions=QUIT_EARLY, addresses=addresses
            )
        results, now, setting = shown.results, shown.results.now, shown.results.setting
        calibrated = now.calibration is not None
        bends = tuple(_bend_view(name, rep, results) for name, rep in list(self._bends.values())[-BENDS:])
        return View(
            drill_of(results).words.title,
            str(results.facts.get("person", "")),
            results.path.name,
            shown.now_s,
            sensors=tuple(shown.sensors_now),
            step=self._step_view(shown, calibrated=calibrated),
            reps=self._reps,
            set_number=len(results.set_rows) + 1 if shown.in_set else None,
            last=bends,
            deviation_deg=known(now.angles.deviation_deg),
            limits=now.limits if calibrated else None,
            contacts=tuple((words(point), contact) for point, contact in now.contacts.items()),
            told=told_now(shown),
            messages=messages,
            actions=shown.actions,
            load_kg=setting.load_kg,
            set_over=self._set_over,
            summary=self._summary,
            advice=self._advice,
            wall_cm=known(setting.wall_cm),
            addresses=addresses,
        )

    def _step_view(self, shown: Shown, *, calibrated: bool) -> StepView | None:
        told = shown.instruction
        if told is not None:
            say = f"{told.say} {told.bends} seen." if told.bends else told.say
            return StepView(TITLES[told.step], say, told.number, told.count, told.progress, told.problem)
        if not calibrated and any(action.name == "calibrate" for action in shown.actions):
            return StepView("Not calibrated", "Calibrate first. Without it reps are counted, not judged.")
        if shown.in_set or not shown.actions:
            return None
        if self._advice:
            return StepView("Next", self._advice)
        return StepView("Ready", _ready_words(shown.results.setting))


def _ready_words(setting: Setting) -> str:
    """What can be done between sets."""
    drill, ending = setting.drill, "Begin a set, or just go: a rest of 20 s ends a set too."
    if drill.taps:
        away = "Say how far the heels are from the wall." if math.isnan(setting.wall_cm) else ""
        ending = f"{away or f'Heels {setting.wall_cm:.3g} cm from the wall.'} {ending}"
    if drill.loaded and not setting.load_kg:
        ending = f"No load: say how heavy it is, unless it is a set with the stick. {ending}"
    return f"{drill.words.rep.capitalize()}. {ending}"


def drill_of(results: SessionResults) -> Drill:
    """What is practised, also before the first sample has come."""
    return DRILLS.get(str(results.facts.get("drill", "")), results.setting.drill)


def known(value: float) -> float | None:
    """The value, None where it is not known or cannot be judged."""
    return value if math.isfinite(value) else None


def _bend_view(name: str, rep: Rep, results: SessionResults) -> RepView:
    row = as_dict(rep)
    depth_deg = None if math.isnan(rep.hinge_angle_deg) else rep.hinge_angle_deg
    return RepView(
        name,
        rep.verdict,
        why(row),
        peak(row),
        tempo(row),
        depth_deg,
        movement_words(rep.movement),
        tap_words(row),
        todo_words(row),
        human_verdict(results.marks, rep.start_s, rep.end_s),
        rep.bottom_s,
        any(written.start_s == rep.start_s for written in results.rep_rows),
    )
