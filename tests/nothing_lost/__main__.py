"""``python -m tests.nothing_lost STUDY``: what takes too long for every run; ends with 1 where it is bad."""

from __future__ import annotations

import argparse
import sys

from tests.nothing_lost import damage


def main() -> int:
    """Run one study."""
    parser = argparse.ArgumentParser(prog="python -m tests.nothing_lost")
    studies = parser.add_subparsers(dest="study", required=True)
    damaged = studies.add_parser("damage", help="damaged and crafted session files, each through a report")
    damaged.add_argument("--files", type=int, default=5000)
    damaged.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    return _damage(asked.files, asked.seed)


def _damage(files: int, seed: int) -> int:
    tally = damage.study(files, seed)
    for bad in tally.bad:
        print(f"\n{bad}")
    print(f"\n{sum(tally.files.values())} files: {dict(tally.files)}")
    print(f"outcomes: {dict(tally.outcomes)}")
    print(f"slowest {tally.slowest_s:.1f} s of CPU, largest {tally.largest_mb:.0f} MB")
    print(f"bad: {len(tally.bad)}")
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
