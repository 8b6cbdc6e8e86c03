"""Where a practice is recorded, with which sensors, and what became of the one before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dowel.practice.options import PracticeOptions, check_sensors
from dowel.recordings.errors import UsageError
from dowel.recordings.types import Placement
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode

ONE, OTHER = "F0:12:34:56:78:9A", "F0:12:34:56:78:9B"
NOW = datetime(2026, 11, 23, 10, 15)


def test_sensors_that_no_practice_can_be_made_of() -> None:
    check_sensors({})
    check_sensors({Placement.SACRUM: ONE, Placement.HEAD: OTHER})
    check_sensors({Placement.SACRUM: "8E7D0C2A-4A8B-4F7A-9D59-0B3A1F3D9C11"})  # as macOS calls one
    with pytest.raises(UsageError, match="none of them is on the trunk"):
        check_sensors({Placement.HEAD: ONE})
    with pytest.raises(UsageError, match="the same address"):
        check_sensors({Placement.SACRUM: ONE.lower(), Placement.UPPER_BACK: ONE})


def test_phones_are_taken_as_the_app_shows_their_address() -> None:
    check_sensors({Placement.SACRUM: "phyphox://192.168.1.7:8080", Placement.UPPER_BACK: ONE})
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
        SessionSetup("dowel_hinge"), Path("x"), CueMode.OFF, {Placement.SACRUM: "phone:", Placement.UPPER_BACK: ONE}
    )
    assert (options.phones(), options.bluetooth()) == ({Placement.SACRUM: "phone:"}, {Placement.UPPER_BACK: ONE})
