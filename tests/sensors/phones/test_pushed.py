"""Phones that send by themselves: Sensor Logger and our page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dowel.recordings.errors import LinkError
from dowel.sensors.drivers import usual_latency_s
from dowel.sensors.drivers.messages import MESSAGE_BYTES
from dowel.sensors.links import LinkState
from dowel.sensors.phones import pushed
from dowel.sensors.phones.link import KEPT_BYTES
from dowel.sensors.phones.pushed import DeviceMotionLink, SensorLoggerLink
from dowel.web.ingest import Ingest
from tests.sensors.phones.room import PLACE, Heard, assert_felt, clock_ns, handset, lying
from tests.sensors.simulated.peripherals.bench import Swinging, on_virtual_time
from tests.simulated_devices.phones import Browser, SensorLogger


class Listening:
    """The listener, and a link that it feeds."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.link = SensorLoggerLink(PLACE, "sensorlogger:", **self.heard.options())
        self.ingest = Ingest("127.0.0.1", clock_ns, port=0)
        self.phones: list[SensorLogger] = []

    async def phone(self, source: Any = None, **options: Any) -> SensorLogger:
        phone = SensorLogger(handset(source=source or Swinging()), self.url, **options)
        self.phones.append(phone)
        phone.record()
        return phone

    async def __aenter__(self) -> Listening:
        await self.ingest.start()
        self.url = self.ingest.url(self.ingest.add(self.link.receive))
        return self

    async def __aexit__(self, *_: object) -> None:
        for phone in self.phones:
            await phone.close()
        await self.link.close()
        await self.ingest.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "uncalibrated"), [("android", False), ("android", True), ("ios", True), ("ios_standardised", True)]
)
@on_virtual_time
async def test_every_kind_of_phone_gives_the_same(mode: str, uncalibrated: bool) -> None:
    async with Listening() as room:
        phone = await room.phone(mode=mode, uncalibrated=uncalibrated)
        await room.link.open()
        room.link.begin()
        await asyncio.sleep(8.0)
        decoded = room.heard.decoded(room.link)
        assert len(decoded.values) == pytest.approx(784, abs=25)
        assert_felt(decoded)
        assert phone.lost == 0
        assert {status for status, _ in phone.answers} == {200}
        assert room.heard.changes == []


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "factor"), [("ios", -1.0), ("ios_standardised", 1.0)])
@on_virtual_time
async def test_an_iphone_shows_its_sign_when_it_is_laid_down(mode: str, factor: float) -> None:
    async with Listening() as room:
        phone = await room.phone(mode=mode)
        opening = asyncio.ensure_future(room.link.open())
        await asyncio.sleep(20.0)
        assert not opening.done()
        assert room.heard.kinds == ["note"]
        assert "Lay the phone on a table for two seconds, screen up" in room.heard.changes[0].sentence
        phone._phone.handset = replace(phone._phone.handset, source=lying)
        sensor = await opening
        assert sensor.settings == {"acc_source": "accelerometer", "acc_factor": factor, "gyr_source": "gyroscope"}
        room.link.begin()
        phone._phone.handset = replace(phone._phone.handset, source=Swinging())
        await asyncio.sleep(8.0)
        assert_felt(without_first(room.heard.decoded(room.link), 150))


def without_first(decoded: Any, count: int) -> Any:
    return replace(decoded, device_time_s=decoded.device_time_s[count:], values=decoded.values[count:])


@pytest.mark.slow
@on_virtual_time
async def test_lost_messages_are_gaps_and_overtaken_ones_are_none() -> None:
    async with Listening() as room:
        phone = await room.phone(loss_share=0.05, overtaken_share=0.2)
        await room.link.open()
        room.link.begin()
        await asyncio.sleep(20.0)
        decoded = room.heard.decoded(room.link)
        step_s = np.diff(decoded.device_time_s)
        assert (step_s > 0).all()
        gaps = np.count_nonzero(step_s > 0.05)
        assert 0 < gaps <= phone.lost
        assert step_s.sum() - (step_s > 0.05) @ step_s > 15.0
        assert_felt(decoded)


@on_virtual_time
async def test_a_long_batch_period_is_measured_and_kept() -> None:
    async with Listening() as room:
        await room.phone(batch_s=0.5)
        sensor = await room.link.open()
        assert sensor.settings["latency_s"] == pytest.approx(0.5, abs=0.05)
        assert usual_latency_s(sensor) == sensor.settings["latency_s"]


@on_virtual_time
async def test_another_phone_is_told_to_go_elsewhere() -> None:
    async with Listening() as room:
        await room.phone()
        await room.link.open()
        other = await room.phone(device="phone-2")
        await asyncio.sleep(0.5)
        assert set(other.answers) == {(499, "Another phone sends to this address already. Each phone needs its own.")}
        assert room.link.receive(b"[]", 0) == "This is not a message of Sensor Logger."


@on_virtual_time
async def test_a_recording_that_is_stopped_is_lost_and_back_when_started_again() -> None:
    async with Listening() as room:
        phone = await room.phone()
        await room.link.open()
        room.link.begin()
        await asyncio.sleep(1.0)
        await phone.stop()
        await asyncio.sleep(5.0)
        assert room.heard.kinds == ["silent", "lost"]
        assert "Keep Sensor Logger recording" in room.heard.changes[0].sentence
        phone.record()
        await asyncio.sleep(3.0)
        assert (room.heard.kinds[-1], room.link.status.state) == ("back", LinkState.STREAMING)
        assert_felt(room.heard.decoded(room.link))


@on_virtual_time
async def test_nobody_is_waited_for_for_ever() -> None:
    heard = Heard()
    link = SensorLoggerLink(PLACE, "sensorlogger:", **heard.options())
    with pytest.raises(LinkError, match=r"The sacrum phone sends nothing\. Keep Sensor Logger recording"):
        await link.open()
    assert clock_ns() * 1e-9 > pushed.SET_UP_S
    await link.close()


@pytest.mark.parametrize("platform", ["android", "ios"])
@on_virtual_time
async def test_a_page_becomes_a_sensor(platform: Any) -> None:
    heard = Heard()
    link = DeviceMotionLink(PLACE, "phone:", **heard.options())
    told: list[str] = []
    phone = Browser(handset(), lambda body: told.append(link.receive(body, clock_ns())), platform)
    phone.load()
    sensor = await link.open()
    assert sensor.asked_rate_hz == pytest.approx(60.0, abs=0.5)
    link.begin()
    await asyncio.sleep(8.0)
    assert_felt(heard.decoded(link), atol=0.06)  # it rounds to 0.1 m/s2
    phone.hidden = True
    phone.say(hidden=True)
    await asyncio.sleep(5.0)
    assert heard.kinds == ["note", "silent", "lost"]
    assert all("hidden or the screen is off" in change.sentence for change in heard.changes)
    phone.hidden = False
    await asyncio.sleep(1.0)
    assert (heard.kinds[-1], link.status.state) == ("back", LinkState.STREAMING)
    for _ in range(2):  # too short to be lost, and told each time
        phone.hidden = True
        phone.say(hidden=True)
        assert (heard.kinds[-1], link.moving) == ("note", False)
        await asyncio.sleep(1.5)
        assert heard.kinds[-1] == "silent"
        phone.hidden = False
        phone.say()
        await asyncio.sleep(1.0)
    assert (link.moving, link.status.state, link.status.sentence) == (True, LinkState.STREAMING, "")
    phone.load()
    await asyncio.sleep(3.0)
    step_s = np.diff(heard.decoded(link).device_time_s)
    assert np.count_nonzero(step_s < 0) == 1
    phone.say(denied=True)
    assert heard.changes[-1].sentence.startswith(
        "The sacrum phone: Its browser is not allowed to use the motion sensors."
    )
    phone.say(silent=True)
    assert heard.changes[-1].sentence.startswith("The sacrum phone: Its browser reports no motion.")
    assert link.receive(b'{"v": 2}', 0) == "This page is of another version. Reload it."
    assert set(told) == {""}
    await phone.close()
    await link.close()


@on_virtual_time
async def test_what_was_in_the_way_at_first_is_forgotten() -> None:
    heard = Heard()
    link = DeviceMotionLink(PLACE, "phone:", **heard.options())
    phone = Browser(handset(), lambda body: link.receive(body, clock_ns()))
    opening = asyncio.ensure_future(link.open())
    phone.say(denied=True)
    assert "not allowed to use" in link.status.sentence
    phone.load()
    await opening
    assert link.status.sentence == ""
    link.begin()
    phone.hidden = True
    await asyncio.sleep(5.0)
    assert heard.kinds == ["note", "silent", "lost"]
    assert all(change.sentence.endswith("Keep the page in front and the screen on.") for change in heard.changes[1:])
    await phone.close()
    await link.close()


@pytest.mark.slow
@on_virtual_time
async def test_what_is_kept_until_it_can_be_understood_has_an_end() -> None:
    heard = Heard()
    link = SensorLoggerLink(PLACE, "sensorlogger:", **heard.options())
    opening = asyncio.ensure_future(link.open())
    await asyncio.sleep(0)
    payload = '{"name": "gravity", "time": 1, "values": {}},' * 20_000 + "{}"
    for number in range(10):
        body = f'{{"messageId": {number}, "payload": [{payload}]}}'.encode()
        assert len(body) < MESSAGE_BYTES
        assert link.receive(body, clock_ns()) == ""
    kept = link._opening
    assert kept is not None
    assert len(kept) == KEPT_BYTES // len(body)
    opening.cancel()
    await link.close()


@on_virtual_time
async def test_a_browser_without_rotation_is_refused() -> None:
    heard = Heard()
    link = DeviceMotionLink(PLACE, "phone:", **heard.options())
    opening = asyncio.ensure_future(link.open())
    for number in range(3):
        events = f"[[{number * 100.0}, 0, 0, 9.8, null, null, null]]"
        body = f'{{"v": 1, "page": "p", "n": {number}, "platform": "other", "events": {events}}}'
        link.receive(body.encode(), clock_ns())
        await asyncio.sleep(0.3)
    assert "reports no rotation rate" in heard.changes[0].sentence
    with pytest.raises(LinkError, match="reports no rotation rate"):
        await opening
    await link.close()
