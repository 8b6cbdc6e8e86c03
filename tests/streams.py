"""Streams for the tests: cut in pieces, compared bit by bit, and one session in which everything happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from dowel.analysis.events import Event, RowRevised, RowWritten
from dowel.analysis.kept import Kept
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Mark, MarkKind, Notifications, Placement, Sensor, StreamSlice
from dowel.sensors.simulated import (
    IDEAL,
    Hinge,
    Link,
    Moment,
    Person,
    Piece,
    SensorSlip,
    SideBend,
    SimulatedSensor,
    Simulation,
    Stand,
    Turn,
    Walk,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from dowel.sensors.simulated.person.plan import Plan, Scene
from dowel.session.engine import Engine

T = TypeVar("T")

sizes_strategy = st.lists(
    st.one_of(st.just(1), st.integers(2, 20), st.integers(20, 400), st.integers(400, 20_000)), min_size=1, max_size=30
)
"""Sizes of chunks: single notifications, what a live session sees, and large parts; used over and over again."""


def ends_of(total: int, sizes: Sequence[int]) -> list[int]:
    """Where the chunks end: the sizes in turn, again and again, until the total is reached."""
    ends, here = [], 0
    for size in chain.from_iterable(repeat(sizes)):
        here = min(here + size, total)
        ends.append(here)
        if here >= total:
            return ends
    raise ValueError("no sizes")


def cut(stream: StreamSlice, sizes: Sequence[int]) -> Iterator[StreamSlice]:
    """The stream in slices of so many notifications (of all sensors together); a mark goes with what follows it."""
    order = np.sort(np.concatenate([each.sequence for each in stream.notifications]))
    ends = ends_of(len(order), sizes)
    edges = [int(order[end]) if end < len(order) else np.iinfo(np.int64).max for end in ends]
    starts = [0] * len(stream.notifications)
    marks = list(stream.marks)
    for edge in edges:
        stops = [int(np.searchsorted(each.sequence, edge)) for each in stream.notifications]
        parts = [
            each.between(start, stop) for each, start, stop in zip(stream.notifications, starts, stops, strict=True)
        ]
        count = sum(mark.sequence < edge for mark in marks)
        yield StreamSlice(parts, marks[:count])
        starts, marks = stops, marks[count:]


def parts_of(count: int, sizes: Sequence[int]) -> Iterator[slice]:
    """The slices that cut an array of this length."""
    start = 0
    for end in ends_of(count, sizes):
        yield slice(start, end)
        start = end


def canonical(value: Any) -> Any:
    """A value with every number as its exact bits, so that ``==`` is bitwise equality and NaN equals NaN."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, *((f.name, canonical(getattr(value, f.name))) for f in dataclasses.fields(value))
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, float):
        return "NaN" if value != value else float(value).hex()
    if isinstance(value, Mapping):
        return tuple((str(key), canonical(value[key])) for key in value)
    if isinstance(value, list | tuple):
        return tuple(canonical(each) for each in value)
    return value


def analysed(sensors: Sequence[Sensor], slices: Iterable[StreamSlice], origin_ns: int = 0) -> list[Any]:
    """The events of a whole stream, in canonical form."""
    engine = Engine(sensors, origin_ns)
    events = [event for part in slices for event in engine.feed(part)]
    return [canonical(event) for event in [*events, *engine.finish()]]


def first_difference(expected: Sequence[Any], found: Sequence[Any]) -> str:
    """Where two lists of events part, for the message of a failed test."""
    for index, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            fields = [f"{a} != {b}" for a, b in zip(one, other, strict=False) if a != b]
            return f"event {index}, {one[0]} and {other[0]}: " + "; ".join(fields)[:1500]
    return f"{len(expected)} and {len(found)} events"


def joined(parts: Iterable[Any], concatenate: Callable[..., Any] = np.concatenate) -> Any:
    """Arrays one after the other."""
    return concatenate(list(parts))


@dataclasses.dataclass(frozen=True)
class Strike:
    """Somebody says now that what was done so long ago does not count."""

    ago_s: float

    def plan(self, scene: Scene) -> Plan:
        """See ``Piece``."""
        return dataclasses.replace(
            Moment(MarkKind.VOID).plan(scene), marks=(Mark(-1, MarkKind.VOID, -self.ago_s, 0.0),)
        )


def eventful_pieces() -> tuple[Piece, ...]:
    """Calibration; good, rounded, arched reps; a slip; side bends, turns, walking, stray bends; rests; a load."""
    quick: dict[str, Any] = {"lowering_s": 1.2, "rising_s": 1.0, "pause_s": 0.3, "rest_s": 0.8}
    return (
        *calibration_pieces(slump=True),
        *set_of_hinges(5, peaks_deg=(0, 14, -15, 9, 0), **quick),
        SensorSlip(Placement.UPPER_BACK, 5.0),
        *set_of_hinges(4, seed=2, peaks_deg=(0, 0, 12, 0), set_marks=False, **quick),
        Stand(4.0),
        Moment(MarkKind.SET_END),
        Hinge(60.0, 1.2, 0.3, 1.0, 1.0, peak_deviation_deg=13.0),
        SideBend(),
        Turn(),
        Walk(5.0),
        Moment(MarkKind.SET, {"load_kg": 16}),
        *set_of_hinges(3, seed=3, peaks_deg=(0, 22, 0), set_marks=False, **quick),
        Strike(3.5),
        Stand(1.0),
        *set_of_hinges(3, seed=4, depth_deg=75.0, set_marks=False, **quick),
        Moment(MarkKind.SET_END),
        Stand(1.0),
    )


def eventful_session(pieces: Sequence[Piece] | None = None, *, seed: int = 3) -> Simulation:
    """The eventful session through two quite different links.

    Upper back: own time stamps, four samples at a time, an interval of 30 ms, gaps of 0.15 s (filled) and 2 s (not).
    Sacrum: only counts, one sample at a time, 15 ms, runs 0.8 % slow.
    """
    upper_back = Link(
        clock_offset_s=812.3, samples_per_notification=4, dropouts_s=((44.0, 0.15), (58.4, 2.0)), drift_ppm=60.0
    )
    sacrum = Link(time_base="count", samples_per_notification=1, connection_interval_ms=15.0)
    return simulate(
        eventful_pieces() if pieces is None else pieces,
        [
            SimulatedSensor(Placement.UPPER_BACK, mounting="random", soft_tissue_deg=2.0, link=upper_back),
            SimulatedSensor(Placement.SACRUM, mounting="upside_down", soft_tissue_deg=2.0, rate_hz=99.2, link=sacrum),
        ],
        seed=seed,
    )


def one_by_one(notifications: Notifications, sizes: Sequence[int]) -> Iterator[Notifications]:
    """One sensor's notifications in chunks."""
    for part in parts_of(len(notifications), sizes):
        yield notifications.between(part.start, part.stop)


@dataclasses.dataclass(frozen=True)
class Analysed:
    """A simulated session after the engine has seen all of it; every grid point is kept."""

    session: Simulation
    engine: Engine
    events: list[Event]

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def rows(self) -> list[Rep]:
        """The rep table."""
        return rows_in(self.events)

    def lean_deg(self, placement: Placement) -> tuple[Any, Any]:
        """Grid times and the leans there."""
        history = self.engine.pipeline.history
        index = [sensor.placement for sensor in self.engine.sensors].index(placement)
        times_s = np.arange(history.angles_from, history.next) / GRID_HZ
        return times_s, history.lean_deg(history.angles_from, history.next)[index]

    def deviation_deg(self) -> tuple[Any, Any]:
        """Grid times and the spine deviation there."""
        history = self.engine.pipeline.history
        span = history.angles_from, history.next
        return np.arange(*span) / GRID_HZ, history.deviation_deg(*span)


def rows_in(events: Sequence[Event]) -> list[Rep]:
    """The rows of the rep table as they stand in the end."""
    written = (event.rep for event in events if isinstance(event, RowWritten | RowRevised))
    return list({row.start_s: row for row in written}.values())


def analyse(
    pieces: Iterable[Piece],
    sensors: Sequence[SimulatedSensor] | None = None,
    *,
    seed: int = 1,
    person: Person | None = None,
) -> Analysed:
    """Simulate and analyse; without ``sensors`` two ideal ones, screwed to the bones in random ways."""
    session = simulate(pieces, ideal_sensors() if sensors is None else sensors, seed=seed, person=person)
    engine = Engine(session.session_sensors(), 0, Kept.ATTITUDES)
    events = engine.feed(session.stream())
    return Analysed(session, engine, events + engine.finish())


QUIET = dataclasses.replace(IDEAL, name="quiet", gyr_noise_dps_rthz=1e-4, acc_noise_ug_rthz=1.0)
"""An ideal chip with a noise below any real one's: without any it repeats itself where nothing moves, and is frozen."""


def ideal_sensors(*placements: Placement, **changes: Any) -> list[SimulatedSensor]:
    """Sensors without delay or soft tissue, mounted anyhow; on the trunk unless said otherwise."""
    places = placements or (Placement.UPPER_BACK, Placement.SACRUM)
    known = {"chip": QUIET, "mounting": "random", "link": Link.perfect(), **changes}
    return [SimulatedSensor(place, **known) for place in places]


def in_a_set(*pieces: Piece) -> tuple[Piece, ...]:
    """Pieces between two set marks, with stands before and after."""
    return (Moment(MarkKind.SET_START), Stand(2.0), *pieces, Stand(2.0), Moment(MarkKind.SET_END), Stand(1.0))
