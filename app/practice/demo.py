"""The practice of a simulated lifter, and what he really did beside what was judged."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dowel.analysis.contact.limits import Limits
from dowel.analysis.drills.drills import DEAD_BUG, DOWEL_HINGE, drill_named
from dowel.analysis.repetitions.running_extremes import running_min
from dowel.analysis.rows import Rep
from dowel.devices.simulating import run_radio, set_of, simulated_world
from dowel.display.display import Displays
from dowel.display.display_state import Board
from dowel.display.line_output import LineOutput
from dowel.display.terminal import TerminalDisplay
from dowel.practice.autopilot import SelfStarter
from dowel.practice.interruption import run_to_the_end
from dowel.practice.options import PracticeOptions
from dowel.practice.practice import Practice
from dowel.recordings.grid_points import GRID_HZ
from dowel.session.results import SessionResults
from dowel.session.setup import SessionSetup
from dowel.text.wording import TAP_WORDS, VERDICT_STYLES, words

if TYPE_CHECKING:
    from dowel.sensors.simulated import TrueRep, Truth

SEED: Final = 12
LYING_DEG: Final = -90.0
"""Lean of a pelvis that lies flat."""
MARKED_WITHIN_S: Final = 3.0
"""So soon after a leg is back the rep is told as done."""
SETUPS: Final = {
    setup.drill: setup
    for setup in (
        SessionSetup("dead_bug", band="red"),
        SessionSetup("wall_tap", wall_cm=25.0, height_cm=175.0),
        SessionSetup("kettlebell", load_kg=16.0, lifted_from="hand", height_cm=175.0),
        SessionSetup("barbell", load_kg=40.0, lifted_from="floor", height_cm=175.0),
    )
}
"""What drills are shown with that need more than their name."""
SAME_BEND_S: Final = 0.7
"""A row and a true rep that start this close are of the same bend: bends last longer."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One true bend, what its verdict must be, and the row that was made of it (None: none was)."""

    true: TrueRep
    verdict: str
    row: Rep | None

    @property
    def tap(self) -> str:
        """Whether the wall was met; empty without a wall."""
        return self.true.label if self.true.label in ("tapped", "none") else ""

    @property
    def agrees(self) -> bool:
        """Whether the row says what was so; of a tap it may also say that it is unsure."""
        row = self.row
        if row is None or (row.verdict, row.kind) != (self.verdict, self.true.kind):
            return False
        return row.tap in ("", "unsure", self.tap)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A practice that is over: its results, the reps beside the truth, and whether it was interrupted."""

    results: SessionResults
    compared: tuple[Compared, ...]
    interrupted: bool


def demonstrate(
    options: PracticeOptions, out: Console, *, started_at: datetime, real_time: bool, seed: int = SEED
) -> Demonstration | None:
    """Let the simulated lifter practise, over the simulated Bluetooth; as fast as it goes unless ``real_time``.

    None when it was interrupted before the session began.
    """
    practising = _demonstrate(options, out, started_at, on_screen=real_time and out.is_terminal, seed=seed)
    return run_radio(practising, simulate=not real_time)


async def _demonstrate(
    options: PracticeOptions, out: Console, started_at: datetime, *, on_screen: bool, seed: int
) -> Demonstration | None:
    async with AsyncExitStack() as stack:
        drill = drill_named(options.setup.drill)
        world = await stack.enter_async_context(
            simulated_world(placements=drill.placements, seed=seed, set_pieces=set_of(options.setup, seed))
        )
        board = Board()
        display = Displays(board, stack.enter_context(TerminalDisplay(out, board))) if on_screen else LineOutput(out)
        performer = SelfStarter(world.lifter, stops=True)
        practice = Practice(options, world.radio, display, started_at=started_at, performer=performer)
        interrupted = await run_to_the_end(practice)
        if not practice.begun:
            return None
        truth = world.lifter.truth()
    results, origin_s = practice.live.results, practice.live.origin_ns * 1e-9
    marked = practice.reps_are_marked
    compared = compare_marked(results, truth, origin_s) if marked else compare(results, truth.reps, origin_s)
    return Demonstration(results, compared, interrupted)


def compare_marked(results: SessionResults, truth: Truth, origin_s: float) -> tuple[Compared, ...]:
    """Each leg that was lowered beside the row that its mark made; what counts is the tilt of the pelvis alone."""
    found = []
    for true in truth.reps:
        begin_s, end_s = true.commanded.start_s, true.commanded.end_s
        ends = ((each, each.end_s + origin_s) for each in results.rep_rows)
        row = next((each for each, at_s in ends if begin_s < at_s < end_s + MARKED_WITHIN_S), None)
        drill = drill_named(row.drill) if row is not None else DEAD_BUG
        lowered = (truth.time_s >= begin_s) & (truth.time_s <= end_s)
        tilt_deg = truth.sacrum_lean_deg[lowered] - LYING_DEG
        hold = round(drill.hold_points / GRID_HZ / float(truth.time_s[1] - truth.time_s[0]))
        arched_deg = max(float(running_min(tilt_deg, hold).max()), 0.0)
        true = replace(true, held_flexion_deg=0.0, held_extension_deg=-arched_deg)
        limits = results.limits_at(row) if row is not None else None
        found.append(Compared(true, true_verdict(true, limits) if limits else "?", row))
    return tuple(found)


def compare(results: SessionResults, truth: Sequence[TrueRep], origin_s: float) -> tuple[Compared, ...]:
    """Each true bend of a set beside its row; ``origin_s`` is session time 0 on the clock of the truth."""
    found = []
    for true in (rep for rep in truth if rep.kind in ("rep", "pick_up", "set_down")):
        start_s = true.start_s - origin_s
        row = next((each for each in results.rep_rows if abs(each.start_s - start_s) < SAME_BEND_S), None)
        limits = results.limits_at(row) if row is not None else None
        found.append(Compared(true, true_verdict(true, limits) if limits else "?", row))
    return tuple(found)


def true_verdict(true: TrueRep, limits: Limits) -> str:
    """The verdict that the bones' own deviation asks for."""
    rounded, arched = true.held_flexion_deg, -true.held_extension_deg
    if rounded > limits.lost_deg or arched > limits.arching_lost_deg:
        return "lost"
    return "warned" if rounded > limits.warn_deg or arched > limits.arching_warn_deg else "held"


def comparison_table(compared: Sequence[Compared]) -> Table:
    """What the simulated lifter did, beside what was said of it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    drills = [drill_named(each.row.drill) for each in compared if each.row is not None] or [DOWEL_HINGE]
    drill = drills[0]
    deviated = "his back left neutral by" if drill.rounds else "his pelvis tipped by"
    for title in ("rep", deviated, "so it was", "dowel said"):
        table.add_column(title)
    number = 0
    for each in compared:
        number += each.true.kind == "rep"
        largest = max(each.true.held_flexion_deg, each.true.held_extension_deg, key=abs)
        said, kind, tap = ("nothing", "", "") if each.row is None else _said(each.row)
        told = ", ".join(part for part in (words(said), words(kind), tap) if part)
        table.add_row(
            str(number) if each.true.kind == "rep" else words(each.true.kind),
            f"{largest:+.1f}° for {drill.hold_points / GRID_HZ:g} s",
            Text(
                ", ".join(filter(None, (words(each.verdict), TAP_WORDS.get(each.tap)))),
                VERDICT_STYLES.get(each.verdict, ""),
            ),
            Text(f"{told}{'' if each.agrees else '  (not the same)'}", VERDICT_STYLES.get(said, "")),
        )
    return table


def _said(row: Rep) -> tuple[str, str, str]:
    """Verdict, kind where it is no rep, and tap of a row."""
    return row.verdict, "" if row.kind == "rep" else row.kind, TAP_WORDS.get(row.tap, "")
