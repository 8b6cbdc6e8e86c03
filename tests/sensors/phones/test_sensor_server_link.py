"""The link to SensorServer: opened, lost and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from dowel.recordings.errors import LinkError
from dowel.sensors.drivers.sensor_server import GYROSCOPE
from dowel.sensors.links import LinkState
from dowel.sensors.phones.sensor_server import SensorServerLink
from tests.sensors.phones.room import PLACE, Heard, assert_felt, handset
from tests.sensors.simulated.peripherals.bench import on_virtual_time
from tests.simulated_devices.phones import SensorServer


def link_to(address: str, heard: Heard) -> SensorServerLink:
    return SensorServerLink(PLACE, f"sensorserver://{address}", url=f"ws://{address}", **heard.options())


@asynccontextmanager
async def streaming() -> AsyncIterator[tuple[SensorServer, SensorServerLink, Heard]]:
    phone, heard = SensorServer(handset(acc_rate_hz=208.0, gyr_rate_hz=196.0)), Heard()
    await phone.start()
    link = link_to(phone.address, heard)
    try:
        await link.open()
        link.begin()
        yield phone, link, heard
    finally:
        await link.close()
        await phone.close()


@pytest.mark.slow
@on_virtual_time
async def test_everything_measured_arrives() -> None:
    async with streaming() as (_, link, heard):
        await asyncio.sleep(5.0)
        decoded = heard.decoded(link)
        assert link.sensor.asked_rate_hz == pytest.approx(196.0, abs=0.3)
        assert len(decoded.values) == pytest.approx(980, abs=8)
        assert np.diff(decoded.device_time_s).max() < 1.5 / 196.0
        assert decoded.bad_frames == 0
        assert_felt(decoded)
        assert heard.changes == []


@pytest.mark.slow
@on_virtual_time
async def test_a_server_that_sends_nothing_is_connected_anew() -> None:
    async with streaming() as (phone, link, heard):
        phone.asleep = True
        await asyncio.sleep(1.5)
        assert heard.kinds == ["silent"]
        await asyncio.sleep(4.5)
        assert (heard.kinds, link.status.state, link.status.losses) == (["silent", "lost"], LinkState.LOST, 1)
        phone.asleep = False
        await asyncio.sleep(6.0)
        assert (heard.kinds, link.status.state) == (["silent", "lost", "back"], LinkState.STREAMING)


@pytest.mark.slow
@on_virtual_time
async def test_a_server_that_is_stopped_and_started_again_comes_back() -> None:
    async with streaming() as (phone, link, heard):
        await phone.close()
        await asyncio.sleep(6.0)
        assert heard.kinds == ["silent", "lost"]
        assert "Keep SensorServer started and the screen on" in heard.changes[1].sentence
        await phone.start()
        await asyncio.sleep(8.0)
        assert (heard.kinds, link.status.state) == (["silent", "lost", "back"], LinkState.STREAMING)
        assert_felt(heard.decoded(link))


@pytest.mark.slow
@on_virtual_time
async def test_a_gyroscope_that_falls_silent_is_asked_for_anew() -> None:
    async with streaming() as (phone, link, heard):
        phone.mute = (GYROSCOPE,)
        await asyncio.sleep(3.5)
        assert phone.connections == 2
        phone.mute = ()
        await asyncio.sleep(2.0)
        assert link.status.state is LinkState.STREAMING
        assert np.diff(heard.decoded(link).device_time_s).max() > 3.0


@on_virtual_time
async def test_a_phone_without_a_gyroscope_is_told_and_not_asked_without_end() -> None:
    phone = SensorServer(handset())
    phone.absent = (GYROSCOPE,)
    await phone.start()
    link = link_to(phone.address, Heard())
    with pytest.raises(LinkError, match="has no gyroscope or no accelerometer"):
        await link.open()
    assert 2 <= phone.connections <= 6
    await link.close()
    await phone.close()


@on_virtual_time
async def test_who_does_not_answer_is_told() -> None:
    link = link_to("127.0.0.1:9", Heard())
    with pytest.raises(LinkError, match=r"does not answer at sensorserver://127\.0\.0\.1:9\. Open SensorServer"):
        await link.open()
    await link.close()
    phone = SensorServer(handset())
    phone.asleep = True
    await phone.start()
    link = link_to(phone.address, Heard())
    with pytest.raises(LinkError, match="SensorServer"):
        await link.open()
    await link.close()
    await phone.close()
