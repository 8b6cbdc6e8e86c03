"""``python -m tests.nothing_lost damage``: damaged and crafted session files by the thousand, each through a command.

A damaged file that reads as the sound one needs no report: the engine's output depends on the stream alone. One that
says what it lacks may differ. A crafted one may say anything: somebody could have written it so. What must not be: a
damaged file's number that changed and nothing said; of both, exit code 1, more than 10 s of CPU, more than 500 MB.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dowel.analysis.kept import Kept
from dowel.commands import run as run_command
from dowel.recordings.errors import DowelError
from dowel.recordings.session_file.blocks import (
    BlockKind,
    decode_document,
    encode_document,
    identity_of,
)
from dowel.recordings.session_file.schema import PAGE_BYTES
from dowel.recordings.session_file.session_blocks import read_blocks
from dowel.recordings.session_file.session_database import create, make_single_file
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.session.results import SessionResults, columns_of
from dowel.session.run_session import HEARD_ROW, rows_as_heard, run
from dowel.session.tables import to_csv
from tests.app.commands.kinds_of_session import KINDS
from tests.nothing_lost.bounded import CPU_S, MEMORY_MB, Outcome, bounded, unheard

HOSTILE: Final[tuple[Any, ...]] = (
    None,
    True,
    "",
    "x",
    "12",
    "\ud800",
    "A" * 100_000,
    0,
    -1,
    0.5,
    1e308,
    -1e308,
    1e-308,
    10**400,
    2**62,
    2**63,
    -(2**63),
    86_400.0 * 365,
    [],
    [0.0, 0.0, 0.0],
    [1e200] * 3,
    [1, 2],
    ["a", "b", "c"],
    [0.0] * 10_000,
    {},
    {"a": {"b": {"c": [1]}}},
    "x\x00y\x1b[2J\u202e",
)


TOGETHER: Final = 10
"""Files that one child reads, so that less time goes into making children."""
UNSAID: Final = "changed unsaid"
ANALYSED_SHARE: Final = 0.1
"""Of damaged files that read as the sound one; of all others every one is analysed."""


@dataclass
class Base:
    """A sound session as it lies on the disk, and what it says."""

    name: str
    files: dict[str, bytes]
    content: Any
    rows: str


@dataclass
class Tally:
    """What came of many files."""

    files: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    largest_mb: float = 0.0

    def told(self) -> str:
        """It in a line."""
        most = f"slowest {self.slowest_s:.1f} s of CPU, largest {self.largest_mb:.0f} MB"
        return f"{self.files.total()} files {dict(self.files)}: {dict(self.outcomes)}, {most}"


# --------------------------------------------------------------------------------------------------- what is damaged


def flipped(random_: random.Random, raw: bytearray) -> None:
    """One to eight bits, half of the time in the database's first page."""
    for _ in range(random_.choice((1, 1, 2, 8))):
        at = random_.randrange(random_.choice((100, PAGE_BYTES, len(raw), len(raw))))
        raw[at % len(raw)] ^= 1 << random_.randrange(8)


def cut(random_: random.Random, raw: bytearray) -> None:
    """The end is gone, or a piece from the middle."""
    at = random_.randrange(len(raw))
    if random_.random() < 0.5:
        del raw[at:]
    else:
        del raw[at : at + random_.choice((1, 100, PAGE_BYTES, 10 * PAGE_BYTES))]


def swapped(random_: random.Random, raw: bytearray) -> None:
    """Two pages, or two stretches of any size, changed places."""
    size = random_.choice((16, 1000, PAGE_BYTES))
    if len(raw) < 3 * size:
        return
    one, other = (size * at for at in random_.sample(range(len(raw) // size), 2))
    raw[one : one + size], raw[other : other + size] = raw[other : other + size], raw[one : one + size]


def spliced(random_: random.Random, raw: bytearray, other: bytes) -> None:
    """A stretch of another session's file, or of an older state of this one."""
    at = PAGE_BYTES * random_.randrange(max(1, len(raw) // PAGE_BYTES))
    size = PAGE_BYTES * random_.choice((1, 2, 10, 1000) if at else (1, 2))  # all of it is no damage: it is another file
    raw[at : at + size] = other[at : at + size]


def zeroed(random_: random.Random, raw: bytearray) -> None:
    """A stretch that a disk gave back as zeros."""
    at, size = random_.randrange(len(raw)), random_.choice((1, 512, PAGE_BYTES, 20 * PAGE_BYTES))
    raw[at : at + size] = bytes(len(raw[at : at + size]))


def crafted(random_: random.Random, blocks: list[bytes]) -> list[bytes]:
    """One to three values of one document are something else; every CRC is right."""
    documents = [at for at, block in enumerate(blocks) if block[5] != BlockKind.NOTIFICATIONS]
    kinds = sorted({blocks[at][5] for at in documents})
    kind = random_.choice(kinds)
    at = random_.choice([each for each in documents if blocks[each][5] == kind])
    document = decode_document(blocks[at])
    for _ in range(random_.choice((1, 1, 2, 3))):
        if not (places := list(_places(document))):
            break  # the last of its values was taken out
        holder, key = random_.choice(places)
        value = deepcopy(random_.choice(HOSTILE))
        if random_.random() < 0.1 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = value
    body = json.dumps(document, separators=(",", ":")).encode()
    changed = list(blocks)
    changed[at] = encode_document(BlockKind(kind), at, body, identity_of(blocks[at]))
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document that holds a value."""
    keys = list(value) if isinstance(value, dict) else range(min(len(value), 20)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


# ------------------------------------------------------------------------------------------------------ how it is read


def content(session: Session) -> Any:
    """Everything that the engine is given, and what the tables say of the session."""
    sent = [session.notifications(index) for index in range(len(session.sensors))]
    return (
        {key: value for key, value in session.facts.items() if key not in ("closed", "recovered", "taken")},
        session.sensors,
        session.marks,
        [(each.sequence.tobytes(), each.arrival_ns.tobytes(), each.payload) for each in sent],
        session.heard_rows,
    )


def reported(path: Path) -> str:
    """The rep table, as a report of any kind has it."""
    with open_session(path) as session:
        rows_as_heard(session)
        results = run(session, Kept.ATTITUDES)
    rows = results.rep_dicts()
    return to_csv(rows, columns_of(rows))


def read(path: Path, base: Base, analysed: bool) -> str:
    """Whether a file says something else than the sound one, and whether it says so; ``analysed``: in any case."""
    with open_session(path) as session:
        problems, same = session.problems, content(session) == base.content
    if (same and not analysed) or reported(path) == base.rows:
        return "as it was"
    return "changed and said" if problems else UNSAID


# --------------------------------------------------------------------------------------------------------------- bases


def bases(folder: Path) -> list[Base]:
    """A practice as it lies closed on the disk and as a kill leaves it, one of somebody who lies, and an import."""
    made = {}
    for name, kind in (("practised", "rod"), ("lying", "lying"), ("imported", "import without marks")):
        (folder / name).mkdir()
        KINDS[kind].make(folder / name / "x.dowel")
        made[name] = folder / name / "x.dowel"
    simulated = made["practised"].rename(folder / "simulated.dowel")
    with open_session(simulated) as session:
        writer = SessionWriter(made["practised"], session.sensors, {**_own(session), "person": "P1"})
        written_again(session, run(session), writer)
        writer.flush()
        killed = folder / "killed" / "x.dowel"
        killed.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{writer.path}{suffix}", f"{killed}{suffix}")
        writer.close()
    return [_base(name, path) for name, path in {**made, "killed": killed}.items()]


OTHERS: Final = (
    ("report", "{file}"),
    ("report", "{file}", "--html", "-"),
    ("report", "{file}", "--csv", "-", "--sets", "{out}"),
    ("report", "{file}", "--as-heard"),
    ("replay", "{file}", "--speed", "max"),
    ("export", "{file}", "--to", "{out}", "--raw"),
    ("history", "{folder}"),
    ("history", "{folder}", "--html", "-"),
    ("mark", "{file}", "--at", "5", "--kind", "note", "--text", "seen"),
)
"""Commands that read a session; each crafted file meets one of them."""


def commanded(path: Path, command: Sequence[str]) -> str:
    """Run a command on a copy: raises what it does not turn into a sentence."""
    folder = path.with_name("commanded")
    shutil.copytree(path.parent, folder)
    places = {"file": folder / "x.dowel", "folder": folder, "out": path.with_name("out")}
    os.environ["DOWEL_DEBUG"] = "1"
    with unheard():
        code = run_command([part.format(**places) for part in command])
    assert code in (0, 3), f"{command[0]} ended with {code}"
    return "read" if code == 0 else "refused"


def _own(session: Session) -> dict[str, Any]:
    return {key: value for key, value in session.facts.items() if key not in ("identity", "closed", "taken")}


def written_again(session: Session, results: SessionResults | None, writer: SessionWriter) -> None:
    """The same stream, and what a practice keeps besides: the calibration, and the rows as they were heard."""
    for part in session.slices(1):
        for mark in part.marks:
            writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)
        for index, sent in enumerate(part.notifications):
            if len(sent):
                writer.notify(index, int(sent.arrival_ns[0]), sent.payload)
    if results is None:
        return
    if results.calibration is not None:
        writer.calibration(20.0, results.calibration.to_json())
    for row in results.rep_dicts():
        known = {key: None if value != value else value for key, value in row.items()}
        writer.heard(HEARD_ROW, float(row["end_s"]), known)


def _base(name: str, path: Path) -> Base:
    files = {file.name: file.read_bytes() for file in path.parent.glob("x.dowel*")}
    with open_session(path) as session:
        return Base(name, files, content(session), reported(path))


# --------------------------------------------------------------------------------------------------------------- study

DAMAGES: Final = {"flip": flipped, "cut": cut, "swap": swapped, "zero": zeroed, "splice": None, "crafted": None}


def make(random_: random.Random, base: Base, other: Base, folder: Path) -> str:
    """A damaged or crafted copy of a session in ``folder``; returns what was done to it."""
    kind = random_.choice((*DAMAGES, "crafted", "crafted"))
    if kind == "crafted":
        whole = folder / "sound.dowel"
        for name, raw in base.files.items():
            whole.with_name(name.replace("x.dowel", "sound.dowel")).write_bytes(raw)
        stored = read_blocks(whole)
        for file in folder.iterdir():
            file.unlink()
        blocks = crafted(random_, list(stored.blocks.blocks))
        connection = create(folder / "x.dowel", list(enumerate(blocks)), 2)
        make_single_file(connection)
        connection.close()
        return kind
    name = random_.choice(sorted(base.files))
    for each, raw in base.files.items():
        changed = bytearray(raw)
        if each == name and kind == "splice":
            spliced(random_, changed, other.files["x.dowel"])
        elif each == name:
            damage = DAMAGES[kind]
            assert damage is not None
            damage(random_, changed)
        (folder / each).write_bytes(changed)
    return kind


@dataclass(frozen=True)
class Read:
    """What one file was, and what reading it gave; ``bad`` tells what should not be."""

    kind: str
    base: str
    outcome: str
    bad: str = ""
    cpu_s: float = 0.0


def study(number: int, seed: int, tell: Callable[[str], None] = print) -> Tally:
    """So many files, each another; the seed and the number of a bad one make it again."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="dowel-damage-") as name:
        sound = bases(Path(name))
        for command in OTHERS:  # so that no child has to import what it takes
            commanded(_copy_of(sound[0], Path(name)), command)
        for first in range(0, number, TOGETHER):
            seeds = [f"{seed}:{index}" for index in range(first, min(first + TOGETHER, number))]
            outcome = _together(seeds, sound, Path(name))
            for each, found in zip(seeds, outcome.value or [Read("?", "?", "exit 1", outcome.fault)], strict=False):
                _count(tally, each, found)
            tally.largest_mb = max(tally.largest_mb, outcome.memory_mb)
            if outcome.memory_mb > MEMORY_MB:
                tally.bad.append(f"one of {seeds[0]} to {seeds[-1]}: {outcome.memory_mb:.0f} MB")
            if first % 250 == 0:
                tell(f"{tally.told()}, bad: {tally.bad}")
    return tally


def _copy_of(base: Base, parent: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=parent))
    for name, raw in base.files.items():
        (folder / name).write_bytes(raw)
    return folder / "x.dowel"


def _together(seeds: Sequence[str], sound: list[Base], parent: Path) -> Outcome:
    """Some files in one child: their memory is known together, their time each by itself."""
    return bounded(lambda: [one(sound, seed, parent) for seed in seeds], files=len(seeds))


def one(sound: list[Base], seed: str, parent: Path) -> Read:
    """Make one file and read it."""
    random_ = random.Random(seed)
    base = random_.choice(sound)
    other = random_.choice([each for each in sound if each is not base])
    with tempfile.TemporaryDirectory(dir=parent) as name:
        kind = make(random_, base, other, Path(name))
        begun_s = time.process_time()
        bad, path = "", Path(name, "x.dowel")
        try:
            if kind == "crafted":
                outcome = commanded(path, random_.choice(OTHERS))
            else:
                outcome = read(path, base, analysed=random_.random() < ANALYSED_SHARE)
                bad = "numbers changed, and nothing is said" if outcome == UNSAID else ""
        except DowelError as error:
            outcome, bad = "refused", "" if name in str(error) else f"refused without its name: {error}"
        except Exception:
            outcome, bad = "exit 1", traceback.format_exc()
        return Read(kind, base.name, outcome, bad, time.process_time() - begun_s)


def _count(tally: Tally, seed: str, found: Read) -> None:
    tally.files[found.kind] += 1
    tally.outcomes[found.outcome] += 1
    tally.slowest_s = max(tally.slowest_s, found.cpu_s)
    what = f"seed {seed}, {found.kind} of {found.base}"
    if found.bad:
        tally.bad.append(f"{what}: {found.bad}")
    if found.cpu_s > CPU_S:
        tally.bad.append(f"{what}: {found.cpu_s:.1f} s")
