"""When packets arrive: connection events, retransmission, fades; nothing lost, nothing doubled, order kept."""

import asyncio

import numpy as np
import pytest

from dowel.sensors.simulated.virtual_time import run
from tests.sensors.simulated.air.tiny import AT_ONCE, DATA, Heard, numbered, room

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("interval_ms", [7.5, 30.0, 50.0])
def test_packets_leave_at_connection_events(interval_ms: float) -> None:
    async def main() -> Heard:
        async with room(interval_ms=interval_ms, **AT_ONCE) as here:
            _, heard = await here.stream(here.stations[0])
            await asyncio.sleep(10.0)
            return heard

    heard = run(main())
    events = (np.asarray(heard.time_s) - heard.time_s[0]) / (1e-3 * interval_ms)
    assert np.max(np.abs(events - np.round(events))) < 1e-6
    assert heard.numbers == list(range(len(heard.numbers)))
    assert len(heard.numbers) == pytest.approx(1000, abs=10)
    per_event = np.unique(np.round(events), return_counts=True)[1]
    assert np.max(per_event) <= np.ceil(interval_ms / 10.0) + 1


@pytest.mark.parametrize("stations", [1, 5])
def test_with_loss_and_delays_nothing_is_lost_doubled_or_out_of_order(stations: int) -> None:
    async def main() -> list[Heard]:
        async with room(stations) as here:
            heard = [(await here.stream(station))[1] for station in here.stations]
            await asyncio.sleep(20.0)
            return heard

    for heard in run(main()):
        assert heard.numbers == list(range(len(heard.numbers)))
        assert len(heard.numbers) >= 1990
        assert np.all(np.diff(heard.time_s) >= 0.0)
        lateness_s = np.asarray(heard.time_s) - 0.01 * np.asarray(heard.numbers)
        lateness_s -= np.min(lateness_s)
        # up to an interval of waiting, the share of retransmissions, and the stack
        assert 0.012 < np.median(lateness_s) < 0.030
        assert np.percentile(lateness_s, 90) < 0.070


def test_the_share_of_retransmissions() -> None:
    """One packet per event: the share that takes an interval longer is the one asked for."""

    async def main() -> Heard:
        async with room(retransmission_share=0.2, stack_fixed_ms=0.0, stack_mean_ms=0.0) as here:
            heard = Heard()
            client = await here.client(here.stations[0])
            await client.start_notify(DATA, heard.on_data)
            for number in range(2000):
                here.stations[0].peripheral.notify(DATA, numbered(number))
                await asyncio.sleep(0.3)
            return heard

    heard = run(main())
    assert heard.numbers == list(range(2000))
    sent_s = heard.time_s[0] + 0.3 * np.arange(2000)
    late = np.round((np.asarray(heard.time_s) - sent_s) / 0.03)
    assert np.mean(late > np.min(late)) == pytest.approx(0.2, abs=0.03)


def test_a_seed_gives_one_story() -> None:
    async def main(seed: int) -> list[float]:
        async with room(2, seed=seed) as here:
            heard = [(await here.stream(station))[1] for station in here.stations]
            await asyncio.sleep(3.0)
            return heard[0].time_s + heard[1].time_s

    assert run(main(1)) == run(main(1))
    assert run(main(1)) != run(main(2))


def test_a_fade_holds_packets_and_bursts_them() -> None:
    async def main() -> Heard:
        async with room(**AT_ONCE) as here:
            client, heard = await here.stream(here.stations[0])
            await asyncio.sleep(2.0)
            here.stations[0].fade(1.0)
            await asyncio.sleep(4.0)
            assert client.is_connected
            assert heard.ended == 0
            return heard

    heard = run(main())
    assert heard.numbers == list(range(len(heard.numbers)))
    gaps_s = np.diff(heard.time_s)
    assert 0.97 < np.max(gaps_s) < 1.06
    after = int(np.argmax(gaps_s))
    # a hundred waited; twelve leave at each event while three more come
    assert heard.time_s[after + 100] - heard.time_s[after + 1] == pytest.approx(0.03 * 8, abs=0.061)


def test_a_packet_that_is_late_holds_up_those_behind_it() -> None:
    async def main() -> Heard:
        async with room(retransmission_share=0.0, stack_mean_ms=10.0) as here:
            heard = Heard()
            client = await here.client(here.stations[0])
            await client.start_notify(DATA, heard.on_data)
            for number in range(12):
                here.stations[0].peripheral.notify(DATA, numbered(number))
            await asyncio.sleep(1.0)
            return heard

    heard = run(main())
    assert heard.numbers == list(range(12))
    assert len(set(heard.time_s)) < 10


def test_a_device_with_little_memory_loses_what_it_cannot_keep() -> None:
    async def main() -> Heard:
        async with room(0, **AT_ONCE) as here:
            station = await here.add(buffer_packets=20)
            _, heard = await here.stream(station)
            await asyncio.sleep(2.0)
            station.fade(1.0)
            await asyncio.sleep(2.0)
            return heard

    steps = np.diff(run(main()).numbers)
    assert np.sum(steps != 1) == 1
    assert np.max(steps) == pytest.approx(81, abs=4)


def test_two_connections_do_not_wait_for_each_other() -> None:
    async def main() -> Heard:
        async with room(2, **AT_ONCE) as here:
            _, heard = await here.stream(here.stations[0])
            await here.stream(here.stations[1])
            await asyncio.sleep(1.0)
            here.stations[1].fade(1.5)
            await asyncio.sleep(2.0)
            return heard

    assert np.max(np.diff(run(main()).time_s)) < 0.031
