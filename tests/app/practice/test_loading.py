"""What a practice loads before its sensors stream, because to load it later would hold up the samples."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path

from dowel.display.display_state import Board
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.sensors.ble import Radio
from dowel.session.setup import SessionSetup


class Watched(Practice):
    async def _open_links(self, stack):  # nothing has been connected before, so no sample can have come
        print("scipy.signal" in sys.modules)
        self.stop()
        await asyncio.sleep(0)
        raise asyncio.CancelledError


options = PracticeOptions(SessionSetup(drill=sys.argv[1]), Path("never.dowel"))
assert "scipy.signal" not in sys.modules
asyncio.run(Watched(options, Radio(), Board(), started_at=datetime.now(UTC)).run())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("drill", "loaded"), [("wall_tap", "True"), ("dowel_hinge", "False")])
def test_the_filters_of_taps_are_loaded_before_the_first_sample(drill: str, loaded: str) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, drill], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [loaded]
