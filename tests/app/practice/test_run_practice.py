"""A practice as a program."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dowel.display.view import Ending
from dowel.practice import run_practice
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.errors import LinkError
from dowel.session.setup import SessionSetup
from dowel.web.live_page import Page


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


@pytest.mark.slow
def test_before_it_begins_a_page_has_its_cues_and_is_told_why_it_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Ending] = []
    volumes: list[float] = []

    async def refused(_practice: Practice) -> bool:
        raise LinkError("No sensor was heard. Switch it on.")

    monkeypatch.setattr(run_practice, "run_to_the_end", refused)
    monkeypatch.setattr(Page, "tell_end", lambda _page, ending: told.append(ending))
    monkeypatch.setattr(Page, "use_choices", lambda _page, choices, _mode: volumes.append(choices.cues.volume))
    options = PracticeOptions(SessionSetup("dowel_hinge"), tmp_path / "session.dowel", simulated=True, page=True)
    interval_s = sys.getswitchinterval()
    try:
        with pytest.raises(LinkError, match="No sensor"):
            run_practice.practise(options, started_at=datetime(2026, 1, 1, tzinfo=UTC))
    finally:
        sys.setswitchinterval(interval_s)
    assert told == [Ending("No sensor was heard. Switch it on.", "", ())]
    assert volumes == [0.6]
