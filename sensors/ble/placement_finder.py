"""Which sensor is where: the one that moves when it is asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Notifications, Placement, Sensor
from dowel.sensors.ble.connection import Connection, connect
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import Found
from dowel.sensors.drivers.base import Facts

LOOK_S: Final = 0.1
"""Time between two looks at the movement: short against what a person notices (sources#which-sensor-moves)."""
NS_PER_S: Final = 1_000_000_000  # of the radio's clock (sources#units-and-layout)


@dataclass(frozen=True, slots=True)
class BindingPrompt:
    """What the user is told; ``move`` is the placement whose sensor is to be moved now, None for mere news."""

    sentence: str
    move: Placement | None = None


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """When a sensor counts as the one that is moved; all are judgements (sources#which-sensor-moves)."""

    floor_deg_s: float = 30.0
    """Least root mean square of the angular rate, because putting a sensor down stays below and a turn by hand is 100
    to 300; a still gyroscope's own error is 1 to 3 (sources#which-sensor-moves)."""
    ratio: float = 3.0
    """So many times the next one, because sensors on one table or one body shake along with each other."""
    window_s: float = 0.6
    """Time over which the mean is taken, because somebody turns a sensor to and fro about twice a second."""
    hold_s: float = 1.0
    """So long in a row, because a knock is over in less."""
    ambiguous_s: float = 3.0
    """Two that move for so long are told, because both hands are in play."""
    ask_again_s: float = 20.0
    """Nothing has moved: asked again, because the sentence was missed or the sensor has no data."""
    most_candidates: int = 6
    """So many are connected at once at most, because usual adapters hold 7 connections (sources#bluetooth)."""


STANDARD_MOVEMENT: Final = MovementSettings()


class _Candidate:
    """A connected sensor and how much it moves."""

    def __init__(self, connection: Connection, window_s: float) -> None:
        self.found = connection.found
        self.connection = connection
        driver = connection.driver
        settings = {key: connection.facts[key] for key in driver.needed_facts}
        sensor = Sensor(Placement.SACRUM, driver.name, asked_rate_hz=connection.rate_hz, settings=settings)
        self._decoder = driver.decoder(sensor)
        self._window_ns = round(max(window_s, 2.0 * driver.latency_s) * NS_PER_S)
        self._squares: deque[tuple[int, float, int]] = deque()
        self._sequence = 0
        connection.on_data = self._notified

    def _notified(self, arrival_ns: int, payload: bytes) -> None:
        decoded = self._decoder.decode(Notifications.one(self._sequence, arrival_ns, payload))
        self._sequence += 1
        if len(decoded.values):
            square = float(np.sum(decoded.values[:, 3:] ** 2))
            self._squares.append((arrival_ns, square, len(decoded.values)))

    def rate_deg_s(self, now_ns: int) -> float | None:
        """Root mean square of the angular rate just now; None without data."""
        while self._squares and self._squares[0][0] < now_ns - self._window_ns:
            self._squares.popleft()
        samples = sum(count for _, _, count in self._squares)
        if not samples:
            return None
        return float(np.rad2deg(np.sqrt(sum(square for _, square, _ in self._squares) / samples)))


async def bind(
    radio: Radio,
    candidates: Sequence[Found],
    placements: Sequence[Placement],
    *,
    prompt: Callable[[BindingPrompt], None],
    settings: MovementSettings = STANDARD_MOVEMENT,
) -> dict[Placement, Found]:
    """Ask for each placement's sensor to be moved; which of the candidates it was.

    Also the last one has to be moved: a guess could swap two sensors. Only where there is one candidate for one
    placement nothing is asked. Candidates are connected meanwhile and released then. It asks until it knows. Raises
    ``LinkError`` when there are, or remain, fewer candidates than placements.
    """
    _check(len(candidates), placements)
    if len(candidates) == len(placements) == 1:
        return {placements[0]: candidates[0]}
    strongest = sorted(candidates, key=lambda found: -found.rssi_dbm)[: settings.most_candidates]
    session = _Binding(radio, prompt, settings)
    try:
        await session.connect(strongest)
        bound: dict[Placement, Found] = {}
        for at, placement in enumerate(placements):
            bound[placement] = (await session.moved(placement, placements[at:])).found
            prompt(BindingPrompt(f"{bound[placement].label} is the sensor on your {placement.words}."))
        return bound
    finally:
        await session.close()


class _Binding:
    """The candidates that are not bound yet, and those that are."""

    def __init__(self, radio: Radio, prompt: Callable[[BindingPrompt], None], settings: MovementSettings) -> None:
        self._radio = radio
        self._prompt = prompt
        self._settings = settings
        self._free: list[_Candidate] = []
        self._connections: list[Connection] = []

    async def connect(self, candidates: Sequence[Found]) -> None:
        """Connect them one after the other; those that cannot be are told and left out."""
        for found in candidates:
            if found.driver is None:
                continue
            self._prompt(BindingPrompt(f"Connecting {found.label}."))
            try:
                connection = await connect(self._radio, found, found.driver)
            except LinkError as error:
                self._prompt(BindingPrompt(str(error)))
                continue
            connection.on_facts = partial(self._tell_trouble, found)
            self._connections.append(connection)
            self._free.append(_Candidate(connection, self._settings.window_s))

    def _tell_trouble(self, found: Found, facts: Facts) -> None:
        if "trouble" in facts:
            self._prompt(BindingPrompt(f"{found.label} cannot be used. {facts['trouble']}"))

    async def close(self) -> None:
        """Stop and release all."""
        await asyncio.gather(*(connection.close(stop=True) for connection in self._connections))

    async def moved(self, placement: Placement, wanted: Sequence[Placement]) -> _Candidate:
        """The candidate that is moved; it is no candidate any more."""
        ask = f"Move the sensor on your {placement.words}: turn it to and fro, and hold the others still."
        while True:
            self._prompt(BindingPrompt(ask, placement))
            answer = await self._answer(wanted)
            if isinstance(answer, _Candidate):
                self._free.remove(answer)
                return answer
            self._prompt(BindingPrompt(answer))

    async def _answer(self, wanted: Sequence[Placement]) -> _Candidate | str:
        """The one that is moved, or what went wrong with this time of asking."""
        now_s = asyncio.get_running_loop().time
        question = _Question(self._settings, now_s())
        while True:
            await asyncio.sleep(LOOK_S)
            self._leave_out_the_lost(wanted)
            now_ns = self._radio.clock_ns()
            answer = question.look(now_s(), {each: each.rate_deg_s(now_ns) for each in self._free})
            if answer is not None:
                return answer

    def _leave_out_the_lost(self, wanted: Sequence[Placement]) -> None:
        for lost in [each for each in self._free if each.connection.ended.is_set()]:
            self._free.remove(lost)
            self._prompt(BindingPrompt(f"{lost.found.label} is lost and left out. Charge it and keep it near."))
        _check(len(self._free), wanted)


class _Question:
    """One time of asking, and what the movements since then say."""

    def __init__(self, settings: MovementSettings, asked_s: float) -> None:
        self._settings = settings
        self._asked_s = asked_s
        self._leader: _Candidate | None = None
        self._leads_since_s = asked_s
        self._one_or_none_s = asked_s

    def look(self, now_s: float, rates_deg_s: Mapping[_Candidate, float | None]) -> _Candidate | str | None:
        """The candidate that clearly moves, or a sentence that says why there is none, or None while it is open."""
        settings = self._settings
        known = {each: rate for each, rate in rates_deg_s.items() if rate is not None}
        moving = sorted((each for each in known if known[each] >= settings.floor_deg_s), key=lambda each: -known[each])
        clear = len(moving) == 1 or (len(moving) > 1 and known[moving[0]] >= settings.ratio * known[moving[1]])
        leader = moving[0] if clear else None
        if leader is not self._leader:
            self._leader, self._leads_since_s = leader, now_s
        if leader is not None and now_s - self._leads_since_s >= settings.hold_s:
            return leader
        if clear or not moving:
            self._one_or_none_s = now_s
        if now_s - self._one_or_none_s >= settings.ambiguous_s:
            return "More than one sensor moves. Put the others down, and move only the one."
        if now_s - self._asked_s < settings.ask_again_s:
            return None
        silent = [each.found.label for each in rates_deg_s if each not in known]
        if len(silent) > 1:
            return f"{' and '.join(silent)} send nothing; switch them off and on."
        return f"{silent[0]} sends nothing; switch it off and on." if silent else "No sensor was moved enough."


def _check(candidates: int, placements: Sequence[Placement]) -> None:
    if candidates < len(placements):
        where = " and ".join(placement.words for placement in placements)
        raise LinkError(
            f"{candidates or 'No'} sensor{'' if candidates == 1 else 's'} can be used, and {len(placements)} "
            f"{'is' if len(placements) == 1 else 'are'} still needed ({where}). Switch them on, charge them, keep them "
            "near, and try again."
        )
