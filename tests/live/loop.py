"""``python -m tests.live.loop``: what each step of the event loop takes in a whole practice with page and recording.

As :mod:`tests.live.page`, the sensors and those who look are other processes. The lifter does sets with rests between
them, somebody looks all the time, comes back, writes notes, undoes a rep and asks for the report. Steps are timed by
their CPU (:mod:`tests.live.loop_steps`), from the loop's first to its last. Target: none above 50 ms.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from tests.bluez.processes import Bluez, Bus
from tests.live.figures import told
from tests.live.loop_steps import LoopSteps
from tests.live.page import SET_S, WORN, address_of, looking, practising, press

TARGET_MS: Final = 50.0
REST_S: Final = 5.0


def a_set(bluez: Bluez, address: str) -> None:
    """Somebody begins a set on the page, hinges, corrects, ends it, and rests."""
    press(address, "set")
    bluez(do="set")
    time.sleep(SET_S)
    press(address, "undo")
    press(address, "note", text="the last one was no rep")
    press(address, "set")
    with httpx.Client(timeout=60.0) as client:
        client.get(address).raise_for_status()
        client.get(httpx.URL(address).join("/report")).raise_for_status()
    time.sleep(REST_S)


def practised(folder: Path, minutes: float) -> LoopSteps:
    """The steps of a practice of so many minutes after its calibration."""
    figures = folder / "loop.json"
    by = ("-m", "tests.live.loop_steps", str(figures))
    with Bus() as bus, Bluez(bus, WORN) as bluez:
        with practising(bluez, folder / "loop.dowel", "--page", by=by) as practice:
            address = address_of(practice.lines)
            until_s = time.monotonic() + 60.0 * minutes
            while (left_s := until_s - time.monotonic()) > 0:
                viewers = looking(address, 2, min(left_s, 2.0 * SET_S))
                while any(viewer.poll() is None for viewer in viewers):
                    a_set(bluez, address)
                for viewer in viewers:
                    viewer.communicate()
        bluez.stop()
    return LoopSteps.read(figures)


def main() -> int:
    """Print the histogram, the longest steps and the garbage collections; 1 where one step is beyond the target."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.loop", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name:
        steps = practised(Path(name), minutes)
    print(
        f"Event loop, CPU of each step: {steps.count} steps, {steps.cpu_s:.1f} s (target: none over {TARGET_MS:g} ms)"
    )
    for line in (*steps.histogram(), *steps.longest()):
        print(f"  {line}")
    print(f"  {len(steps.collections_s)} garbage collections, ms: {told([1e3 * each for each in steps.collections_s])}")
    return 1 if 1e3 * steps.longest_s > TARGET_MS else 0


if __name__ == "__main__":
    sys.exit(main())
