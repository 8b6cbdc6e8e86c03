"""One practice in virtual time, with everything that is known of it only because it is simulated."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast
from unittest.mock import patch

import numpy as np
from rich.console import Console

from dowel.analysis.events import Event, StepRefused
from dowel.cues.cue import Cue
from dowel.cues.mixer import Mixer
from dowel.cues.sounds import RATE_HZ, Sounds
from dowel.display.line_output import LineOutput
from dowel.display.view import Shown
from dowel.practice import practice as practice_module
from dowel.practice.autopilot import Autopilot, SelfStarter
from dowel.practice.live_session import LiveSession
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.types import FloatArray, Mark, Placement
from dowel.sensors.simulated import Truth, virtual_time
from dowel.sensors.simulated.world import World, Worn
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from tests.simulated_devices.movesense import Movesense

BLOCK = 128
"""What PortAudio asks for at low latency, 2.7 ms."""
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)

TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)


def any_sensors(*places: Placement) -> list[Worn]:
    """Sensors where the kind does not matter: with eight samples in a notification they cost half as much."""
    return [Worn(place, Movesense) for place in places or TRUNK]


@dataclass
class Measured:
    """A practice that is over.

    ``true_s`` and ``stamped_s``: for each sensor the true session time of every sample that arrived, and the time that
    it was given. ``work_s`` is the real time that each run of the engine took, with what it took to write its
    notifications down (not what the simulated radio did in between); ``heard`` is every event with the session time at
    which its completing notification had arrived, and the real time that it took to get there. ``handed_s`` is the real
    time from a notification's callback until a cue or a change of the tone had been handed to the loudspeaker's mixer,
    recording included.
    """

    live: LiveSession
    truth: Truth
    origin_s: float
    said: str = ""
    true_s: list[FloatArray] = field(default_factory=list)
    stamped_s: list[FloatArray] = field(default_factory=list)
    work_s: list[float] = field(default_factory=list)
    heard: list[tuple[Event, float, float]] = field(default_factory=list)
    process_s: float = 0.0
    handed_s: list[float] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)


class DrivenSpeaker:
    """The computer's speaker without a device: a thread asks for sound as often, in real time, as PortAudio would."""

    def __init__(self) -> None:
        self.handed_s: list[float] = []
        self.cues: list[Cue] = []
        self.session: TimedSession | None = None
        self._mixer = Mixer(Sounds(), 1.0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="speaker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def sound(self, cue: Cue) -> None:
        self._mixer.sound(cue)
        self.cues.append(cue)
        self._handed()

    def tone(self, level: float | None) -> None:
        self._mixer.tone(level)
        self._handed()

    def hush(self) -> None:
        pass

    def _handed(self) -> None:
        if self.session is not None:
            self.handed_s.append(time.perf_counter() - self.session._begun_s)

    def _ask(self) -> None:
        while not self._over.wait(BLOCK / RATE_HZ):
            self._mixer.render(BLOCK)


class TimedSession(LiveSession):
    """A live session that measures itself and follows every sample."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.work_s: list[float] = []
        self.heard: list[tuple[Event, float, float]] = []
        self.payloads: list[list[bytes]] = [[] for _ in self.engine.sensors]
        self.stamped: list[list[FloatArray]] = [[] for _ in self.engine.sensors]
        self._taking_s = self._begun_s = 0.0
        self.listeners.append(self._timed)
        for track, kept in zip(self.engine.tracks, self.stamped, strict=True):
            self._follow(track, kept)

    def _follow(self, track: Any, kept: list[FloatArray]) -> None:
        feed = track.feed

        def followed(notifications: Any) -> Any:
            samples = feed(notifications)
            kept.append(samples.time_s.copy())
            return samples

        track.feed = followed

    def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> None:
        if not self._finished:
            self.payloads[sensor].append(payload)
        begun_s = time.perf_counter()
        super().notify(sensor, arrival_ns, payload)
        self._taking_s += time.perf_counter() - begun_s

    def _run(self) -> None:
        self._begun_s = time.perf_counter() - self._taking_s
        super()._run()
        self.work_s.append(time.perf_counter() - self._begun_s)
        self._taking_s = 0.0

    def _timed(self, marks: Sequence[Mark], events: Sequence[Event], arrival_ns: int) -> None:
        took_s = time.perf_counter() - self._begun_s
        self.heard += [(event, 1e-9 * (arrival_ns - self.origin_ns), took_s) for event in events]


def practise(
    path: Path,
    worn: Sequence[Worn],
    *,
    then: Callable[[Practice, World], Any] | None = None,
    cue: CueMode = CueMode.LIVE,
    drill: str = "dowel_hinge",
    refusals: int = 0,
    **world: Any,
) -> Measured:
    """The whole practice: binding or addresses, calibration, a set. ``then``: a coroutine in place of the set.

    ``refusals``: so many steps of the calibration are refused; whoever does as asked is never refused.
    """
    out = io.StringIO()
    with patch.object(practice_module, "LiveSession", TimedSession):
        began_s = time.process_time()
        measured = virtual_time.run(_practise(path, worn, then, cue, drill, out, world))
        measured.process_s = time.process_time() - began_s
    measured.said = out.getvalue()
    assert sum(isinstance(event, StepRefused) for event, _, _ in measured.heard) == refusals, measured.said
    return measured


async def _practise(
    path: Path, worn: Sequence[Worn], then: Any, cue: CueMode, drill: str, out: io.StringIO, of_world: dict[str, Any]
) -> Measured:
    async with AsyncExitStack() as stack:
        world = World(worn, **of_world)
        sent = {placement: Sent(world.stations[placement].peripheral) for placement in world.stations}
        await world.start()
        stack.push_async_callback(world.close)
        addresses = {placement: station.address for placement, station in world.stations.items()}
        options = PracticeOptions(SessionSetup(drill), path, cue, sensors=addresses, simulated=True)
        performer = SelfStarter(world.lifter, stops=True) if then is None else Autopilot(world.lifter)
        display = LineOutput(Console(file=out, width=200))
        speaker = DrivenSpeaker()
        practice = Practice(
            options, world.radio, display, started_at=STARTED_AT, performer=performer, outputs=[speaker]
        )
        begin = display.begin

        def begun(shown: Shown) -> None:
            speaker.session = cast(TimedSession, practice.live)
            begin(shown)

        display.begin = begun  # type: ignore[method-assign]
        acting = asyncio.ensure_future(_act(then, practice, world))
        with speaker:
            await practice.run()
        await acting
        truth = world.lifter.truth()
    live = practice.live
    assert isinstance(live, TimedSession)
    origin_s = 1e-9 * live.origin_ns
    measured = Measured(live, truth, origin_s, work_s=live.work_s, heard=live.heard)
    measured.handed_s, measured.cues = speaker.handed_s, speaker.cues
    for sensor, payloads, stamped in zip(live.engine.sensors, live.payloads, live.stamped, strict=True):
        measured.true_s.append(sent[sensor.placement].times_s(payloads) - origin_s)
        measured.stamped_s.append(np.concatenate(stamped))
    return measured


async def _act(then: Any, practice: Practice, world: World) -> None:
    """Do what the test wants done; a fault in it ends the practice, which would go on for ever otherwise."""
    if then is not None:
        try:
            await then(practice, world)
        finally:
            practice.stop()


class Sent:
    """Remembers when the samples in each notification of a simulated device were taken, by the loop's clock."""

    def __init__(self, peripheral: Any) -> None:
        self._since_s: list[FloatArray] = []
        self._by_payload: dict[bytes, FloatArray] = {}
        source, notify = peripheral._source, peripheral.notify

        def taken(times_s: FloatArray) -> FloatArray:
            self._since_s.append(times_s)
            return np.asarray(source(times_s))

        def notified(characteristic: str, payload: bytes) -> None:
            self._by_payload[bytes(payload)] = np.concatenate([np.empty(0), *self._since_s])
            self._since_s = []
            notify(characteristic, payload)

        peripheral._source, peripheral.notify = taken, notified

    def times_s(self, payloads: Sequence[bytes]) -> FloatArray:
        """When the samples in these notifications were taken, in order."""
        return np.concatenate([np.empty(0), *(self._by_payload.get(payload, np.empty(0)) for payload in payloads)])


def placements(count: int) -> tuple[Placement, ...]:
    """So many places on the lifter, the trunk first."""
    return tuple(Placement)[:count]
