"""``python -m tests.nothing_lost companions``: files beside a session that are not its own, and every command.

The table says for each what became of the verdicts and of the session's blocks, and whether it was told.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dowel.commands import run as command
from dowel.practice.recording_place import fold_left_open
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.session_blocks import read_blocks
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind
from dowel.session.results import columns_of
from dowel.session.run_session import run
from dowel.session.tables import to_csv
from tests.app.commands.kinds_of_session import KINDS
from tests.nothing_lost.damage import written_again


@dataclass(frozen=True)
class Pair:
    """A session with what lies beside it, the verdicts that are right, and whether there is something to be told."""

    main: Path
    wal: bytes | None
    told: bool = True


def pairs(folder: Path) -> dict[str, Pair]:
    """All kinds of files that may lie beside a session."""
    made = {}
    for name, kind in (("mine", "rod"), ("yours", "stance")):
        KINDS[kind].make(folder / f"{name}-simulated.dowel")
        closed, running = folder / f"{name}.dowel", folder / f"{name}-running.dowel"
        session = open_session(folder / f"{name}-simulated.dowel")
        with SessionWriter(closed, session.sensors, {"origin_ns": 0, "person": name}) as writer:
            written_again(session, None, writer)
            writer.flush()
            for suffix in ("", "-wal"):
                shutil.copyfile(f"{closed}{suffix}", f"{running}{suffix}")
        made[name] = closed, running
    mine, running = made["mine"]
    wal, foreign = Path(f"{running}-wal").read_bytes(), Path(f"{made['yours'][1]}-wal").read_bytes()
    marked = folder / "marked.dowel"
    shutil.copyfile(mine, marked)
    append_mark(marked, MarkKind.LOAD, 26.0, 26.0, {"load_kg": 20.0})
    return {
        "none": Pair(mine, None, told=False),
        "stale": Pair(mine, wal),
        "older than a mark": Pair(marked, wal),
        "foreign": Pair(mine, foreign),
        "newer (killed)": Pair(running, wal),
        "newer, cut": Pair(running, wal[: 2 * len(wal) // 3]),
        "cut": Pair(mine, wal[:9000]),
        "foreign, cut": Pair(mine, foreign[:9000]),
        "empty": Pair(mine, b""),
    }


COMMANDS: Final[dict[str, Callable[[Path], str]]] = {
    "report": lambda path: told("report", str(path)),
    "report --csv": lambda path: told("report", str(path), "--csv", "-"),
    "mark": lambda path: told("mark", str(path), "--at", "5", "--kind", "note", "--text", "x"),
    "practice": lambda path: " ".join(fold_left_open(path.parent)),
    "history": lambda path: told("history", str(path.parent)),
    "replay": lambda path: told("replay", str(path), "--speed", "max"),
    "export": lambda path: told("export", str(path), "--to", str(path.parent / "out")),
}
"""``practice`` is what a practice does with the other sessions of its folder before it begins."""


def told(*arguments: str) -> str:
    """What a command prints; its exit code must be 0."""
    said = io.TextIOWrapper(io.BytesIO(), write_through=True)
    with redirect_stdout(said), redirect_stderr(said):
        code = command(arguments)
    printed = said.buffer.getvalue().decode()
    assert code == 0, (arguments, printed)
    return " ".join(printed.split())


def verdicts(path: Path) -> str:
    """The rep table."""
    with open_session(path) as session:
        rows = run(session).rep_dicts()
    return to_csv(({**row, "session": ""} for row in rows), columns_of(rows))


def study() -> tuple[list[list[str]], list[str]]:
    """A table (kind, and a cell for each command), and what was wrong."""
    rows, bad = [["beside it", *COMMANDS]], []
    with tempfile.TemporaryDirectory(prefix="dowel-companions-") as name:
        for kind, pair in pairs(Path(name)).items():
            right = _alone(pair, Path(name)) if kind.startswith("newer") else verdicts(pair.main)
            cells = [kind]
            for asked, run_command in COMMANDS.items():
                with tempfile.TemporaryDirectory(dir=name) as place:
                    cell = _cell(Path(place, "x.dowel"), pair, right, run_command)
                cells.append(cell)
                if "CHANGED" in cell or "LOST" in cell or "UNSAID" in cell:
                    bad.append(f"{kind}, {asked}: {cell}")
            rows.append(cells)
    return rows, bad


def _alone(pair: Pair, folder: Path) -> str:
    """The verdicts of an unclosed session with its own WAL, as it was read in a folder where nothing else happened."""
    place = folder / "alone"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copyfile(pair.main, place / "x.dowel")
    assert pair.wal is not None
    (place / "x.dowel-wal").write_bytes(pair.wal)
    return verdicts(place / "x.dowel")


def _cell(path: Path, pair: Pair, right: str, run_command: Callable[[Path], str]) -> str:
    shutil.copyfile(pair.main, path)
    before = set(read_blocks(path).blocks.blocks)
    if pair.wal is not None:
        Path(f"{path}-wal").write_bytes(pair.wal)
    said = run_command(path)
    verdict = "same" if verdicts(path) == right else "CHANGED"
    kept = "" if before <= set(read_blocks(path).blocks.blocks) else ", LOST blocks"
    is_told = (
        "" if not pair.told else ", told" if "-wal" in said or "not closed" in said or "whole" in said else ", UNSAID"
    )
    return f"{verdict}{kept}{is_told}"
