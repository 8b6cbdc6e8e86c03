"""The link to phyphox: opened, polled, lost and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from dowel.recordings.errors import LinkError
from dowel.sensors.links import LinkState
from dowel.sensors.phones.phyphox import PhyphoxLink
from tests.sensors.phones.room import PLACE, Heard, assert_felt, handset
from tests.sensors.simulated.peripherals.bench import on_virtual_time
from tests.simulated_devices.phones import Phyphox
from tests.simulated_devices.phones.http_server import HttpServer


def link_to(address: str, heard: Heard) -> PhyphoxLink:
    return PhyphoxLink(PLACE, f"phyphox://{address}", url=f"http://{address}", **heard.options())


@asynccontextmanager
async def streaming(platform: Any = "android", **options: Any) -> AsyncIterator[tuple[Phyphox, PhyphoxLink, Heard]]:
    phone, heard = Phyphox(handset(), platform, **options), Heard()
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
@pytest.mark.parametrize("platform", ["android", "ios"])
@on_virtual_time
async def test_everything_measured_arrives(platform: str) -> None:
    async with streaming(platform) as (phone, link, heard):
        assert phone.measuring
        await asyncio.sleep(10.0)
        sensor, decoded = link.sensor, heard.decoded(link)
        assert (sensor.driver, sensor.name, sensor.address) == ("phyphox", "Back", f"phyphox://{phone.address}")
        assert sensor.asked_rate_hz == pytest.approx(98.0, abs=0.3)
        assert sensor.settings["gyr_buffers"][0] == {"android": "gyr_time", "ios": "gyro_time"}[platform]
        assert len(decoded.values) == pytest.approx(980, abs=15)
        assert np.diff(decoded.device_time_s).max() < 1.2 / 98.0
        assert decoded.bad_frames == 0
        assert_felt(decoded)
        newest = decoded.newest_s
        assert newest is not None
        arrival_s = 1e-9 * np.array([arrival_ns for arrival_ns, _ in heard.notifications])
        waits_s = arrival_s - newest
        assert np.ptp(waits_s) < 0.03  # the age of the newest sample, and the network
        assert (link.status.state, heard.changes) == (LinkState.STREAMING, [])
    assert str(link.status.state) == "stopped"


@pytest.mark.slow
@on_virtual_time
async def test_nothing_from_before_the_beginning_is_asked_for() -> None:
    phone, heard = Phyphox(handset()), Heard()
    await phone.start()
    link = link_to(phone.address, heard)
    await link.open()
    await asyncio.sleep(20.0)
    link.begin()
    await asyncio.sleep(2.0)
    decoded = heard.decoded(link)
    assert np.ptp(decoded.device_time_s) < 2.1
    assert max(len(payload) for _, payload in heard.notifications) < 3500
    await link.close()
    await phone.close()


@pytest.mark.slow
@on_virtual_time
async def test_an_app_in_the_background_is_silent_then_lost_then_back() -> None:
    async with streaming() as (phone, link, heard):
        await asyncio.sleep(2.0)
        phone.go_to_background()
        await asyncio.sleep(1.5)
        assert (heard.kinds, link.status.state) == (["silent"], LinkState.SILENT)
        assert "The sacrum phone sends nothing. Bring phyphox back to the front" in heard.changes[0].sentence
        await asyncio.sleep(3.0)
        assert (heard.kinds, link.status.state, link.status.losses) == (["silent", "lost"], LinkState.LOST, 1)
        before = len(heard.notifications)
        phone.come_to_front()
        await asyncio.sleep(5.0)
        assert (heard.kinds, link.status.state) == (["silent", "lost", "back"], LinkState.STREAMING)
        assert link.status.sentence == ""
        first_ns = heard.notifications[before][0]
        assert heard.changes[-1].at_ns == first_ns
        assert_felt(heard.decoded(link))


@on_virtual_time
async def test_an_app_that_is_closed_and_opened_again_is_lost_and_back() -> None:
    async with streaming() as (phone, link, heard):
        await phone.close()
        await asyncio.sleep(6.0)
        assert heard.kinds == ["silent", "lost"]
        assert "phyphox does not answer at phyphox://127.0.0.1" in heard.changes[1].sentence
        await phone.start()
        await asyncio.sleep(4.0)
        assert heard.kinds == ["silent", "lost", "back"]
        assert link.status.state is LinkState.STREAMING


@pytest.mark.slow
@on_virtual_time
async def test_a_clear_loses_little_and_an_experiment_opened_anew_is_started() -> None:
    async with streaming() as (phone, link, heard):
        await asyncio.sleep(5.0)
        phone.clear()
        await asyncio.sleep(4.0)
        decoded = heard.decoded(link)
        (anew,) = np.flatnonzero(np.diff(decoded.device_time_s) < -1.0)
        assert len(decoded.device_time_s) - anew > 250
        phone.open_experiment()
        await asyncio.sleep(4.0)
        assert phone.measuring
        assert heard.kinds == ["note"]
        assert heard.changes[0].sentence == "The experiment on the sacrum phone was opened again. Leave it running."
        decoded = heard.decoded(link)
        assert np.count_nonzero(np.diff(decoded.device_time_s) < -1.0) == 2
        assert len(decoded.values) > 1000


@on_virtual_time
async def test_an_experiment_that_is_paused_is_started_again() -> None:
    async with streaming() as (phone, link, _):
        phone.measuring = False
        await asyncio.sleep(2.0)
        assert phone.measuring
        assert link.status.state is LinkState.STREAMING


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        (("accelerometer",), "The experiment in phyphox has no gyroscope. Make a simple experiment"),
        ((), "has no accelerometer and no gyroscope"),
    ],
)
@on_virtual_time
async def test_an_experiment_without_a_gyroscope_is_refused(sources: tuple[str, ...], sentence: str) -> None:
    phone, heard = Phyphox(handset(), sources=sources), Heard()
    await phone.start()
    link = link_to(phone.address, heard)
    with pytest.raises(LinkError, match=sentence):
        await link.open()
    await link.close()
    await phone.close()


@on_virtual_time
async def test_a_version_that_closes_the_connection_is_told_to_be_updated() -> None:
    phone, heard = Phyphox(handset(), closes_on_thresholds=True), Heard()
    await phone.start()
    link = link_to(phone.address, heard)
    with pytest.raises(LinkError, match=r"closes the connection .* Update the app: version 1\.1\.6 has this fault"):
        await link.open()
    await link.close()
    await phone.close()


@on_virtual_time
async def test_a_slow_sensor_is_refused() -> None:
    phone, heard = Phyphox(handset(gyr_rate_hz=15.0, acc_rate_hz=15.0)), Heard()
    await phone.start()
    link = link_to(phone.address, heard)
    with pytest.raises(LinkError, match="sends only 15 samples a second; 20 are needed"):
        await link.open()
    await link.close()
    await phone.close()


@on_virtual_time
async def test_nobody_and_somebody_else_are_told_apart() -> None:
    heard = Heard()
    link = link_to("127.0.0.1:9", heard)
    with pytest.raises(
        LinkError, match=r"phyphox does not answer at phyphox://127\.0\.0\.1:9\. Open phyphox on the phone"
    ):
        await link.open()
    await link.close()
    answers: list[tuple[int, bytes]] = [(200, b"<html>"), (404, b""), (302, b""), (200, b"x" * 1_100_000)]
    sentences = ["is not phyphox", "answers 404", "answers 302", "sends too much at once"]
    for answer, sentence in zip(answers, sentences, strict=True):
        server = HttpServer(lambda path, pairs, answer=answer: answer, 0.001)  # type: ignore[misc]
        port = await server.start()
        link = link_to(f"127.0.0.1:{port}", heard)
        with pytest.raises(LinkError, match=sentence):
            await link.open()
        await link.close()
        await server.close()
