"""``dowel demo``: the whole thing with no hardware."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dowel.commands.options import Drill, DrillOption
from dowel.recordings.errors import InputError, UsageError

if TYPE_CHECKING:
    from dowel.sensors.simulated import Simulation

PEAKS_DEG = (0.0, 0.0, 8.5, 0.0, 16.0, 0.0, -17.0, 0.0)
"""How far the simulated back leaves neutral in each rep: five good ones, one near the limit, one lost either way."""

SEED = 7


def demo(
    drill: DrillOption = Drill.DOWEL_HINGE,  # noqa: ARG001  there is one to choose from
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to keep the session. Default: a temporary folder.")
    ] = None,
    real_time: Annotated[bool, typer.Option("--real-time", help="As slowly as it would happen.")] = False,
) -> None:
    """Try it with no hardware: a simulated calibration and set of eight."""
    if out is not None and out.suffix != ".dowel":
        raise UsageError(f"--out {out}: the name of a session ends in .dowel.")
    table = out.with_suffix(".csv") if out is not None else None
    if table is not None and table.exists():
        raise InputError(f"{table} exists already, and the demo writes its table there. Choose another name.")

    import tempfile

    from dowel.event_lines import Pace, tell
    from dowel.exporting import write_whole
    from dowel.recordings.session_reader import open_session
    from dowel.recordings.tables import REP_COLUMNS, to_csv
    from dowel.results import SessionResults
    from dowel.terminal import console, print_report

    if out is None:
        out = Path(tempfile.mkdtemp(prefix="dowel-demo-"), "demo.dowel")
    screen = console()
    screen.print(
        "A simulated lifter with sensors on the upper back and the sacrum: calibration with the rod, then a set."
    )
    screen.print("With real sensors: stop if it hurts.\n", style="dim")
    simulation().write(out)
    with open_session(out) as session:
        results = SessionResults.of(session)
        tell(screen, session, results, Pace(1.0 if real_time else float("inf")))
    screen.print()
    rows = results.rep_dicts()
    print_report(screen, results, rows, ())
    table = out.with_suffix(".csv")
    write_whole(table, to_csv(rows, REP_COLUMNS))
    screen.print(f"\nsession  {out}\ntable    {table}", soft_wrap=True)


def simulation() -> Simulation:
    """The demo's session."""
    from dowel.recordings.types import Placement
    from dowel.sensors.simulated import SimulatedSensor, calibration_pieces, set_of_hinges, simulate

    sensors = [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)]
    return simulate((*calibration_pieces(), *set_of_hinges(len(PEAKS_DEG), peaks_deg=PEAKS_DEG)), sensors, seed=SEED)
