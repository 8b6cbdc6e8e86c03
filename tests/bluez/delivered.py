"""What was handed on to the program, and what a session holds of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dowel.recordings.session_file.session_reader import open_session
from dowel.sensors.drivers import witmotion


class Delivered(NamedTuple):
    """A notification that went to the bus, or to the real kernel."""

    at_ns: int
    value: str


def delivered(log: Path, sensor: str) -> list[Delivered]:
    """What went there from one sensor's data characteristic."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    own = [line for line in lines if line["sensor"] == sensor and line["characteristic"] == witmotion.DATA]
    return [Delivered(line["at_ns"], line["value"]) for line in own]


def recorded(path: Path, sensor: str) -> list[str]:
    """What a session holds of one sensor, in hex."""
    with open_session(path) as session:
        index = [str(each.placement) for each in session.sensors].index(sensor)
        own = session.notifications(index)
    ends = np.cumsum(own.length)
    return [own.payload[end - length : end].hex() for end, length in zip(ends, own.length, strict=True)]


def stretches(part: list[str], whole: list[Delivered]) -> list[range]:
    """Where ``part`` stands in ``whole``: in one piece, or in several with something left out between them.

    ``ValueError`` when it is not so: something is doubled, in another order, or was never sent.
    """
    values = [each.value for each in whole]
    found = [range(0)]
    for value in part:
        at = values.index(value, found[-1].stop)
        if len(found[-1]) and at == found[-1].stop:
            found[-1] = range(found[-1].start, at + 1)
        else:
            found.append(range(at, at + 1))
    return found[1:]
