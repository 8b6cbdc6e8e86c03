"""Why nothing is judged now: what to do about it is told to whoever can do it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dowel.display.moment import told_now
from dowel.display.view import Told
from dowel.text.unjudged import REASONS


@pytest.mark.parametrize(("controls", "todo"), [(object(), REASONS["slipped"].now_do), (None, "")])
def test_a_replay_asks_nobody_to_do_anything(controls: object, todo: str) -> None:
    now = SimpleNamespace(contacts={}, calibration=object(), unjudged=("slipped",))
    results = SimpleNamespace(now=now, stance=SimpleNamespace(trunk=()))
    shown: Any = SimpleNamespace(results=results, sensors_now=(), instruction=None, controls=controls)
    assert told_now(shown) == Told(REASONS["slipped"].now, todo)
