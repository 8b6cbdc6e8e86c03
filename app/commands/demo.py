"""``dowel demo``: the whole thing with no hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from dowel.commands.declare import Option
from dowel.commands.options import Drill, DrillOption
from dowel.recordings.errors import InputError, UsageError


def demo(
    drill: DrillOption = Drill.DOWEL_HINGE,
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Where to keep the session. Default: a temporary folder.")
    ] = None,
    real_time: Annotated[bool, Option("--real-time", help="As slowly as it would happen.")] = False,
) -> None:
    """Try it with no hardware: a simulated lifter, sensors and all."""
    if out is not None and out.suffix != ".dowel":
        raise UsageError(f"--out {out}: the name of a session ends in .dowel.")
    for there in (out, out.with_suffix(".csv"), out.with_suffix(".html")) if out is not None else ():
        if there.exists():
            raise InputError(f"{there} exists already, and nothing is ever overwritten. Choose another name.")

    import tempfile
    from datetime import datetime

    from dowel.analysis.drills.drills import drill_named
    from dowel.display.view import NextCommand
    from dowel.practice.demo import SETUPS, comparison_table, demonstrate
    from dowel.practice.ending import next_commands, print_next
    from dowel.practice.options import PracticeOptions
    from dowel.recordings.session_file.session_database import give_back_name, take_name
    from dowel.reports.notebook import analyse
    from dowel.reports.page import html_page, session_view
    from dowel.reports.report import report_of
    from dowel.reports.terminal import console, print_report
    from dowel.session.results import columns_of
    from dowel.session.setup import SessionSetup
    from dowel.session.tables import to_csv
    from dowel.text.atomic_write import write_whole

    if out is None:
        out = Path(tempfile.mkdtemp(prefix="dowel-demo-"), "demo.dowel")
    take_name(out)  # before anything is played, in case the folder takes no file
    screen = console()
    where = " and ".join(placement.words for placement in drill_named(drill).placements)
    screen.print(f"A simulated lifter, with simulated sensors: {where}.\n")
    options = PracticeOptions(SETUPS.get(drill, SessionSetup(str(drill))), out, simulated=True)
    try:
        done = demonstrate(options, screen, started_at=datetime.now().astimezone(), real_time=real_time)
    finally:
        give_back_name(out)
    if done is None:
        raise click.exceptions.Exit(130)
    rows, session = done.results.rep_dicts(), done.results.path
    screen.print()
    print_report(screen, report_of(done.results))
    screen.print("\nWhat the lifter really did:\n")
    screen.print(comparison_table(done.compared))
    table, page = out.with_suffix(".csv"), out.with_suffix(".html")
    write_whole(table, to_csv(rows, columns_of(rows)))
    again = analyse(session)
    write_whole(page, html_page([session_view(again)]))
    screen.print(f"\nsession  {session}\ntable    {table}\npage     {page}", soft_wrap=True)
    own = NextCommand("dowel practice", "practise with sensors of your own")
    print_next(screen, *next_commands(session)[1:], own)
    if done.interrupted:
        raise click.exceptions.Exit(130)
