"""What stands at the head of every report: who and when, what the limits rest on, what is wrong with the data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dowel.analysis.drills.drills import DRILLS, Drill
from dowel.analysis.events import CalibrationDoubted, SensorCameOff, StepRefused
from dowel.recordings.types import TRUNK, MarkKind, Placement
from dowel.reports.data_quality import data_sentences
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain
from dowel.text.wording import (
    BY_EYE_LEGEND,
    LEGENDS,
    MOVEMENT_LEGEND,
    calibration_words,
    clock,
    date_words,
    drill_words,
    known,
    limits_words,
    notice_words,
    sync_words,
    words,
)

_NOTICES = {StepRefused: "refused", SensorCameOff: "came off", CalibrationDoubted: "doubt"}


@dataclass(frozen=True, slots=True)
class HeadLine:
    """One line: what it is about, what it says, and whether a reader must be warned by it."""

    name: str
    text: str
    warning: bool = False


def about(results: SessionResults) -> list[str]:
    """Whose session it was, when, and which drills; where there is no row, which one was to be done."""
    facts = results.facts
    drills = dict.fromkeys(row.drill for row in results.rep_rows) or [str(facts.get("drill") or "")]
    band = results.setting.band
    said = [
        f"person {plain(facts['person'])}" if facts.get("person") else "",
        date_words(str(facts.get("started_at", ""))),
        ", ".join(map(drill_words, drills)),
        f"band: {plain(band)}" if band else "",
        "simulated" if facts.get("simulated") else "",
    ]
    return [part for part in said if part]


def drills_of(results: SessionResults) -> list[Drill]:
    """The drills of the rows, in the order in which they were first done."""
    return [DRILLS[name] for name in dict.fromkeys(row.drill for row in results.rep_rows) if name in DRILLS]


def legend_of(results: SessionResults, *, wide: bool) -> tuple[tuple[str, str], ...]:
    """What the columns of its tables mean."""
    always, besides = LEGENDS[results.stance.telling.contact]
    peaks = [peak for row in results.rep_rows for peak in (row.flexion_peak_deg, row.extension_peak_deg)]
    if not any(map(known, peaks)):  # as with one sensor: then neither column is there
        always = tuple(each for each in always if each[0] not in ("peak", "median"))
    by_eye = (BY_EYE_LEGEND,) if any(mark.kind is MarkKind.VERDICT for mark in results.marks) else ()
    seen = {row.movement for row in results.rep_rows}
    told = "; ".join(f"{name}: {meaning}" for name, meaning in MOVEMENT_LEGEND.items() if name in seen)
    movement = (("movement", told),) if told else ()
    return (*always, *movement, *by_eye, *besides) if wide else (*always, *movement, *by_eye)


def head_lines(results: SessionResults, remarks: Iterable[str]) -> Iterator[HeadLine]:
    """Calibration, limits, sync and whatever is wrong with the data; ``remarks`` come last."""
    trunk = [words(sensor.placement) for sensor in results.sensors if sensor.placement in TRUNK]
    if len(trunk) == 1:
        yield HeadLine(
            "sensors", f"only one on the trunk ({trunk[0]}): reps are counted, contact cannot be judged", warning=True
        )
    yield from _in_force_lines(results, judged=results.stance.judges(each.placement for each in results.sensors))
    sync = [(row.sync_ms, row.sync_source) for row in results.rep_rows if not math.isnan(row.sync_ms)]
    if sync and len(results.stance.judged_by) > 1:
        yield HeadLine("sync", sync_words(*max(sync)))
    if "height_cm" not in results.facts and any(row.movement for row in results.rep_rows):
        yield HeadLine("height", "not given; 170 cm is taken to tell hinge from squat")
    for sentence in dict.fromkeys(each for drill in drills_of(results) for each in drill.words.not_sensed):
        yield HeadLine("not sensed", sentence)
    for sentence in data_sentences(results):
        yield HeadLine("data", sentence, warning=True)
    for notice in results.notices:
        name = _NOTICES.get(type(notice), "slip")
        yield HeadLine(name, f"{clock(notice.time_s)} {notice_words(notice)}", warning=True)
    for remark in remarks:
        yield HeadLine("note", plain(remark), warning=True)


def _in_force_lines(results: SessionResults, *, judged: bool) -> Iterator[HeadLine]:
    """Calibration and limits; where they changed in the session, with the sets for which they held."""
    held: dict[str, list[int | None]] = {}
    with_head = any(sensor.placement is Placement.HEAD for sensor in results.sensors)
    for row in results.rep_rows:
        calibration, limits = results.calibration_at(row), results.limits_at(row)
        in_force = "\n" + limits_words(limits, with_head=with_head) if calibration and judged else ""
        said = calibration_words(calibration) + in_force
        held.setdefault(said, []).append(row.set)
    if not held:
        held[calibration_words(results.calibration)] = []
    for said, sets in held.items():
        numbers = sorted({number for number in sets if number is not None})
        name = "" if len(held) == 1 else f" (set {', '.join(map(str, numbers))})" if numbers else " (outside sets)"
        calibration_said, _, limits_said = said.partition("\n")
        yield HeadLine("calibration", calibration_said + name)
        if limits_said:
            yield HeadLine("limits", limits_said)
