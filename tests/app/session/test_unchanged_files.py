"""Which files need not be read again: those whose last change lies so far back that no later one can look like it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dowel.session import unchanged_files
from dowel.session.unchanged_files import SETTLED_S, settled_state


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "a.dowel"
    path.write_bytes(b"session")
    monkeypatch.setattr(unchanged_files, "_devices", lambda: frozenset({path.stat().st_dev}))
    return path


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now_ns = time.time_ns() + round(seconds * 1e9)
    monkeypatch.setattr("time.time_ns", lambda: now_ns)


def test_a_change_must_have_settled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled_state([file]) is None
    later(monkeypatch, SETTLED_S - 5.0)
    assert settled_state([file]) is None
    later(monkeypatch, 10.0)
    assert settled_state([file]) is not None


def test_another_file_has_another_state(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = file.with_name("b.dowel")
    beside.write_bytes(b"session")
    later(monkeypatch, SETTLED_S + 5.0)
    alone = settled_state([file])
    assert alone == settled_state([file])
    assert len({alone, settled_state([beside]), settled_state([file, beside])}) == 3


def test_a_file_system_that_keeps_no_such_times_tells_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged_files, "_devices", frozenset)
    later(monkeypatch, SETTLED_S + 5.0)
    assert settled_state([file]) is None
