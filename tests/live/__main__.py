"""``python -m tests.live``: the figures of live practices over the simulated Bluetooth, in virtual time."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dowel.practice.demo import compare
from dowel.recordings.types import Placement
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.world import Worn
from tests.live.figures import CueTimes, clock_errors_ms, cue_times, limits_of, right, sync_errors_ms, told
from tests.live.loop_steps import watched_steps
from tests.live.phones import PHONES
from tests.live.phones import compare as compare_phones
from tests.live.rig import Measured, placements, practise
from tests.simulated_devices import PERIPHERALS

SEEDS = range(30_000, 30_020)
CLOCK_SEEDS = range(32_000, 32_060)
"""Used here only."""
CLOCKS_S = 100.0
AIR: dict[str, Any] = {"interval_ms": 30.0, "retransmission_share": 0.08}
KINDS = {"capture2go": "device_time, 100 Hz", "witmotion": "count, 100 Hz, 0.8 % slow"}
CLOCK_ERRORS = {"capture2go": (50e-6, -50e-6), "witmotion": (-0.008, -0.006)}
PEAKS_DEG = (0.0, 20.0, 0.0, -20.0, 0.0, 25.0, 9.3, 0.0)
"""Of the set: held, clearly lost either way, and one in the middle between warned and lost."""


def worn(driver: str, count: int = 2) -> list[Worn]:
    """Sensors of one kind, whose clocks differ as the targets say."""
    device, errors = PERIPHERALS[driver], CLOCK_ERRORS[driver]
    return [Worn(place, device, clock_error=errors[index % 2]) for index, place in enumerate(placements(count))]


async def for_a_while(practice: Any, seconds: float) -> None:
    """Stream so long once the session runs, then end."""
    while not practice.begun:
        await asyncio.sleep(0.1)
    await asyncio.sleep(seconds)
    practice.stop()


def streaming(folder: Path, driver: str, count: int, seconds: float) -> None:
    """Nothing lost, nothing doubled, order kept; CPU and latency."""
    begun_s = time.perf_counter()
    measured = practise(
        folder / f"{driver}{count}.dowel",
        worn(driver, count),
        then=lambda practice, _: for_a_while(practice, seconds),
        seed=1,
        **AIR,
    )
    arrived = [len(stamped) for stamped in measured.stamped_s]
    clock_errors_ms(measured)  # asserts that every sample is there
    ordered = all((np.diff(stamped) >= 0).all() for stamped in measured.stamped_s)
    print(
        f"  {count} x {KINDS[driver]}, {seconds:.0f} s: {sum(arrived)} samples, none lost or doubled, "
        f"{'in order' if ordered else 'OUT OF ORDER'}; {time.perf_counter() - begun_s:.1f} s of work "
        f"({100 * measured.process_s / seconds:.1f} % of one core, sensors included)"
    )
    print(f"    notification to pipeline output, ms: {told(1e3 * np.array(measured.work_s))}")


def clocks(folder: Path, driver: str, seeds: Sequence[int]) -> None:
    """The error between two sensors' clocks; each session has one constellation of them and the connection events."""
    sync = []
    for seed in seeds:
        measured = practise(
            folder / f"clock{driver}{seed}.dowel",
            worn(driver),
            then=lambda practice, _: for_a_while(practice, CLOCKS_S),
            seed=seed,
            **AIR,
        )
        sync.append(sync_errors_ms(measured))
    print(f"  {KINDS[driver]}, {len(seeds)} sessions of {CLOCKS_S:.0f} s, ms: {told(np.concatenate(sync))}")


def sets(folder: Path, driver: str, seeds: Sequence[int]) -> list[Measured]:
    """A calibration and a set for each seed; prints reps, verdicts and clocks."""
    exact = 0
    verdicts: list[bool] = []
    done = []
    for seed in seeds:
        pieces = set_of_hinges(len(PEAKS_DEG), seed=seed, peaks_deg=PEAKS_DEG, set_marks=False)
        measured = practise(folder / f"{driver}{seed}.dowel", worn(driver), seed=seed, set_pieces=pieces, **AIR)
        truth = [rep for rep in measured.truth.reps if rep.kind == "rep"]
        compared = compare(measured.live.results, truth, measured.origin_s)
        exact += sum(row.kind == "rep" for row in measured.live.results.rep_rows) == len(truth)
        verdicts += [each for one in compared if (each := right(one, limits_of(measured))) is not None]
        done.append(measured)
    print(
        f"  {KINDS[driver]}: rep count exact in {exact} of {len(seeds)} sessions, {sum(verdicts)} of {len(verdicts)} "
        "verdicts as the bones say (2 deg or more from a limit)"
    )
    return done


def cues(measured: list[Measured]) -> None:
    """From the loss of contact to the cue event."""
    found: list[CueTimes] = [each for one in measured for each in cue_times(one)]
    print(
        f"  {len(found)} losses of contact, from the bones to the cue event, ms: {told([each.total for each in found])}"
    )
    for part in ("estimate", "hold", "transport", "compute"):
        print(f"    {part:<10}{told([getattr(each, part) for each in found])}")
    handed_ms = 1e3 * np.concatenate([one.handed_s for one in measured])
    print(f"    callback to loudspeaker, {len(handed_ms)} times a cue or a change of the tone, ms: {told(handed_ms)}")


def phones(folder: Path, which: Sequence[str]) -> None:
    """Phones against Bluetooth sensors that felt the same."""
    made = folder / "phones"
    made.mkdir()
    for name, compared in compare_phones(made, which).items():
        print(f"  {name}: {compared.told()}")


def main() -> None:
    """Print everything, or with ``--short`` shorter streams and fewer sets.

    Phones and the clocks of long sessions are then left out: the tests hold both.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    share, seeds = (0.05, SEEDS[:1]) if short else (1.0, SEEDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("Streaming (Placement: " + ", ".join(list(Placement)[:5]) + ")")
        for driver in KINDS:
            streaming(folder, driver, 2, share * 600.0)
            streaming(folder, driver, 5, share * 120.0)
        print("Sets of eight")
        with watched_steps() as steps:
            for driver in KINDS:
                cues(sets(folder, driver, seeds))
        print(f"  event loop, CPU of {steps.count} steps, simulated sensors included; tests.live.loop has the page too")
        for line in (*steps.histogram(), *steps.longest(3)):
            print(f"    {line}")
        if short:
            return
        print("Error between the sensors' clocks, from the 60th second on")
        for driver in KINDS:
            clocks(folder, driver, CLOCK_SEEDS)
        print("Phones and Bluetooth sensors in the same places (Sensor Logger: 1 % lost, 10 % overtaken)")
        phones(folder, list(PHONES))


if __name__ == "__main__":
    main()
