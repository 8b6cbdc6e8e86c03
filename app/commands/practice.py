"""``dowel practice``: a live session."""

from __future__ import annotations

from pathlib import Path
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
    SimulateOption,
    WallOption,
    by_placement,
)
from dowel.practice.cue_mode import CueMode


def practice(
    drill: DrillOption = Drill.DOWEL_HINGE,
    sensor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACEMENT=ADDRESS",
            help="Where a sensor sits and its address, as dowel scan shows it, or a phone's, like phyphox://IP:PORT. "
            "Repeat for each. Without: move the sensors when asked.",
        ),
    ] = None,
    person: PersonOption = "",
    load_kg: LoadOption = None,
    height_cm: HeightOption = None,
    wall_cm: WallOption = None,
    lifted_from: LiftedFromOption = None,
    band: BandOption = "",
    no_rod: Annotated[
        bool, typer.Option("--no-rod", help="Calibrate without a rod: wider limits, every row says stance.")
    ] = False,
    cue: Annotated[
        CueMode | None,
        typer.Option(
            help="When the bell sounds: off, after a rep that lost contact, or live. Default: live, with a load rep."
        ),
    ] = None,
    simulate: SimulateOption = False,
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="This computer's address in the network, for phones that send to it."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to record. Default: Dowel/DATE_TIME_DRILL.dowel in your documents."),
    ] = None,
) -> None:
    """Practise with sensors on: reps counted, contact judged."""
    addresses = by_placement("--sensor", sensor or [])

    from datetime import datetime

    from dowel.practice.starting import practise
    from dowel.practice.wanted import Wanted, check_sensors, place_for

    check_sensors(addresses, host)
    now = datetime.now().astimezone()
    default_cue = CueMode.REP if load_kg else CueMode.LIVE
    wanted = Wanted(
        drill=drill,
        out=place_for(out, drill, now),
        cue=cue or default_cue,
        sensors=addresses,
        rod=not no_rod,
        person=person,
        load_kg=load_kg,
        height_cm=height_cm,
        wall_cm=wall_cm,
        lifted_from=lifted_from or "",
        band=band,
        simulated=simulate,
        host=host,
    )
    raise typer.Exit(practise(wanted, started_at=now))
