"""Where a practice is recorded: its name is its own from the start, and it goes on where its folder does not."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import platformdirs
import pytest

from dowel.practice.recording_place import fold_left_open, place_for
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.session_file.schema import wal_of
from dowel.recordings.session_file.session_database import give_back_name
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import set_of_hinges
from dowel.settings.trims import trims_path
from tests.live.rig import any_sensors, practise

Run = Callable[..., tuple[int, str, str]]

NOW = datetime(2026, 11, 23, 10, 15)


@pytest.fixture(autouse=True)
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path / "documents")
    return tmp_path / "documents" / "Dowel"


def test_the_name_is_taken_at_the_start(documents: Path) -> None:
    first = place_for(None, "dowel_hinge", NOW)
    assert first == documents / "2026-11-23_1015_dowel_hinge.dowel"
    assert place_for(None, "dowel_hinge", NOW).name == "2026-11-23_1015_dowel_hinge_2.dowel"
    (documents / "2026-11-23_1015_dowel_hinge_3.dowel-wal").write_bytes(b"of a session that is gone")
    assert place_for(None, "dowel_hinge", NOW).name == "2026-11-23_1015_dowel_hinge_4.dowel"
    assert documents.stat().st_mode & 0o777 == 0o700
    give_back_name(first)
    assert place_for(None, "dowel_hinge", NOW) == first
    first.write_bytes(b"recorded")
    give_back_name(first)
    assert first.read_bytes() == b"recorded"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = place_for(tmp_path / "x.dowel", "dowel_hinge", NOW)
    with pytest.raises(InputError, match="exists already"):
        place_for(path, "dowel_hinge", NOW)
    (tmp_path / "y.dowel-wal").touch()
    with pytest.raises(InputError, match="left of a session whose main file is gone"):
        place_for(tmp_path / "y.dowel", "dowel_hinge", NOW)
    with pytest.raises(InputError, match="does not exist"):
        place_for(tmp_path / "nowhere" / "x.dowel", "dowel_hinge", NOW)
    with pytest.raises(UsageError, match=r"ends in \.dowel"):
        place_for(tmp_path / "x.txt", "dowel_hinge", NOW)
    with pytest.raises(InputError, match="Choose a shorter one"):
        place_for(tmp_path.joinpath(*["folder" * 20] * 4, "x.dowel"), "dowel_hinge", NOW)


def test_a_practice_that_never_begins_gives_its_name_back(
    dowel: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file of trims ends it at once."""
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    trims_path().write_text("{")
    code, _, err = dowel("practice", "--sensor", "sacrum=C0:00:5E:00:53:01", "--out", tmp_path / "x.dowel")
    assert (code, "trims.json" in err) == (3, True)
    assert not (tmp_path / "x.dowel").exists()


def test_what_is_no_session_is_left_alone(tmp_path: Path) -> None:
    """Sessions that were really killed: tests/end_to_end/test_practice_ended.py."""
    (tmp_path / "x.dowel-wal").write_bytes(b"not a log")
    assert fold_left_open(tmp_path) == []
    assert (tmp_path / "x.dowel-wal").read_bytes() == b"not a log"


def test_what_a_kill_left_of_a_fold_is_removed_when_it_is_old(tmp_path: Path) -> None:
    for name, age_s in (("old", 4000.0), ("new", 0.0)):
        left = tmp_path / f".dowel-fold-{name}"
        left.mkdir()
        (left / "x.dowel").touch()
        os.utime(left, (time.time() - age_s,) * 2)
    assert fold_left_open(tmp_path) == []
    assert [left.name for left in tmp_path.glob(".dowel-fold-*")] == [".dowel-fold-new"]


@pytest.mark.slow
def test_a_practice_whose_folder_goes_away_is_recorded_whole(tmp_path: Path, documents: Path) -> None:
    out = tmp_path / "stick" / "x.dowel"
    out.parent.mkdir()

    def pull_out() -> None:
        while not wal_of(out).exists():
            time.sleep(0.01)
        shutil.rmtree(out.parent)

    threading.Thread(target=pull_out, daemon=True).start()
    measured = practise(out, any_sensors(), seed=5, set_pieces=set_of_hinges(3, set_marks=False))
    told = f"{out} is no longer there: its folder was moved, removed or taken off. The session goes on in"
    assert f"{told} {documents / 'x.dowel'}" in measured.said.replace("\n", " ")
    recorded = analyse(documents / "x.dowel")
    assert [row.verdict for row in recorded.rep_rows] == ["held"] * 3
    assert repr(recorded.rep_rows) == repr(measured.live.results.rep_rows)
