"""A rod with switches of its own, over the emulated Bluetooth: they bounce, one sticks, and the link is lost.

A simulated helper watches the same rod.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from dowel.agreement.observations import Observed, observed, rep_truths
from dowel.agreement.rod_truth import SWITCHES, Span, Truth
from dowel.analysis.kept import Kept
from dowel.commands import run as run_command
from dowel.display.line_output import LineOutput
from dowel.practice.autopilot import SelfStarter
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.practice.simulated_helper import NAME, QUICKEST_S, SimulatedHelper
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.person.plan import Person
from dowel.sensors.simulated.virtual_time import run
from dowel.sensors.simulated.world import World, Worn
from dowel.session.run_session import run as analysed
from dowel.session.setup import SessionSetup
from tests.simulated_devices.capture2go import Capture2Go
from tests.simulated_devices.text_lines import WITH_SWITCHES, BadSwitches, TextLines

pytestmark = pytest.mark.slow

PEAKS_DEG = (0.0, 16.0, 0.0, 3.0, 18.0)
TIDY = Person(rep_sd_deg=0.2)
UPPER_BACK = 1
STICKS_AFTER_S = 60.0
"""After it was seen to work in the calibration, and before the set is over."""
LOSES_IT_AFTER_S = 15.0
"""In the third or fourth rep of the set."""
LIES_FOR_S = 6.0
"""The rod is laid down after the set, so that a switch that sticks is alone."""


@dataclass
class Practised:
    """What a practice with the rod left."""

    path: Path
    session: Observed
    said: str
    gap: tuple[float, float]
    truth: Truth


async def _practise(path: Path, out: Console) -> None:
    world: World

    def touching(time_s):  # type: ignore[no-untyped-def]  # the lifter comes with the world
        return world.lifter.touching(time_s)

    switches = BadSwitches(touching, {UPPER_BACK: (True, asyncio.get_running_loop().time() + STICKS_AFTER_S)})
    worn = [
        Worn(Placement.UPPER_BACK, Capture2Go),
        Worn(Placement.SACRUM, Capture2Go),
        Worn(
            Placement.ROD,
            TextLines,
            options={"columns": WITH_SWITCHES, "touching": switches, "lines_per_notification": 5},
        ),
    ]
    world = World(
        worn, set_pieces=set_of_hinges(len(PEAKS_DEG), peaks_deg=PEAKS_DEG, seed=1), person=TIDY, soft_tissue_deg=0.5
    )
    await world.start()
    addresses = {each.placement: f"F0:00:00:00:01:{number:02X}" for number, each in enumerate(worn, start=1)}
    options = PracticeOptions(SessionSetup(person="P1"), path, sensors=addresses, simulated=True)
    practice = Practice(
        options,
        world.radio,
        LineOutput(out),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        performer=SelfStarter(world.lifter, stops=False, helper=SimulatedHelper(world.lifter, world.radio.clock_ns)),
    )
    practising = asyncio.create_task(practice.run())
    while not (practice.begun and practice.in_set):
        await asyncio.sleep(0.1)
    await asyncio.sleep(LOSES_IT_AFTER_S)
    world.stations[Placement.ROD].disconnect()
    while practice.in_set:
        await asyncio.sleep(0.1)
    await asyncio.sleep(LIES_FOR_S)
    practice.stop()
    await practising
    await world.close()


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Practised:
    path = tmp_path_factory.mktemp("rod") / "rod.dowel"
    said = io.StringIO()
    run(_practise(path, Console(file=said, width=200)))
    with open_session(path) as session:
        results = analysed(session, Kept.ANGLES)
    ((start_s, end_s),) = results.tracks[2].contacts.silences()
    session = observed(results)
    return Practised(path, of_switches(session), said.getvalue(), (start_s, end_s), session.truth)


def of_switches(session: Observed) -> Observed:
    """The session as it would be without the helper."""

    def own(spans: Mapping[str, tuple[Span, ...]]) -> dict[str, tuple[Span, ...]]:
        return {contact: tuple(span for span in each if span.by == SWITCHES) for contact, each in spans.items()}

    return replace(
        session, truth=replace(session.truth, watched=own(session.truth.watched), off=own(session.truth.off))
    )


def test_the_helper_tells_the_same_a_reaction_later(practised: Practised) -> None:
    rep_s = [(rep.row.start_s, rep.row.end_s) for rep in practised.session.reps]
    helper = [span for span in practised.truth.off["sacrum"] if span.by == NAME]
    losses = [span for span in practised.truth.off["sacrum"] if span.by == SWITCHES]
    losses = [span for span in losses if any(start_s < span.start_s < end_s for start_s, end_s in rep_s)]
    assert len(helper) == sum(peak_deg > 10.0 for peak_deg in PEAKS_DEG)
    for span in losses:
        (same,) = (each for each in helper if 0.0 < each.start_s - span.start_s < 1.0)
        assert QUICKEST_S - 0.06 < same.start_s - span.start_s < 0.6
        assert same.reacts


def test_what_the_rod_told_is_the_truth_of_each_rep(practised: Practised) -> None:
    """Bounce or not; a rep in which the link was lost is not watched."""
    start_s, end_s = practised.gap
    reps = practised.session.reps
    assert len(reps) == len(PEAKS_DEG)
    missed = [place for place, rep in enumerate(reps) if rep.row.start_s < end_s and rep.row.end_s > start_s]
    assert len(missed) in (1, 2)
    found = {reps.index(each.rep): each for each in rep_truths(practised.session, {}) if "sacrum" in each.seen}
    assert sorted(found) == [place for place in range(len(PEAKS_DEG)) if place not in missed]
    assert {place: each.off("sacrum") for place, each in found.items()} == {
        place: PEAKS_DEG[place] > 10.0 for place in found
    }
    assert {each.told("sacrum") == each.off("sacrum") for each in found.values()} == {True}


def test_a_switch_that_sticks_is_told_and_not_watched(practised: Practised, capsys: pytest.CaptureFixture[str]) -> None:
    assert not any("upper_back" in each.seen for each in rep_truths(practised.session, {}))
    assert run_command(["report", str(practised.path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "the rod's switch at the upper back told on from" in told
    assert "it may be stuck" in told
    assert "the rod's switches told nothing for" in told
    assert practised.said.count("The rod's switch at the upper back says that it touches") == 1
    assert "has not changed yet" not in practised.said


def test_validate_takes_it_from_the_file(practised: Practised, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["validate", str(practised.path), "--csv", "-"]) == 0
    told = capsys.readouterr()
    rows = {row["contact"]: row for row in csv.DictReader(io.StringIO(told.out))}
    assert set(rows) == {"sacrum", "upper_back", "any"}
    assert rows["sacrum"]["off"] == rows["sacrum"]["hits"] == rows["sacrum"]["told"] != "0"


def test_an_anonymous_set_holds_what_the_switches_told(practised: Practised, tmp_path: Path) -> None:
    arguments = ["--to", str(tmp_path / "set"), "--format", "motion-bids", "--anonymous"]
    assert run_command(["export", str(practised.path), *arguments]) == 0
    (source,) = (tmp_path / "set").rglob("*.dowel")
    with open_session(source) as session:
        assert of_switches(observed(analysed(session, Kept.ANGLES))).truth == practised.session.truth
    (events,) = (tmp_path / "set").rglob("*_events.tsv")
    off = [line.split("\t") for line in events.read_text().splitlines() if "\trod_off\t" in line]
    told = practised.session.truth.off
    assert sum(cells[-1] == "switches" for cells in off) == sum(map(len, told.values()))
    assert NAME not in events.read_text()  # the helper has a label
