"""Minutes of practice in which everything goes wrong; ``python -m tests.live.soak`` does it for hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from dowel.recordings.types import MarkKind
from tests.depth import at_night
from tests.live.soak import check, soak

pytestmark = pytest.mark.slow

SECONDS, FAULTS = (300.0, 5) if at_night() else (150.0, 3)
SEEDS = (1, 2) if at_night() else (1,)
"""Chosen for meeting most kinds of fault within the time."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_practice_survives_everything(tmp_path: Path, seed: int) -> None:
    soaked = soak(tmp_path / "soak.dowel", seconds=SECONDS, seed=seed)
    assert soaked.faults.total() >= FAULTS, soaked.faults
    assert soaked.keys.total() >= FAULTS, soaked.keys
    assert soaked.live.results.rep_rows
    assert any(mark.kind is MarkKind.LINK_LOST for mark in soaked.live.results.marks)
    check(soaked)
    tasks = [each.tasks for each in soaked.quiet]
    assert max(tasks) <= min(tasks) + 2, tasks
