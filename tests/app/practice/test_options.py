"""Where a practice is recorded, with which sensors, and what became of the one before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import platformdirs
import pytest

from dowel.practice.options import PracticeOptions, check_sensors, fold_left_open, place_for
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.types import Placement
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode

NOW = datetime(2026, 11, 23, 10, 15)


def test_the_default_place_is_never_taken_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: tmp_path)
    first = place_for(None, "dowel_hinge", NOW)
    assert first == tmp_path / "Dowel" / "2026-11-23_1015_dowel_hinge.dowel"
    first.touch()
    assert place_for(None, "dowel_hinge", NOW).name == "2026-11-23_1015_dowel_hinge_2.dowel"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.dowel").touch()
    with pytest.raises(InputError, match="exists already"):
        place_for(tmp_path / "x.dowel", "dowel_hinge", NOW)
    with pytest.raises(InputError, match="does not exist"):
        place_for(tmp_path / "nowhere" / "x.dowel", "dowel_hinge", NOW)
    with pytest.raises(UsageError, match=r"ends in \.dowel"):
        place_for(tmp_path / "x.txt", "dowel_hinge", NOW)


def test_sensors_that_no_practice_can_be_made_of() -> None:
    check_sensors({})
    check_sensors({Placement.SACRUM: "A", Placement.HEAD: "B"})
    with pytest.raises(UsageError, match="none of them is on the trunk"):
        check_sensors({Placement.HEAD: "A"})
    with pytest.raises(UsageError, match="the same address"):
        check_sensors({Placement.SACRUM: "f0:01", Placement.UPPER_BACK: "F0:01"})


def test_phones_are_taken_as_the_app_shows_their_address() -> None:
    check_sensors({Placement.SACRUM: "phyphox://192.168.1.7:8080", Placement.UPPER_BACK: "F0:01"})
    check_sensors({Placement.SACRUM: "phone:", Placement.UPPER_BACK: "phone:"}, "0.0.0.0")
    check_sensors({Placement.SACRUM: "sensorlogger:", Placement.UPPER_BACK: "sensorlogger:"}, "192.168.1.20")
    for app in ("sensorlogger", "phone"):
        with pytest.raises(UsageError, match=rf"--sensor {app}: needs --host, this computer's address"):
            check_sensors({Placement.SACRUM: f"{app}:"})
    with pytest.raises(UsageError, match="the same address"):
        check_sensors({Placement.SACRUM: "phyphox://a", Placement.UPPER_BACK: "phyphox://A"})
    with pytest.raises(UsageError, match="'phypox://a' is not an address of a phone"):
        check_sensors({Placement.SACRUM: "phypox://a"})
    options = PracticeOptions(
        SessionSetup("dowel_hinge"), Path("x"), CueMode.OFF, {Placement.SACRUM: "phone:", Placement.UPPER_BACK: "F0:01"}
    )
    assert (options.phones(), options.bluetooth()) == ({Placement.SACRUM: "phone:"}, {Placement.UPPER_BACK: "F0:01"})


def test_what_is_no_session_is_left_alone(tmp_path: Path) -> None:
    """Sessions that were really killed: tests/end_to_end/test_practice_ended.py."""
    (tmp_path / "x.dowel-wal").write_bytes(b"not a log")
    assert fold_left_open(tmp_path) == []
    assert (tmp_path / "x.dowel-wal").read_bytes() == b"not a log"
