"""The sensor that is moved when it is asked for is the one that is bound."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dowel.recordings.errors import LinkError
from dowel.recordings.types import FloatArray, Placement
from dowel.sensors.ble import BindingPrompt, Found, bind, scan
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.sensors.ble.room import FIRST, SECOND, THIRD, Room, at_rest, room
from tests.simulated_devices.movella_dot import MovellaDot
from tests.simulated_devices.polar import Polar

pytestmark = pytest.mark.slow

BACK, SACRUM = Placement.UPPER_BACK, Placement.SACRUM


class Hand:
    """Turns sensors to and fro for a while; each is a source for a peripheral."""

    def __init__(self) -> None:
        self._turned: dict[str, tuple[float, float, float]] = {}

    def turn(self, address: str, seconds: float, amplitude_deg_s: float = 200.0) -> None:
        now_s = asyncio.get_running_loop().time()
        self._turned[address] = (now_s, now_s + seconds, np.deg2rad(amplitude_deg_s))

    def feel(self, address: str) -> Callable[[FloatArray], FloatArray]:
        def source(time_s: FloatArray) -> FloatArray:
            values = at_rest(time_s)
            begin_s, end_s, amplitude = self._turned.get(address, (0.0, 0.0, 0.0))
            moving = (time_s >= begin_s) & (time_s < end_s)
            values[:, 4] = np.where(moving, amplitude * np.sin(9.0 * time_s), 0.0)
            return values

        return source


class Story:
    """Sensors, a hand, and what was prompted."""

    def __init__(self, inside: Room) -> None:
        self.inside = inside
        self.hand = Hand()
        self.prompts: list[BindingPrompt] = []
        self.on_ask: Callable[[Placement, int], None] = lambda placement, time: None

    async def put(self, *addresses: str, kind: type[Any] = WitMotion) -> None:
        for address in addresses:
            await self.inside.put(address, kind(self.hand.feel(address)))

    async def bind(self, *placements: Placement) -> dict[Placement, str]:
        candidates = sorted(await scan(self.inside.radio, 5.0), key=lambda found: found.address)
        bound = await bind(self.inside.radio, candidates, placements, prompt=self._prompted)
        await asyncio.sleep(1.0)
        assert not any(station.is_connected for station in self.inside.stations.values())
        return {placement: found.address for placement, found in bound.items()}

    def _prompted(self, prompt: BindingPrompt) -> None:
        self.prompts.append(prompt)
        if prompt.move is not None:
            self.on_ask(prompt.move, len(self.asked(prompt.move)))

    def asked(self, placement: Placement) -> list[BindingPrompt]:
        return [prompt for prompt in self.prompts if prompt.move is placement]

    def told(self, part: str) -> bool:
        return any(part in prompt.sentence for prompt in self.prompts)


def in_a_room(story: Callable[[Story], Any]) -> None:
    async def inside() -> None:
        async with room() as here:
            await story(Story(here))

    run(inside())


@pytest.mark.parametrize("kind", [WitMotion, MovellaDot, Polar])
def test_each_is_bound_by_its_movement(kind: type[Any]) -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND, kind=kind)
        tale.on_ask = lambda placement, _: tale.hand.turn({SACRUM: SECOND, BACK: FIRST}[placement], 6.0)
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert [len(tale.asked(placement)) for placement in (BACK, SACRUM)] == [1, 1]

    in_a_room(story)


def test_the_last_one_too_has_to_be_moved() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)
        tale.on_ask = lambda placement, time: (
            tale.hand.turn(FIRST if placement is BACK else SECOND, 4.0) if placement is BACK or time == 2 else None
        )
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert len(tale.asked(SACRUM)) == 2
        assert tale.told("No sensor was moved enough")

    in_a_room(story)


def test_a_third_sensor_in_the_room_is_left_alone() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND, THIRD)
        tale.on_ask = lambda placement, _: tale.hand.turn({SACRUM: THIRD, BACK: FIRST}[placement], 4.0)
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: THIRD}

    in_a_room(story)


def test_two_that_move_are_told_and_it_asks_again() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)

        def asked(placement: Placement, time: int) -> None:
            tale.hand.turn(FIRST if placement is BACK else SECOND, 5.0)
            if placement is BACK and time == 1:
                tale.hand.turn(SECOND, 5.0, 150.0)

        tale.on_ask = asked
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert tale.told("More than one sensor moves")
        assert len(tale.asked(BACK)) == 2

    in_a_room(story)


def test_a_knock_and_a_table_that_shakes_bind_nothing() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)

        def asked(placement: Placement, time: int) -> None:
            if time == 1:
                tale.hand.turn(SECOND, 0.3, 600.0)
                tale.hand.turn(FIRST, 15.0, 25.0)
            else:
                tale.hand.turn(FIRST if placement is BACK else SECOND, 4.0)

        tale.on_ask = asked
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert len(tale.asked(BACK)) == 2

    in_a_room(story)


def test_a_candidate_that_drops_out_is_told() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND, THIRD)

        def asked(placement: Placement, _: int) -> None:
            if placement is BACK:
                tale.inside.stations[THIRD].disconnect()
            tale.hand.turn(FIRST if placement is BACK else SECOND, 4.0)

        tale.on_ask = asked
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert tale.told(f"({THIRD}) is lost and left out")

    in_a_room(story)


def test_too_few_that_remain() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)
        tale.on_ask = lambda *_: tale.inside.stations[SECOND].disconnect()
        with pytest.raises(LinkError, match="1 sensor can be used, and 2 are still needed"):
            await tale.bind(BACK, SACRUM)

    in_a_room(story)


def test_too_few_from_the_start() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST)
        with pytest.raises(LinkError, match=r"\(upper back and sacrum\)"):
            await tale.bind(BACK, SACRUM)
        assert tale.prompts == []

    in_a_room(story)


def test_one_for_one_is_not_asked() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST)
        assert await tale.bind(SACRUM) == {SACRUM: FIRST}
        assert tale.prompts == []

    in_a_room(story)


def test_one_that_cannot_be_connected_is_told_and_left_out() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND, THIRD)
        tale.inside.stations[THIRD].drop_in_discovery = True
        tale.on_ask = lambda placement, _: tale.hand.turn({SACRUM: SECOND, BACK: FIRST}[placement], 4.0)
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert tale.told("the connection broke off")

    in_a_room(story)


def test_a_silent_one_is_named() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)

        def asked(placement: Placement, time: int) -> None:
            tale.inside.stations[FIRST].silent = placement is BACK and time == 1
            tale.hand.turn(FIRST if placement is BACK else SECOND, 4.0)

        tale.on_ask = asked
        assert await tale.bind(BACK, SACRUM) == {BACK: FIRST, SACRUM: SECOND}
        assert tale.told(f"({FIRST}) sends nothing")

    in_a_room(story)


def test_interrupting_releases_all() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST, SECOND)
        binding = asyncio.ensure_future(tale.bind(BACK, SACRUM))
        while not tale.asked(BACK):
            await asyncio.sleep(0.1)
        binding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await binding
        await asyncio.sleep(1.0)
        assert not any(station.is_connected for station in tale.inside.stations.values())

    in_a_room(story)


def test_what_it_returns_is_what_was_found() -> None:
    async def story(tale: Story) -> None:
        await tale.put(FIRST)
        (found,) = await scan(tale.inside.radio, 5.0)
        bound = await bind(tale.inside.radio, [found], [SACRUM], prompt=tale.prompts.append)
        assert isinstance(bound[SACRUM], Found)
        assert bound[SACRUM] is found

    in_a_room(story)
