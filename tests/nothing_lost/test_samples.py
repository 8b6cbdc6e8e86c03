"""A small sample of each study, so that none of them is broken when the night comes."""

from __future__ import annotations

import sys

import pytest

from tests.nothing_lost import damage, fuzz, kills

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="they fork, and read /proc")]


def test_damaged_files() -> None:
    tally = damage.study(20, seed=3)
    assert tally.bad == []
    assert sum(tally.outcomes.values()) == sum(tally.files.values()) == 20


def test_kills_in_all_stages_of_a_file() -> None:
    assert kills.stages(3, seed=1).bad == []


def test_documents_and_blocks_by_chance() -> None:
    fuzz.rounds(1, examples=10, begin=7)
