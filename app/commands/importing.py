"""``dowel import``: recordings of other programs become a session."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.options import (
    BandOption,
    Drill,
    DrillOption,
    HeightOption,
    LiftedFromOption,
    LimitsOption,
    LoadOption,
    PersonOption,
    WallOption,
    by_placement,
    columns_by_placement,
    iso_time,
    seconds,
)
from dowel.recordings.errors import InputError, UsageError

if TYPE_CHECKING:
    from dowel.exchange.importing import ImportOptions


class AlignBy(StrEnum):
    """How recordings that share no clock are brought onto one."""

    EPOCH = "epoch"
    MOTION = "motion"
    START = "start"


def import_(
    folder: Annotated[
        Path | None,
        Argument(
            metavar="[DIR]", help="Many at once: a folder with recordings whose names tell where each sensor sat."
        ),
    ] = None,
    sensor: Annotated[
        list[str] | None,
        Option(
            metavar="PLACEMENT=PATH",
            help="A sensor's file, folder or zip, and where it sat: upper_back, sacrum, head, ... Repeat for each "
            "sensor; one is enough. The format is found by content.",
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        Option(
            metavar="CSV",
            help="Many at once: a row for each session, with the columns upper_back, sacrum, ... (files), marks, "
            "person, drill, load_kg, started_at, out.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Option(
            metavar="PATH",
            help="The session to write, ending in .dowel. Of many: the folder for them; default: where the files are.",
        ),
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Of many: only show what would be imported.")] = False,
    marks: Annotated[
        Path | None, Option(metavar="CSV", help="Calibration steps, sets and notes: kind,start_s,end_s,detail.")
    ] = None,
    drill: DrillOption = Drill.DOWEL_HINGE,
    person: PersonOption = "",
    load_kg: LoadOption = None,
    height_cm: HeightOption = None,
    wall_cm: WallOption = None,
    lifted_from: LiftedFromOption = None,
    band: BandOption = "",
    limits: LimitsOption = "",
    started_at: Annotated[
        str, Option(metavar="TIME", help="When it started, as in 2026-05-04T10:00. Default: as the files say.")
    ] = "",
    align: Annotated[
        AlignBy | None,
        Option(help="How to align the files: by date and time, by movement (plain CSV too), or by first samples."),
    ] = None,
    offset_s: Annotated[
        list[str] | None,
        Option(
            metavar="PLACEMENT=S",
            help="Seconds to add to a sensor's time to get session time; overrides --align. Repeat for each sensor.",
        ),
    ] = None,
    pick: Annotated[
        list[str] | None,
        Option(
            metavar="PLACEMENT=NAME",
            help="Which of several sensors in a file sat there, by its name in the file. Default: by the place.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        Option(
            metavar="[PLACEMENT=]NAMES",
            help="Headings (or numbers) of time, acceleration x, y, z and rate x, y, z in files of no known program: "
            "t,ax,ay,az,gx,gy,gz; - where there is no time. Repeat for each sensor where they differ.",
        ),
    ] = None,
    units: Annotated[
        str,
        Option(
            metavar="UNITS", help="Their units: 'ms, g, deg/s'; a rate, as in '100 Hz, ...', where there is no time."
        ),
    ] = "",
    correct_gain: Annotated[
        bool,
        Option("--correct-gain", help="Correct a gyroscope that surely turns too far or too little."),
    ] = False,
) -> None:
    """Make sessions of recordings from other programs.

    One, or many at once of a folder or a manifest. A session is never written over, and one that cannot be made stops
    none of the others.
    """
    if sum(map(bool, (folder, sensor, manifest))) != 1:
        raise UsageError("Give one of three: a sensor for each placement (--sensor), a folder, or a --manifest.")
    sources = by_placement("--sensor", sensor or [])
    picked = by_placement("--pick", pick or [])
    told_columns = columns_by_placement(columns or [])
    offsets_s = {at: seconds("--offset-s", text) for at, text in by_placement("--offset-s", offset_s or []).items()}
    for option, named in (("--offset-s", offsets_s), ("--pick", picked)):
        for placement in named:
            if sources and placement not in sources:
                raise UsageError(f"{option} names {placement}, but no --sensor does.")
    many = folder or manifest
    if many is None and (out is None or out.suffix != ".dowel"):
        raise UsageError(f"--out {out or 'FILE'}: name the session to write; its name ends in .dowel.")
    if many is not None and out is not None and out.suffix == ".dowel":
        raise UsageError(f"--out {out}: of many it names the folder that the sessions go into.")
    if many is not None and (marks or started_at):
        raise UsageError("--marks and --started-at are of one session; of many the manifest tells them.")
    if many is None and dry_run:
        raise UsageError("--dry-run belongs to a folder or a --manifest.")

    from dowel.exchange.importing import ImportOptions
    from dowel.session.setup import SessionSetup
    from dowel.settings.person_limits import limits_from

    setup = SessionSetup(
        drill=drill,
        person=person,
        load_kg=load_kg,
        height_cm=height_cm,
        wall_cm=wall_cm,
        lifted_from=lifted_from or "",
        band=band,
        limits=limits_from(limits),
    )
    beside = folder or (manifest.parent if manifest is not None else Path())
    options = ImportOptions(
        sources={placement: Path(path) for placement, path in sources.items()},
        out=out or beside,
        marks=marks,
        setup=setup,
        started_at=iso_time("--started-at", started_at),
        align=align.value if align else None,
        offset_s=offsets_s,
        pick=picked,
        columns=told_columns,
        units=units,
        correct_gain=correct_gain,
    )
    if many is None:
        _one(options)
    else:
        _many(options, folder, manifest, dry_run=dry_run)


def _one(options: ImportOptions) -> None:
    from dowel.exchange.importing import import_recordings
    from dowel.text.progress import Progress
    from dowel.text.sanitise import plain
    from dowel.text.typed import typed

    with Progress() as progress:
        sentences = import_recordings(options, progress.tell).sentences
    _keep_limits(options)
    for sentence in (*sentences, f"Written: {options.out}. Next: dowel report {typed(options.out)}"):
        click.echo(plain(sentence))


def _keep_limits(imported: ImportOptions) -> None:
    """Limits that were given hold in the person's next sessions too."""
    from dowel.settings.person_limits import keep_limits

    if imported.setup.limits is not None and imported.setup.person:
        keep_limits(imported.setup.person, imported.setup.limits)


def _many(usual: ImportOptions, folder: Path | None, manifest: Path | None, *, dry_run: bool) -> None:
    """Show what is planned, do it, and show what became of it. ``InputError`` where any failed."""
    from dowel.exchange.import_tables import outcome_table, outcome_words, plan_table
    from dowel.exchange.manifest import read_manifest
    from dowel.exchange.many_imports import run_imports
    from dowel.exchange.pairing import pair_up
    from dowel.reports.terminal import console
    from dowel.text.progress import Progress
    from dowel.text.sanitise import plain

    out, not_used = console(), []
    with Progress() as progress:
        if manifest is not None:
            plan = read_manifest(manifest, usual)
        elif folder is not None:
            found = pair_up(folder, usual, progress.tell)
            plan, not_used = found.imports, found.not_used
    if dry_run or folder is not None:  # a manifest is a plan already
        out.print(plan_table(plan, out.width))
        out.print()
    for sentence in not_used:
        click.echo(plain(f"Not used: {sentence}"))
    if dry_run:
        _say((planned.name, planned.sentences) for planned in plan)
        problems = [f"{planned.name}: {planned.problem}" for planned in plan if planned.problem]
    else:
        with Progress() as progress:
            outcomes = list(run_imports(plan, progress.tell))
        for outcome in outcomes:
            if outcome.imported and outcome.planned.options is not None:
                _keep_limits(outcome.planned.options)
        _say((outcome.planned.name, outcome.imported.sentences) for outcome in outcomes if outcome.imported)
        if any(outcome.imported for outcome in outcomes):
            out.print()
            out.print(outcome_table(outcomes, out.width))
        click.echo(outcome_words(outcomes))
        problems = [f"{outcome.planned.name}: {outcome.problem}" for outcome in outcomes if outcome.problem]
    for problem in problems[:-1]:
        click.echo(f"dowel: {plain(problem)}", err=True)
    if problems:
        raise InputError(problems[-1])


def _say(found: Iterable[tuple[str, Iterable[str]]]) -> None:
    """What the imports found, each sentence with the name of its session."""
    from dowel.text.sanitise import plain

    for name, sentences in found:
        for sentence in sentences:
            click.echo(plain(f"{name}: {sentence}"))
