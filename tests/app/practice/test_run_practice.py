"""A practice as a program."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dowel.practice import run_practice
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.session.setup import SessionSetup


@pytest.mark.slow
def test_what_was_loaded_is_not_looked_through_in_a_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that lives as long as the practice is out of the garbage collector's sight before sensors are looked for."""
    out_of_sight = []

    async def ended(_practice: Practice) -> bool:
        out_of_sight.append(gc.get_freeze_count())
        return False

    monkeypatch.setattr(run_practice, "run_to_the_end", ended)
    options = PracticeOptions(SessionSetup("dowel_hinge"), tmp_path / "session.dowel", simulated=True, page=False)
    interval_s = sys.getswitchinterval()
    gc.unfreeze()  # as a program begins: the tests have put theirs out of sight
    try:
        run_practice.practise(options, started_at=datetime(2026, 1, 1, tzinfo=UTC))
    finally:
        gc.freeze()
        sys.setswitchinterval(interval_s)
    assert out_of_sight[0] > 10_000
