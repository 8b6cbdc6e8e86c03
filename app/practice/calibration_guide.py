"""Leads through the calibration hands-free: steps begin and end by themselves, and are asked for again when refused.

The guide looks at the sensors, decides, and writes marks; what a step gives is decided by the analysis alone, from
these marks, so that a replay gives the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from dowel.analysis.calibration.still_step import turned_from_middle
from dowel.analysis.events import Event, StepRefused
from dowel.display.view import Instruction, Phase
from dowel.practice.guided_steps import Step
from dowel.practice.live_session import LiveSession
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import TRUNK, FloatArray, Mark, MarkKind, Placement

LOOK_S: Final = 0.1
JUDGED: Final = (*TRUNK, Placement.PELVIS_FRONT)
"""The sensors that a step waits for; the sternum's breathes, and the legs may be anywhere."""
STILL_FOR_S: Final = 2.0
"""Within this nobody who bends, turns or walks stays near one attitude, and whoever is out of breath has taken one."""
STILL_DEG: Final = 3.0
"""Farther from the middle attitude of those seconds neither sway nor breath takes a sensor (sources#standing-still)."""
MOVED_DEG: Final = 2.0 * STILL_DEG
"""So far nobody turns who stands: the step begins again at once. What lies between, the analysis decides."""
PATIENCE_S: Final = 4.0
"""Who still moves after this is told what is waited for; settling takes a second or two."""
STANDING_DEG: Final = 15.0
"""Nearer to the hold than this a person stands again; bends open at 20 deg."""
BENDS_WITHIN_S: Final = 45.0
"""Three hinges take half a minute; raw samples are kept for 70 s (``engine.RECENT_S``)."""
JUDGED_WITHIN_S: Final = 5.0
"""The slowest sensors arrive 2 s late, and the grid waits another second for them."""
LAIN_DEG: Final = 45.0
"""Who has turned by so much has lain down (LyingSteps has the same)."""
LIE_WITHIN_S: Final = 40.0
"""Getting onto the floor takes some people half a minute; what then is not seen the analysis refuses."""
REFUSED_OFTEN: Final = 3
"""After so many refusals of the same step the one before it is repeated too: its result may be at fault."""


class Guide:
    """Leads through steps of the calibration; ``tell`` is given each new instruction.

    ``instruction`` is the latest one, None before and after.
    """

    def __init__(self, live: LiveSession, tell: Callable[[Instruction], None]) -> None:
        self.instruction: Instruction | None = None
        self._live = live
        self._tell = tell
        self._steps: Sequence[Step] = ()
        self._at = 0
        self._phase = Phase.DONE
        self._since_s = 0.0
        self._bends = 0
        self._refused: dict[MarkKind, int] = {}
        self._problem = ""
        self._step_is_open = False
        self._timer: asyncio.TimerHandle | None = None
        self._lying: FloatArray | None = None
        self._stood: FloatArray = np.zeros(3)
        """The force at the end of the still step, against which lying down is told, however often it is asked for."""
        self._trunk = [
            (index, each.placement) for index, each in enumerate(live.engine.sensors) if each.placement in JUDGED
        ]
        live.listeners.append(self._hear)

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return self._phase is not Phase.DONE

    def start(self, steps: Sequence[Step]) -> None:
        """Lead through these steps; what was under way is given up."""
        self._abandon_step()
        self._steps = steps
        self._at = 0
        self._refused = {}
        self._problem = ""
        self._lying = self._force_now() if self._lies() and any(step.lies_down for step in steps) else None
        self._enter(Phase.PREPARE)
        if self._timer is None:
            self._look()

    def stop(self) -> None:
        """Give up what is under way."""
        self._abandon_step()
        self._phase = Phase.DONE
        self.instruction = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- from phase to phase ---

    @property
    def _step(self) -> Step:
        return self._steps[self._at]

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._since_s = self._live.now_s
        if phase is Phase.PREPARE:
            self._bends = 0
        if phase is Phase.RUN:
            self._live.mark(MarkKind.STEP_START, step=str(self._step.kind))
            self._step_is_open = True
            self._problem = ""
        self._say()

    def _say(self, progress: float = 0.0) -> None:
        step = self._step
        told = self.instruction
        now = Instruction(
            step.kind, self._at + 1, len(self._steps), self._phase, step.say, progress, self._bends, self._problem
        )
        self.instruction = now
        if told is None or (told.step, told.phase, told.bends, told.problem) != (
            now.step,
            now.phase,
            now.bends,
            now.problem,
        ):
            self._tell(now)

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        waited_s = self._live.now_s - self._since_s
        if self._phase is Phase.PREPARE and waited_s >= self._step.prepare_s:
            self._enter(Phase.WAIT)
        elif self._phase is Phase.WAIT:
            self._wait(waited_s)
        elif self._phase is Phase.RUN:
            self._run(waited_s)
        elif self._phase is Phase.JUDGE:
            self._judge(waited_s)

    def _wait(self, waited_s: float) -> None:
        """The step begins when the person stands still; knocking needs no standing."""
        silent = self._silent()
        if self._lying is not None:  # who lies still must not be taken for one who stands still
            if self._turned_deg(self._lying) < LAIN_DEG:
                self._problem = self._problem or "Stand up first."
                self._say()
                return
            self._lying = None
        if self._step.moving_s or self._step.lies_down or (not silent and self._turned_about_deg() < STILL_DEG):
            self._enter(Phase.RUN)
            return
        if silent:
            self._problem = f"Waiting for the {silent} sensor: it sends nothing."
        elif waited_s > PATIENCE_S:
            self._problem = "Waiting for you to stand still."
        self._say()

    def _run(self, waited_s: float) -> None:
        step, silent = self._step, self._silent()
        if silent:
            self._again(f"The {silent} sensor went silent.")
        elif step.hold_s:
            if self._turned_about_deg() > MOVED_DEG:
                self._again("You moved. Stand still; the step starts over.")
            elif waited_s >= step.hold_s:
                self._finish_step()
            else:
                self._say(waited_s / step.hold_s)
        elif step.bends:
            self._run_bends(step)
        elif step.lies_down:
            self._run_lying(waited_s)
        elif waited_s >= step.moving_s:
            self._finish_step()
        else:
            self._say(waited_s / step.moving_s)

    def _run_bends(self, step: Step) -> None:
        if self._live.now_s - self._since_s > BENDS_WITHIN_S:
            self._finish_step()
            return
        self._bends = self._live.results.now.bends_since(self._since_s)
        if self._bends >= step.bends and self._stands() and self._turned_about_deg() < STILL_DEG:
            self._finish_step()
        else:
            self._say(min(self._bends / step.bends, 1.0))

    def _run_lying(self, waited_s: float) -> None:
        turned_deg = self._turned_deg(self._stood)
        lies = waited_s >= STILL_FOR_S and turned_deg > LAIN_DEG and self._turned_about_deg() < STILL_DEG
        if lies or waited_s > LIE_WITHIN_S:
            self._finish_step()
        else:
            self._say(min(turned_deg / 90.0, 1.0))

    def _finish_step(self) -> None:
        begun_s = self._since_s
        if self._step.kind is MarkKind.STILL:
            self._stood = self._force_now()
        self._enter(Phase.JUDGE)
        self._step_is_open = False
        self._live.mark(self._step.kind, begun_s)

    def _abandon_step(self) -> None:
        """A step that was begun will not be finished: bends are reps again."""
        if self._step_is_open:
            self._step_is_open = False
            self._live.mark(MarkKind.STEP_END, step=str(self._step.kind))

    def _judge(self, waited_s: float) -> None:
        """Refusals come through :meth:`_hear`; without one the step is accepted when the analysis is past it."""
        if self._live.results.now.time_s > round(self._since_s * GRID_HZ) / GRID_HZ:
            self._at += 1
            if self._at < len(self._steps):
                self._enter(Phase.PREPARE)
            else:
                self._done()
        elif waited_s > JUDGED_WITHIN_S:
            self._again("The sensors sent nothing during the step.")

    def _done(self) -> None:
        self._at -= 1
        self._phase = Phase.DONE
        self._problem = ""
        self._say(1.0)
        self.stop()

    def _again(self, problem: str, *, refused: bool = False, step_before: bool = False) -> None:
        """The step is to be repeated; with the one before it if that was at fault, or after many times, or from where
        it says.
        """
        self._abandon_step()
        kind = self._step.kind
        self._refused[kind] = self._refused.get(kind, 0) + 1
        if refused and self._step.again_from is not None:
            self._at = [step.kind for step in self._steps].index(self._step.again_from)
            self._lying = self._force_now()
        elif step_before or self._refused[kind] % REFUSED_OFTEN == 0:
            self._at = max(self._at - 1, 0)
        self._problem = problem
        self._enter(Phase.PREPARE)

    def _hear(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:  # noqa: ARG002
        if self._phase is not Phase.JUDGE:
            return
        trunk = {"", *(str(placement) for _, placement in self._trunk)}
        for event in events:
            if isinstance(event, StepRefused) and event.step == self._step.kind and event.placement in trunk:
                where = f"{event.placement.replace('_', ' ')}: " if event.placement else ""
                self._again(f"{where}{event.reason}.", refused=True, step_before=event.step_before)
                return

    # --- what the sensors say ---

    def _silent(self) -> str:
        """The trunk sensor that has sent nothing lately; empty when all do."""
        now_s = self._live.now_s
        for index, placement in self._trunk:
            time_s, _, _ = self._live.engine.samples_between(index, now_s - JUDGED_WITHIN_S, now_s)
            if len(time_s) < 2:
                return placement.words
        return ""

    def _turned_about_deg(self) -> float:
        """How far a judged sensor was turned in its latest seconds; infinite if unknown.

        From its middle attitude by the gyroscope, which may have a bias: so an even turn does not show. It does in the
        force, from the first half of these seconds to the second.
        """
        now_s, farthest_deg = self._live.now_s, 0.0
        for index, _ in self._trunk:
            time_s, acc, gyr = self._live.engine.samples_between(index, now_s - JUDGED_WITHIN_S, now_s)
            if len(time_s) < 2 or time_s[-1] - time_s[0] < 0.8 * STILL_FOR_S:
                return float("inf")
            latest = time_s > time_s[-1] - STILL_FOR_S
            turned = np.linalg.norm(turned_from_middle(time_s[latest], gyr[latest]), axis=1)
            first, second = (half.mean(axis=0) for half in np.array_split(acc[latest], 2))
            farthest_deg = max(farthest_deg, float(np.rad2deg(turned.max())), _apart_deg(first, second))
        return farthest_deg

    def _turned_deg(self, before: FloatArray) -> float:
        """How far the first judged sensor has turned against the vertical since it felt this force."""
        return _apart_deg(before, self._force_now())

    def _force_now(self) -> FloatArray:
        """The mean force (3,) that the first judged sensor has felt lately; nothing where it is silent."""
        now_s = self._live.now_s
        _, acc, _ = self._live.engine.samples_between(self._trunk[0][0], now_s - STILL_FOR_S, now_s)
        return np.asarray(acc.mean(axis=0)) if len(acc) else np.zeros(3)

    def _lies(self) -> bool:
        """Whether somebody whose calibration began with lying down is seen to lie now."""
        results = self._live.results
        calibrated = MarkKind.LYING in results.stance.calibration and results.now.calibration is not None
        return calibrated and abs(results.now.angles.pelvis_lean_deg) < LAIN_DEG

    def _stands(self) -> bool:
        """Whether the trunk is back near the hold."""
        return self._live.results.now.bend_angle_deg < STANDING_DEG


def _apart_deg(one: FloatArray, other: FloatArray) -> float:
    """The angle between two forces (3,)."""
    return float(np.rad2deg(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))
