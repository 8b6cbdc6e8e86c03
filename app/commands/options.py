"""What several commands share in reading their options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from dowel.commands.declare import Argument, Option, meant
from dowel.recordings.errors import UsageError
from dowel.recordings.started_at import moment_of
from dowel.session.option_ranges import HEIGHT_CM, LOAD_KG, WALL_CM, Bounds, LiftedFrom
from dowel.settings.cue_mode import CueMode

if TYPE_CHECKING:
    from dowel.recordings.types import Placement
    from dowel.session.tables import CsvForm


class Drill(StrEnum):
    """The drills that can be judged, in the method's order.

    They are those of ``analysis.drills`` (a test holds it), named again so that ``dowel --help`` need not load the
    analysis.
    """

    DEAD_BUG = "dead_bug"
    WALL_TAP = "wall_tap"
    DOWEL_HINGE = "dowel_hinge"
    KETTLEBELL = "kettlebell"
    BARBELL = "barbell"


DrillOption = Annotated[Drill, Option(help="The drill, in the order of the method.")]
SessionArgument = Annotated[Path, Argument(metavar="FILE", help="A session (.dowel).")]
NewestArgument = Annotated[
    Path | None,
    Argument(metavar="[FILE]", help="A session (.dowel). Without: the newest of yours."),
]


def _within(bounds: Bounds, unit: str, about: str) -> Any:
    """An option that is a number within bounds."""
    return Option(metavar=unit, least=bounds.least, most=bounds.most, help=about)


LoadOption = Annotated[float | None, _within(LOAD_KG, "KG", "The load in kg, 0 for none.")]
HeightOption = Annotated[float | None, _within(HEIGHT_CM, "CM", "The person's height in cm.")]
WallOption = Annotated[
    float | None, _within(WALL_CM, "CM", "Distance of the heels to the wall in cm, in the wall tap.")
]

PersonOption = Annotated[str, Option(metavar="CODE", help="A code for the person; no name.")]
LiftedFromOption = Annotated[
    LiftedFrom | None, Option("--from", help="Where the load is lifted from, in a loaded drill.")
]
BandOption = Annotated[str, Option(metavar="TEXT", help="The elastic band in use.")]
LimitsOption = Annotated[
    str,
    Option(
        "--limits",
        metavar="POINT=DEG,...",
        help="A coach's limits in degrees, as in rounding=12,arching=14; they are kept for --person.",
    ),
]
RulesOption = Annotated[Path | None, Option("--rules", metavar="FILE", help="A coach's changes to the rules (TOML).")]
HostOption = Annotated[
    str,
    Option("--host", metavar="ADDRESS", help="Serve the page to the network too, at this address of this computer."),
]
SimulateOption = Annotated[bool, Option("--simulate", help="Simulated sensors, over the same Bluetooth code.")]


class Decimal(StrEnum):
    """The sign between whole numbers and fractions."""

    POINT = "."
    COMMA = ","


NoCacheOption = Annotated[
    bool, Option("--no-cache", help="Analyse everything again, and keep nothing of it in the cache.")
]
ExcelOption = Annotated[
    bool,
    Option("--excel", help="CSV for a spreadsheet: semicolons, decimal commas, and a mark that says UTF-8."),
]
DecimalOption = Annotated[
    Decimal | None,
    Option("--decimal", help="The decimal sign in CSV; with a comma, semicolons stand between cells."),
]


def csv_form(excel: bool, decimal: Decimal | None, written: bool = True) -> CsvForm:
    """How CSV is to be written. ``UsageError`` where none is ``written``."""
    from dowel.session.tables import CsvForm

    if (excel or decimal) and not written:
        raise UsageError(f"{'--excel' if excel else '--decimal'} is of a CSV, and none is written. Add --csv.")
    return CsvForm.of(excel=excel, decimal=decimal)


CueOption = Annotated[
    CueMode | None,
    Option(
        "--cue",
        help="When cues sound: off, after a rep that lost contact, or live. Default: as you chose before, else live, "
        "and after the rep with a load or in fast sets.",
    ),
]
VolumeOption = Annotated[
    float | None,
    Option(metavar="SHARE", least=0, most=1, help="Loudness of the cues, from 0 to 1."),
]


def by_placement(option: str, texts: Sequence[str]) -> dict[Placement, str]:
    """``PLACEMENT=VALUE`` options as a table; each placement once."""
    from dowel.recordings.types import Placement

    found: dict[Placement, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        name = name.replace("-", "_").lower()
        if name not in list(Placement) or not value:
            wrong = (
                f"there is no placement {name}.{meant(name, Placement)}" if value else "write it as PLACEMENT=VALUE."
            )
            raise UsageError(f"{option} {text}: {wrong} Placements are {', '.join(Placement)}.")
        placement = Placement(name)
        if placement in found:
            raise UsageError(f"{option} names {placement} twice. Give each placement once.")
        found[placement] = value
    return found


def columns_by_placement(texts: Sequence[str]) -> dict[Placement, str]:
    """``--columns`` as a table: what names no placement is for all of them that are not named."""
    from dowel.recordings.types import Placement

    of_all = [text for text in texts if text.partition("=")[0].replace("-", "_").lower() not in list(Placement)]
    if len(of_all) > 1:
        raise UsageError(f"--columns {of_all[1]}: for which sensor? Write it as PLACEMENT=NAMES.")
    named = by_placement("--columns", [text for text in texts if text not in of_all])
    return {**{placement: text for placement in Placement for text in of_all}, **named}


MOST_S: Final = 1e10
"""Later than any Unix time in seconds; beyond it samples fall onto one time (sources#plain-csv-time)."""


def seconds(option: str, text: str) -> float:
    """A number of seconds that a clock may be off."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{option}: {text!r} is not a number of seconds.")
    if abs(value) > MOST_S:
        raise UsageError(
            f"{option}: {text} s is farther than any clock counts. Give those from its time to the session's."
        )
    return value


def moment_s(option: str, text: str) -> float | None:
    """A session time in seconds, from minutes and seconds (``1:13.5``) or seconds alone; None for no text."""
    if not text:
        return None
    minutes, colon, rest = text.rpartition(":")
    sign = -1.0 if minutes.startswith("-") else 1.0
    try:
        value = float(rest) if not colon else sign * (60.0 * int(minutes.lstrip("-")) + float(rest))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (colon and not 0.0 <= float(rest) < 60.0):
        raise UsageError(f"{option}: {text!r} is no time. Write it like 1:13, or in seconds, 73.5.")
    return value


def iso_time(option: str, text: str) -> str:
    """A date and time as ISO 8601; empty stays empty."""
    if not text:
        return ""
    moment = moment_of(text)
    if moment is None:
        raise UsageError(f"{option}: {text!r} is not a date and time. Write it like 2026-05-04T10:00.")
    return moment.isoformat()
