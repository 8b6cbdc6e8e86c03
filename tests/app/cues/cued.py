"""A simulated session run with its cues, in whatever pieces, and everything that an output was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dowel.analysis.events import Event
from dowel.cues.cue import Cue, CueKind
from dowel.cues.cueing import Cueing
from dowel.recordings.types import MarkKind, StreamSlice
from dowel.sensors.simulated import Simulation
from dowel.session.engine import Engine
from dowel.session.results import SessionResults
from dowel.settings.preferences import CuePreferences
from tests.streams import cut

LIVE_SIZE = 2
"""Notifications at a time, about as a practice hears them."""
SILENT_SIZE = 200
"""Where nothing sounds."""


@dataclass
class Heard:
    """What an output was given: cues, and the tone with the session time of the latest grid point when it changed."""

    cues: list[Cue] = field(default_factory=list)
    tones: list[tuple[float, float | None]] = field(default_factory=list)
    levels: dict[float, float | None] = field(default_factory=dict)
    kept: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    now_s: float = 0.0
    hushed: int = 0

    def sound(self, cue: Cue) -> None:
        self.cues.append(cue)

    def tone(self, level: float | None) -> None:
        self.tones.append((self.now_s, level))

    def hush(self) -> None:
        self.hushed += 1

    def of(self, *kinds: CueKind) -> list[Cue]:
        return [cue for cue in self.cues if cue.kind in kinds]

    @property
    def points(self) -> list[tuple[str, str]]:
        """Kind and point of every cue that names one."""
        return [(str(cue.kind), cue.point) for cue in self.cues if cue.point]


def as_live(stream: StreamSlice) -> list[int]:
    """Up to the first set, where nothing sounds, in large parts; from there on in small ones."""
    begins = min((mark.sequence for mark in stream.marks if mark.kind is MarkKind.SET_START), default=0)
    arrived = [sequence for each in stream.notifications for sequence in each.sequence.tolist()]
    before = sum(sequence < begins for sequence in arrived)
    large, rest = divmod(before, SILENT_SIZE)
    return [*[SILENT_SIZE] * large, *([rest] if rest else []), *[LIVE_SIZE] * len(arrived)]


def cued(
    simulation: Simulation,
    cues: CuePreferences,
    sizes: Sequence[int] | None = None,
    *,
    late_s: float | None = 0.0,
    before: Callable[[Cueing, float], None] | None = None,
    stream: StreamSlice | None = None,
) -> Heard:
    """Run it, unless ``sizes`` are given as a practice hears it.

    ``late_s``: everything arrives so much later than it did; None: everything is in time, however cut. ``stream``:
    another one than the simulation's own.
    """
    return cued_by_each(simulation, [cues], sizes, late_s=late_s, before=before, stream=stream)[cues]


def cued_by_each(
    simulation: Simulation,
    choices: Sequence[CuePreferences],
    sizes: Sequence[int] | None = None,
    *,
    late_s: float | None = 0.0,
    before: Callable[[Cueing, float], None] | None = None,
    stream: StreamSlice | None = None,
) -> dict[CuePreferences, Heard]:
    """The same run once for several choices of cues, which costs little more than for one."""
    found = {cues: Heard() for cues in choices}
    sensors = simulation.session_sensors()
    engine, results = Engine(sensors, 0), SessionResults(Path("x.dowel"), {}, tuple(sensors), (), ())
    results.attach(engine)
    cueings = [_cueing(results, cues, heard) for cues, heard in found.items()]
    arrival_ns = 0

    def hear(marks: Any, events: list[Event]) -> None:
        for cueing, heard in zip(cueings, found.values(), strict=True):
            heard.now_s = results.now.time_s
            heard.events += events
            if before is not None:
                before(cueing, heard.now_s)
            cueing.hear(marks, events, 0 if late_s is None else arrival_ns + round(late_s * 1e9))
            heard.levels[heard.now_s] = heard.tones[-1][1] if heard.tones else None

    stream = stream or simulation.stream()
    for part in cut(stream, as_live(stream) if sizes is None else sizes):
        arrival_ns = max([arrival_ns, *(int(each.arrival_ns[-1]) for each in part.notifications if len(each))])
        hear(part.marks, engine.feed(part))
    hear((), engine.finish())
    return found


def _cueing(results: SessionResults, cues: CuePreferences, heard: Heard) -> Cueing:
    def keep(kind: str, time_s: float, detail: Mapping[str, Any]) -> None:
        heard.kept.append((kind, time_s, dict(detail)))

    return Cueing(results, 0, cues, [heard], keep=keep, say=heard.said.append)
