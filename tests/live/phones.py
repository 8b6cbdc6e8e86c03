"""The same motion of the same lifter by Bluetooth sensors and by phones at once: sessions that are compared.

Everything runs in virtual time, with real HTTP and WebSocket on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import chain, product
from pathlib import Path
from typing import Any, Final

import numpy as np

from dowel.practice.live_session import LiveSession
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import FloatArray, MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.ble import SensorLink, find
from dowel.sensors.links import Link, LinkChange
from dowel.sensors.phones.phyphox import PhyphoxLink
from dowel.sensors.phones.pushed import DeviceMotionLink, SensorLoggerLink
from dowel.sensors.phones.sensor_server import SensorServerLink
from dowel.sensors.simulated import BMI270, IDEAL, Chip, set_of_hinges, virtual_time
from dowel.sensors.simulated.world import World, Worn
from dowel.web.ingest import Ingest
from tests.simulated_devices.capture2go import Capture2Go
from tests.simulated_devices.phones import Browser, Phyphox, SensorLogger, SensorServer
from tests.simulated_devices.phones.phone import Handset

TRUNK: Final = (Placement.UPPER_BACK, Placement.SACRUM)
BLUETOOTH: Final = Capture2Go  # its own time and fine steps
STEPS: Final = ((MarkKind.STILL, 1.0), (MarkKind.ROD_HOLD, 2.5), (MarkKind.ROD_HINGES, 0.0))
"""Steps of the calibration, and how long after its beginning each is taken to begin."""
INTERVAL_MS: Final = 15.0
"""Of the Bluetooth sensors: at the usual 30 their clocks differ by 4 ms, which is most of what is looked for here."""
NOISY: Final = replace(IDEAL, gyr_noise_dps_rthz=BMI270.gyr_noise_dps_rthz, acc_noise_ug_rthz=BMI270.acc_noise_ug_rthz)
"""No errors but noise: without any, a sensor on somebody who stands still repeats itself, and is frozen."""
PEAKS_DEG: Final = (0.0, 15.0, -14.0, 0.0)

Made = Callable[["Room", Placement, Handset, dict[str, Any]], Awaitable[Link]]


@dataclass
class Room:
    """What phones need besides themselves."""

    ingest: Ingest
    stack: AsyncExitStack


async def phyphox(room: Room, placement: Placement, handset: Handset, options: dict[str, Any], platform: Any) -> Link:
    """phyphox on either platform."""
    phone = Phyphox(handset, platform)
    await phone.start()
    room.stack.push_async_callback(phone.close)
    return PhyphoxLink(placement, f"phyphox://{phone.address}", url=f"http://{phone.address}", **options)


async def sensor_server(room: Room, placement: Placement, handset: Handset, options: dict[str, Any]) -> Link:
    """SensorServer."""
    phone = SensorServer(handset)
    await phone.start()
    room.stack.push_async_callback(phone.close)
    return SensorServerLink(placement, f"sensorserver://{phone.address}", url=f"ws://{phone.address}", **options)


async def sensor_logger(
    room: Room, placement: Placement, handset: Handset, options: dict[str, Any], mode: Any, **more: Any
) -> Link:
    """Sensor Logger in any mode, with loss and messages that are overtaken."""
    link = SensorLoggerLink(placement, "sensorlogger:", **options)
    url = room.ingest.url(room.ingest.add(link.receive))
    phone = SensorLogger(handset, url, mode, **more)
    phone.record()
    room.stack.push_async_callback(phone.close)
    return link


async def browser(room: Room, placement: Placement, handset: Handset, options: dict[str, Any], platform: Any) -> Link:
    """Our page on either platform."""
    link = DeviceMotionLink(placement, "phone:", **options)
    phone = Browser(handset, lambda body: link.receive(body, options["clock_ns"]()), platform)
    phone.load()
    room.stack.push_async_callback(phone.close)
    return link


def _with(made: Any, **more: Any) -> Made:
    return lambda room, placement, handset, options: made(room, placement, handset, options, **more)


ANDROID: Final = {"acc_rate_hz": 104.2, "gyr_rate_hz": 98.7}
IPHONE: Final = {"acc_rate_hz": 100.0, "gyr_rate_hz": 100.0}
LOSSY: Final = {"loss_share": 0.01, "overtaken_share": 0.1}
PHONES: Final[Mapping[str, tuple[Made, Mapping[str, Any]]]] = {
    "phyphox, Android": (_with(phyphox, platform="android"), ANDROID),
    "phyphox, iPhone": (_with(phyphox, platform="ios"), IPHONE),
    "SensorServer, Android": (_with(sensor_server), ANDROID),
    "Sensor Logger, Android": (
        _with(sensor_logger, mode="android", **LOSSY),
        {"acc_rate_hz": 72.75, "gyr_rate_hz": 210.0},
    ),
    "Sensor Logger, iPhone": (_with(sensor_logger, mode="ios", uncalibrated=True, **LOSSY), IPHONE),
    "Sensor Logger, iPhone, standardised": (_with(sensor_logger, mode="ios_standardised", **LOSSY), IPHONE),
    "browser, Android": (_with(browser, platform="android"), {}),
    "browser, iPhone": (_with(browser, platform="ios"), {}),
}


@dataclass
class Compared:
    """Two sessions of one motion, in degrees on the common grid: by phone, and by Bluetooth."""

    phone: LiveSession
    bluetooth: LiveSession

    def errors_deg(self) -> dict[str, FloatArray]:
        """Phone minus Bluetooth, where both are known: lean of the sacrum, and deviation.

        ``shifted``: the lean after one constant time offset, which differs by what either way takes at least.
        """
        both = [analyse(live.writer.path) for live in (self.phone, self.bluetooth)]
        span_s = max(each.kept_from_s for each in both), min(each.analysed_until_s for each in both)
        phone_deg, other_deg = (np.asarray(each.lean_deg(Placement.SACRUM, *span_s)) for each in both)
        deviation_deg = [each.deviation_deg(*span_s) for each in both]
        deviation = deviation_deg[0] - deviation_deg[1]
        known = np.isfinite(deviation)  # from the calibration on
        error_deg, rate_deg_s = (phone_deg - other_deg)[known], GRID_HZ * np.gradient(other_deg)[known]
        offset_s = float(rate_deg_s @ error_deg / (rate_deg_s @ rate_deg_s))
        shifted = error_deg - offset_s * rate_deg_s
        return {"sacrum lean": error_deg, "shifted": shifted, "deviation": deviation[known]}

    def told(self) -> str:
        """The figures in a line."""
        parts = []
        for name, error in self.errors_deg().items():
            rmse = float(np.sqrt(np.mean(error**2)))
            parts.append(f"{name} RMSE {rmse:.2f}, max {np.abs(error).max():.2f} deg over {len(error) / GRID_HZ:.0f} s")
        return "; ".join(parts)


def compare(folder: Path, which: Iterable[str], *, chip: Chip = NOISY, seed: int = 1) -> dict[str, Compared]:
    """A calibration and a short set, with sensors and all these phones on the same places of the same lifter."""
    return virtual_time.run(_compare(folder, list(which), chip, seed))


async def _compare(folder: Path, which: list[str], chip: Chip, seed: int) -> dict[str, Compared]:
    changes: list[LinkChange] = []
    async with AsyncExitStack() as stack:
        pieces = set_of_hinges(len(PEAKS_DEG), seed=seed, peaks_deg=PEAKS_DEG, set_marks=False)
        worn = [Worn(place, BLUETOOTH, chip=chip) for place in TRUNK]
        world = World(worn, seed=seed, set_pieces=pieces, interval_ms=INTERVAL_MS)
        await world.start()
        stack.push_async_callback(world.close)
        clock_ns = world.radio.clock_ns
        ingest = Ingest("127.0.0.1", clock_ns, port=0)
        await ingest.start()
        stack.push_async_callback(ingest.close)
        room = Room(ingest, stack)
        heard: dict[str, Any] = {}

        def notified(session: str, index: int) -> Callable[[int, bytes], None]:
            return lambda arrival_ns, payload: heard[session].notify(index, arrival_ns, payload)

        sensors: list[Link] = []
        for index, place in enumerate(TRUNK):
            found = await find(world.radio, world.stations[place].address, 15.0)
            told: dict[str, Any] = {"on_notification": notified("bluetooth", index), "on_change": changes.append}
            sensors.append(SensorLink(world.radio, found, place, **told))
        phones: dict[str, list[Link]] = {name: [] for name in which}
        for name, (index, place) in product(which, enumerate(TRUNK)):
            make, rates = PHONES[name]
            fast = 25e-6 - 40e-6 * index
            handset = Handset(world.lifter.feel(place), chip=chip, seed=10 * seed + index, clock_error=fast)
            told = {"on_notification": notified(name, index), "on_change": changes.append, "clock_ns": clock_ns}
            phones[name].append(await make(room, place, replace(handset, **rates), told))
        links = {"bluetooth": sensors, **phones}
        for place in TRUNK:  # as a phone lies before it is strapped on; some apps' signs are seen by it
            world.lifter.lie(place, 2, 1)
        await asyncio.sleep(3.0)
        for link in chain(*links.values()):
            stack.push_async_callback(link.close)
            await link.open()
        facts: dict[str, Any] = {"started_at": "2026-01-01T00:00:00", "drill": "dowel_hinge"}
        for name, worn_links in links.items():
            path = folder / f"{name}.dowel"  # all of them begin at the same moment, so that their times agree
            heard[name] = LiveSession(path, [link.sensor for link in worn_links], facts, clock_ns)
        for place in TRUNK:
            world.lifter.wear(place)
        await asyncio.sleep(3.0)
        for link in chain(*links.values()):
            link.begin()
        await asyncio.sleep(1.0)
        for step, after_s in STEPS:
            await _done(world, step, heard, after_s)
        await _done(world, "set", heard, None)
        for live in heard.values():
            live.finish()
    return {name: Compared(heard[name], heard["bluetooth"]) for name in which}


async def _done(world: World, action: str, heard: Mapping[str, LiveSession], after_s: float | None) -> None:
    """Let the lifter do this, and mark it in both sessions as a step that began so long after his beginning."""
    world.lifter.do(action)
    played = world.lifter.played[-1]
    loop = asyncio.get_running_loop()
    await asyncio.sleep(played.end_s - loop.time() + 0.3)
    for live in heard.values():
        if after_s is not None:
            now_s = live.now_s
            begun_s = now_s - (loop.time() - played.begin_s) + after_s
            live.mark(MarkKind(action), begun_s, now_s - 0.8)
    await asyncio.sleep(0.7)
