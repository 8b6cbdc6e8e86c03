"""Calibration steps that marks name in an import: where one is refused, its best part, else the recording's own stance.

A recording cannot be made again, so a step that a person did not do well all through is used where they did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from dowel.analysis.calibration.quiet_postures import spread_deg
from dowel.analysis.events import Calibrated, CalibrationDoubted, Event, StepRefused
from dowel.analysis.kept import Kept
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.orientation.rotations import from_cosine_deg, normalised, up_in_sensor
from dowel.analysis.repetitions.bends import Closed
from dowel.analysis.repetitions.rep_machine import RepMachine
from dowel.exchange.import_stance import OwnStance, biases_at_rest, biases_in, own_stance
from dowel.exchange.spool import ImportedStream
from dowel.recordings.grid_points import GRID_HZ, point_at
from dowel.recordings.types import FloatArray, Mark, MarkKind, Sensor, StreamSlice
from dowel.session.engine import Engine

HOLD_PARTS_S = (3.0, 2.0, 1.0)
"""So long may the stillest part of a hold be (sources#stance-search)."""
FEWEST_HINGES = 3
MOST_TRIES = 12
"""Each is a run of the engine over the calibration (sources#stance-search)."""
UNKNOWN_BIAS = (
    "The gyroscopes turn by themselves faster than the analysis follows without being told, and no marked still step "
    "tells it."
)
BIAS_TAKEN = "The quiet moments of the recording do."
STEPS = (MarkKind.ROD_HOLD, MarkKind.ROD_HINGES)


@dataclass(frozen=True)
class UsedSteps:
    """The marks as they are to be written, and what is to be said of them; empty where all went well."""

    marks: list[Mark]
    sentence: str = ""


def used_steps(
    sensors: Sequence[Sensor], stream: ImportedStream, setup: Sequence[Mark], marks: Sequence[Mark]
) -> UsedSteps:
    """What of the marked calibration can be used.

    Parameters
    ----------
    sensors, stream
        Decoded sensors whose times are session time, and what they sent.
    setup
        The marks that stand before all others.
    marks
        Those of the user, with a ``rod_hold`` and ``rod_hinges``.
    """
    beside = _beside(stream, marks)
    if beside:
        return _own(own_stance(sensors, stream), setup, marks, beside)
    if not biases_at_rest(sensors, stream) or _still_tells(sensors, stream, marks):
        return _accepted(sensors, stream, setup, marks)
    found = own_stance(sensors, stream)
    if found.calibration is None:
        return _own(found, setup, marks, UNKNOWN_BIAS)
    used = _accepted(sensors, stream, setup, marks, found)
    return replace(used, sentence=f"{UNKNOWN_BIAS} {BIAS_TAKEN} {used.sentence}".strip())


def _accepted(
    sensors: Sequence[Sensor],
    stream: ImportedStream,
    setup: Sequence[Mark],
    marks: Sequence[Mark],
    found: OwnStance | None = None,
) -> UsedSteps:
    """The steps, or the best of their parts, or the recording's own stance; ``found`` is that, where the steps need the
    biases that it gave."""
    before = [*setup] if found is None else [*setup, found.mark()]
    against = _against(_tried(sensors, stream.slices([*before, *marks]))[1])
    if against is None:
        return UsedSteps([*before, *marks])
    if isinstance(against, StepRefused):
        last_s = max(mark.end_s for mark in marks if mark.kind in STEPS)
        early_s = last_s + 1.0
        engine, _ = _tried(sensors, stream.slices([*before, *marks], early_s), Kept.ATTITUDES)
        for parts in islice(_parts(engine, marks, against), MOST_TRIES):
            cut = _narrowed(marks, parts)
            _, tried = _tried(sensors, stream.slices([*before, *cut], early_s))
            if _against(tried) is None and _against(_tried(sensors, stream.slices([*before, *cut]))[1]) is None:
                used = " and ".join(f"{part.kind} from {part.start_s:.1f} to {part.end_s:.1f} s" for part in parts)
                return UsedSteps([*before, *cut], f"{_words(against)} Used of the marked steps: {used}.")
    return _own(found or own_stance(sensors, stream), setup, marks, _words(against))


def _still_tells(sensors: Sequence[Sensor], stream: ImportedStream, marks: Sequence[Mark]) -> bool:
    """Whether a marked still step gives the bias of every gyroscope."""
    spans = [(mark.start_s, mark.end_s) for mark in marks if mark.kind is MarkKind.STILL]
    return any(len(biases_in(sensors, stream, [span] * len(sensors))) == len(sensors) for span in spans)


def _beside(stream: ImportedStream, marks: Sequence[Mark]) -> str:
    """What is to be said of hold and hinges of which one has no part within the recordings; else empty."""
    start_s, end_s = stream.shared_s
    outside = [mark for mark in marks if mark.kind in STEPS and (mark.end_s <= start_s or mark.start_s >= end_s)]
    if not outside:
        return ""
    named = " and ".join(f"{mark.kind} ({mark.start_s:.1f} to {mark.end_s:.1f} s)" for mark in outside)
    none = f"No step of the marked rod calibration lies within the recordings: {named}."
    one = f"Of the marked rod calibration no part of {named} lies within the recordings."
    return (
        f"{none if len(outside) > 1 else one} All sensors measured from {start_s:.1f} to {end_s:.1f} s; check that the "
        "times of the marks count from the start of the session."
    )


def _own(found: OwnStance, setup: Sequence[Mark], marks: Sequence[Mark], why: str) -> UsedSteps:
    """The recording's own stance in place of the marked steps; ``why`` they are not used stands before it."""
    without = [_given_up(mark) if mark.kind in STEPS else mark for mark in marks if mark.kind is not MarkKind.SPACER]
    sentence = f"{why} The marked rod calibration is not used. {found.sentence}"
    if found.calibration is None:
        return UsedSteps([*setup, *without], sentence)
    return UsedSteps([*setup, found.mark(), *without], sentence)


def _tried(
    sensors: Sequence[Sensor], slices: Iterable[StreamSlice], kept: Kept = Kept.NOTHING
) -> tuple[Engine, list[Event]]:
    engine = Engine(sensors, 0, kept)
    events = [event for part in slices for event in engine.feed(part)]
    return engine, [*events, *engine.finish()]


def _against(events: Sequence[Event]) -> StepRefused | CalibrationDoubted | None:
    """What speaks against the calibration that was marked: a refused step, or what followed."""
    for event in events:
        if isinstance(event, StepRefused) and event.step in STEPS:
            return event
    calibrated = any(isinstance(event, Calibrated) for event in events)
    doubts = (event for event in events if isinstance(event, CalibrationDoubted))
    return next(doubts, None) if calibrated else None


def _words(against: StepRefused | CalibrationDoubted) -> str:
    where = f" ({against.placement})" if against.placement else ""
    if isinstance(against, StepRefused):
        return f"The marked {against.step}{where} was refused: {against.reason}."
    return f"The marked rod calibration{where} does not fit what follows: {against.reason}."


def _parts(engine: Engine, marks: Sequence[Mark], refused: StepRefused) -> Iterator[list[Mark]]:
    """Parts of hold and hinges, the longest first; a step that did well stays as it is."""
    first, attitudes, status = engine.grid_attitudes()
    posture = Posture([str(sensor.placement) for sensor in engine.sensors])
    up = normalised(up_in_sensor(attitudes[posture.trunk]))
    up[status[posture.trunk] != 0] = np.nan
    hold, hinges = (next((mark for mark in marks if mark.kind is kind), None) for kind in STEPS)
    if hold is None or hinges is None:
        return
    holds, bends = [hold], [hinges]
    if refused.step == MarkKind.ROD_HOLD or refused.step_before:
        holds += _stillest(up, first, hold)
    if refused.step == MarkKind.ROD_HINGES:
        bends += _runs_of_hinges(up, first, hold, hinges)
    for changed in range(1, len(holds) + len(bends) - 1):
        for place, part in enumerate(holds):
            if 0 <= changed - place < len(bends):
                yield [part, bends[changed - place]]


def _stillest(up: FloatArray, first: int, hold: Mark) -> list[Mark]:
    """The stillest parts of a hold."""
    start, stop = max(point_at(hold.start_s) - first, 0), min(point_at(hold.end_s) - first, up.shape[1])
    parts = []
    for length_s in HOLD_PARTS_S:
        width = round(length_s * GRID_HZ)
        if stop - start > width:
            quietest = start + int(np.argmin(spread_deg(up[:, start:stop], width)))
            parts.append(_part(hold, first + quietest, first + quietest + width))
    return parts


def _runs_of_hinges(up: FloatArray, first: int, hold: Mark, hinges: Mark) -> list[Mark]:
    """Runs of three hinges or more within the step, the longest first."""
    start, stop = max(point_at(hinges.start_s) - first, 0), point_at(hinges.end_s) - first
    stood = up[:, max(point_at(hold.start_s) - first, 0) : max(point_at(hold.end_s) - first, 1)]
    if not np.isfinite(stood[..., 0]).any(axis=1).all():
        return []
    zero = normalised(np.nanmean(stood, axis=1))
    tilt = from_cosine_deg(np.einsum("sni,si->sn", up[:, start:stop], zero)).max(axis=0)
    bends = [event.bend for event in RepMachine().run(first + start, tilt, tilt[:0]) if isinstance(event, Closed)]
    runs = []
    for count in range(len(bends) - 1, FEWEST_HINGES - 1, -1):
        for begin in range(len(bends) - count + 1):
            end = bends[begin + count].valley if begin + count < len(bends) else first + stop
            runs.append(_part(hinges, bends[begin].valley, end))
    return runs


def _part(step: Mark, start: int, stop: int) -> Mark:
    return replace(step, start_s=max(start / GRID_HZ, step.start_s), end_s=min(stop / GRID_HZ, step.end_s))


def _narrowed(marks: Sequence[Mark], parts: Sequence[Mark]) -> list[Mark]:
    """The marks with steps narrowed to parts; the rest of a step counts no rep either."""
    narrowed = []
    for mark in marks:
        part = next((part for part in parts if part.kind is mark.kind), None)
        if part is None or part == mark:
            narrowed.append(mark)
            continue
        narrowed.append(replace(part, detail={**mark.detail, "marked_s": [mark.start_s, mark.end_s]}))
        if part.end_s < mark.end_s:
            step = {"step": str(mark.kind)}
            narrowed.append(Mark(0, MarkKind.STEP_START, part.end_s, part.end_s, step, added=True))
            narrowed.append(_given_up(mark))
    return narrowed


def _given_up(mark: Mark) -> Mark:
    """A step that gives nothing, so that only its bends are no reps."""
    return replace(mark, kind=MarkKind.STEP_END, start_s=mark.end_s, detail={"step": str(mark.kind)})
