"""Whether a file beside a session (SQLite's WAL or journal) is this session's own, and may be read with it.

A cloud folder, a backup or a rename can put the WAL of another session there, or of an older state of this one, and
SQLite would bring it into the main file unasked. So everything that reads or writes a session asks here first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dowel.recordings.session_file.blocks import BlockKind, Blocks, decode_document, identity_of, is_intact


@dataclass(frozen=True, slots=True)
class Stranger:
    """A file beside a session that is not read with it, and a sentence about why."""

    file: Path
    why: str

    @property
    def sentence(self) -> str:
        """Which file, what of it, and what to do."""
        return (
            f"{self.file.name} {self.why}: it is left out. If it belongs to another file of this folder, or to a copy "
            "elsewhere, put it back there; else the next practice or mark sets it aside."
        )

    def set_aside(self) -> str:
        """Give the file a name that SQLite does not look for; returns a sentence. Raises OSError."""
        name = f"{self.file.name}.set-aside"
        number = 1
        while (aside := self.file.with_name(name)).exists():
            number += 1
            name = f"{self.file.name}.set-aside-{number}"
        self.file.rename(aside)
        return f"{self.file.name} {self.why}: it is kept as {aside.name}. Delete it if nothing is missed."


def why_strange(session: Blocks, may_help: bool, found: Iterable[bytes]) -> str:
    """Why a companion with these blocks is not read with ``session``, its main file; empty where it is read.

    ``may_help``: beside a closed session too, as the main file is damaged, or the companion is the journal of a change
    that was interrupted.
    """
    if not session.blocks:
        return ""  # nothing to compare with
    blocks = [block for block in found if is_intact(block)]
    identity = session.identity
    if any(identity_of(block) != identity for block in blocks):
        return "is of another session"
    # Rows are only ever added: two states of one session never hold different blocks with one number.
    known = dict(session.numbered_from(0))
    theirs = Blocks.of(blocks).numbered_from(0)
    if any(known.get(number, block) != block for number, block in theirs):
        return f"is of {'' if identity else 'another session, or '}another state of this session with other entries"
    if may_help or not _is_closed(session):
        return ""
    if not theirs:
        return "holds nothing that can be read"
    new = [number for number, _ in theirs if number not in known]
    if new and (identity or len(new) < len(theirs)):
        return ""  # a kill while it was closed: the main file has not got all of it yet
    return f"is of {'another session' if new else 'an older state of this session'}"


def of_session(blocks: Iterable[bytes], identity: bytes) -> list[bytes]:
    """The intact blocks of the session with this identity."""
    return [block for block in blocks if is_intact(block) and identity_of(block) == identity]


def _is_closed(session: Blocks) -> bool:
    for block in reversed(session.documents(BlockKind.FACT)):
        try:
            fact = decode_document(block)
        except ValueError:
            continue
        if fact.get("key") == "closed":
            return fact.get("value") is True
    return False
