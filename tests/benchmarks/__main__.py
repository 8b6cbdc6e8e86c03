"""``python -m tests.benchmarks`` measures an hour of session and prints; with ``--short`` six minutes.

Times are user and system CPU. Where valgrind is installed the hour's instructions are counted too, which takes minutes;
so does what comes last: how each output grows with the session (``python -m tests.benchmarks.growth``).
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from vqf import VQF

from dowel.commands import YOUNG_OBJECTS
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Notifications, StreamSlice
from dowel.reports.notebook import analyse
from dowel.session.engine import Engine
from dowel.session.tables import REP_COLUMNS, to_csv
from tests.benchmarks import growth, instructions
from tests.benchmarks.commands import DOWEL, process
from tests.benchmarks.session import PLACEMENTS, simulation

HOUR_S = 3600.0
SHORT_S = 360.0
TEN_MINUTES_S = 600.0
CHUNK = 10
BY_HAND_S = 120.0
"""The script by hand is run on so much of the session, as it needs minutes for an hour; its loop is scaled up."""


def cpu_s() -> float:
    """User and system CPU so far, of this process and of those that it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def seconds(action: Callable[[], object]) -> float:
    began = cpu_s()
    action()
    return cpu_s() - began


def in_turn(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each action; they take turns, so that a busy machine slows all of them."""
    taken = [[seconds(action) for action in actions] for _ in range(rounds)]
    return [median(each) for each in zip(*taken, strict=True)]


def say(what: str, found: str, target: str = "") -> None:
    print(f"  {what:<58} {found:>22}   {f'target {target}' if target else ''}".rstrip(), flush=True)


def in_process(folder: Path, rounds: int) -> None:
    path = folder / "session.dowel"
    samples = [np.load(folder / f"{placement}.npz") for placement in PLACEMENTS]
    arrays = [(data["gyr"], data["acc"]) for data in samples]

    def vqf() -> None:
        for gyr, acc in arrays:
            VQF(0.01).updateBatch(gyr, acc)

    def whole() -> None:
        to_csv(analyse(path, keep_all=False).rep_dicts(), REP_COLUMNS)

    def read() -> None:
        with open_session(path) as session:
            for _ in session.slices():
                pass

    vqf_s, whole_s, read_s = in_turn(rounds, vqf, whole, read)
    say("session bytes to rep table, in process / one VQF", f"{whole_s / vqf_s:.2f}")
    say("reading the session / one VQF", f"{read_s / vqf_s:.2f}")
    say("one VQF of both sensors, session to table, reading", f"{vqf_s:.2f}, {whole_s:.2f}, {read_s:.2f} s")


def whole_command(folder: Path, duration_s: float, rounds: int) -> None:
    report = (*DOWEL, "report", folder / "session.dowel", "--csv", "-", "--no-cache")
    page = (*DOWEL, "report", folder / "session.dowel", "--html", folder / "page.html")
    alone = process(sys.executable, "-m", "tests.benchmarks.vqf_alone", folder)
    process(*page)()  # compiles
    alone_s, report_s, page_s = in_turn(rounds, alone, process(*report), process(*page))
    say("dowel report --csv / process with numpy, vqf, click and VQF", f"{report_s / alone_s:.2f}", "3.0")
    say("dowel report --html / dowel report --csv", f"{page_s / report_s:.2f}", "5")
    say("size of that page", f"{(folder / 'page.html').stat().st_size / 1e6:.1f} MB", "5 MB")
    peak_mb = float(process(sys.executable, "-m", "tests.benchmarks.memory", *report)().split()[0])
    say("peak memory of that report", f"{peak_mb:.0f} MB", "200 MB")
    by_hand = process(sys.executable, "-m", "tests.benchmarks.by_hand", folder)
    loops_s: list[float] = []
    (all_s,) = in_turn(rounds, lambda: loops_s.append(float(by_hand())))
    loop_s = median(loops_s)
    started_s = all_s - loop_s
    by_hand_s = started_s + loop_s * duration_s / BY_HAND_S
    say("script by hand (scaled up from 2 minutes) / dowel report", f"{by_hand_s / report_s:.1f}")
    say("process alone, dowel report, script by hand", f"{alone_s:.2f}, {report_s:.2f}, {by_hand_s:.0f} s")


def per_chunk() -> None:
    """Ten samples of one sensor at a time, as they come while somebody trains."""
    session = simulation(SHORT_S, samples_per_notification=CHUNK)
    engine = Engine(session.session_sensors(), 0)
    stream = session.stream()
    begun = next(mark.sequence for mark in session.marks if mark.kind == "set_start")
    order = sorted(
        (sequence, number, index)
        for number, each in enumerate(stream.notifications)
        for index, sequence in enumerate(each.sequence.tolist())
    )
    marks = list(stream.marks)
    taken_us = []
    gc.set_threshold(YOUNG_OBJECTS)  # as in a practice
    gc.collect()
    gc.freeze()
    for sequence, number, index in order:
        parts = [Notifications.none() for _ in stream.notifications]
        parts[number] = stream.notifications[number].between(index, index + 1)
        before = [mark for mark in marks if mark.sequence < sequence]
        if before:
            engine.feed(StreamSlice([Notifications.none() for _ in parts], before))
            marks = marks[len(before) :]
        one = StreamSlice(parts)
        began_ns = time.thread_time_ns()
        engine.feed(one)
        if sequence > begun:
            taken_us.append(1e-3 * (time.thread_time_ns() - began_ns))
    p50, p99, most = np.quantile(taken_us, [0.5, 0.99, 1.0])
    share_pct = 1e-4 * p99 * GRID_HZ / CHUNK
    say("10 samples of one sensor through the engine, p50, p99, max", f"{p50:.0f}, {p99:.0f}, {most:.0f} us")
    say("... p99 in percent of their own time", f"{share_pct:.2f} %", "1 %")


def ten_minutes(rounds: int) -> None:
    with TemporaryDirectory() as name:
        process(sys.executable, "-m", "tests.benchmarks.session", name, str(TEN_MINUTES_S), "1")()
        report = process(*DOWEL, "report", Path(name) / "session.dowel")
        report_s, imports_s = in_turn(rounds, report, process(sys.executable, "-c", "import numpy, vqf, click"))
    say("dowel report of ten minutes / import numpy, vqf, click", f"{report_s / imports_s:.2f}", "2.5")


def start_up(rounds: int) -> None:
    help_s, pass_s = in_turn(rounds, process(*DOWEL, "--help"), process(sys.executable, "-c", "pass"))
    say("dowel --help, more than python -c pass", f"{help_s - pass_s:.2f} s", "0.25 s")


def counted(folder: Path) -> None:
    ratio = instructions.ratio(folder)
    found = "no valgrind here" if ratio is None else f"{ratio:.2f}"
    say("session bytes to rep table / one VQF, in instructions", found, "3.5")


def main() -> None:
    if sys.argv[1:] not in ([], ["--short"]):
        sys.exit("usage: python -m tests.benchmarks [--short]")
    short = bool(sys.argv[1:])
    duration_s, rounds = (SHORT_S, 3) if short else (HOUR_S, 5)
    with TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{duration_s / 60:.0f} minutes, two sensors of 100 Hz, one sample per notification, written as live")
        if short:
            print("  targets are for an hour; what does not grow with the session weighs more here")
        # made by a process of its own, so that this one stays small
        process(sys.executable, "-m", "tests.benchmarks.session", folder, str(duration_s), str(BY_HAND_S))()
        in_process(folder, rounds)
        whole_command(folder, duration_s, rounds)
        if not short:
            counted(folder)
    per_chunk()
    ten_minutes(rounds)
    start_up(3 * rounds)
    if not short:
        growth.main(())


if __name__ == "__main__":
    main()
