"""The file of an imported session: it comes to its place when it is whole, and never onto another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, Sensor
from dowel.sensors.stream.replay import PIECE_BYTES

PIECES_AT_ONCE: Final = 1000
"""So many pieces of an original wait for the disk at most: some 3.5 MB (judgement)."""


@contextmanager
def writing_in(place: Path) -> Iterator[None]:
    """Raises ``InputError`` with the folder and the reason where it cannot be written; reading is never inside."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The session could not be written, and nothing was left behind. The folder {place}: "
            f"{error.strerror or error}. Check that folder and its free space, or choose another."
        ) from error


def write_session(
    folder: Path,
    out: Path,
    sensors: Sequence[Sensor],
    facts: Mapping[str, Any],
    files: Sequence[Path],
    marks: Sequence[Mark],
) -> None:
    """Write the session in a folder of its own beside its place, and put it there only when it is whole."""
    whole = folder / "session" / out.name
    try:
        whole.parent.mkdir()
        with SessionWriter(whole, sensors, facts) as writer:
            for index, file in enumerate(files):
                with file.open("rb") as packed_file:
                    for number, piece in enumerate(iter(partial(packed_file.read, PIECE_BYTES), b"")):
                        writer.notify(index, 0, piece)
                        if number % PIECES_AT_ONCE == 0:
                            writer.flush()
            for mark in marks:
                writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail, added=True)
        _put(whole, out)
    except FileExistsError as error:
        raise InputError(f"{out} exists already, and a session is never overwritten. Choose another name.") from error
    except InputError as error:
        raise InputError(
            f"{out} could not be written, and nothing was left behind. Check the disk and its free space."
        ) from error


def _put(whole: Path, out: Path) -> None:
    """Move a file to its place; never onto another, also not onto one that has just been created."""
    try:
        out.hardlink_to(whole)
    except FileExistsError:
        raise
    except OSError:  # this disk knows no hard links
        if out.exists():
            raise FileExistsError(out) from None
        whole.rename(out)
