"""Where commands put the tables and pages that they make."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from dowel.recordings.errors import UsageError
from dowel.text.sanitise import plain

BESIDE: Final = ":beside"
"""Stands for the path that ``--html`` was given without."""
TABLE: Final = ("a table as CSV", (".csv", ".tsv", ".txt"))
KINDS: Final = {
    "--csv": TABLE,
    "--sets": TABLE,
    "--html": ("a page", (".html", ".htm")),
    "--json": ("JSON", (".json", ".jsonl", ".txt")),
}
"""What each option writes, and how its file may be named."""
OTHER_KINDS: Final = (
    *(".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xls", ".xlsx", ".ods"),
    *(".html", ".htm", ".pdf", ".md", ".doc", ".docx", ".png", ".svg", ".zip"),
)
"""Ends of names by which other programs would take a file for something that it is not."""


def with_pages_beside(arguments: Sequence[str]) -> list[str]:
    """A command line in which an ``--html`` without a path has a word in its place."""
    following = [*arguments, "-"][1:]

    def bare(after: str, last: bool) -> bool:
        meant_as_input = _is_input(after) and sum(map(_is_input, arguments)) == 1
        return last or (after.startswith("-") and after != "-") or meant_as_input

    return [
        f"{argument}={BESIDE}" if argument == "--html" and bare(after, place == len(arguments) - 1) else argument
        for place, (argument, after) in enumerate(zip(arguments, following, strict=True))
    ]


def _is_input(argument: str) -> bool:
    return argument.endswith(".dowel") or (argument != "" and Path(argument).is_dir())


def page_beside(html: str, path: Path | None) -> str:
    """Where ``--html`` writes to; ``path`` is the place of a page that was given none, None where there is no one."""
    if html != BESIDE:
        return html
    if path is None:
        raise UsageError("--html needs a path where there are several sessions.")
    return str(path)


def check_outputs(sessions: Iterable[Path], outputs: Mapping[str, str]) -> None:
    """Raise ``UsageError`` where an output, by its option, is a session or is named like a file of another kind."""
    for option, path in outputs.items():
        if Path(path).suffix == ".dowel" or (path and any(_same(file, Path(path)) for file in sessions)):
            raise UsageError(f"{option} {path} would overwrite a session. Give another name.")
        _check_suffix(option, Path(path))


def _check_suffix(option: str, path: Path) -> None:
    what, fitting = KINDS[option]
    suffix = path.suffix.lower()
    if suffix == ".pdf" and option == "--html":
        page = path.with_suffix(".html")
        raise UsageError(
            f"--html {path}: it writes no PDF. Write {page}, open it in the browser and print it as a PDF."
        )
    if suffix in OTHER_KINDS and suffix not in fitting:
        raise UsageError(f"{option} {path}: it writes {what}. Let the name end in {fitting[0]}.")


def say_of(file: Path, problems: Iterable[str]) -> None:
    """What is wrong with a session, on standard error: beside a table, which has no place for it."""
    for problem in problems:
        print(f"{plain(str(file))}: {plain(problem)}", file=sys.stderr)


def put(path: str, text: str, what: str) -> None:
    """Text to standard output (``-``) or, whole or not at all, to a file; then ``what`` was written is said."""
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))  # a name on the disk may be no text
        sys.stdout.buffer.flush()
        return
    from dowel.text.atomic_write import write_whole

    write_whole(Path(path), text)
    print(f"Written: {path}, {what}.", file=sys.stderr)


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.exists() and one.samefile(other)
