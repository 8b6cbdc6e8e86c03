"""Reading a file that somebody named: an ordinary one, and no more of it than it may have."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_ordinary(path: Path, most_bytes: int) -> bytes:
    """All of a file.

    Raises OSError, at once and with a reason, for a pipe that nobody writes into, a device, and whatever has more than
    ``most_bytes``, whatever size it claims to have. The null device is an empty file.

    Parameters
    ----------
    path
        The file.
    most_bytes
        So much it may have.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) and not path.samefile(os.devnull):
            what = "it is a folder" if stat.S_ISDIR(mode) else "it is no ordinary file"
            raise OSError(errno.EINVAL, what, str(path))
        file = os.fdopen(descriptor, "rb", closefd=False)
        size = os.fstat(descriptor).st_size
        data = file.read(min(size, most_bytes) + 1)  # what is asked for is set aside at once
        if len(data) > size:  # it has more than it claims
            data += file.read(most_bytes + 1 - len(data))
    finally:
        os.close(descriptor)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes / 2**20:.3g} MB", str(path))
    return data
