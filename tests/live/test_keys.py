"""What a person does with keys while a practice runs, and what stands in the file of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dowel.cues.cue import CueKind
from dowel.display.display_state import Board
from dowel.display.view import Phase
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import set_of_hinges
from dowel.settings.cue_mode import CueMode
from tests.live.rig import any_sensors, practise

pytestmark = pytest.mark.slow


def test_sets_notes_and_a_rep_taken_back(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.undo_rep()  # there is none
        practice.toggle_set()  # which the lifter obeys
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        await asyncio.sleep(3.0)
        practice.undo_rep()
        practice.note("too fast")
        practice.toggle_set()
        await asyncio.sleep(1.0)
        practice.stop()

    path = tmp_path / "x.dowel"
    measured = practise(path, any_sensors(), then=person, seed=5, set_pieces=set_of_hinges(3, set_marks=False))
    assert "There is no rep to take back." in measured.said
    assert [row.rep for row in measured.live.results.rep_rows] == [1, 2]
    assert measured.live.results.set_rows[0].reps == 2
    with open_session(path) as session:
        notes = [mark.detail["text"] for mark in session.marks if mark.kind is MarkKind.NOTE]
    assert notes == ["too fast"]
    assert [repr(event) for event in analyse(path).events] == [repr(event) for event in measured.live.results.events]


def test_a_rep_is_taken_back_as_soon_as_it_is_counted(tmp_path: Path) -> None:
    """Its number is seen before the rep is over, and its row is not certain before the third.

    Of three sets the first rep, the second, and the last.
    """
    numbers = (1, 2, 4)
    counts: list[tuple[int, int, int]] = []
    board = Board()

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        board.begin(practice)
        practice.live.listeners.append(lambda marks, events, _: board.hear(marks, events))
        for number in numbers:
            practice.toggle_set()
            await asyncio.sleep(0.1)
            while board.view().reps < number:
                await asyncio.sleep(0.05)
            practice.undo_rep()
            await asyncio.sleep(0.1)
            at_once = board.view().reps
            while world.lifter.busy:
                await asyncio.sleep(0.5)
            await asyncio.sleep(2.0)
            counts.append((at_once, board.view().reps, len(board.view().last)))
            practice.toggle_set()
            await asyncio.sleep(1.0)
        practice.stop()

    pieces = set_of_hinges(4, set_marks=False)
    measured = practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5, set_pieces=pieces)
    assert counts == [(number - 1, 3, 3 * sets) for sets, number in enumerate(numbers, start=1)]
    true = [rep.start_s - measured.origin_s for rep in measured.truth.reps if rep.kind == "rep"]
    for of_set, number in reversed(list(enumerate(numbers))):
        del true[4 * of_set + number - 1]
    assert [row.start_s for row in measured.live.results.rep_rows] == pytest.approx(true, abs=0.5)


def test_the_calibration_again_in_mid_session(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.calibrate()
        while practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.stop()

    measured = practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5)
    assert [mark.kind for mark in measured.live.results.marks].count(MarkKind.ROD_HINGES) == 2


def test_a_calibration_under_way_is_given_up_and_none_begins_in_a_set(tmp_path: Path) -> None:
    """A step that is not finished must not swallow the bends after it."""

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.spacer()
        while practice.guide.instruction.phase is not Phase.RUN:
            await asyncio.sleep(0.1)
        practice.toggle_set()  # not now
        practice.spacer()  # given up
        assert not practice.guide.busy
        practice.toggle_set()
        practice.slump()  # not now
        assert not practice.guide.busy
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        await asyncio.sleep(2.0)
        practice.stop()

    path = tmp_path / "x.dowel"
    pieces = set_of_hinges(3, set_marks=False)
    measured = practise(path, any_sensors(), then=person, seed=5, set_pieces=pieces)
    for said in ("finish it first, or give it up", "was given up", "A set is under way"):
        assert said in measured.said
    assert [(row.set, row.kind) for row in measured.live.results.rep_rows] == [(1, "rep")] * 3
    assert [mark.kind for mark in measured.live.results.marks].count(MarkKind.STEP_END) == 1
    assert [repr(event) for event in analyse(path).events] == [repr(event) for event in measured.live.results.events]


def test_a_sensor_lost_during_the_hinges_is_noticed(tmp_path: Path) -> None:
    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.instruction.bends < 1:
            await asyncio.sleep(0.1)
        await world.stations[Placement.SACRUM].power_off()
        await asyncio.sleep(10.0)
        practice.stop()

    measured = practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5)
    assert "The sacrum sensor went silent." in measured.said


def test_cues_chosen_in_mid_practice_hold_from_then_on(tmp_path: Path) -> None:
    """Two sets that lose contact, live in the first; then off, as the key or the page does it."""

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        for _ in range(2):
            practice.toggle_set()
            while world.lifter.busy:
                await asyncio.sleep(0.5)
            await asyncio.sleep(3.0)
            practice.toggle_set()
            await asyncio.sleep(1.0)
            practice.choices.use(replace(practice.choices.cues, mode=CueMode.OFF))
        practice.stop()

    pieces = set_of_hinges(3, peaks_deg=(0.0, 20.0, 0.0), set_marks=False)
    measured = practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5, set_pieces=pieces)
    first_end_s = next(cue.time_s for cue in measured.cues if cue.kind is CueKind.SUMMARY)
    assert {cue.kind for cue in measured.cues if cue.time_s < first_end_s} == {CueKind.CONTACT, CueKind.TICK}
    after = [cue for cue in measured.cues if cue.time_s >= first_end_s]
    assert [(cue.kind, cue.sounds) for cue in after] == [(CueKind.SUMMARY, True), (CueKind.SUMMARY, False)]
    assert after[1].text.startswith("3 reps: 2 held, 1 lost; rep 2: sacrum off at ")


def test_when_the_analysis_stops_the_tone_stops(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The recording goes on, and so would a tone that nobody ends."""
    tones: list[float | None] = []

    async def person(practice: Any, world: Any) -> None:
        while not practice.begun or practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.toggle_set()
        while practice.cueing._level is None:
            await asyncio.sleep(0.02)
        tones.append(practice.cueing._level)

        def failing(part: Any) -> Any:
            raise ZeroDivisionError("a fault of ours")

        practice.live.engine.feed = failing
        await asyncio.sleep(0.2)
        tones.append(practice.cueing._level)
        practice.stop()

    pieces = set_of_hinges(1, peaks_deg=(25.0,), set_marks=False)
    practise(tmp_path / "x.dowel", any_sensors(), then=person, seed=5, set_pieces=pieces)
    assert tones[0] is not None
    assert tones[1] is None
    assert "a fault of ours" in caplog.text
