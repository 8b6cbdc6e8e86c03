"""Writing what is whole of a damaged session into a new file. The damaged one is read, and never touched."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.blocks import IDENTITY_BYTES, resealed
from dowel.recordings.session_file.documents import fact_document
from dowel.recordings.session_file.session_blocks import read_blocks
from dowel.recordings.session_file.session_contents import REPAIRED, read_contents
from dowel.recordings.session_file.session_database import create, make_single_file

MOST_SAID: Final = 100
"""So many sentences about the damage are kept in the repaired file."""


def repair_session(path: Path, out: Path) -> list[str]:
    """Write all whole blocks of a session into a new one; returns a sentence for each thing that could not be read.

    The blocks are numbered again, and carry an identity of their own, so that nothing that lies beside the old file is
    taken for the new one's. Which notifications are missing can still be told, as each block says how many its sensor
    sent before it.

    Parameters
    ----------
    path
        The damaged session.
    out
        The new file; nothing is ever overwritten.

    Raises
    ------
    InputError
        Where nothing of it can be used, or the new file cannot be written.
    """
    stored = read_blocks(path)
    if stored.being_recorded:
        raise InputError(f"{path} is being recorded now. Repair it when that is over.")
    said = read_contents(path, stored).problems
    had_identity = bool(stored.blocks.identity)
    identity = os.urandom(IDENTITY_BYTES) if had_identity else b""
    facts = [fact_document("closed", True)]
    if had_identity:
        facts.append(fact_document("identity", identity.hex()))
    if stored.damage:
        facts.append(fact_document(REPAIRED, {"session": path.name, "said": said[:MOST_SAID]}))
    blocks = [resealed(block, number, identity) for number, block in enumerate(stored.blocks.blocks)]
    blocks += [fact.encode(number, identity) for number, fact in enumerate(facts, len(blocks))]
    try:
        with closing(create(out, list(enumerate(blocks)), stored.blocks.version)) as connection:
            make_single_file(connection)
    except sqlite3.Error as error:
        raise InputError(f"{out} could not be written ({error}). Check the disk and its free space.") from error
    kept = read_blocks(out)
    if kept.damage or list(kept.blocks.blocks) != blocks:
        with suppress(OSError):
            out.unlink()
        raise InputError(f"{out} could not be written: what was written reads otherwise. Check the disk.")
    return said
