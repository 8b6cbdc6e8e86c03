"""What goes wrong in a practice, and that the link gets over it. Each story runs through bleak on the simulated air."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkPolicy, LinkState
from dowel.sensors.simulated.air import Station
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.virtual_time import run
from tests.depth import at_night
from tests.sensors.ble.room import FIRST, SECOND, Heard, at_rest, room
from tests.simulated_devices.movella_dot import MovellaDot
from tests.simulated_devices.polar import Polar

pytestmark = pytest.mark.slow

DOT_RATE_HZ = 60.0
DATA = "15172003-4947-11e9-8646-d663bd873d93"


def longest_gap_s(heard: Heard) -> float:
    arrivals_ns = [arrival_ns for arrival_ns, _ in heard.notifications]
    return max(b - a for a, b in pairwise(arrivals_ns)) * 1e-9


def assert_in_order_and_single(heard: Heard) -> None:
    times_us = heard.dot_times_us
    assert times_us == sorted(set(times_us))


def assert_back_stands_before_new_data(heard: Heard) -> None:
    """After ``lost`` comes no data until ``back``, and ``back`` has the time of the notification that follows it."""
    away = False
    for item, following in zip(heard.items, [*heard.items[1:], None], strict=True):
        if isinstance(item, tuple):
            assert not away
        elif item.kind == "lost":
            away = True
        elif item.kind == "back":
            away = False
            assert isinstance(following, tuple)
            assert following[0] == item.at_ns


def count_connections(station: Station) -> list[None]:
    """Grows by one with each connection to this station."""
    counted: list[None] = []
    connected = station.peripheral.connected

    def count(send: Callable[[str, bytes], None]) -> None:
        counted.append(None)
        connected(send)

    station.peripheral.connected = count  # type: ignore[method-assign]
    return counted


def test_a_sensor_that_hangs_up_comes_back() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            await inside.put(SECOND)
            link, heard = await inside.streaming(FIRST)
            _, other = await inside.streaming(SECOND, placement=Placement.UPPER_BACK)
            for _ in range(3):
                await asyncio.sleep(5.0)
                station.disconnect()
            await asyncio.sleep(5.0)
            assert heard.kinds == ["lost", "back"] * 3
            assert (link.status.losses, link.status.state, link.status.sentence) == (3, LinkState.STREAMING, "")
            assert_in_order_and_single(heard)
            assert_back_stands_before_new_data(heard)
            assert longest_gap_s(heard) < 4.0  # search, connection, table, start
            assert other.kinds == []
            assert_in_order_and_single(other)
            assert longest_gap_s(other) < 0.3
            assert len(other.notifications) == pytest.approx(20 * DOT_RATE_HZ, rel=0.1)

    run(story())


def test_a_sensor_out_of_range_comes_back() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(5.0)
            station.out_of_range(True)
            await asyncio.sleep(60.0)
            assert link.status.state in (LinkState.LOST, LinkState.CONNECTING)
            station.out_of_range(False)
            await asyncio.sleep(25.0)
            assert heard.kinds == ["silent", "lost", "note", "back"]
            assert "was heard within" in heard.sentences("note")[0]
            assert_in_order_and_single(heard)
            assert_back_stands_before_new_data(heard)

    run(story())


def test_after_a_long_search_the_next_loss_is_looked_for_as_eagerly_as_the_first() -> None:
    async def story() -> float:
        async with room() as inside:
            station = await inside.put(FIRST)
            _, heard = await inside.streaming()
            for away_s in (60.0, 8.0):
                await asyncio.sleep(5.0)
                station.out_of_range(True)
                await asyncio.sleep(away_s)
                station.out_of_range(False)
                there_ns = inside.radio.clock_ns()
                await asyncio.sleep(25.0)
            assert heard.kinds == ["silent", "lost", "note", "back"] * 2
            return (heard.changes[-1].at_ns - there_ns) * 1e-9

    assert run(story()) < 4.0


def test_a_fade_shorter_than_the_supervision_timeout_is_no_loss() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            _, heard = await inside.streaming()
            await asyncio.sleep(5.0)
            station.fade(0.9)
            await asyncio.sleep(5.0)
            assert heard.kinds == []
            assert longest_gap_s(heard) > 0.8
            assert_in_order_and_single(heard)

    run(story())


def test_connected_but_silent_is_told_and_connected_anew() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(5.0)
            station.silent = True
            silent_from_ns = heard.notifications[-1][0]
            await asyncio.sleep(1.5)
            assert heard.kinds == ["silent"]
            assert link.status.state is LinkState.SILENT
            assert heard.changes[0].at_ns - silent_from_ns == pytest.approx(1e9, abs=0.1e9)
            tries = count_connections(station)
            await asyncio.sleep(120.0)
            assert heard.kinds == ["silent", "lost"]
            assert 4 < len(tries) < 14  # less and less often: the radio is not ours alone
            station.silent = False
            await asyncio.sleep(25.0)
            assert heard.kinds == ["silent", "lost", "back"]
            assert link.status.losses == 1
            assert_in_order_and_single(heard)
            assert_back_stands_before_new_data(heard)

    run(story())


def test_short_silence_ends_by_itself() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(2.0)
            station.silent = True
            await asyncio.sleep(2.0)
            station.silent = False
            await asyncio.sleep(2.0)
            assert heard.kinds == ["silent"]
            assert (link.status.state, link.status.sentence) == (LinkState.STREAMING, "")

    run(story())


def test_a_sensor_that_sends_seldom_is_not_called_silent() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, Polar(at_rest))
            _, heard = await inside.streaming()
            await asyncio.sleep(60.0)
            assert longest_gap_s(heard) > 1.0
            assert heard.kinds == []

    run(story())


def test_power_cycled_with_a_new_clock() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(10.0)
            await station.power_off()
            await asyncio.sleep(5.0)
            await station.power_on(MovellaDot(at_rest))
            await asyncio.sleep(10.0)
            assert heard.kinds == ["silent", "lost", "back"]
            assert_back_stands_before_new_data(heard)
            times_us = heard.dot_times_us
            (turn,) = [at for at in range(1, len(times_us)) if times_us[at] < times_us[at - 1]]
            assert times_us[turn] < 5_000_000
            assert link.sensor.placement is Placement.SACRUM

    run(story())


def test_a_witmotion_that_lost_its_settings_is_set_again() -> None:
    """Switched on it sends 10 Hz. What it sends before it is set again must not be taken for 100 Hz."""

    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST, WitMotion(at_rest))
            _, heard = await inside.streaming()
            await asyncio.sleep(5.0)
            await station.power_off()
            await asyncio.sleep(1.0)
            await station.power_on(WitMotion(at_rest))
            await asyncio.sleep(15.0)
            back = heard.items.index(heard.changes[-1])
            assert heard.kinds[-1] == "back"
            after = [item for item in heard.items[back + 1 :] if isinstance(item, tuple)]
            spans_s = (after[-1][0] - after[0][0]) * 1e-9
            frames = sum(len(payload) // 20 for _, payload in after[1:])
            assert frames / spans_s == pytest.approx(100.0, rel=0.03)

    run(story())


def test_two_lost_sensors_both_get_their_turn() -> None:
    """The one that never returns does not keep the radio from the other."""

    async def story() -> None:
        async with room() as inside:
            gone, returns = await inside.put(FIRST), await inside.put(SECOND)
            _, heard_gone = await inside.streaming(FIRST)
            _, heard = await inside.streaming(SECOND, placement=Placement.UPPER_BACK)
            await asyncio.sleep(2.0)
            await gone.power_off()
            await returns.power_off()
            await asyncio.sleep(10.0)
            await returns.power_on()
            await asyncio.sleep(30.0)
            assert heard.kinds[-1] == "back"
            assert "back" not in heard_gone.kinds
            assert_in_order_and_single(heard)

    run(story())


def test_adapter_off_in_mid_session_and_on_again() -> None:
    async def story() -> None:
        async with room() as inside:
            for address in (FIRST, SECOND):
                await inside.put(address)
            links = [
                await inside.streaming(FIRST),
                await inside.streaming(SECOND, placement=Placement.UPPER_BACK),
            ]
            await asyncio.sleep(3.0)
            await inside.adapter.power_off()
            await asyncio.sleep(20.0)
            for link, heard in links:
                assert heard.kinds == ["lost", "note"]
                assert "Bluetooth is switched off" in link.status.sentence
            await inside.adapter.power_on()
            await asyncio.sleep(30.0)
            for link, heard in links:
                assert heard.kinds == ["lost", "note", "back"]
                assert link.status.sentence == ""
                assert_in_order_and_single(heard)
                assert_back_stands_before_new_data(heard)

    run(story())


def test_a_storm_of_notifications_is_cut_and_told_once() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming(policy=LinkPolicy(storm_notifications_per_s=200))
            await asyncio.sleep(3.0)
            dot = station.peripheral
            storm = asyncio.ensure_future(flood(dot, 300))
            await asyncio.sleep(8.0)
            storm.cancel()
            assert heard.kinds == ["storm"]
            assert link.status.dropped > 100
            worst = max(in_a_second(heard))
            assert worst <= 2 * 200
            await asyncio.sleep(5.0)
            dropped = link.status.dropped
            await asyncio.sleep(5.0)
            assert (link.status.dropped, heard.kinds) == (dropped, ["storm"])

    async def flood(dot: Any, per_s: int) -> None:
        while True:
            for _ in range(per_s // 20):
                dot.notify(DATA, bytes(40))
            await asyncio.sleep(0.05)

    def in_a_second(heard: Heard) -> list[int]:
        arrivals_ns = [arrival_ns for arrival_ns, _ in heard.notifications]
        return [sum(1 for each in arrivals_ns if 0 <= each - first < 1e9) for first in arrivals_ns[::20]]

    run(story())


def test_a_handler_that_fails_does_not_stop_the_stream() -> None:
    async def story() -> None:
        seen = []

        def fails(arrival_ns: int, payload: bytes) -> None:
            seen.append(arrival_ns)
            raise ZeroDivisionError("what a handler may do")

        async with room() as inside:
            await inside.put(FIRST)
            link, heard = await inside.streaming(on_notification=fails)
            await asyncio.sleep(5.0)
            assert len(seen) > 200
            assert heard.kinds == ["note"]
            assert "ZeroDivisionError" in heard.sentences("note")[0]
            assert link.status.state is LinkState.STREAMING

    run(story())


def test_a_sensor_that_reports_another_rate_is_told() -> None:
    class Stubborn(WitMotion):
        """Keeps to 10 Hz whatever it is told."""

        def write(self, characteristic: str, value: bytes) -> None:
            if value[:3] != bytes.fromhex("ffaa03"):
                super().write(characteristic, value)

    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, Stubborn(at_rest))
            link, heard = await inside.link(FIRST)
            await link.open()
            (sentence,) = heard.sentences("note")
            assert "10 samples a second instead of 100" in sentence

    run(story())


def test_closing_while_it_is_lost_leaves_nothing_behind() -> None:
    async def story(seconds_away: float) -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.streaming()
            await asyncio.sleep(1.0)
            station.disconnect()
            await asyncio.sleep(seconds_away)
            await asyncio.wait_for(link.close(), 15.0)
            known = len(heard.items)
            await asyncio.sleep(3.0)
            assert len(heard.items) == known
            assert not station.is_connected

    async def stories() -> None:
        for part in range(12) if at_night() else (1, 4, 7, 10):  # in the search, in the connect, in the start
            await story(0.2 * part)

    run(stories())


def test_losing_it_between_open_and_begin() -> None:
    async def story() -> None:
        async with room() as inside:
            station = await inside.put(FIRST)
            link, heard = await inside.link(FIRST)
            await link.open()
            station.disconnect()
            await asyncio.sleep(3.0)
            link.begin()
            await asyncio.sleep(5.0)
            assert heard.kinds == ["lost", "back"]
            assert heard.notifications

    run(story())


def test_an_unopened_link_can_be_closed_and_says_no_driver() -> None:
    async def story() -> None:
        async with room() as inside:
            await inside.put(FIRST, MovellaDot(at_rest))
            link, _ = await inside.link(FIRST)
            link._driver = None
            with pytest.raises(LinkError, match="is not a sensor that this program knows"):
                await link.open()
            await link.close()

    run(story())
