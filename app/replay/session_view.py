"""A session that is told again, as the board shows it: like the practice that it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dowel.display.actions import Action
from dowel.display.sensor_health import HEARD_LINK, SensorHealth
from dowel.display.view import Instruction, Phase
from dowel.practice.guided_steps import STEPS
from dowel.recordings.numbers import is_number
from dowel.recordings.session_file.documents import Heard
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import Mark, MarkKind, Sensor
from dowel.sensors.links import LinkState
from dowel.session.following import Followed
from dowel.session.results import SessionResults


class ReplayedSession:
    """What there is to see of a session that is followed slice by slice (see ``view.Shown``)."""

    actions: tuple[Action, ...] = ()
    controls: None = None
    """Nobody can change what has happened."""

    def __init__(self, session: Session, results: SessionResults) -> None:
        self.results = results
        self.now_s = 0.0
        self.in_set = False
        self.instruction: Instruction | None = None
        self.sensors_now: Sequence[SensorHealth] = [_silent_about(sensor) for sensor in session.sensors]
        self._told = sorted(
            (heard for heard in session.heard_rows if heard.kind == HEARD_LINK), key=lambda heard: heard.time_s
        )

    def follow(self, part: Followed) -> None:
        """The next slice."""
        self.now_s = part.now_s
        for mark in part.marks:
            self._take(mark)
        while self._told and self._told[0].time_s <= self.now_s:
            self.sensors_now = _as_told(self._told.pop(0), self.sensors_now)

    def _take(self, mark: Mark) -> None:
        if mark.kind is MarkKind.STEP_START:
            kind = next((kind for kind in STEPS if kind == mark.detail.get("step")), None)
            self.instruction = None if kind is None else Instruction(kind, 0, 0, Phase.RUN, STEPS[kind].say, None)
        elif mark.kind in (MarkKind.STEP_END, *STEPS):
            self.instruction = None
        elif mark.kind in (MarkKind.SET_START, MarkKind.SET):
            self.in_set = True
        elif mark.kind is MarkKind.SET_END:
            self.in_set = False


def _silent_about(sensor: Sensor) -> SensorHealth:
    """A sensor of which nothing is told but that it was there."""
    return SensorHealth(
        sensor.placement, sensor.name, LinkState.STREAMING, sensor.asked_rate_hz or 0.0, sensor.measured_rate_hz
    )


def _as_told(heard: Heard, before: Sequence[SensorHealth]) -> Sequence[SensorHealth]:
    """How the sensors were doing; what cannot be understood, in a file from elsewhere, stays as it was."""
    told = heard.detail.get("sensors")
    if not isinstance(told, list) or len(told) != len(before):
        return before
    return [_health(each, health) for each, health in zip(told, before, strict=True)]


def _health(told: object, before: SensorHealth) -> SensorHealth:
    if not isinstance(told, Mapping) or told.get("state") not in list(LinkState):
        return before
    rssi_dbm = _number(told, "rssi_dbm")
    return replace(
        before,
        state=LinkState(told["state"]),
        rate_hz=_number(told, "rate_hz"),
        battery_pct=_number(told, "battery_pct"),
        rssi_dbm=None if rssi_dbm is None else round(rssi_dbm),
        losses=round(_number(told, "losses") or 0.0),
        clock_ms=_number(told, "clock_ms"),
        breaks=round(_number(told, "breaks") or 0.0),
        lost_samples=round(_number(told, "lost_samples") or 0.0),
        settling=told.get("settling") is True,
    )


def _number(told: Mapping[Any, Any], name: str) -> float | None:
    value = told.get(name)
    return float(value) if is_number(value) and math.isfinite(value) else None
