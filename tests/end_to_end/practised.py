"""``python -m tests.end_to_end.practised --out FILE --log LOG``: a real practice that also says what arrived.

It is ``dowel practice --simulate``, except that each notification goes to the log, which nothing buffers, before the
session gets it. So after a kill the log tells what the session must hold.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from dowel.practice import practice as practice_module
from dowel.practice.live import LiveSession
from dowel.practice.options import PracticeOptions
from dowel.practice.program import practise
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


def main() -> int:
    """Practise, and log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    asked = parser.parse_args()
    log = os.open(asked.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    class Logged(LiveSession):
        def notify(self, sensor: int, arrival_ns: int, payload: bytes) -> None:
            os.write(log, _HEAD.pack(sensor, arrival_ns, len(payload)) + payload)
            super().notify(sensor, arrival_ns, payload)

    names: Any = practice_module
    names.LiveSession = Logged
    options = PracticeOptions(SessionSetup(), asked.out, CueMode.LIVE, sensors=ADDRESSES, simulated=True)
    return practise(options, started_at=datetime.now(UTC))


if __name__ == "__main__":
    sys.exit(main())
