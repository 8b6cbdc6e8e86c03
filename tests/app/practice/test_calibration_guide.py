"""The calibration leads itself through: steps begin and end by themselves, and are asked for again when refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dowel.analysis.events import Calibrated, StepRefused
from dowel.analysis.stances.standing import STANDING
from dowel.display.view import Instruction, Phase
from dowel.practice.calibration_guide import Guide
from dowel.practice.guided_steps import STEPS
from dowel.practice.live_session import LiveSession
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import (
    Fidget,
    Hinge,
    Link,
    Person,
    Piece,
    SensorSlip,
    SimulatedSensor,
    Simulation,
    Stand,
    Turn,
    simulate,
)
from tests.app.practice.played import play

pytestmark = pytest.mark.slow

ROD_HINGE = Hinge(75.0, 3.0, 0.5, 2.5, 1.5, rod=True, kind="rod_hinge")
RELAXED = Stand(10.0)  # longer than the still step takes; the rod is taken up while the next one waits for it
HOLDING = Stand(11.0, rod=True)
CALM = Link(stalls_per_min=0.0, samples_per_notification=10)
"""Few notifications, as each costs a run of the analysis."""


def simulation(*pieces: Piece, link: Link = CALM) -> Simulation:
    places = (Placement.UPPER_BACK, Placement.SACRUM)
    return simulate(pieces, [SimulatedSensor(place, link=link) for place in places], seed=5)


def led(
    session: Simulation, path: Path, steps: tuple[MarkKind, ...] = STANDING.with_rod
) -> tuple[LiveSession, list[Instruction]]:
    told: list[Instruction] = []

    def prepare(live: LiveSession) -> Guide:
        guide = Guide(live, told.append)
        guide.start([STEPS[kind] for kind in steps])
        return guide

    return play(session, path / "led.dowel", prepare), told


def calibrations(live: LiveSession) -> list[Calibrated]:
    return [event for event in live.results.events if isinstance(event, Calibrated)]


def test_a_calibration_with_the_rod_needs_no_hands(tmp_path: Path) -> None:
    live, told = led(simulation(RELAXED, HOLDING, ROD_HINGE, ROD_HINGE, ROD_HINGE, Stand(6.0)), tmp_path)
    assert [each.step for each in told if each.phase is Phase.PREPARE] == list(STANDING.with_rod)
    assert told[-1].phase is Phase.DONE
    assert not [each.problem for each in told if each.problem]
    (found,) = calibrations(live)
    assert found.calibration.name == "rod"
    assert [mark.kind for mark in live.results.marks if mark.kind in STANDING.with_rod] == list(STANDING.with_rod)
    assert not [event for event in live.results.events if isinstance(event, StepRefused)]
    # what it marked gives the same on replay
    assert [repr(event) for event in analyse(live.results.path).events] == [repr(e) for e in live.results.events]


def test_without_a_rod(tmp_path: Path) -> None:
    bend = Hinge(75.0, 3.0, 0.5, 2.5, 1.5, kind="stance_bend")
    live, told = led(simulation(Stand(18.0), bend, bend, bend, Stand(6.0)), tmp_path, STANDING.calibration)
    assert told[-1].phase is Phase.DONE
    assert [event.calibration.basis for event in calibrations(live)] == ["stance"]


def test_who_moves_in_a_hold_begins_it_anew_and_is_told(tmp_path: Path) -> None:
    pieces = (RELAXED, Stand(6.0, rod=True), Turn(), HOLDING, Stand(4.0, rod=True), *[ROD_HINGE] * 3, Stand(6.0))
    live, told = led(simulation(*pieces), tmp_path)
    moved = [each for each in told if each.problem.startswith("You moved")]
    assert {each.step for each in moved} == {MarkKind.ROD_HOLD}
    assert told[-1].phase is Phase.DONE
    assert len(calibrations(live)) == 1


def test_the_still_step_does_not_pass_while_the_person_is_restless(tmp_path: Path) -> None:
    _, told = led(simulation(Fidget(25.0, 12.0), Stand(1.0)), tmp_path)
    assert {each.step for each in told} == {MarkKind.STILL}
    assert any(each.problem == "Waiting for you to stand still." for each in told)


def test_too_few_hinges_are_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    pieces = (RELAXED, HOLDING, ROD_HINGE, ROD_HINGE, Stand(40.0), *[ROD_HINGE] * 3, Stand(6.0))
    live, told = led(simulation(*pieces), tmp_path)
    refused = [event for event in live.results.events if isinstance(event, StepRefused)]
    assert [event.step for event in refused] == ["rod_hinges"]
    assert any("2 of 3 hinges" in each.problem for each in told)
    assert told[-1].phase is Phase.DONE
    assert len(calibrations(live)) == 1


def test_a_hold_that_the_hinges_contradict_is_asked_for_again(tmp_path: Path) -> None:
    moved = SensorSlip(Placement.UPPER_BACK, 9.0)
    pieces = (RELAXED, HOLDING, moved, *[ROD_HINGE] * 3, Stand(14.0, rod=True), *[ROD_HINGE] * 3, Stand(6.0))
    live, told = led(simulation(*pieces), tmp_path)
    refused = [event for event in live.results.events if isinstance(event, StepRefused)]
    assert [event.step for event in refused] == ["rod_hinges"]
    asked = [each.step for each in told if each.phase is Phase.PREPARE]
    assert asked == [MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES]
    assert told[-1].phase is Phase.DONE
    assert len(calibrations(live)) == 1


def test_who_is_out_of_breath_is_led_through(tmp_path: Path) -> None:
    person = Person(sway_deg=0.6, breath_deg=2.2, breath_hz=0.6)
    pieces = (RELAXED, HOLDING, ROD_HINGE, ROD_HINGE, ROD_HINGE, Stand(6.0))
    sensors = [SimulatedSensor(place, link=CALM) for place in (Placement.UPPER_BACK, Placement.SACRUM)]
    _, told = led(simulate(pieces, sensors, seed=5, person=person), tmp_path)
    assert told[-1].phase is Phase.DONE
    assert not [each.problem for each in told if each.problem]


@pytest.mark.parametrize("lost_s", [4.0, 15.0])
def test_a_sensor_that_sends_nothing_is_waited_for(tmp_path: Path, lost_s: float) -> None:
    """The step goes on by itself when it is back."""
    link = replace(CALM, dropouts_s=((0.0, lost_s),))
    pieces = (Stand(10.0 + lost_s), HOLDING, ROD_HINGE, ROD_HINGE, ROD_HINGE, Stand(6.0))
    late = simulate(
        pieces,
        [SimulatedSensor(Placement.UPPER_BACK, link=CALM), SimulatedSensor(Placement.SACRUM, link=link)],
        seed=5,
    )
    _, told = led(late, tmp_path)
    assert any(each.problem == "Waiting for the sacrum sensor: it sends nothing." for each in told)
    assert told[-1].phase is Phase.DONE


def test_the_calibration_can_be_repeated_in_mid_session(tmp_path: Path) -> None:
    once = (RELAXED, HOLDING, ROD_HINGE, ROD_HINGE, ROD_HINGE, Stand(6.0))
    told: list[Instruction] = []

    def prepare(live: LiveSession) -> Guide:
        guide = Guide(live, told.append)
        steps = [STEPS[kind] for kind in STANDING.with_rod]
        guide.start(steps)
        asyncio.get_running_loop().call_later(simulation(*once).duration_s, guide.start, steps)
        return guide

    live = play(simulation(*once, *once), tmp_path / "again.dowel", prepare)
    assert [each.phase for each in told].count(Phase.DONE) == 2
    assert len(calibrations(live)) == 3  # the second hold gives a new zero at once, its hinges the rest
