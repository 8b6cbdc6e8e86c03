"""``python -m tests.nightly``: everything that is too slow for each change, in some hours; ends with 1 if any failed.

The tests with many times the examples, and new ones each night; live practices, a soak and the benchmarks in full.
``docs/validation.md`` is not made anew: that is a change of its own, to be read.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final

from tests.depth import NIGHTLY

STEPS: Final = {
    "the tests, Hypothesis at full depth": ("pytest", "-q", f"--hypothesis-profile={NIGHTLY}"),
    "damaged and crafted session files": ("tests.nothing_lost", "damage"),
    "kills in practices and in all stages of a file": ("tests.nothing_lost", "kills"),
    "files beside a session that are not its own": ("tests.nothing_lost", "companions"),
    "block reader and documents by chance": ("tests.nothing_lost", "fuzz", "--minutes=10"),
    "live practices in full": ("tests.live",),
    "a soak of two hours": ("tests.live.soak", "--hours=2"),
    "the page's cost": ("tests.live.page",),
    "the event loop's steps": ("tests.live.loop",),
    "crowds and hostile values at the page": ("tests.app.web.attack",),
    "a real bluetoothd": ("tests.bluez.real",),
    "damaged files of every format": ("tests.recordings.formats.damage", "--inputs=2000"),
    "intervals of studies with a real rod": ("tests.app.agreement.coverage",),
    "three first days, from README to a result": ("tests.first_days",),
    "the benchmarks in full": ("tests.benchmarks",),
}


def main() -> int:
    """Run each step to its end, whatever the others did."""
    failed = []
    for name, module in STEPS.items():
        print(f"\n=== {name}", flush=True)
        begun_s = time.monotonic()
        code = subprocess.run([sys.executable, "-m", *module], check=False).returncode
        print(f"=== {name}: {'passed' if code == 0 else 'FAILED'} in {(time.monotonic() - begun_s) / 60.0:.0f} min")
        if code:
            failed.append(name)
    print("\nFailed: " + "; ".join(failed) if failed else "\nAll passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
