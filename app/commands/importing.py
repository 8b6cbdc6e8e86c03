"""``dowel import``: recordings of other programs become a session."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from dowel.commands.options import (
    BandOption,
    Drill,
    DrillOption,
    HeightOption,
    LiftedFromOption,
    LoadOption,
    PersonOption,
    WallOption,
    by_placement,
    iso_time,
    seconds,
)
from dowel.recordings.errors import UsageError


class AlignBy(StrEnum):
    """How recordings that share no clock are brought onto one."""

    EPOCH = "epoch"
    MOTION = "motion"
    START = "start"


def import_(
    sensor: Annotated[
        list[str],
        typer.Option(
            metavar="PLACEMENT=PATH",
            help="A sensor's file, folder or zip, and where it sat: upper_back, sacrum, head, ... Repeat for each "
            "sensor; one is enough. The format is found by content.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The session to write, ending in .dowel.")],
    marks: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Calibration steps, sets and notes: kind,start_s,end_s,detail.")
    ] = None,
    drill: DrillOption = Drill.DOWEL_HINGE,
    person: PersonOption = "",
    load_kg: LoadOption = None,
    height_cm: HeightOption = None,
    wall_cm: WallOption = None,
    lifted_from: LiftedFromOption = None,
    band: BandOption = "",
    started_at: Annotated[
        str, typer.Option(metavar="TIME", help="When it started, as in 2026-05-04T10:00. Default: as the files say.")
    ] = "",
    align: Annotated[
        AlignBy | None,
        typer.Option(
            help="How to align the files: by date and time, by movement (plain CSV too), or by first samples."
        ),
    ] = None,
    offset_s: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACEMENT=S",
            help="Seconds to add to a sensor's time to get session time; overrides --align. Repeat for each sensor.",
        ),
    ] = None,
    pick: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACEMENT=NAME",
            help="Which of several sensors in a file sat there, by its name in the file. Default: by the place.",
        ),
    ] = None,
    columns: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Headings (or numbers) of time, acceleration x, y, z and rate x, y, z in files of no known program: "
            "t,ax,ay,az,gx,gy,gz; - where there is no time.",
        ),
    ] = "",
    units: Annotated[
        str,
        typer.Option(
            metavar="UNITS", help="Their units: 'ms, g, deg/s'; a rate, as in '100 Hz, ...', where there is no time."
        ),
    ] = "",
    correct_gain: Annotated[
        bool,
        typer.Option("--correct-gain", help="Correct a gyroscope that surely turns too far or too little."),
    ] = False,
) -> None:
    """Make a session of recordings from other programs."""
    if out.suffix != ".dowel":
        raise UsageError(f"--out {out}: the name of a session ends in .dowel.")
    sources = by_placement("--sensor", sensor)
    picked = by_placement("--pick", pick or [])
    offsets_s = {at: seconds("--offset-s", text) for at, text in by_placement("--offset-s", offset_s or []).items()}
    for option, named in (("--offset-s", offsets_s), ("--pick", picked)):
        for placement in named:
            if placement not in sources:
                raise UsageError(f"{option} names {placement}, but no --sensor does.")

    from dowel.exchange.importing import ImportOptions, import_recordings
    from dowel.session.setup import SessionSetup
    from dowel.text.progress import Progress
    from dowel.text.sanitise import plain

    setup = SessionSetup(
        drill=drill,
        person=person,
        load_kg=load_kg,
        height_cm=height_cm,
        wall_cm=wall_cm,
        lifted_from=lifted_from or "",
        band=band,
    )
    options = ImportOptions(
        sources={placement: Path(path) for placement, path in sources.items()},
        out=out,
        marks=marks,
        setup=setup,
        started_at=iso_time("--started-at", started_at),
        align=align.value if align else None,
        offset_s=offsets_s,
        pick=picked,
        columns=columns,
        units=units,
        correct_gain=correct_gain,
    )
    with Progress() as progress:
        sentences = import_recordings(options, progress.tell)
    for sentence in (*sentences, f"Written: {out}. Next: dowel report {quote(str(out))}"):
        typer.echo(plain(sentence))
