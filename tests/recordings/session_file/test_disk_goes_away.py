"""The disk under a session goes away while it is written: it goes on elsewhere, whole, and it is said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.live_file import LiveFile
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Sensor

Read = Callable[[Session], dict[int, tuple[int, int, bytes]]]

PAYLOAD = bytes(range(200))
FOUND_WITHIN_S = 1.0
ON_A_BUSY_MACHINE_S = 4.0
NOBODY = 65534


def mount(*arguments: object) -> None:
    subprocess.run(list(map(str, arguments)), check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of a quarter of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        mount("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("NO DISK: this machine allows no mount of a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def removed(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def filled(folder: Path) -> None:
    with (folder.parent / "other").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


HAPPENS: dict[str, Callable[[Path], object]] = {
    "removed": removed,
    "renamed": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "WAL removed": lambda folder: (folder / "x.dowel-wal").unlink(),
    "unmounted": lambda folder: mount("umount", "-l", folder.parent),
    "full": filled,
}


class Practised:
    """A writer that is given notifications, and what was given."""

    def __init__(self, path: Path, *elsewhere: Path) -> None:
        self.writer = SessionWriter(path, [Sensor(Placement.SACRUM, "simulated")], {"origin_ns": 0}, elsewhere)
        self.taken: dict[int, tuple[int, int, bytes]] = {}

    def take(self, number: int) -> None:
        for _ in range(number):
            sequence = self.writer.notify(0, len(self.taken) * 10_000_000, PAYLOAD)
            self.taken[sequence] = (0, len(self.taken) * 10_000_000, PAYLOAD)

    def news(self) -> tuple[str, float]:
        """What is said of the file, and after how long."""
        begun_s = time.monotonic()
        while not (news := self.writer.take_news()) and time.monotonic() < begun_s + 30.0:
            self.take(5)
            time.sleep(0.02)
        return " ".join(news), time.monotonic() - begun_s


@pytest.mark.parametrize("happens", HAPPENS)
def test_the_whole_session_goes_on_elsewhere(disk: Path, tmp_path: Path, notifications_of: Read, happens: str) -> None:
    folder, other = disk / "mine", tmp_path / "a" / "b"
    folder.mkdir()
    practised = Practised(folder / "x.dowel", tmp_path / "x.dowel" / "no folder", other)
    (tmp_path / "x.dowel").touch()  # so that the first of the others cannot be made
    practised.take(100)
    practised.writer.flush()
    assert practised.writer.take_news() == []
    HAPPENS[happens](folder)
    news, after_s = practised.news()
    assert str(folder) in news
    assert f"goes on in {other / 'x.dowel'}, which holds all of it" in news
    assert after_s < FOUND_WITHIN_S + ON_A_BUSY_MACHINE_S
    practised.take(100)
    practised.writer.close()
    session = open_session(other / "x.dowel")
    assert session.problems == ()
    assert notifications_of(session) == practised.taken
    assert stat.S_IMODE(other.stat().st_mode) == 0o700


def test_a_file_that_cannot_be_finished_is_let_go_of(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    file = LiveFile(tmp_path / "mine" / "x.dowel", [])
    removed(tmp_path / "mine")
    with pytest.raises(InputError, match="no longer there"):
        file.finish()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        file._connection.execute("SELECT 1")


def test_a_folder_that_is_gone_before_the_session_begins(tmp_path: Path, notifications_of: Read) -> None:
    """It was there when the name was taken, half a minute before the sensors were found."""
    practised = Practised(tmp_path / "gone" / "x.dowel", tmp_path / "other")
    (said,) = practised.writer.take_news()
    assert f"gone does not exist. Create it or choose another. The session is recorded in {tmp_path / 'other'}" in said
    practised.take(10)
    practised.writer.close()
    assert notifications_of(open_session(tmp_path / "other" / "x.dowel")) == practised.taken


@pytest.fixture
def of_nobody() -> Iterator[Path]:
    """A folder of a user who is no administrator, and this process as that user: permissions bind it."""
    if os.geteuid():
        pytest.skip("only an administrator can become another user")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, 0)
    yield folder
    os.setresuid(0, 0, 0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_folder_that_is_made_read_only(of_nobody: Path, notifications_of: Read) -> None:
    folder = of_nobody / "mine"
    folder.mkdir()
    practised = Practised(folder / "x.dowel", of_nobody / "other")
    practised.take(100)
    practised.writer.flush()
    folder.chmod(0o500)
    news, _ = practised.news()
    assert f"The folder {folder} may no longer be written to. The session goes on in" in news
    practised.writer.close()
    assert notifications_of(open_session(of_nobody / "other" / "x.dowel")) == practised.taken
    folder.chmod(0o700)


def test_a_disk_that_is_full_and_free_again_loses_nothing(disk: Path, notifications_of: Read) -> None:
    """There is no other place: what comes meanwhile is kept in memory."""
    practised = Practised(disk / "x.dowel", disk)
    practised.take(100)
    practised.writer.flush()
    (disk / "folder").mkdir()
    filled(disk / "folder")
    news, _ = practised.news()
    assert "full" in news
    assert "kept in memory until it can be written" in news
    with pytest.raises(InputError, match="full"):
        practised.writer.flush()
    practised.writer.mark(MarkKind.NOTE, 0.0, 0.0)
    (disk / "other").unlink()
    news, _ = practised.news()
    assert "x.dowel can be written again, and holds all of the session" in news
    practised.writer.close()
    session = open_session(disk / "x.dowel")
    assert session.problems == ()
    assert notifications_of(session) == practised.taken


def test_only_the_owner_can_read_a_session_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        practised = Practised(tmp_path / "x.dowel")
        practised.take(10)
        practised.writer.flush()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        practised.writer.close()
    finally:
        os.umask(before)
    assert modes == {"x.dowel": 0o600, "x.dowel-wal": 0o600}
    assert stat.S_IMODE((tmp_path / "x.dowel").stat().st_mode) == 0o600


def test_a_name_that_no_session_can_be_written_to_is_refused_at_once(tmp_path: Path, notifications_of: Read) -> None:
    long = tmp_path.joinpath(*["folder" * 20] * 4)
    long.mkdir(parents=True)
    with pytest.raises(InputError, match=r"has \d+ bytes, and a session can be written to 504 at most"):
        Practised(long / "x.dowel")
    assert list(long.iterdir()) == []
    practised = Practised(tmp_path / "x.dowel")
    practised.take(10)
    practised.writer.close()
    moved = (tmp_path / "x.dowel").rename(long / "x.dowel")
    session = open_session(moved)
    assert (session.problems, notifications_of(session)) == ((), practised.taken)
    with pytest.raises(InputError, match="Choose a shorter one"):
        append_mark(moved, MarkKind.NOTE, 0.0, 0.0)
