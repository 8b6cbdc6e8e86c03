"""What a person reads in the terminal: the head of a report, the tables, and what happens as lines.

Readable without colour and at 80 columns. Names and notes come from files of unknown origin: they are shown as plain
text, without control characters.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dowel.analysis.calibration import Calibration
from dowel.analysis.contact import HOLD_POINTS, Limits
from dowel.analysis.rep_rows import FAST_PHASE_S, SYNC_FAST_MS, SYNC_MS
from dowel.analysis.results import SensorSlipped, SetSummary, StepRefused
from dowel.plain_text import plain
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import TRUNK
from dowel.results import SessionResults

DISCLAIMER: Final = "Technique feedback, not injury prediction.\nThe limits have no human validation yet."

VERDICT_STYLES: Final = {"held": "green", "warned": "yellow", "lost": "bold red", "not_judged": "dim"}

WIDE_COLUMNS: Final = 112
"""From this width on the rep table has its further columns."""

MIDDLE_COLUMNS: Final = 72
"""Below this width the rep table does without tempo and movement."""

_INDENT: Final = (0, 0, 0, 2)

BASIS_WORDS: Final = {
    "rod": "Rod calibration.",
    "rod+spacer": "From your own spacer block.",
    "stance": "Wider, as no rod showed where straight is.",
    "loaded": "For a loaded set.",
}

LEGEND: Final = (
    "peak   largest deviation that was held: + rounding, - arching",
    "hinge  largest lean of the sacrum; tempo: lowering-pause-rising in seconds",
    "median of a set's rounding peaks; drift: their rise over the set",
)
WIDE_LEGEND: Final = ("side   + bend to the right; twist: + turn to the left; trunk: largest lean of the upper back",)


def console() -> Console:
    """The terminal, or whatever stands in its place; colour only where a person looks at it."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def words(name: str) -> str:
    """A name from the tables as words: ``upper_back+sacrum`` as ``upper back + sacrum``."""
    return plain(name).replace("_", " ").replace("+", " + ")


# ------------------------------------------------------------------------------------------------------------- report


def print_report(
    out: Console, results: SessionResults, rows: Sequence[Mapping[str, Any]], remarks: Iterable[str]
) -> None:
    """The whole report of a session: ``rows`` are rep rows by column name, ``remarks`` go to the head."""
    print_head(out, results, remarks)
    if not rows:
        out.print(Padding(Text("No reps were found.\n"), _INDENT, expand=False))
        return
    wide = out.width >= WIDE_COLUMNS
    for number_of_set in dict.fromkeys(row["set"] for row in rows):
        of_set = [row for row in rows if row["set"] == number_of_set]
        out.print(_set_title(number_of_set, of_set))
        out.print(Padding(rep_table(of_set, out.width), _INDENT, expand=False))
        out.print()
    if results.set_rows:
        out.print(Padding(set_table(results.set_rows), _INDENT, expand=False))
        out.print()
    for summary in results.set_rows:
        if summary.advice:
            out.print(Padding(Text(f"Set {summary.set}: {plain(summary.advice)}"), _INDENT, expand=False))
    for line in (*LEGEND, *(WIDE_LEGEND if wide else ())):
        out.print(Padding(Text(line, style="dim"), _INDENT, expand=False))


def print_head(out: Console, results: SessionResults, remarks: Iterable[str]) -> None:
    """Who, when and what; the limits in force and what they rest on; whatever is wrong with the data."""
    facts = results.facts
    about = [
        f"person {plain(facts['person'])}" if facts.get("person") else "",
        _date(str(facts.get("started_at", ""))),
        words(str(facts.get("drill") or _drill_of(results))),
        "simulated" if facts.get("simulated") else "",
    ]
    out.print()
    out.print(Text(f"  {plain(results.path.stem)}", style="bold"), soft_wrap=True)
    out.print(Padding(Text(" · ".join(part for part in about if part)), _INDENT, expand=False))
    out.print()
    out.print(Padding(Text(DISCLAIMER, style="italic"), _INDENT, expand=False))
    out.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text, style in _head_lines(results, remarks):
        table.add_row(name, Text(text, style=style))
    out.print(Padding(table, _INDENT, expand=False))
    out.print()


def _head_lines(results: SessionResults, remarks: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """Name, text and style of each line of the head."""
    trunk = [words(sensor.placement) for sensor in results.sensors if sensor.placement in TRUNK]
    if len(trunk) == 1:
        yield "sensors", f"only one on the trunk ({trunk[0]}): reps are counted, contact cannot be judged", "yellow"
    yield from _in_force_lines(results, judged=len(trunk) > 1)
    sync_ms = [row.sync_ms for row in results.rep_rows if not math.isnan(row.sync_ms)]
    if sync_ms:
        yield "sync", sync_words(max(sync_ms)), ""
    if "height_cm" not in results.facts and any(row.movement for row in results.rep_rows):
        yield "height", "not given; 170 cm is taken to tell hinge from squat", ""
    for problem in (*results.problems, *_lost_data(results)):
        yield "data", plain(problem), "yellow"
    for notice in results.notices:
        yield (
            "refused" if isinstance(notice, StepRefused) else "slip",
            f"{clock(notice.time_s)} {notice_words(notice)}",
            "yellow",
        )
    for remark in remarks:
        yield "note", plain(remark), "yellow"


def _in_force_lines(results: SessionResults, *, judged: bool) -> Iterable[tuple[str, str, str]]:
    """Calibration and limits; where they changed in the session, with the sets for which they held."""
    held: dict[str, list[int | None]] = {}
    for row in results.rep_rows:
        calibration, limits = results.in_force(row)
        said = calibration_words(calibration) + ("\n" + limits_words(limits) if calibration and judged else "")
        held.setdefault(said, []).append(row.set)
    if not held:
        held[calibration_words(results.calibration)] = []
    for said, sets in held.items():
        numbers = sorted({number for number in sets if number is not None})
        name = "" if len(held) == 1 else f" (set {', '.join(map(str, numbers))})" if numbers else " (outside sets)"
        calibration_said, _, limits_said = said.partition("\n")
        yield "calibration", calibration_said + name, ""
        if limits_said:
            yield "limits", limits_said, ""


def sync_words(sync_ms: float) -> str:
    """How well the sensors' clocks agree, and what that forbids."""
    if sync_ms == 0.0:
        return "the files are taken to share one clock"
    sentence = f"the sensors' clocks agree within {sync_ms:.0f} ms"
    if sync_ms > SYNC_MS:
        return f"{sentence}, over {SYNC_MS:.0f}: such reps are not judged"
    if sync_ms > SYNC_FAST_MS:
        return (
            f"{sentence}, over {SYNC_FAST_MS:.0f}: reps that go down or up in under {FAST_PHASE_S:g} s are not judged"
        )
    return sentence


def _lost_data(results: SessionResults) -> Iterable[str]:
    """What a sensor sent and could not be used, and what is missing in the reps."""
    for track, sensor in zip(results.engine.tracks if results.engine else (), results.sensors, strict=False):
        if track.bad_frames:
            yield f"{words(sensor.placement)}: {track.bad_frames} broken frames or samples were left out"
    missing = sum(row.missing_pct > 0 for row in results.rep_rows)
    if missing:
        worst_pct = max(row.missing_pct for row in results.rep_rows)
        yield f"data is missing in {missing} of {len(results.rep_rows)} reps, up to {worst_pct:.0f} % of one"


def _drill_of(results: SessionResults) -> str:
    return results.rep_rows[-1].drill if results.rep_rows else ""


def _date(started_at: str) -> str:
    try:
        return f"{datetime.fromisoformat(started_at):%Y-%m-%d %H:%M}"
    except ValueError:
        return plain(started_at)


def calibration_words(calibration: Calibration | None) -> str:
    """What the zero and the limits rest on."""
    if calibration is None:
        return "none, so contact cannot be judged"
    if calibration.basis == "stance":
        return "stance: an upright stand and free bends, no rod"
    parts = [f"rod, neutral back known down to a hinge of {calibration.neutral.deepest_deg:.0f}°"]
    if calibration.sigma_rod_deg:
        parts.append(f"scatter {calibration.sigma_rod_deg:.1f}°")
    if calibration.lever_m is not None:
        parts.append(f"spacer lever {100 * calibration.lever_m:.0f} cm")
    if calibration.range_deg is not None:
        parts.append(f"flexion range {calibration.range_deg:.0f}°")
    return ", ".join(parts)


def limits_words(limits: Limits) -> str:
    """The limits in force and where they come from."""
    return (
        f"rounding: warned over {limits.warn_deg:.3g}°, lost over {limits.lost_deg:.3g}°; "
        f"arching: over {limits.arching_warn_deg:.3g}° and {limits.arching_lost_deg:.3g}°; "
        f"held for {HOLD_POINTS / GRID_HZ:.1f} s. {BASIS_WORDS[limits.basis]}"
    )


def notice_words(notice: StepRefused | SensorSlipped) -> str:
    """A refused calibration step or a sensor that slipped."""
    if isinstance(notice, StepRefused):
        where = f" ({words(notice.placement)})" if notice.placement else ""
        return f"{words(notice.step)}{where}: {plain(notice.reason)}"
    after = "zeroed anew" if notice.judged else "too far in all; repeat the rod hold"
    where = words(notice.placement)
    return f"the sensor on the {where} turned by {notice.step_deg:.1f}° on the skin; {after}"


def clock(time_s: float) -> str:
    """Session time as minutes and seconds."""
    tenths = round(time_s * 10)
    sign = "-" if tenths < 0 else ""
    minutes, rest = divmod(abs(tenths), 600)
    return f"{sign}{minutes}:{rest // 10:02d}.{rest % 10}"


# ------------------------------------------------------------------------------------------------------------- tables


def _set_title(number: int | None, rows: Sequence[Mapping[str, Any]]) -> Text:
    title = Text("  Outside sets" if number is None else f"  Set {number}", style="bold")
    load_kg = rows[0]["load_kg"] or 0.0
    if load_kg:
        title.append(f" · {load_kg:g} kg", style="")
    return title


def _table(columns: Sequence[tuple[str, Sequence[Text]]], left: Sequence[str]) -> Table:
    """A table of named columns without those that are empty; ``left`` hold words and give way when it is narrow."""
    shown = [(name, cells) for name, cells in columns if any(cell.plain for cell in cells)]
    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
        border_style="dim",
    )
    for name, _ in shown:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=name not in left, overflow="fold")
    for cells in zip(*(cells for _, cells in shown), strict=True):
        table.add_row(*cells)
    return table


def rep_table(rows: Sequence[Mapping[str, Any]], width: int) -> Table:
    """The reps of one set, with as many columns as a terminal of this width has room for."""
    columns: list[tuple[str, list[Text]]] = [
        ("rep", [Text(rep_name(row), style="" if row["kind"] == "rep" else "dim") for row in rows]),
        ("verdict", [Text(words(str(row["verdict"])), style=_style(row)) for row in rows]),
        ("where and why", [Text(why(row)) for row in rows]),
        ("peak", [Text(peak(row), style=_style(row) if row["verdict"] in ("warned", "lost") else "") for row in rows]),
        ("hinge", [Text(number(row["hinge_angle_deg"], 0)) for row in rows]),
    ]
    if width >= MIDDLE_COLUMNS:
        columns += [
            ("tempo", [Text(tempo(row)) for row in rows]),
            ("movement", [Text(words(row["movement"] or "")) for row in rows]),
        ]
    if width >= WIDE_COLUMNS:
        columns += [
            ("start", [Text(clock(row["start_s"]) if _known(row["start_s"]) else "") for row in rows]),
            ("lost for", [Text(number(row["lost_s"] or None, 1)) for row in rows]),
            ("trunk", [Text(number(row["trunk_lean_deg"], 0)) for row in rows]),
            ("side", [Text(number(row["side_bend_peak_deg"], 0)) for row in rows]),
            ("twist", [Text(number(row["twist_peak_deg"], 0)) for row in rows]),
        ]
    return _table(columns, left=("verdict", "where and why", "movement"))


def _style(row: Mapping[str, Any]) -> str:
    return VERDICT_STYLES.get(str(row["verdict"]), "")


def rep_name(row: Mapping[str, Any]) -> str:
    """The number of a rep; the kind of anything else."""
    return f"{row['rep']:.0f}" if row["kind"] == "rep" and row["rep"] is not None else words(str(row["kind"]))


def why(row: Mapping[str, Any]) -> str:
    """Where contact was lost or nearly so, and the further reasons."""
    reasons = [reason for reason in str(row["verdict_reason"] or "").split("+") if reason]
    if row["verdict"] == "lost":
        lost = words(str(row["contact_lost"]))
        at = number(row["first_lost_hinge_deg"], 0)
        first = [f"{lost} at hinge {at}°" if at else lost]
        reasons = [reason for reason in reasons if reason not in ("rounded", "arched", "chin_down", "chin_up")]
    else:
        first = []
        at = number(row["depth_before_rounding_deg"], 0)
        if row["verdict"] == "warned" and "rounded" in reasons and at:
            first = [f"rounded at hinge {at}°"]
            reasons.remove("rounded")
    return ", ".join([*first, *(words(reason) for reason in reasons)])


def peak(row: Mapping[str, Any]) -> str:
    """The larger of the two deviation peaks, with its sign."""
    held = [float(row[name]) for name in ("flexion_peak_deg", "extension_peak_deg") if _known(row[name])]
    return signed(max(held, key=abs)) if held else ""


def signed(value_deg: float) -> str:
    """An angle with its sign; nothing has no minus in front."""
    return f"{round(value_deg, 1) + 0.0:+.1f}"


def tempo(row: Mapping[str, Any]) -> str:
    """Lowering, pause and rising in seconds."""
    parts = [number(row[name], 1) for name in ("lowering_s", "pause_s", "rising_s")]
    return "-".join(parts) if all(parts) else ""


def number(value: float | None, digits: int) -> str:
    """A number, or nothing where nothing was measured."""
    return f"{value:.{digits}f}" if value is not None and _known(value) else ""


def _known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def set_table(rows: Sequence[SetSummary]) -> Table:
    """One line per set."""
    columns: list[tuple[str, list[Text]]] = [
        ("set", [Text(str(row.set)) for row in rows]),
        ("reps", [Text(str(row.reps)) for row in rows]),
        ("half", [Text(str(row.half or "")) for row in rows]),
        ("held", [_count(row.held, "green") for row in rows]),
        ("warned", [_count(row.warned, "yellow") for row in rows]),
        ("lost", [_count(row.lost, "bold red") for row in rows]),
        ("not judged", [Text(str(row.not_judged or "")) for row in rows]),
        ("worst", [Text(words(row.worst_contact)) for row in rows]),
        ("median", [Text(number(row.flexion_peak_median_deg, 1)) for row in rows]),
        ("drift", [Text(signed(row.drift_deg) if _known(row.drift_deg) else "") for row in rows]),
        ("rest", [Text(clock(row.rest_before_s) if _known(row.rest_before_s) else "") for row in rows]),
    ]
    return _table(columns, left=("worst",))


def _count(count: int, style: str) -> Text:
    return Text(str(count), style=style if count else "dim")
