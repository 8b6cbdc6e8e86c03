"""A first day from README to a result leaves no question open; ``python -m tests.first_days`` lives all three."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.browser import ABSENT, CHROMIUM, chromium
from tests.first_days.days import coach, lifter
from tests.first_days.shared import recorded

SESSION = "practice.dowel"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("recorded") / SESSION)


def test_a_lifters_first_day(session: Path, tmp_path: Path) -> None:
    shutil.copy(session, tmp_path)
    assert lifter(tmp_path, SESSION, None, practises=False).questions == []


@pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)
def test_a_coachs_first_day(session: Path, tmp_path: Path) -> None:
    shutil.copy(session, tmp_path)
    with chromium() as browser:
        assert coach(tmp_path, SESSION, browser).questions == []
