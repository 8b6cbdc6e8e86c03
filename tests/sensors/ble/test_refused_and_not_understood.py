"""Sensors that connect and do not measure: a refusal is a sentence, what another program left is ended, and bytes that
nothing can be made of are told."""

import asyncio
from typing import Any

import pytest

from dowel.recordings.errors import LinkError
from tests.sensors.ble.room import FIRST, SECOND, Room, at_rest
from tests.sensors.ble.test_connecting import in_a_room, refusal
from tests.simulated_devices import PERIPHERALS
from tests.simulated_devices.movella_dot import MovellaDot

META_MOTION_COMMAND = "326a9001-85cb-9195-d9dd-464cfbbae75a"
META_MOTION_DATA = "326a9006-85cb-9195-d9dd-464cfbbae75a"
MOVESENSE_DATA = "34800002-7185-4d5d-b431-630e7050e8f0"


class LeftRunning(PERIPHERALS["meta_motion"]):  # type: ignore[misc]
    """A board on which another program has left a processor running, whose frames end with a reset only."""

    def __init__(self, *arguments: Any, stubborn: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._stubborn, self.resets = stubborn, 0
        self._go_on()

    def write(self, characteristic: str, value: bytes) -> None:
        super().write(characteristic, value)
        if value == b"\xfe\x01":
            self.resets += 1
            if self._stubborn:  # a macro begins again with the board
                self._go_on()

    def _go_on(self) -> None:
        self.sample("left", 25.0, 1, lambda packet: self.notify(META_MOTION_DATA, b"\x09\x03\x00" + bytes(10)))


def test_a_board_is_reset_where_it_goes_on_sending_for_another_program() -> None:
    async def story(inside: Room) -> None:
        board = LeftRunning(at_rest)
        await inside.put(FIRST, board)
        _, heard = await inside.streaming()
        await asyncio.sleep(1.0)
        assert board.resets == 1
        assert {payload[:2] for _, payload in heard.notifications} == {b"\x03\x1c", b"\x13\x07"}

    in_a_room(story)


def test_a_board_that_goes_on_all_the_same_is_refused_with_what_to_do() -> None:
    async def story(inside: Room) -> None:
        await inside.put(FIRST, LeftRunning(at_rest, stubborn=True))
        assert "clear what is stored on it (a macro) with the maker's app" in await refusal(inside)

    in_a_room(story)


def test_a_board_starts_clean_after_single_readings_that_were_left_running() -> None:
    async def story(inside: Room) -> None:
        board = PERIPHERALS["meta_motion"](at_rest)
        for command in ("03032803", "030401", "130501", "03020100", "13020100", "030101", "130101"):
            board.write(META_MOTION_COMMAND, bytes.fromhex(command))
        await inside.put(FIRST, board)
        _, heard = await inside.streaming()
        await asyncio.sleep(1.0)
        assert {len(payload) for _, payload in heard.notifications} == {20}

    in_a_room(story)


def test_a_movesense_that_refuses_is_told_as_such() -> None:
    class Tired(PERIPHERALS["movesense"]):  # type: ignore[misc]
        def write(self, characteristic: str, value: bytes) -> None:
            self.notify(MOVESENSE_DATA, bytes([1, value[1]]) + (429).to_bytes(2, "little"))

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Tired(at_rest))
        assert "take it off its strap and press it on again" in await refusal(inside)

    in_a_room(story)


def test_a_polar_in_its_charger_is_told_as_such() -> None:
    class Charging(PERIPHERALS["polar"]):  # type: ignore[misc]
        def write(self, characteristic: str, value: bytes) -> None:
            if value[0] == 2:
                self.notify(characteristic, bytes([0xF0, *value[:2], 13, 0]))

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Charging(at_rest))
        begun_s = asyncio.get_running_loop().time()
        link, _ = await inside.link(FIRST)
        with pytest.raises(LinkError, match="It does not measure in its charger"):
            await link.open()
        assert asyncio.get_running_loop().time() - begun_s < 3.0, "nothing more is waited for"

    in_a_room(story)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "told"), [(20, "MTU is 23"), (30, "another mode")])
def test_what_cannot_be_understood_is_told_within_three_seconds(size: int, told: str) -> None:
    """A Movella DOT whose notifications are cut short, or hold something else."""

    class Short(MovellaDot):
        def notify(self, characteristic: str, payload: bytes) -> None:
            super().notify(characteristic, payload[:size].ljust(min(size, len(payload)), b"\0"))

    async def story(inside: Room) -> None:
        await inside.put(FIRST, Short(at_rest))
        link, heard = await inside.link(FIRST)
        await link.open()
        link.begin()
        await asyncio.sleep(3.0)
        (sentence,) = heard.sentences("note")
        assert told in sentence
        await asyncio.sleep(5.0)
        assert len(heard.sentences("note")) == 1
        await link.close()
        await inside.put(SECOND)
        _, heard = await inside.streaming(SECOND)
        await asyncio.sleep(3.0)
        assert heard.changes == [], "nothing is said of one that is understood"

    in_a_room(story)
