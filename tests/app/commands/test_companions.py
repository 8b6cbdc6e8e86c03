"""A file beside a session that is not its own changes no table of any command, and each says that it is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Placement, Sensor

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["foreign", "cut", "empty"])
def beside(request: pytest.FixtureRequest, session: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A session alone, and the same with a WAL beside it that is not its own."""
    alone, pair = tmp_path / "alone" / "mine.dowel", tmp_path / "pair" / "mine.dowel"
    for path in (alone, pair):
        path.parent.mkdir()
        shutil.copyfile(session, path)
    with SessionWriter(tmp_path / "other.dowel", [Sensor(Placement.SACRUM, "simulated")], {"origin_ns": 0}) as writer:
        for step in range(1000):
            writer.notify(0, step * 10_000_000, bytes(20))
        writer.flush()
        raw = Path(f"{writer.path}-wal").read_bytes()
    Path(f"{pair}-wal").write_bytes({"foreign": raw, "cut": raw[:9000], "empty": b""}[request.param])
    return alone, pair


@pytest.mark.slow
@pytest.mark.parametrize("command", ["report", "export", "replay", "history", "mark"])
def test_no_table_changes_and_it_is_said(beside: tuple[Path, Path], dowel: Run, tmp_path: Path, command: str) -> None:
    alone, pair = beside
    tables = []
    for path in (alone, pair):
        if command == "mark":
            code, said, _ = dowel("mark", path, "--at", "40", "--kind", "load", "--load-kg", "20")
            assert code == 0
            if path == pair:
                assert "mine.dowel-wal.set-aside" in said
        code, table, _ = dowel("report", path, "--csv", "-")
        assert code == 0
        if command == "export":
            assert dowel("export", path, "--to", tmp_path / f"{path.parent.name} out")[0] == 0
            table = (tmp_path / f"{path.parent.name} out" / "reps.csv").read_text(encoding="utf-8")
        elif command == "replay":
            code, table, _ = dowel("replay", path, "--speed", "max")
            assert ("mine.dowel-wal" in table) == (path == pair)
            table = "\n".join(line for line in table.splitlines() if "held" in line or "lost" in line)
        elif command == "history":
            code, table, _ = dowel("history", path.parent)
            assert code == 0
            said_of_it = "left out" in table.replace("\n", " ")
            assert said_of_it == (path == pair)
            table = table.replace(str(path.parent), "").split("  mine: mine.dowel-wal")[0].split("  Rules: ")[0]
            table = table.rstrip()
        tables.append(table)
    assert tables[0] == tables[1]
    assert tables[0]
    assert "mine.dowel-wal" in "".join(dowel("report", pair)[1:]) or command == "mark"
