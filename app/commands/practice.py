"""``dowel practice``: a live session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from dowel.commands.declare import Option
from dowel.commands.options import (
    BandOption,
    CueOption,
    Drill,
    DrillOption,
    HeightOption,
    HostOption,
    LiftedFromOption,
    LimitsOption,
    LoadOption,
    PersonOption,
    RulesOption,
    SimulateOption,
    VolumeOption,
    WallOption,
    by_placement,
)
from dowel.recordings.errors import UsageError
from dowel.settings.cue_mode import CueMode


def practice(
    drill: DrillOption = Drill.DOWEL_HINGE,
    sensor: Annotated[
        list[str] | None,
        Option(
            metavar="PLACEMENT=ADDRESS",
            help="Where a sensor sits and its address, as dowel scan shows it, or a phone's: phyphox://IP:PORT, "
            "sensorserver://IP:PORT, sensorlogger: or phone: (its browser). "
            "Repeat for each. Without: move the sensors when asked.",
        ),
    ] = None,
    person: PersonOption = "",
    load_kg: LoadOption = None,
    height_cm: HeightOption = None,
    wall_cm: WallOption = None,
    lifted_from: LiftedFromOption = None,
    band: BandOption = "",
    rules: RulesOption = None,
    limits: LimitsOption = "",
    no_rod: Annotated[
        bool, Option("--no-rod", help="Calibrate without a rod: wider limits, every row says stance.")
    ] = False,
    cue: CueOption = None,
    volume: VolumeOption = None,
    simulate: SimulateOption = False,
    page: Annotated[
        bool | None,
        Option("--page/--no-page", help="Serve the live page. Default: on a terminal, as it is preferred."),
    ] = None,
    host: HostOption = "",
    no_open: Annotated[
        bool, Option("--no-open", help="Do not open the page in the browser; over ssh it never is.")
    ] = False,
    truth: Annotated[
        bool,
        Option("--truth", help="A helper watches a real rod: a page for it, no cues unless asked for."),
    ] = False,
    big: Annotated[bool, Option("--big", help="Open the page large, for a screen across the room.")] = False,
    lsl: Annotated[
        bool,
        Option("--lsl", help="Stream samples, leans and events by the Lab Streaming Layer, to the whole network."),
    ] = False,
    out: Annotated[
        Path | None,
        Option(metavar="FILE", help="Where to record. Default: Dowel/DATE_TIME_DRILL.dowel in your documents."),
    ] = None,
) -> None:
    """Practise with sensors on: reps counted, contact judged."""
    addresses = by_placement("--sensor", sensor or [])
    if lsl:
        from dowel.settings.extras import check_extra

        check_extra("lsl", "Lab Streaming Layer streams")
    click.echo("Getting ready: the program is loaded, then it looks for the sensors.")  # which takes some seconds

    from datetime import datetime

    from dowel.practice.options import PracticeOptions, check_sensors
    from dowel.practice.recording_place import place_for
    from dowel.practice.run_practice import practise
    from dowel.session.setup import SessionSetup, check_setup
    from dowel.settings.person_limits import keep_limits, limits_from, limits_of
    from dowel.settings.rules import advice_rules, read_rules

    check_sensors(addresses, host, drill)
    given, now = limits_from(limits), datetime.now().astimezone()
    setup = SessionSetup(
        drill=drill,
        person=person,
        load_kg=load_kg,
        height_cm=height_cm,
        wall_cm=wall_cm,
        lifted_from=lifted_from or "",
        band=band,
        rules=advice_rules(read_rules(rules)),
        limits=given or limits_of(person),
    )
    check_setup(setup)
    if no_rod and drill is Drill.DEAD_BUG:
        raise UsageError("--no-rod: no rod is used in the dead bug. Leave it out.")
    if truth and page is False:
        raise UsageError("--truth needs the page: leave out --no-page.")
    options = PracticeOptions(
        setup=setup,
        out=place_for(out, drill, now),
        cue=CueMode.OFF if truth and cue is None else cue,  # who hears cues would not round
        volume=volume,
        sensors=addresses,
        rod=not no_rod,
        simulated=simulate,
        page=page,
        host=host,
        truth=truth,
        opens=not no_open,
        big=big,
        lsl=lsl,
    )
    if given is not None and person:
        keep_limits(person, given)
    raise click.exceptions.Exit(practise(options, started_at=now))
