"""``dowel doctor``: what is missing on this computer, and how to fix it."""

from __future__ import annotations

from typing import Annotated

import click

from dowel.commands.declare import Option


def doctor(as_json: Annotated[bool, Option("--json", help="One JSON object per line.")] = False) -> None:
    """Say what this computer lacks for a live practice.

    And how to fix it. Exit code 0 when a practice can run, 4 when not.
    """
    import asyncio
    import dataclasses
    import json

    from rich.table import Table
    from rich.text import Text

    from dowel.devices.doctor import State, can_practise, checks
    from dowel.practice.recording_place import sessions_folder
    from dowel.reports.terminal import console
    from dowel.sensors.ble import Radio
    from dowel.text.sanitise import plain

    out = console()
    looked_at = asyncio.run(checks(Radio(), out, sessions_folder()))
    if as_json:
        for check in looked_at:
            click.echo(json.dumps(dataclasses.asdict(check), ensure_ascii=False))
    else:
        styles = {State.OK: "green", State.NOTE: "yellow", State.MISSING: "bold red"}
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for check in looked_at:
            table.add_row(Text(check.state, style=styles[check.state]), check.name, plain(check.sentence))
        out.print(table)
    ready = can_practise(looked_at)
    if not as_json:
        out.print("\nReady for dowel practice." if ready else "\nNot ready: fix what is missing.")
    if not ready:
        raise click.exceptions.Exit(4)
