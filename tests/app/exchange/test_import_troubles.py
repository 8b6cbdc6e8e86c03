"""Where an import cannot read or write, it says what, where and why: a file never for a folder, nor the other way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError
from dowel.recordings.types import Placement

Run = Callable[..., tuple[int, str, str]]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size: what a full disk is to it."""
    resource = pytest.importorskip("resource", reason="sizes are limited in another way on Windows")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [10_000, 250_000], ids=["the original", "the samples"])
def test_a_full_disk_is_told_with_its_folder(size: int, recordings: Path, dowel: Run, tmp_path: Path) -> None:
    with largest_file(size):
        code, _, err = dowel("import", f"--sensor=sacrum={recordings / 'sacrum.csv'}", "--out", tmp_path / "x.dowel")
    assert code == 3
    assert f"The folder {tmp_path}: File too large." in err
    assert "sacrum.csv" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_told(recordings: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "x.dowel"
    code, _, err = dowel("import", f"--sensor=sacrum={recordings / 'sacrum.csv'}", "--out", out)
    assert code == 3
    assert f"The folder {tmp_path / 'file'}: Not a directory." in err


@pytest.mark.parametrize(
    ("source", "unread"),
    [
        ("/proc/self/mem", "/proc/self/mem"),  # an ordinary file whose first byte gives an input error
        ("/proc/sys/net/ipv4/route", "/proc/sys/net/ipv4/route/error_burst"),  # asked for much at once it gives nothing
    ],
)
def test_what_cannot_be_read_is_told_with_its_name(source: str, unread: str, dowel: Run, tmp_path: Path) -> None:
    if not Path(unread).exists():
        pytest.skip("NO FILE: this system has none that cannot be read")
    code, _, err = dowel("import", f"--sensor=sacrum={source}", "--out", tmp_path / "x.dowel")
    assert code == 3
    assert f"{unread} cannot be read (" in err
    assert "x.dowel" not in err
    assert str(tmp_path) not in err


def test_a_recording_that_vanishes_is_told(recordings: Path, tmp_path: Path) -> None:
    source = tmp_path / "sacrum.csv"
    source.write_bytes((recordings / "sacrum.csv").read_bytes())
    with pytest.raises(InputError, match=r"sacrum\.csv: there is no such file"):
        import_recordings(ImportOptions({Placement.SACRUM: source}, tmp_path / "x.dowel"), lambda _: source.unlink())
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_is_gone_is_no_trouble_of_the_disk(recordings: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    def tell(text: str) -> None:
        os.write(writer, text.encode())

    with pytest.raises(BrokenPipeError):
        import_recordings(ImportOptions({Placement.SACRUM: recordings / "sacrum.csv"}, tmp_path / "x.dowel"), tell)
    os.close(writer)
    assert list(tmp_path.iterdir()) == []
