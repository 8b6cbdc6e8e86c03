"""What is kept of a person is kept from other users of the computer."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dowel.sensors.stream.accelerometer_calibration import Trim
from dowel.settings.preferences import Preferences, preferences_path, write_preferences
from dowel.settings.privacy import private_words
from dowel.settings.trims import keep_trim

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")


@pytest.fixture(params=[0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_settings_are_their_owners_whatever_the_umask(
    umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "a" / "b" / "config.toml"))
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "c" / "d"))
    trims = keep_trim("F0:01", "witmotion", Trim((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.1, 0.01))
    for file in (write_preferences(Preferences(page=False)), trims):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(file.parents)[:2]] == [0o700, 0o700]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach: pytest's own are closed."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_old_files_that_others_can_read_are_named(monkeypatch: pytest.MonkeyPatch, open_folder: Path) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(open_folder / "config.toml"))
    sessions = open_folder / "my sessions"
    sessions.mkdir(0o755)
    files = [sessions / name for name in ("a.dowel", "b.dowel", "b.dowel-wal")]
    for file in files:
        file.touch(0o600)
    assert private_words(sessions) == ""
    for file in files[1:]:
        file.chmod(0o640)
    preferences_path().touch(0o644)
    preferences_path().chmod(0o644)
    said = private_words(sessions)
    assert f"can read {files[1]} and 2 more" in said
    assert said.endswith(f"chmod -R go-rwx {open_folder} '{sessions}'")
    sessions.chmod(0o700)
    assert private_words(sessions).endswith(f"chmod -R go-rwx {open_folder}")
