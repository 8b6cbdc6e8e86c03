"""What somebody names as marks, rules, settings or a recording and is no ordinary file is refused at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.exchange.marks_csv import read_marks
from dowel.recordings.errors import InputError
from dowel.recordings.formats.bundle import read_bundle
from dowel.recordings.ordinary_file import read_ordinary
from dowel.recordings.session_file.session_reader import open_session
from dowel.settings.preferences import read_preferences
from dowel.settings.rules import read_rules
from dowel.settings.trims import kept_trims


def pipe(folder: Path) -> Path:
    """Nobody writes into it: whoever just opens it waits for ever."""
    os.mkfifo(folder / "trims.json")
    return folder / "trims.json"


def device(folder: Path) -> Path:
    """It has no end."""
    (folder / "trims.json").symlink_to("/dev/zero")
    return folder / "trims.json"


READERS: dict[str, Callable[[Path], object]] = {
    "marks": read_marks,
    "rules": read_rules,
    "recording": read_bundle,
    "session": open_session,
}


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX systems")
@pytest.mark.parametrize("make", [pipe, device])
def test_pipes_and_devices_are_refused_at_once(
    make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path)
    for name, read in READERS.items():
        with pytest.raises(InputError, match=r"trims\.json.*ordinary|trims\.json is not a regular file"):
            raise AssertionError(name, read(path))
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path))
    with pytest.raises(InputError, match="no ordinary file"):
        kept_trims()
    monkeypatch.setenv("DOWEL_CONFIG", str(path))
    (problem,) = read_preferences().problems
    assert "no ordinary file" in problem


def test_the_null_device_is_an_empty_file_and_a_large_file_is_none(tmp_path: Path) -> None:
    assert read_ordinary(Path(os.devnull), 10) == b""
    path = tmp_path / "x"
    path.write_bytes(bytes(11))
    assert read_ordinary(path, 11) == bytes(11)
    with pytest.raises(OSError, match="more than"):
        read_ordinary(path, 10)
    with pytest.raises(OSError, match="folder"):
        read_ordinary(tmp_path, 10)


CLAIMS_NOTHING = Path("/proc/self/limits")


@pytest.mark.skipif(not CLAIMS_NOTHING.is_file(), reason="a file of Linux that has more than the 0 bytes it claims")
def test_what_has_more_than_it_claims_is_read_whole() -> None:
    data = read_ordinary(CLAIMS_NOTHING, 100_000)
    assert data == CLAIMS_NOTHING.read_bytes()
    with pytest.raises(OSError, match="more than"):
        read_ordinary(CLAIMS_NOTHING, len(data) - 1)
