"""Samples that an import keeps in files, and the stream that is made of them, against those in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange import clocks_by_movement
from dowel.exchange.spool import ImportedStream, SpooledSamples
from dowel.recordings.types import Mark, MarkKind, Notifications, Samples, StreamSlice
from dowel.sensors.drivers import already_decoded
from dowel.sensors.stream.replay import TimeLine, as_notifications, in_order, in_slices

LINES = (TimeLine(0.0), TimeLine(-0.35, 1.001))
MARKS = [Mark(0, MarkKind.STILL, 1.0, 3.0), Mark(0, MarkKind.CLAP, 40.0, 41.0)]


@pytest.fixture
def recorded() -> list[Samples]:
    rng = np.random.default_rng(4)
    times_s = [np.sort(rng.uniform(0.0, 100.0, count)) for count in (9000, 5000)]
    return [Samples(time_s, *rng.normal(0.0, 3.0, (2, len(time_s), 3))) for time_s in times_s]


@pytest.fixture
def spooled(recorded: list[Samples], tmp_path: Path) -> list[SpooledSamples]:
    return [SpooledSamples.of(each, tmp_path / f"{index}") for index, each in enumerate(recorded)]


def parts(slices: Sequence[StreamSlice]) -> list[object]:
    def sent(each: Notifications) -> object:
        return each.sequence.tolist(), each.arrival_ns.tolist(), each.length.tolist(), each.payload

    return [([sent(each) for each in part.notifications], part.marks) for part in slices]


def test_rows_are_read_from_where_they_were_written(recorded: list[Samples], spooled: list[SpooledSamples]) -> None:
    for start, stop in ((0, 9000), (0, 1), (4321, 4330), (8990, 99_999), (9000, 9100)):
        found, expected = spooled[0].rows(start, stop), recorded[0].rows(start, stop)
        np.testing.assert_array_equal(found.time_s, expected.time_s)
        np.testing.assert_array_equal(found.acc_m_s2, expected.acc_m_s2)
        np.testing.assert_array_equal(found.gyr_rad_s, expected.gyr_rad_s)


def test_the_stream_is_what_reading_the_session_gives(recorded: list[Samples], spooled: list[SpooledSamples]) -> None:
    columns = [as_notifications(each, line, 0) for each, line in zip(recorded, LINES, strict=True)]
    stream = ImportedStream(spooled, LINES)
    assert parts(list(stream.slices(MARKS))) == parts(list(in_slices(columns, MARKS, 0)))
    [early] = stream.slices(end_s=42.0)
    until = [each.between(0, int(np.searchsorted(each.arrival_ns, 42_000_000_000))) for each in columns]
    assert parts([early]) == parts([in_order(until, (), 0)])


def test_what_was_sent_between_two_times(recorded: list[Samples], spooled: list[SpooledSamples]) -> None:
    sent = ImportedStream(spooled, LINES).between(1, 20.0, 25.0)
    records = np.frombuffer(sent.payload, already_decoded.RECORD)
    time_s = LINES[1].at(recorded[1].time_s)
    np.testing.assert_array_equal(records["time_s"], time_s[(time_s >= 20.0) & (time_s <= 25.0)])


def test_clocks_are_found_alike_from_files_and_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_s = np.arange(0.0, 120.0, 0.01)
    lean = 0.6 * np.maximum(np.sin(2.0 * np.pi * time_s / 7.0 + np.sin(time_s / 9.0)), 0.0) ** 2
    up = np.column_stack([-np.sin(lean), np.zeros(len(lean)), np.cos(lean)])
    rate = np.column_stack([np.zeros(len(lean)), np.gradient(lean, time_s), np.zeros(len(lean))])
    one, late = Samples(time_s, 9.81 * up, rate), Samples(time_s + 0.3, 9.81 * up, rate)
    whole = clocks_by_movement.measure(one, late)
    monkeypatch.setattr(clocks_by_movement, "_ROWS", 1000)
    pieces = clocks_by_movement.measure(
        *(SpooledSamples.of(each, tmp_path / f"{each.time_s[0]}") for each in (one, late))
    )
    assert whole is not None
    assert pieces is not None
    assert whole.steady.offset_s == pytest.approx(-0.3, abs=0.005)
    assert pieces.steady.offset_s == pytest.approx(whole.steady.offset_s, abs=1e-9)
    assert pieces.uncertainty_s == pytest.approx(whole.uncertainty_s, rel=1e-6)


def test_the_quietest_moment_of_a_sensor(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    time_s = np.delete(np.arange(9000) / 100.0, slice(6000, 6500))
    rate = rng.normal(0.0, np.where((time_s > 40.0) & (time_s < 44.0), 0.1, 1.0)[:, None], (len(time_s), 3)) + 3.0
    rate[(time_s > 70.0) & (time_s < 74.0)] = 1.0  # it hangs
    samples = SpooledSamples.of(Samples(time_s, rate, rate), tmp_path / "x")
    start_s, end_s = ImportedStream([samples], [TimeLine(-0.3)]).quietest_s(0, 3.0)
    assert 39.7 <= start_s < end_s <= 43.8
    assert end_s - start_s == pytest.approx(3.0)
    short = Samples(time_s[:200], rate[:200], rate[:200])
    assert ImportedStream([short], [TimeLine(1.0)]).quietest_s(0, 3.0) == (1.0, 4.0)


def test_a_sensor_that_has_sent_nothing_yet(spooled: list[SpooledSamples]) -> None:
    """As where an import tries the steps of a calibration before one recording begins."""
    stream = ImportedStream(spooled, (TimeLine(0.0), TimeLine(200.0)))
    [early] = stream.slices(MARKS, 42.0)
    assert len(early.notifications[0])
    assert not len(early.notifications[1])
    [none] = stream.slices(MARKS, -1.0)
    assert [mark.kind for mark in none.marks] == [MarkKind.STILL, MarkKind.CLAP]
    assert not list(stream.slices((), -1.0))
