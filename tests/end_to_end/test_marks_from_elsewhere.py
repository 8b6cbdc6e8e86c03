"""A session from somewhere else may say anything in its marks: one sentence, never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.types import Mark, MarkKind, Notifications, Placement, Sensor, StreamSlice
from dowel.session.engine import Engine

pytestmark = pytest.mark.slow

SENSORS = [Sensor(Placement.SACRUM, "decoded", asked_rate_hz=100.0)]


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (MarkKind.CALIBRATION, {}),
        (MarkKind.CALIBRATION, {"basis": "rod", "frames": [1, 2]}),
        (MarkKind.LOAD, {"load_kg": "heavy"}),
        (MarkKind.SET_START, {"load_kg": [16]}),
        (MarkKind.HEIGHT, {}),
        (MarkKind.DRILL, {"name": "dowel_hinge"}),
    ],
)
def test_a_mark_that_cannot_be_understood(kind: MarkKind, detail: dict[str, Any]) -> None:
    engine = Engine(SENSORS, 0)
    with pytest.raises(InputError, match=rf"The {kind} mark at -1.0 s cannot be understood \("):
        engine.feed(StreamSlice([Notifications.none()], [Mark(0, kind, -1.0, -1.0, detail)]))
