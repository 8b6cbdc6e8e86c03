"""``python -m tests.live.soak --hours 2``: one long practice in virtual time, and everything goes wrong in it.

Sensors drop, die, come back with a new clock, go out of range, fall silent or deaf or storm; Bluetooth is switched off;
keys are pressed at random. The seed decides all of it. Afterwards the session must be whole.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from rich.console import Console

from dowel.display.line_output import LineOutput
from dowel.practice import practice as practice_module
from dowel.practice.autopilot import Autopilot
from dowel.practice.live_session import LiveSession
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.drivers.base import BluetoothDriver
from dowel.sensors.links import LinkState
from dowel.sensors.simulated import virtual_time
from dowel.sensors.simulated.air import Station
from dowel.sensors.simulated.world import World, Worn
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode
from tests.live.figures import told
from tests.live.rig import STARTED_AT
from tests.simulated_devices.capture2go import Capture2Go
from tests.streams import canonical, first_difference

WORN: Final = (Worn(Placement.UPPER_BACK), Worn(Placement.SACRUM, Capture2Go))
"""One that tells its own time and one that does not."""
KEEP_S: Final = 30.0
"""The lifter remembers so much; no sensor asks for what is older."""
ALL_WELL_WITHIN_S: Final = 120.0
"""Time for all sensors to stream again after the worst: searches, connects and pauses of two, one after the other."""


@dataclass
class Quiet:
    """A moment at which all sensors stream and nothing is wrong; ``recovery_s`` after the last fault was over."""

    at_s: float
    recovery_s: float
    tasks: int
    rss_mb: float


@dataclass
class Soaked:
    """What is left of a soak: the session as it was live, and what was seen on the way."""

    live: CountedSession
    path: Path
    faults: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    quiet: list[Quiet] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


class CountedSession(LiveSession):
    """A live session that knows how many notifications it was given, and a digest of them, without keeping them."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.given = [0 for _ in self.engine.sensors]
        self.digests = [hashlib.sha256() for _ in self.engine.sensors]

    def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> None:
        if not self._finished:
            self.given[sensor] += 1
            self.digests[sensor].update(arrival_ns.to_bytes(8, "little") + payload)
        super().notify(sensor, arrival_ns, payload)


class Fate:
    """Does something to the sensors, the radio and the keys, again and again."""

    def __init__(self, practice: Practice, world: World, rng: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.quiet: list[Quiet] = []
        self.troubles: list[str] = []
        self._practice = practice
        self._world = world
        self._rng = rng
        self._faults: Mapping[str, Callable[[Station], Awaitable[None]]] = {
            "drop": self._drop,
            "power cycle": self._power_cycle,
            "out of range": self._out_of_range,
            "fade": self._fade,
            "silent": self._silent,
            "deaf": self._deaf,
            "not advertising": self._not_advertising,
            "storm": self._storm,
            "adapter off": self._adapter_off,
        }

    async def rule(self, seconds: float) -> None:
        """Until so much time has passed, and all is well; then the practice is stopped."""
        hands = asyncio.ensure_future(self._press_keys())
        try:
            await self._go_wrong(asyncio.get_running_loop().time() + seconds)
        except Exception as error:
            self.troubles.append(repr(error))
        finally:
            hands.cancel()
            self._practice.stop()

    async def _go_wrong(self, until_s: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(60.0)  # the calibration, undisturbed
        while loop.time() < until_s:
            stations = list(self._world.stations.values())
            self._rng.shuffle(stations)
            together = self._rng.choice([1, 1, 2])
            chosen = self._rng.sample(sorted(self._faults), together)
            self.faults.update(chosen)
            await asyncio.gather(
                *(self._faults[name](station) for name, station in zip(chosen, stations, strict=False))
            )
            await self._all_well(chosen)
            await asyncio.sleep(self._rng.uniform(1.0, 20.0))

    async def _all_well(self, after: list[str]) -> None:
        """Wait until all sensors stream again, and look at what is in use."""
        loop = asyncio.get_running_loop()
        over_s = loop.time()
        while any(link.status.state is not LinkState.STREAMING for link in self._practice.links):
            if loop.time() > over_s + ALL_WELL_WITHIN_S:
                states = [f"{link.placement} {link.status.state}" for link in self._practice.links]
                raise AssertionError(f"after {' and '.join(after)} at {self._practice.live.now_s:.1f} s: {states}")
            await asyncio.sleep(0.5)
        recovery_s = loop.time() - over_s
        await asyncio.sleep(3.0)
        self.quiet.append(Quiet(self._practice.live.now_s, recovery_s, len(asyncio.all_tasks()), rss_mb()))

    # --- the faults

    async def _drop(self, station: Station) -> None:
        station.disconnect()

    async def _power_cycle(self, station: Station) -> None:
        placement = next(each for each, own in self._world.stations.items() if own is station)
        await station.power_off()
        await asyncio.sleep(self._rng.uniform(0.0, 10.0))
        await station.power_on(self._world.new_device(placement))

    async def _out_of_range(self, station: Station) -> None:
        station.out_of_range(True)
        await asyncio.sleep(self._rng.uniform(1.0, 60.0))
        station.out_of_range(False)

    async def _fade(self, station: Station) -> None:
        station.fade(self._rng.uniform(0.1, 1.9))

    async def _silent(self, station: Station) -> None:
        station.silent = True
        await asyncio.sleep(self._rng.uniform(0.5, 20.0))
        station.silent = False

    async def _deaf(self, station: Station) -> None:
        """It is asked for its battery, or drops, while it is deaf."""
        station.deaf = True
        if self._rng.random() < 0.5:
            station.disconnect()
        await asyncio.sleep(self._rng.uniform(5.0, 60.0))
        station.deaf = False

    async def _not_advertising(self, station: Station) -> None:
        station.advertise(False)
        station.disconnect()
        await asyncio.sleep(self._rng.uniform(1.0, 30.0))
        station.advertise(True)

    async def _storm(self, station: Station) -> None:
        """Thousands at once, of which the air carries 400 a second: so they are also late, and the rest behind them."""
        placement = next(each for each, own in self._world.stations.items() if own is station)
        driver = next(each.driver for each in self._practice.links if each.placement is placement)
        assert isinstance(driver, BluetoothDriver)
        for _ in range(self._rng.randrange(1000, 4000)):
            garbage = self._rng.randbytes(self._rng.randrange(1, 60))
            station.peripheral.notify(driver.data_characteristic, garbage)

    async def _adapter_off(self, station: Station) -> None:
        await self._world.adapter.power_off()
        await asyncio.sleep(self._rng.uniform(0.0, 20.0))
        await self._world.adapter.power_on()

    # --- the keys

    async def _press_keys(self) -> None:
        keys: Mapping[str, Callable[[], None]] = {
            "set": self._practice.toggle_set,
            "undo": self._practice.undo_rep,
            "note": lambda: self._practice.note("in the soak"),
            "walk": lambda: self._world.lifter.do("walk"),
            "hinges": lambda: self._world.lifter.do("rod_hinges"),
            "calibrate": self._practice.calibrate,
        }
        await asyncio.sleep(60.0)
        while True:
            await asyncio.sleep(self._rng.uniform(2.0, 20.0))
            key = self._rng.choices(list(keys), [6, 2, 1, 1, 1, 1])[0]
            if key in ("undo", "note") or not (self._world.lifter.busy or self._practice.guide.busy):
                self.keys[key] += 1
                keys[key]()


class Complaints(logging.Handler):
    """Whatever is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{record.name}: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


def soak(path: Path, *, seconds: float, seed: int) -> Soaked:
    """One practice of so long, in virtual time; nothing is judged yet."""
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        with patch.object(practice_module, "LiveSession", CountedSession):
            soaked = virtual_time.run(_soak(path, seconds, seed))
    finally:
        logging.getLogger().removeHandler(complaints)
    soaked.troubles += complaints.told
    return soaked


async def _soak(path: Path, seconds: float, seed: int) -> Soaked:
    uncaught: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: uncaught.append(f"{context['message']} {context.get('exception')!r}"))
    async with AsyncExitStack() as stack:
        world = World(WORN, seed=seed, keep_s=KEEP_S)
        await world.start()
        stack.push_async_callback(world.close)
        addresses = {placement: station.address for placement, station in world.stations.items()}
        options = PracticeOptions(SessionSetup(), path, CueMode.LIVE, sensors=addresses, simulated=True)
        with Path("/dev/null").open("w") as nowhere:
            practice = Practice(
                options,
                world.radio,
                LineOutput(Console(file=nowhere, width=200)),
                started_at=STARTED_AT,
                performer=Autopilot(world.lifter),
            )
            fate = Fate(practice, world, random.Random(seed))
            stack.callback(asyncio.ensure_future(fate.rule(seconds)).cancel)
            await practice.run()
    live = practice.live
    assert isinstance(live, CountedSession)
    gc.collect()  # so that a task that failed unheard is heard of
    await asyncio.sleep(1.0)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    uncaught += [f"still running at the end: {task!r}" for task in left]
    return Soaked(live, path, fate.faults, fate.keys, fate.quiet, fate.troubles + uncaught)


def rss_mb() -> float:
    """Memory in use, after the garbage is gone; 0 on systems that do not tell it this way."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024.0


def check(soaked: Soaked) -> None:
    """Everything that must hold afterwards."""
    assert not soaked.troubles, soaked.troubles
    assert soaked.live.failure is None
    with open_session(soaked.path) as session:
        assert session.problems == ()
        assert session.facts["closed"] is True
        assert session.facts["taken"]["notifications"] == soaked.live.given
        for sensor, digest in enumerate(soaked.live.digests):
            assert digest_of(session, sensor) == digest.hexdigest()
        check_losses(session)
    assert not soaked.path.with_name(soaked.path.name + "-wal").exists()
    again = [canonical(event) for event in analyse(soaked.path, keep_all=False).events]
    lived = [canonical(event) for event in soaked.live.results.events]
    assert again == lived, first_difference(lived, again)


def check_losses(session: Session) -> None:
    """Each sensor is lost and back in turn; only at the end may it still be lost."""
    for sensor in session.sensors:
        kinds = [
            mark.kind
            for mark in session.marks
            if mark.kind in (MarkKind.LINK_LOST, MarkKind.LINK_BACK) and mark.detail["placement"] == sensor.placement
        ]
        assert set(kinds[::2]) <= {MarkKind.LINK_LOST}
        assert set(kinds[1::2]) <= {MarkKind.LINK_BACK}


def digest_of(session: Session, sensor: int) -> str:
    """Of one sensor's notifications as the file has them: arrivals and bytes, in order."""
    own, digest = session.notifications(sensor), hashlib.sha256()
    ends = np.cumsum(own.length)
    for arrival_ns, length, end in zip(own.arrival_ns.tolist(), own.length.tolist(), ends.tolist(), strict=True):
        digest.update(arrival_ns.to_bytes(8, "little") + own.payload[end - length : end])
    return digest.hexdigest()


def main() -> None:
    """Soak and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun_s = time.perf_counter()
        soaked = soak(Path(folder) / "soak.dowel", seconds=3600.0 * asked.hours, seed=asked.seed)
        took_s = time.perf_counter() - begun_s
        live = soaked.live
        settled = next((each for each in soaked.quiet if each.at_s >= 600.0), soaked.quiet[0])
        tasks = Counter(each.tasks for each in soaked.quiet)
        print(f"seed {asked.seed}: {live.now_s / 3600.0:.2f} h in {took_s:.0f} s")
        print(f"faults {dict(soaked.faults)}\nkeys {dict(soaked.keys)}")
        print(f"notifications {live.given}, reps {len(live.results.rep_rows)}, sets {len(live.results.set_rows)}")
        print(f"streaming again after a fault is over, in s: {told([each.recovery_s for each in soaked.quiet])}")
        print(f"tasks at {len(soaked.quiet)} quiet moments: {dict(tasks)}")
        memory = [f"{each.rss_mb:.0f} MB after {each.at_s / 60.0:.0f} min" for each in (settled, soaked.quiet[-1])]
        kept = f"{len(live.results.events)} events and {len(live.results.marks)} marks"
        print(f"memory: {', '.join(memory)}; {kept} are kept")
        check(soaked)
        print("the session is whole, and a report of it says the same")


if __name__ == "__main__":
    main()
