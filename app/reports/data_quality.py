"""What is wrong with the data of a session and what of it was not used: the one place that says so, for all outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dowel.analysis.events import BendLeftOut, SensorSilent
from dowel.recordings.types import MarkKind
from dowel.sensors.stream.contacts import State
from dowel.session.results import SessionResults
from dowel.session.sensor_findings import SensorFindings, findings_of
from dowel.text.sanitise import plain
from dowel.text.wording import clock, counted, joined, known, left_out_words, silence_words, too_long_pause_words, words

NAMED: Final = 5
"""So many silences or bends are named one by one; of more, the first ones and how many there are."""


def data_sentences(results: SessionResults) -> Iterator[str]:
    """A sentence for each thing: first of the file, then of each sensor, then of bends and rows."""
    yield from (plain(problem) for problem in results.problems)
    yield from silence_sentences(results)
    if results.ended_s is not None:
        yield f"nothing is used from {clock(results.ended_s)} on: {too_long_pause_words()}"
    yield from _left_out_samples(results)
    yield from switch_sentences(results)
    yield from _left_out_bends(results)
    yield from _missing_in_rows(results)


def silence_sentences(results: SessionResults) -> Iterator[str]:
    """When each sensor sent nothing for a while, or nothing in time."""
    if results.tracks and not any(track.samples for track in results.tracks):
        yield "no sensor sent anything"
        return
    silences = [event for event in results.events if isinstance(event, SensorSilent)]
    for sensor, track in zip(results.sensors, results.tracks, strict=False):
        own = [event for event in silences if event.placement == sensor.placement]
        if not track.samples:
            yield f"{words(sensor.placement)}: sent nothing"
        elif own:
            in_all = f"{sum(event.end_s - event.start_s for event in own):.1f} s in all: " if len(own) > 1 else ""
            told = _first(silence_words(event.start_s, event.end_s) for event in own)
            yield f"{words(sensor.placement)}: no data in time, {in_all}{told}"


def _no_measurements(found: SensorFindings) -> Iterator[str]:
    """What a sensor sent that was no measurement, or none to be trusted."""
    if found.impossible_samples:
        left_out = counted(found.impossible_samples, "sample")
        yield f"{left_out} that no sensor on a trunk can measure, left out and filled"
    if found.frozen_s:
        yield f"the sensor repeated itself instead of measuring for {max(found.frozen_s, 0.1):.1f} s in all"
    if found.clipped_samples:
        yield f"{counted(found.clipped_samples, 'sample')} at the end of the sensor's range"
    if known(found.gyr_gain):
        doubt = ", so nothing by it is judged" if found.doubtful else ""
        sure = f" (± {2.0 * found.gyr_gain_sd:.2f})" if known(found.gyr_gain_sd) else ""
        yield f"the gyroscope measures {found.gyr_gain:.2f} times the rotation that gravity shows{sure}{doubt}"


def _left_out_samples(results: SessionResults) -> Iterator[str]:
    """What a sensor sent and could not be used, and what was lost of it."""
    for sensor, track in zip(results.sensors, results.tracks, strict=False):
        where = words(sensor.placement)
        if track.bad_frames:
            yield f"{where}: {track.bad_frames} broken frames or samples were left out"
        if track.counted is not None and track.counted.lost_samples:
            yield f"{where}: {track.counted.lost_samples} samples were lost on the way; short gaps are filled"
        if track.counted is not None and track.counted.doubled_samples:
            yield f"{where}: {track.counted.doubled_samples} samples came twice and were left out"
        yield from (f"{where}: {sentence}" for sentence in _no_measurements(findings_of(track)))
        if track.dropped_samples:
            yield f"{where}: {counted(track.dropped_samples, 'sample')} that came twice or in disorder left out"


def switch_sentences(results: SessionResults) -> Iterator[str]:
    """Which switches of a rod are not to be believed, and when."""
    for track in results.tracks:
        silent_s = sum(end_s - start_s for start_s, end_s in track.contacts.silences())
        if silent_s:
            yield f"the rod's switches told nothing for {silent_s:.1f} s, which is not watched"
        for switch in track.contacts.switches():
            for run in switch.stuck:
                told = "off" if run.state == State.OPEN else "on"
                between = f"{clock(run.start_s)} to {clock(run.end_s)}"
                yield (
                    f"the rod's switch at the {words(switch.contact)} told {told} from {between} without a change: it "
                    "may be stuck, or its wire broken, so that is not watched. Take the rod off the back before and "
                    "after each set: that shows that all three work"
                )


def _left_out_bends(results: SessionResults) -> Iterator[str]:
    """Bends that became no row, and rows that somebody took back."""
    left_out = [event for event in results.events if isinstance(event, BendLeftOut)]
    for reason in dict.fromkeys(event.reason for event in left_out):
        at = [clock(event.start_s) for event in left_out if event.reason == reason]
        yield f"not counted: {counted(len(at), 'bend')} ({_first(at)}), as {left_out_words(reason)}"
    voided = sum(mark.kind is MarkKind.VOID for mark in results.marks)
    if voided:
        yield f"taken back by hand: {counted(voided, 'bend')}"


def _missing_in_rows(results: SessionResults) -> Iterator[str]:
    missing = sum(row.missing_pct > 0 for row in results.rep_rows)
    if missing:
        worst_pct = max(row.missing_pct for row in results.rep_rows)
        yield f"data is missing in {missing} of {counted(len(results.rep_rows), 'row')}, up to {worst_pct:.0f} % of one"


def _first(told: Iterable[str]) -> str:
    """The first of some things, and how many more there are."""
    every = list(told)
    more = [f"{len(every) - NAMED} more"] if len(every) > NAMED else []
    return joined([*every[:NAMED], *more])
