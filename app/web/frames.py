"""What a viewer is told of a session, as data for the page: a ``state`` to read, and a ``now`` to watch.

Texts are sent as they are: the page puts them in as text, never as markup.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dowel.analysis.contact.limits import (
    GAP_HEAD_MM_PER_DEG,
    GAP_UPPER_BACK_MM_PER_DEG,
    Limits,
    sacrum_mm_per_deg,
)
from dowel.analysis.repetitions.measures import PAUSE_DEG_S, phases, speed
from dowel.analysis.stances.base import Telling
from dowel.display.display_state import Board, drill_of, known
from dowel.display.moment import told_now
from dowel.display.player import Player
from dowel.display.sensor_health import SensorHealth
from dowel.display.view import Ending, Shown, View
from dowel.drawing.figures import drawn
from dowel.drawing.lines import as_lines
from dowel.drawing.standing import Pose
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import Placement
from dowel.session.option_ranges import LOAD_KG, WALL_CM
from dowel.text.sanitise import plain

TRACE_S: Final = 20.0
"""How far back the trace of the deviation goes."""
NEVER_DEG: Final = 360.0
TRACE_POINTS: Final = 4
"""Every fourth grid point: as many as there are frames, and more than a screen shows."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the page must know besides the session: whether it is told again, which cues there are, who can join.

    ``cues``: None where none can be chosen. ``invitation``: the code that a phone is awaited with, None for none.
    ``player``: what leads the replay, ``told`` which session it tells: the page asks for a timeline when it changes.
    ``ending``: how the practice ended; None until then.
    """

    replay: bool = False
    player: Player | None = None
    told: int = 0
    cues: Mapping[str, Any] | None = None
    can_invite: bool = False
    invitation: Mapping[str, Any] | None = None
    ending: Ending | None = None


class Frames:
    """Makes frames of a board, and of what is ``around`` it."""

    def __init__(self, board: Board, around: Callable[[], Around]) -> None:
        self._board = board
        self._around = around
        self._common_point = -1
        self._common: dict[str, Any] = {}

    # --- what is read ---

    def state(self, *, over: bool) -> dict[str, Any]:
        """Everything that changes seldom."""
        view, shown, around = self._board.view(), self._board.shown, self._around()
        over = over or around.ending is not None
        drill = drill_of(shown.results) if shown is not None else self._board.drill
        facts = shown.results.facts if shown is not None else {}
        names = [action.name for action in view.actions] if shown is not None and not over else []
        return {
            "session": {
                "drill": plain(view.drill),
                "taps": drill is not None and drill.taps,
                "lying": drill is not None and drill.stance.telling.figure == "lying",
                "person": plain(view.person),
                "file": plain(view.file),
                "simulated": bool(facts.get("simulated")),
                "replay": around.replay,
            },
            "over": over,
            "end": _end(around.ending),
            "step": _step(view, asking=shown is None),
            "calibrated": view.limits is not None,
            "calibrating": shown is not None and shown.instruction is not None,
            "set": view.set_number,
            "reps": view.reps,
            "load_kg": view.load_kg,
            "wall_cm": view.wall_cm,
            "bounds": {"load_kg": dataclasses.asdict(LOAD_KG), "wall_cm": dataclasses.asdict(WALL_CM)},
            "last": [dataclasses.asdict(bend) for bend in view.last],
            "limits": _limits(view.limits),
            "sensors": [_sensor(sensor) for sensor in view.sensors],
            "messages": [{"text": plain(message.text), "warning": message.warning} for message in view.messages],
            "commands": names,
            "summary": _summary(view),
            "player": _player(around.player, around.told),
            "cues": around.cues,
            "can_invite": around.can_invite,
            "invitation": around.invitation,
        }

    # --- what is watched ---

    def forget(self) -> None:
        """The same grid point may look otherwise from here on: another session is told."""
        self._common_point = -1

    def point_at(self, ago_s: float) -> int:
        """The grid point so many seconds from the latest; negative is earlier."""
        shown = self._board.shown
        return 0 if shown is None else max(_next_point(shown) + round(ago_s * GRID_HZ), 0)

    def now(self, trace_from: int, tone: float | None) -> tuple[str, int]:
        """The latest moment as JSON, with the trace from a grid point on, and where the next trace begins."""
        shown = self._board.shown
        if shown is None:
            return '{"t":0,"trace":[]}', 0
        results, stop = shown.results, _next_point(shown)
        start = max(trace_from, stop - round(TRACE_S * GRID_HZ), round(results.kept_from_s * GRID_HZ))
        start += -start % TRACE_POINTS
        span_s = start / GRID_HZ, stop / GRID_HZ
        deviation = results.deviation_deg(*span_s)[::TRACE_POINTS]
        angles = results.bend_angle_deg(*span_s)[::TRACE_POINTS]
        trace = [
            [point / GRID_HZ, _rounded(dev), _rounded(angle)]
            for point, dev, angle in zip(
                range(start, stop, TRACE_POINTS), deviation.tolist(), angles.tolist(), strict=True
            )
        ]
        common = self._moment(shown, stop)
        after = start + TRACE_POINTS * len(trace)
        return json.dumps({**common, "tone": tone, "trace": trace}, separators=(",", ":"), allow_nan=False), after

    def _moment(self, shown: Shown, stop: int) -> dict[str, Any]:
        """What is the same for all viewers at a grid point; computed once."""
        told = shown.instruction
        if stop != self._common_point:
            self._common_point, self._common = stop, _moment(shown, stop)
        self._common["progress"] = told.progress if told is not None else None
        return self._common


def _next_point(shown: Shown) -> int:
    """The grid point after the latest that was analysed."""
    return round(shown.results.analysed_until_s * GRID_HZ)


def _moment(shown: Shown, stop: int) -> dict[str, Any]:
    results, now = shown.results, shown.results.now
    angles, calibration = now.angles, now.calibration
    leans = {place: known(lean_deg) for place, lean_deg in angles.lean_deg.items()}
    deviation_deg, head_deg = known(angles.deviation_deg), known(angles.head_deviation_deg)
    rounded, arched = max(deviation_deg or 0.0, 0.0), min(deviation_deg or 0.0, 0.0)
    sacrum_mm = rounded * sacrum_mm_per_deg(calibration.lever_m if calibration else None)
    upper_back_mm, head_mm = -arched * GAP_UPPER_BACK_MM_PER_DEG, abs(head_deg or 0.0) * GAP_HEAD_MM_PER_DEG
    told = told_now(shown)
    trunk = [known(angles.pelvis_lean_deg), known(angles.chest_lean_deg)]
    pose = Pose(
        trunk[0],
        trunk[1],
        deviation_deg,
        head_deg,
        thigh_lean_deg=_thigh_deg(leans, results.stance.telling),
        shank_lean_deg=leans.get(Placement.SHANK),
        gap_sacrum_mm=sacrum_mm,
        gap_upper_back_mm=upper_back_mm,
        gap_head_mm=head_mm,
        height_m=results.setting.height_m,
        figure=results.stance.telling.figure,
    )
    return {
        "t": round(stop / GRID_HZ, 2),
        "sacrum_lean_deg": _rounded(trunk[0]),
        "upper_back_lean_deg": _rounded(trunk[1]),
        "deviation_deg": _rounded(deviation_deg),
        "head_deg": _rounded(head_deg),
        "contacts": {point: str(contact) for point, contact in now.contacts.items()},
        "told": {"why": told.why, "todo": told.todo},
        "gaps_mm": {"sacrum": round(sacrum_mm), "upper_back": round(upper_back_mm), "head": round(head_mm)},
        "phase": _phase(shown, stop),
        "figure": as_lines(drawn(pose)) if any(lean is not None for lean in trunk) else None,
    }


def _thigh_deg(leans: Mapping[Placement, float | None], telling: Telling) -> float | None:
    """Of two thighs, right and left, the one that is drawn in a stance."""
    both = [leans.get(place) for place in (Placement.THIGH_RIGHT, Placement.THIGH_LEFT)]
    thighs = [lean for lean in both if lean is not None]
    return telling.thigh(thighs) if thighs else None


def _phase(shown: Shown, stop: int) -> dict[str, Any] | None:
    """Where the bend under way stands, and how long its phases have taken so far."""
    began_s = shown.results.now.bend_began_s
    if began_s is None:
        return None
    angle = shown.results.bend_angle_deg(began_s, stop / GRID_HZ)
    if len(angle) < 3 or not np.isfinite(angle).all():
        return None
    rate = speed(angle)
    found = phases(rate, int(np.argmax(angle)))
    rising = len(angle) - 1 - found.bottom_end
    name = "rising" if rising > 0 else "lowering" if rate[-1] > PAUSE_DEG_S else "bottom"
    return {
        "name": name,
        "lowering_s": round(found.bottom_start / GRID_HZ, 1),
        "bottom_s": round((found.bottom_end - found.bottom_start) / GRID_HZ, 1),
        "rising_s": round(max(rising, 0) / GRID_HZ, 1),
    }


def _step(view: View, *, asking: bool) -> dict[str, Any] | None:
    step = view.step
    if step is None:
        return None
    return {
        "title": plain(step.title),
        "say": plain(step.say),
        "number": step.number,
        "count": step.count,
        "problem": plain(step.problem),
        "asking": asking,
    }


def _player(player: Player | None, told: int) -> dict[str, Any] | None:
    if player is None:
        return None
    return {"told": told, "playing": player.playing, "over": player.over, "moving": player.moving}


def timeline_of(player: Player) -> dict[str, Any]:
    """What happens when in a session that is told again, and the sessions that can be told instead."""
    timeline = player.timeline
    return {
        "began_s": timeline.began_s,
        "ended_s": timeline.ended_s,
        **{
            name: [{**each._asdict(), "name": plain(each.name)} for each in spans]
            for name, spans in (("sets", timeline.sets), ("reps", timeline.reps), ("losses", timeline.losses))
        },
        "others": [plain(name) for name in player.others],
    }


def _summary(view: View) -> dict[str, Any] | None:
    """The set that is over; nothing once the next has begun."""
    if not view.summary:
        return None
    return {"set": view.set_over, "text": plain(view.summary), "advice": plain(view.advice)}


def _end(ending: Ending | None) -> dict[str, Any] | None:
    """How the practice ended, and what comes next."""
    if ending is None:
        return None
    commands = [{"command": plain(each.command), "what": each.what} for each in ending.commands]
    told = {"sentence": ending.sentence, "work_on": ending.work_on, "report": ending.report}
    return {**{name: plain(text) for name, text in told.items()}, "commands": commands}


def _limits(limits: Limits | None) -> dict[str, Any] | None:
    """As the page knows them; one that nothing passes is farther than anybody bends."""
    if limits is None:
        return None
    told = dataclasses.asdict(limits)
    return {name: NEVER_DEG if value == math.inf else value for name, value in told.items()}


def _sensor(sensor: SensorHealth) -> dict[str, Any]:
    return {
        "placement": sensor.placement.words,
        "state": str(sensor.state),
        "name": plain(sensor.name),
        "rate_hz": _rounded(sensor.rate_hz),
        "asked_rate_hz": sensor.asked_rate_hz or None,
        "battery_pct": _rounded(sensor.battery_pct),
        "rssi_dbm": sensor.rssi_dbm,
        "gaps": sensor.gaps,
        "clock_ms": _rounded(sensor.clock_ms),
        "lost": sensor.lost_samples,
        "settling": sensor.settling,
    }


def _rounded(value: float | None) -> float | None:
    """One digit, as the page shows it; None where nothing is known."""
    return None if value is None or not math.isfinite(value) else round(value, 1) + 0.0
