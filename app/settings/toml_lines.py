"""TOML files that people write by hand: in which line something stands, and what is wrong with a file."""

from __future__ import annotations

import re
from pathlib import Path

from dowel.text.sanitise import plain

_HEAD = re.compile(r"\s*\[+\s*([^\]=]+?)\s*\]+\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"\s*([\w.\s\"'-]+?)\s*=")


def place_of(path: Path, text: str, name: str) -> str:
    """The file, and the first line of a table or a setting by its whole dotted name, or of what it stands in."""
    table, best, line = "", "", None
    for number, written in enumerate(text.splitlines(), start=1):
        head, assigned = _HEAD.match(written), _ASSIGNED.match(written)
        if head:
            table = here = _bare(head[1])
        elif assigned:
            here = f"{table}.{_bare(assigned[1])}" if table else _bare(assigned[1])
        else:
            continue
        meant = name if here.startswith(f"{name}.") else here
        if (name == meant or name.startswith(f"{meant}.")) and len(meant) > len(best):
            best, line = meant, number
    return str(path) if line is None else f"{path}, line {line}"


def damaged(path: Path, error: Exception) -> str:
    """What is wrong with a file that is no TOML, and what to do."""
    reason = str(error).replace("(at end of document)", "(last line)").replace("(at ", "(")
    return f"{path} cannot be understood: {plain(reason)}. Correct that line, or move the file away."


def _bare(name: str) -> str:
    """A dotted name without quotes and spaces."""
    return re.sub(r"[\s\"']", "", name)
