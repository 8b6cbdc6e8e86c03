"""Whether files are as they were when their bytes were last read, told by what the file system says of them.

As git tells it, and with the same care: the time of change must be one that no program can set, kept by the kernel of
this computer, and old enough that no later change can carry the same one. Wherever that is not known, nothing is told,
and the bytes are read.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SETTLED_S: Final = 60.0
"""A change is told by its time once it is so old: far more than the grain of any clock, and twice what Linux lets a
page wait that was written through memory, whose time of change is that of the first write (judgement)."""
_KEEP_CHANGE_TIMES: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})
"""Not in it: what other computers write too, what keeps no such time (FAT), or none of writes through memory."""


def settled_state(files: Iterable[Path]) -> bytes | None:
    """What identifies these files with the bytes that they hold now; None where nothing tells that. Raises OSError."""
    now_ns = time.time_ns()
    digest = hashlib.sha256(b"files")
    devices = _devices()
    for file in files:
        status = file.stat()
        changed_ns = max(status.st_ctime_ns, status.st_mtime_ns)
        if status.st_dev not in devices or now_ns - changed_ns < SETTLED_S * 1e9:
            return None
        told = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        digest.update(f"{file}\0{told}\0".encode("utf-8", "surrogateescape"))
    return digest.digest()


def _devices() -> frozenset[int]:
    """The devices with a file system whose times of change can be relied on."""
    if sys.platform != "linux":
        return frozenset()
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    found = set()
    for line in lines:  # proc_pid_mountinfo(5): the third field is the device, the type comes after a hyphen
        mount, _, source = line.partition(" - ")
        if source.split(" ", 1)[0] in _KEEP_CHANGE_TIMES:
            major, minor = mount.split(" ")[2].split(":")
            found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)
