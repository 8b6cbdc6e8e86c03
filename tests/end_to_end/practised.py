"""``python -m tests.end_to_end.practised``: a real practice, to be killed, that also says what arrived.

It is ``dowel practice --simulate``, except that each notification goes to a log, which nothing buffers, before the
session gets it. So after a kill the log tells what the session must hold. Each line on stdin, ``FILE<tab>LOG``, begins
one in a process of its own: forked, so that twenty of them import the program once.
"""

from __future__ import annotations

import importlib
import os
import signal
import struct
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from dowel.practice import practice as practice_module
from dowel.practice.live_session import LiveSession
from dowel.practice.options import PracticeOptions
from dowel.practice.run_practice import practise
from dowel.recordings.types import Placement
from dowel.session.setup import SessionSetup
from dowel.settings.cue_mode import CueMode

ADDRESSES: Final = {Placement.UPPER_BACK: "F0:00:00:00:01:01", Placement.SACRUM: "F0:00:00:00:01:02"}
"""Of the sensors behind ``--simulate``."""

_HEAD: Final = struct.Struct("<BQH")


class Arrived(NamedTuple):
    """One line of the log."""

    sensor: int
    arrival_ns: int
    payload: bytes


def arrivals(log: Path) -> Iterator[Arrived]:
    """What the log holds; a last line that a kill has cut is left out."""
    data, at = log.read_bytes(), 0
    while at + _HEAD.size <= len(data):
        sensor, arrival_ns, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length <= len(data):
            yield Arrived(sensor, arrival_ns, data[at : at + length])
        at += length


def practised(out: Path, log: Path) -> int:
    """Practise into a file, and log."""
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    class Logged(LiveSession):
        def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> None:
            os.write(written, _HEAD.pack(sensor, arrival_ns, len(payload)) + payload)
            super().notify(sensor, arrival_ns, payload)

    names: Any = practice_module
    names.LiveSession = Logged
    options = PracticeOptions(SessionSetup(), out, CueMode.LIVE, sensors=ADDRESSES, simulated=True)
    return practise(options, started_at=datetime.now(UTC))


def main() -> None:
    """A practice for each line, in a process of its own; says the number of that process."""
    importlib.import_module("dowel.sensors.simulated.world")  # which a practice only imports when it is simulated
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for line in sys.stdin:
        out, log = map(Path, line.rstrip("\n").split("\t"))
        pid = os.fork()
        if pid == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1):
                os.dup2(nowhere, stream)
            sys.exit(practised(out, log))
        print(pid, flush=True)


if __name__ == "__main__":
    main()
