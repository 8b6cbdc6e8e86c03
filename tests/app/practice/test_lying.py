"""The dead bug practised: led through lying down, reps told by key or by taps, and everything in its own words."""

from __future__ import annotations

import asyncio
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from dowel.analysis.calibration.calibration import Refused
from dowel.analysis.calibration.steps import Span
from dowel.analysis.stances.lying_posture import LyingSteps
from dowel.display.actions import actions_now, perform
from dowel.display.display_state import Board
from dowel.display.terminal_drawing import draw
from dowel.drawing.lines import as_lines
from dowel.drawing.lying import lying_figure
from dowel.drawing.standing import Pose
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import leg_set
from dowel.sensors.simulated.person.lying import lying_steps
from dowel.settings.cue_mode import CueMode
from dowel.web.frames import Around, Frames
from tests.live.rig import Measured, any_sensors, practise

pytestmark = pytest.mark.slow

FRONT = (Placement.PELVIS_FRONT, Placement.STERNUM)
THIGHS = (Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
SET = leg_set(4, arches_deg=(0.0, 12.0), set_marks=False)


def practised(path: Path, places: tuple[Placement, ...], person: Any, **world: Any) -> Measured:
    return practise(path, any_sensors(*places), then=person, drill="dead_bug", cue=CueMode.LIVE, seed=5, **world)


async def calibrated(practice: Any) -> None:
    while not practice.begun or practice.guide.busy:
        await asyncio.sleep(0.5)


def test_reps_are_told_by_key_and_judged_at_the_floor(tmp_path: Path) -> None:
    views: list[Any] = []
    states: list[dict[str, Any]] = []

    async def person(practice: Any, world: Any) -> None:
        board = Board()
        while not practice.begun:
            await asyncio.sleep(0.1)
        board.begin(practice)
        practice.live.listeners.append(lambda marks, events, _: board.hear(marks, events))
        frames = Frames(board, Around)
        await calibrated(practice)
        names = [action.name for action in actions_now(practice)]
        assert "rep" in names
        assert not {"load", "wall", "slump", "spacer"} & set(names)
        while world.lifter.busy:
            await asyncio.sleep(0.1)
        practice.toggle_set()
        await asyncio.sleep(1.5)  # before his first rep
        for _ in range(4):
            await asyncio.sleep(5.6)
            perform(practice, "rep")
            views.append(board.view())
            states.append(json.loads(json.dumps(frames.state(over=False), allow_nan=False)))
            json.loads(frames.now(0, None)[0])
        await asyncio.sleep(1.0)
        practice.toggle_set()
        await asyncio.sleep(1.0)
        views.append(board.view())
        practice.stop()

    path = tmp_path / "x.dowel"
    measured = practised(path, FRONT, person, set_pieces=SET)
    rows = measured.live.results.rep_rows
    assert [row.verdict for row in rows if row.kind == "rep"] == ["held", "lost", "held", "lost"]
    assert {row.contact_lost for row in rows} == {"", "floor"}
    assert [repr(event) for event in analyse(path).events] == [repr(event) for event in measured.live.results.events]
    assert "nobody can move" not in measured.said
    assert {point for view in views for point, _ in view.contacts} == {"floor"}
    text = "\n".join(line.plain for view in views for line in draw(view, 100, 30))
    assert "pressing" in text
    assert "arching" in text
    for elsewhere in ("sacrum", "rod", "rounding", "hinge"):
        assert elsewhere not in text.lower(), elsewhere
    assert states[0]["session"]["lying"]
    assert all(limit != float("inf") for limit in states[0]["limits"].values())


def test_who_lies_already_need_not_lie_down_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused step is asked for again, and whoever stays where they are has done it."""
    lie_down, refused = LyingSteps._lying, []

    def refuse_once(steps: LyingSteps, span: Span) -> Refused | None:
        if refused:
            return lie_down(steps, span)
        refused.append(span)
        return Refused("not one posture")

    async def person(practice: Any, world: Any) -> None:
        await calibrated(practice)
        practice.stop()

    monkeypatch.setattr(LyingSteps, "_lying", refuse_once)
    measured = practised(tmp_path / "x.dowel", FRONT, person, refusals=1)
    first, second = (mark for mark in measured.live.results.marks if mark.kind == MarkKind.LYING)
    assert second.end_s - first.end_s < 6.0


def test_with_sensors_on_the_thighs_reps_have_a_side_and_need_no_key(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        await calibrated(practice)
        assert "rep" not in [action.name for action in actions_now(practice)]
        practice.toggle_set()
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        await asyncio.sleep(2.0)
        practice.stop()

    measured = practised(tmp_path / "x.dowel", (*FRONT, *THIGHS), person, set_pieces=SET)
    rows = measured.live.results.rep_rows
    assert [(row.kind, row.side) for row in rows] == [("rep", "left"), ("rep", "right")] * 2
    assert [row.verdict for row in rows] == ["held", "lost"] * 2


def test_without_marks_holds_are_rows(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        await calibrated(practice)
        practice.toggle_set()
        await asyncio.sleep(25.0)
        practice.stop()

    measured = practised(tmp_path / "x.dowel", FRONT, person, set_pieces=SET)
    rows = measured.live.results.rep_rows
    assert [row.kind for row in rows] == ["hold", "hold"]
    assert "rep done" not in measured.said


def test_a_range_that_is_too_small_begins_anew_with_standing(tmp_path: Path) -> None:
    """The sensor is to be moved, so it must be seen to lie down again."""

    async def person(practice: Any, world: Any) -> None:
        usual = world.lifter._actions
        world.lifter._actions = {**usual, MarkKind.RELAXED: lying_steps(2.0)[MarkKind.RELAXED]}
        while not practice.begun or "onto bone" not in practice.guide.instruction.problem:
            await asyncio.sleep(0.1)
        world.lifter._actions = usual
        await calibrated(practice)
        practice.stop()

    measured = practised(tmp_path / "x.dowel", FRONT, person, refusals=1)
    steps = [mark.kind for mark in measured.live.results.marks if mark.kind in ("still", "lying", "pressed", "relaxed")]
    in_turn = [kind for kind, _ in groupby(steps)]  # one that was begun too soon after getting up is repeated
    assert in_turn == ["still", "lying", "pressed", "relaxed", "still", "lying", "pressed", "relaxed", "pressed"]
    assert measured.live.results.calibration is not None
    assert measured.live.results.calibration.basis == "pressed"


@pytest.mark.parametrize("thigh_deg", [None, 0.0, 65.0])
def test_the_lying_figure_leaves_the_floor_as_it_arches(thigh_deg: float | None) -> None:
    flat, arched = (
        lying_figure(Pose(0.0, 0.0, deviation, thigh_lean_deg=thigh_deg, figure="lying")) for deviation in (2.0, -10.0)
    )
    gaps = [figure.points["floor"].body[1] - figure.points["floor"].rod[1] for figure in (flat, arched)]
    assert gaps[0] == pytest.approx(0.0)
    assert gaps[1] > 0.01
    assert flat.box is not None
    for x, y in (*arched.torso, *arched.leg_outline, *arched.foot, *arched.arm, *arched.face):
        assert flat.box["left"] <= x <= flat.box["right"]
        assert flat.box["bottom"] <= y <= flat.box["top"]
    assert json.loads(json.dumps(as_lines(arched), allow_nan=False))["box"] == dict(flat.box)
    width, height = flat.box["right"] - flat.box["left"], flat.box["top"] - flat.box["bottom"]
    scale_px = min(366.0 / width, 196.0 / height)  # the card of a phone
    under_px = scale_px * (flat.points["floor"].rod[1] - flat.box["bottom"])
    assert under_px >= 58.0, "a mark of 18 px and two lines of 13 hang under the floor"
