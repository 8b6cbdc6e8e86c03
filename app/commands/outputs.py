"""Where commands put the tables and pages that they make."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from dowel.recordings.errors import UsageError


def refuse_to_overwrite(sessions: Iterable[Path], outputs: Mapping[str, str]) -> None:
    """Raise ``UsageError`` where an output, by its option, is one of these sessions or is named like one."""
    for option, path in outputs.items():
        if Path(path).suffix == ".dowel" or (path and any(_same(file, Path(path)) for file in sessions)):
            raise UsageError(f"{option} {path} would overwrite a session. Give another name.")


def put(path: str, text: str, what: str) -> None:
    """Text to standard output (``-``) or, whole or not at all, to a file; then ``what`` was written is said."""
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    from dowel.text.atomic_write import write_whole

    write_whole(Path(path), text)
    print(f"Written: {path}, {what}.", file=sys.stderr)


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.exists() and one.samefile(other)
