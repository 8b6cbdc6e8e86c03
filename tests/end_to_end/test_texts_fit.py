"""The pages that no other test opens in a browser: replay, comparison and study, on a phone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dowel.agreement.page import study_page
from dowel.agreement.study import study_of
from dowel.agreement.supported_limits import Rule
from dowel.history.comparison import compare
from dowel.history.comparison_output import comparison_page
from dowel.history.person import persons_of
from dowel.recordings.types import Placement
from dowel.sensors.simulated import SimulatedSensor, set_of_hinges, simulate
from dowel.settings.rules import read_rules
from tests.app.agreement.made_studies import Making, made_study
from tests.app.history.rows import reps, session
from tests.bluez.processes import Process
from tests.end_to_end.browser import ABSENT, CHROMIUM, chromium, misplaced_texts, serious_findings, shown

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def compared() -> str:
    days = (session("2026-03-02T18:00", reps("hhllhhhw")), session("2026-03-25T18:00", reps("hhhhhh")))
    return comparison_page(compare(persons_of(days, read_rules(None)), "first", "last"), ("a.dowel is damaged.",))


def studied() -> str:
    return study_page(study_of(made_study(2, Making(people=8, reps=12)), rule=Rule()), ("a.dowel is damaged.",))


@pytest.mark.parametrize("page", [compared, studied])
def test_a_written_page_fits_a_phone(browser: Browser, tmp_path: Path, page: Any) -> None:
    written = tmp_path / "page.html"
    written.write_text(page(), encoding="utf-8")
    with shown(browser, written.as_uri(), **PHONE) as watched:
        assert serious_findings(watched.page) + misplaced_texts(watched.page) == []


def test_a_replay_fits_a_phone(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "short.dowel"
    sensors = [SimulatedSensor(placement) for placement in (Placement.UPPER_BACK, Placement.SACRUM)]
    simulate(set_of_hinges(2), sensors, seed=1).write(path)
    with Process([sys.executable, "-m", "dowel", "replay", str(path), "--page"]) as replay:
        told = re.search(r"http://\S+", replay.wait_for(lambda line: "http://" in line))
        assert told is not None
        with shown(browser, told[0], **PHONE) as watched:
            watched.page.locator("#player").wait_for()
            assert serious_findings(watched.page) + misplaced_texts(watched.page) == []
