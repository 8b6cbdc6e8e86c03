"""A practice from the first sensor to the closed file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from dowel.analysis.drills.drills import Drill, drill_named
from dowel.analysis.events import Event
from dowel.analysis.movement.wall_tap import load_filters
from dowel.cues.bell import Bell
from dowel.cues.cue import CueOutput
from dowel.cues.cue_settings import Choices
from dowel.cues.cueing import Cueing
from dowel.display.actions import Action, Controls, actions_now
from dowel.display.display import Display
from dowel.display.sensor_health import SensorHealth
from dowel.display.view import Instruction, Phase
from dowel.practice.calibration_guide import Guide
from dowel.practice.guided_steps import STEPS, Step, calibration_steps
from dowel.practice.live_session import LiveSession
from dowel.practice.options import PracticeOptions
from dowel.practice.performer import Performer
from dowel.practice.phones import Invite, Phones
from dowel.practice.recording_place import other_folders
from dowel.practice.sensor_search import find_sensors
from dowel.practice.sensor_watch import SensorWatch
from dowel.practice.startup_messages import of_the_drill, of_the_sensors
from dowel.practice.tap_watch import TapWatch
from dowel.practice.undo_and_judge import Corrections
from dowel.recordings.truth_detail import TruthDetail
from dowel.recordings.types import Mark, MarkKind, Placement
from dowel.sensors.ble import Found, Radio, SensorLink
from dowel.sensors.links import Link, LinkChange
from dowel.session.results import SessionResults
from dowel.session.setup import drill_detail, setup_marks
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.settings.trims import trim_for


class Practice:
    """One practice. ``radio`` is the computer's Bluetooth, or a simulated one; ``performer`` then does what is asked.

    ``outputs`` play the cues (the display's bell, if none are given), ``choices`` say which cues there are. ``invite``
    lets the live page feed a phone's link, and gives the address that the phone is to open. ``follow`` is given the
    session before anything comes.

    :meth:`run` returns when :meth:`stop` was called. Everything that a key or a page can do is a method here.
    """

    def __init__(
        self,
        options: PracticeOptions,
        radio: Radio,
        display: Display,
        *,
        started_at: datetime,
        performer: Performer | None = None,
        outputs: Sequence[CueOutput] | None = None,
        choices: Choices | None = None,
        invite: Invite | None = None,
        follow: Callable[[LiveSession], None] = lambda _: None,
    ) -> None:
        self.options = options
        self._follow = follow
        self.choices = choices or Choices(CuePreferences(mode=options.cue))
        self._outputs = (Bell(display.bell),) if outputs is None else outputs
        self.links: list[Link] = []
        self._invite = invite
        self._radio = radio
        self._display = display
        self._performer = performer
        self._started_at = started_at
        self._over = asyncio.Event()
        self._in_set = False
        self.begun = False
        self.live: LiveSession
        self.guide: Guide
        self.sensor_watch: SensorWatch
        self.cueing: Cueing

    # --- what a person can do ---

    def stop(self) -> None:
        """End the practice; the file is closed in order."""
        self._over.set()

    def calibrate(self) -> None:
        """Begin the calibration, for the first time or again, or give up the one under way."""
        self._lead(calibration_steps(self.drill, rod=self.options.rod))

    def slump(self) -> None:
        """Measure how far the back rounds in all; optional. A calibration under way is given up instead."""
        self._lead([STEPS[MarkKind.SLUMP]])

    def spacer(self) -> None:
        """Measure the personal lever with a 20 mm block; optional. A calibration under way is given up instead."""
        self._lead([STEPS[MarkKind.SPACER]])

    def _lead(self, steps: Sequence[Step]) -> None:
        """Lead through calibration steps: never in a set, which they would tear apart."""
        if self._over.is_set():
            return
        if self.guide.busy:
            self.guide.stop()
            self._display.say("The calibration was given up. The one before stays in force.")
        elif self._in_set:
            self._display.warn("A set is under way: end it first.")
        else:
            self.guide.start(steps)

    def toggle_set(self) -> None:
        """Begin a set, or end the one under way."""
        if self._over.is_set():
            return
        if self.guide.busy:
            self._display.warn("The calibration is under way: finish it first, or give it up.")
            return
        self._in_set = not self._in_set
        self.live.mark(MarkKind.SET_START if self._in_set else MarkKind.SET_END)
        if self._in_set and self._performer is not None:
            self._performer.set_begun()

    def undo_rep(self) -> None:
        """Void the latest rep that still stands."""
        if not self._over.is_set():
            self._display.say(self._corrections.undo_rep())

    @property
    def reps_are_marked(self) -> bool:
        """Whether reps are told by a mark, because no sensor sees them: lying without a sensor on a thigh."""
        return self.drill.stance.reps_are_marked(link.placement for link in self.links)

    def mark_rep(self, at_s: float | None = None) -> None:
        """A rep is done: now, or at a session time."""
        if not self._over.is_set() and self.reps_are_marked and not self.guide.busy:
            self.live.mark(MarkKind.REP, at_s, at_s)

    @property
    def has_bends(self) -> bool:
        """Whether there is any bend to judge."""
        return bool(self.live.results.rep_rows)

    def judge(self, at_s: float, verdict: str) -> None:
        """How a person judges the bend at a session time, beside the program; empty takes it back."""
        if not self._over.is_set():
            self._display.say(self._corrections.judge(at_s, verdict))

    def note(self, text: str) -> None:
        """Write a note into the session."""
        if not self._over.is_set():
            self.live.mark(MarkKind.NOTE, text=text)
            self._display.say("Noted.")

    def tell_truth(self, what: str, *, off: bool, at_ns: int, by: str) -> None:
        """A helper saw a contact of the rod lost or found again, or began or ended to look."""
        if not self._over.is_set():
            at_s = max(at_ns - self.live.origin_ns, 0) * 1e-9
            self.live.mark(MarkKind.TRUTH, at_s, at_s, **TruthDetail(what, off, by, reacts=True).to_json())

    def set_load(self, load_kg: float) -> None:
        """The load from here on, in kg; 0 for none."""
        if not self._over.is_set():
            self.live.mark(MarkKind.LOAD, load_kg=load_kg)
            self._display.say(f"The load is {load_kg:g} kg." if load_kg else "No load.")

    def set_wall(self, wall_cm: float) -> None:
        """The distance of the heels to the wall from here on, in cm: never in a set, which has one distance."""
        if self._over.is_set():
            return
        if self._in_set:
            self._display.warn("A set is under way: end it first.")
            return
        self.options = replace(self.options, setup=replace(self.options.setup, wall_cm=wall_cm))
        self.live.mark(MarkKind.DRILL, **drill_detail(self.options.setup))
        self._display.say(f"The heels are {wall_cm:g} cm from the wall.")

    def next_cues(self) -> None:
        """The next way in which cues can sound."""
        self._display.say(self.choices.next_mode())

    def louder(self, steps: int = 1) -> None:
        """Cues so many steps louder, or softer."""
        self._display.say(self.choices.louder(steps))

    # --- what there is to see (view.Shown) and to do (actions.Controls) ---

    @property
    def controls(self) -> Controls:
        """What a person can do."""
        return self

    @property
    def calibrating(self) -> bool:
        """Whether a step of the calibration is under way."""
        return self.guide.busy

    @property
    def cue_mode(self) -> CueMode:
        """When cues sound now."""
        return self.cueing.mode

    @property
    def drill(self) -> Drill:
        """What is practised."""
        return drill_named(self.options.setup.drill)

    @property
    def results(self) -> SessionResults:
        """Everything that was said so far."""
        return self.live.results

    @property
    def now_s(self) -> float:
        """Session time."""
        return self.live.now_s

    @property
    def in_set(self) -> bool:
        """Whether a set was begun and not ended."""
        return self._in_set

    @property
    def instruction(self) -> Instruction | None:
        """What the calibration asks for now."""
        return self.guide.instruction

    @property
    def sensors_now(self) -> Sequence[SensorHealth]:
        """How the sensors are doing."""
        return self.sensor_watch.latest

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be done now."""
        return actions_now(self)

    # --- from the first sensor to the closed file ---

    async def run(self) -> None:
        """Find and start the sensors, practise until :meth:`stop`, close everything. Raises ``LinkError``."""
        self._display.say("Stop if it hurts.")
        if self.drill.taps:
            load_filters()  # while nothing comes yet: later the event loop would stand still, and samples with it
        async with AsyncExitStack() as stack:
            if await self._unless_over(self._open_links(stack)):
                for sentence in (*of_the_sensors(self.links), *of_the_drill(self.options.setup)):
                    self._display.say(sentence)
                await self._practise(stack)

    async def _unless_over(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do this unless :meth:`stop` is called before it is done; whether it was done."""
        working, over = asyncio.ensure_future(work), asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({working, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
        if working.cancelled():
            return False
        working.result()
        return True

    async def _open_links(self, stack: AsyncExitStack) -> None:
        found = await find_sensors(self.options, self.drill.placements, self._radio, self._display, self._to_be_moved)
        phones = Phones(
            self.options.phones(), self.options.host, self._radio.clock_ns, stack, self._display, self._invite
        )
        links = [self._bluetooth_link(index, *each) for index, each in enumerate(found.items())]
        links += [
            await phones.link(placement, self._notified(index), self._changed)
            for index, placement in enumerate(phones.addresses, len(found))
        ]
        stack.push_async_callback(_let_go, links)
        for link in links:
            self._display.wait(f"Connecting the {link.placement.words} sensor.")
            await link.open()
            self.links.append(link)

    def _bluetooth_link(self, index: int, placement: Placement, found: Found) -> Link:
        return SensorLink(
            self._radio,
            found,
            placement,
            settings={} if self.options.simulated else _trim_of(found.address),
            on_notification=self._notified(index),
            on_change=self._changed,
        )

    async def _practise(self, stack: AsyncExitStack) -> None:
        sensors = [link.sensor for link in self.links]
        facts = self.options.facts(self._started_at)
        self.live = LiveSession(self.options.out, sensors, facts, self._radio.clock_ns, other_folders())
        stack.callback(self.live.finish)
        self._follow(self.live)
        self._corrections = Corrections(self.live)
        for kind, detail in setup_marks(self.options.setup):
            self.live.mark(kind, **detail)
        self.cueing = Cueing(
            self.live.results,
            self.live.origin_ns,
            self.choices.cues,
            self._outputs,
            keep=self.live.writer.heard,
            say=self._display.say,
        )
        self.choices.listeners.append(self.cueing.use)
        self.live.listeners.append(self._cue)
        self.guide = Guide(self.live, self._instruct)
        TapWatch(self.live, Placement.STERNUM, self.mark_rep)
        self.sensor_watch = SensorWatch(self.live, self.links, self._display.warn)
        stack.callback(self.sensor_watch.stop)
        stack.callback(self.guide.stop)
        self.begun = True
        self._display.begin(self)
        self.live.listeners.append(lambda marks, events, _: self._display.hear(marks, events))
        for link in self.links:
            link.begin()
        self.calibrate()
        await self._over.wait()
        self._display.say("Closing the session and letting the sensors go.")

    # --- what is heard ---

    def _notified(self, index: int) -> Callable[[int, bytes], None]:
        return lambda arrival_ns, payload: self.live.notify(index, arrival_ns, payload)

    def _cue(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
        if self.live.failure is None:
            self.cueing.hear(marks, events, arrival_ns)
        else:
            self.cueing.silence()

    def _changed(self, change: LinkChange) -> None:
        if self._over.is_set():
            return
        kinds = {"lost": MarkKind.LINK_LOST, "back": MarkKind.LINK_BACK}
        if change.kind in kinds:
            self.live.mark(kinds[change.kind], placement=str(change.placement), reason=change.sentence)
        (self._display.say if change.kind == "back" else self._display.warn)(change.sentence)

    def _to_be_moved(self, placement: Placement) -> None:
        if self._performer is not None:
            self._performer.move_sensor(placement)

    def _instruct(self, instruction: Instruction) -> None:
        self._display.instruct(instruction)
        if self._performer is None:
            return
        if instruction.phase is Phase.PREPARE:
            self._performer.instructed(instruction.step)
        elif instruction.phase is Phase.DONE:
            self._performer.calibrated(self)


async def _let_go(links: Sequence[Link]) -> None:
    """All at once: the system takes two seconds for each."""
    await asyncio.gather(*(link.close() for link in links))


def _trim_of(address: str) -> dict[str, Any]:
    trim = trim_for(address)
    return trim.settings() if trim is not None else {}
