"""Files that are put in place whole, and why one could not be written, in words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dowel.recordings.errors import InputError
from dowel.text.own_files import OWN_FILE, make_own_folder


def write_whole(path: Path, text: str, *, own: bool = False) -> None:
    """Write a file, whole or not at all. Raises ``InputError`` where that cannot be done.

    Half a character (in a name that is no text) becomes a question mark.

    ``own``: nobody but its owner can read it, whatever the umask.
    """
    if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced
        with writing(path):
            path.write_text(text, encoding="utf-8", errors="replace", newline="")
        return
    with whole_file(path) as whole:
        whole.write_text(text, encoding="utf-8", errors="replace", newline="")
        if own:
            whole.chmod(OWN_FILE)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write a file that is then put in place, whole or not at all. Raises ``InputError``, as ``writing``."""
    path = path.resolve()
    with writing(path), tempfile.TemporaryDirectory(prefix=".dowel-", dir=path.parent) as folder:
        whole = Path(folder, path.name)
        yield whole
        whole.replace(path)


def write_own(path: Path, text: str, otherwise: str) -> None:
    """Write a file of the user's own, and the folders that are missing for it, so that nobody else can read them.

    Raises ``InputError`` where that cannot be done; ``otherwise`` says what to do where its folder cannot be made.
    """
    try:
        make_own_folder(path.parent)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be made ({error.strerror or error}). {otherwise}") from error
    write_whole(path, text, own=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """While this is written: ``InputError`` with the reason and what to do, where the system says that it cannot be."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path}: the folder {path.parent} does not exist. Create it or choose another.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror or error}). Choose another place.") from error
