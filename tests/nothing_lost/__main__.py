"""``python -m tests.nothing_lost STUDY``: what takes too long for every run; ends with 1 where it is bad."""

from __future__ import annotations

import argparse
import sys
from statistics import median

from tests.nothing_lost import companions, damage, fuzz, kills

DAY_S = 86_400
CLOCK_OFFSETS_S = (-DAY_S, 2 * DAY_S, -20 * 365 * DAY_S, 0, 3600, -3600)


def main() -> int:
    """Run one study."""
    parser = argparse.ArgumentParser(prog="python -m tests.nothing_lost")
    studies = parser.add_subparsers(dest="study", required=True)
    damaged = studies.add_parser("damage", help="damaged and crafted session files, each through a report")
    damaged.add_argument("--files", type=int, default=5000)
    damaged.add_argument("--seed", type=int, default=1)
    killed = studies.add_parser("kills", help="what kills leave, SIGSTOP, the clock set")
    killed.add_argument("--moments", type=int, default=150, help="of practices")
    killed.add_argument("--stages", type=int, default=50)
    killed.add_argument("--stop-s", type=float, default=30.0)
    killed.add_argument("--seed", type=int, default=1)
    studies.add_parser("companions", help="files beside a session that are not its own, and every command")
    fuzzed = studies.add_parser("fuzz", help="Hypothesis on the block reader and on each kind of document")
    fuzzed.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    if asked.study == "damage":
        return _damage(asked.files, asked.seed)
    if asked.study == "kills":
        return _kills(asked.moments, asked.stages, asked.stop_s, asked.seed)
    return _companions() if asked.study == "companions" else fuzz.study(60.0 * asked.minutes)


def _companions() -> int:
    rows, bad = companions.study()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    print(f"bad: {len(bad)}")
    return 1 if bad else 0


def _kills(moments: int, stages: int, stop_s: float, seed: int) -> int:
    bad = []
    if stop_s:
        said = kills.stopped(stop_s)
        print(f"stopped for {stop_s:g} s: {said or 'nothing is wrong'}")
        bad += said
    of_clock = kills.clock_set(CLOCK_OFFSETS_S)
    untried = "not tried, as there is no gcc"
    print(f"clock set: {untried if of_clock is None else of_clock or 'nothing is wrong'}")
    bad += of_clock or []
    for name, done in (("stages", kills.stages(stages, seed)), ("practices", kills.practices(moments, seed))):
        lost = f", lost {max(done.lost_s):.2f} s at most, {median(done.lost_s):.2f} s as a rule" if done.lost_s else ""
        print(f"{name}: {dict(done.stages)}{lost}, {len(done.bad)} bad")
        bad += done.bad
    for each in bad:
        print(each)
    return 1 if bad else 0


def _damage(files: int, seed: int) -> int:
    tally = damage.study(files, seed)
    for bad in tally.bad:
        print(f"\n{bad}")
    print(f"\n{tally.told()}")
    print(f"bad: {len(tally.bad)}")
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
