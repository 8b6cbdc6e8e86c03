"""A session file as a stream: imported files interleave as if they had come live, marks stand where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats.bundle import Bundle, pack
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import MarkKind, Placement, Samples, Sensor, StreamSlice
from dowel.sensors.drivers.already_decoded import RECORD
from dowel.sensors.simulated import (
    Link,
    SimulatedSensor,
    Simulation,
    Stand,
    calibration_pieces,
    set_of_hinges,
    simulate,
)
from dowel.sensors.stream.replay import FILE_DRIVER, PIECE_BYTES, TimeLine, as_notifications, replay
from tests.streams import analysed, eventful_session, first_difference

ORIGIN_NS = 5_000_000_000


def csv_of(samples: Samples) -> bytes:
    """Plain CSV with every digit."""
    head = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
    table = np.column_stack([samples.time_s, samples.acc_m_s2, samples.gyr_rad_s])
    return "\n".join([head, *(",".join(map(repr, row)) for row in table.tolist()), ""]).encode()


@pytest.fixture(scope="module")
def session() -> Simulation:
    pieces = (*calibration_pieces(), *set_of_hinges(3, peaks_deg=(0, 14), lowering_s=1.2, rising_s=1.0), Stand(1.0))
    sensors = [
        SimulatedSensor(place, rate_hz=rate_hz, asked_rate_hz=rate_hz, link=Link.perfect())
        for place, rate_hz in ((Placement.UPPER_BACK, 100.0), (Placement.SACRUM, 60.0))
    ]
    return simulate(pieces, sensors, seed=11)


def imported(session: Simulation, path: Path, *, offset_s: float = 0.0) -> None:
    """The session's samples as two imported CSV files; the times in the file of the sacrum are ``offset_s`` early."""
    sensors = [
        Sensor(
            run.sensor.placement,
            FILE_DRIVER,
            measured_rate_hz=run.sensor.rate_hz,
            settings={"time_offset_s": offset_s * index, "sync_ms": 4.0},
        )
        for index, run in enumerate(session.sensors)
    ]
    with SessionWriter(path, sensors, {"origin_ns": ORIGIN_NS, "started_at": "2026-05-04T10:00:00+02:00"}) as writer:
        for index, run in enumerate(session.sensors):
            times_s = run.samples.time_s - offset_s * index
            csv = csv_of(Samples(times_s, run.samples.acc_m_s2, run.samples.gyr_rad_s))
            data = b"".join(pack(Bundle("a.csv", {"a.csv": csv})))
            for start in range(0, len(data), PIECE_BYTES):
                writer.notify(index, ORIGIN_NS, data[start : start + PIECE_BYTES])
        for mark in session.marks:
            writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)


def test_an_import_that_does_not_say_when_it_began_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dowel"
    csv = csv_of(Samples(np.arange(3) * 0.01, np.full((3, 3), 5.0), np.zeros((3, 3))))
    with SessionWriter(path, [Sensor(Placement.SACRUM, FILE_DRIVER)], {"origin_ns": 0}) as writer:
        writer.notify(0, 0, b"".join(pack(Bundle("a.csv", {"a.csv": csv}))))
    with pytest.raises(InputError, match=r"x\.dowel, sensor 0: .*time_offset_s"):
        replay(open_session(path))


def samples_in(slices: Sequence[StreamSlice], sensor: int) -> np.ndarray:
    payload = b"".join(part.notifications[sensor].payload for part in slices)
    return np.frombuffer(payload, RECORD)


def test_imported_files_interleave(session: Simulation, tmp_path: Path) -> None:
    """By arrival, in packets of a tenth of a second, whatever the order in the file; no sample is lost or changed."""
    imported(session, tmp_path / "x.dowel", offset_s=3.0)
    source = replay(open_session(tmp_path / "x.dowel"), 64)
    slices = list(source.slices)
    assert source.origin_ns == ORIGIN_NS
    assert [sensor.driver for sensor in source.sensors] == ["decoded", "decoded"]
    for index, run in enumerate(session.sensors):
        found = samples_in(slices, index)
        np.testing.assert_allclose(found["time_s"], run.samples.time_s, atol=1e-9)
        np.testing.assert_allclose(found["values"][:, :3], run.samples.acc_m_s2, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found["values"][:, 3:], run.samples.gyr_rad_s, rtol=1e-6, atol=1e-6)
    rows = [
        (int(sequence), int(arrival))
        for part in slices
        for each in part.notifications
        for sequence, arrival in zip(each.sequence, each.arrival_ns, strict=True)
    ]
    rows.sort()
    arrivals = [arrival for _, arrival in rows]
    assert arrivals == sorted(arrivals)
    assert len({sequence for sequence, _ in rows}) == len(rows)
    # neither sensor runs ahead of the other by more than its packet
    assert len(slices) > 5
    for part in slices[:-1]:
        assert all(len(each) for each in part.notifications)


def test_marks_of_an_import_stand_after_what_had_arrived_by_their_end(session: Simulation, tmp_path: Path) -> None:
    imported(session, tmp_path / "x.dowel")
    (whole,) = replay(open_session(tmp_path / "x.dowel"), 1 << 30).slices
    assert [mark.kind for mark in whole.marks if mark.kind is not MarkKind.END] == [m.kind for m in session.marks]
    for mark in whole.marks:
        if mark.kind is MarkKind.END:
            continue
        for each in whole.notifications:
            arrival_s = (each.arrival_ns - ORIGIN_NS) * 1e-9
            before = each.sequence < mark.sequence
            assert (arrival_s[before] <= mark.end_s + 1e-9).all()
            assert (arrival_s[~before] >= mark.end_s - 1e-9).all()


@pytest.mark.slow
def test_an_import_gives_the_verdicts_of_the_live_session_in_any_slices(session: Simulation, tmp_path: Path) -> None:
    imported(session, tmp_path / "x.dowel", offset_s=-2.5)
    results = []
    for size in (1, 50, 1 << 30):
        source = replay(open_session(tmp_path / "x.dowel"), size)
        results.append(analysed(source.sensors, source.slices, source.origin_ns))
    for other in results[1:]:
        assert other == results[0], first_difference(results[0], other)
    live = analysed(session.session_sensors(), [session.stream()])

    def rows(events: list[object]) -> list[tuple[object, ...]]:
        fields = [dict(event[2][1][1:]) for event in events if event[0] == "RowWritten"]  # type: ignore[index]
        return [tuple(row[name] for name in ("set", "rep", "kind", "verdict", "contact_lost")) for row in fields]

    assert rows(results[0]) == rows(live)
    assert [row[3] for row in rows(live)] == ["held", "lost", "held"]
    sync = {dict(event[2][1][1:])["sync_ms"] for event in results[0] if event[0] == "RowWritten"}
    assert sync == {float(np.hypot(4.0, 4.0)).hex()}


@pytest.mark.slow
def test_added_marks_take_effect_at_their_place(tmp_path: Path) -> None:
    """A void mark that is added to a file strikes what it would have struck, had it been given then."""
    session = eventful_session()
    path = tmp_path / "x.dowel"
    session.write(path)

    def rows() -> list[dict[str, object]]:
        source = replay(open_session(path))
        events = analysed(source.sensors, source.slices, source.origin_ns)
        return [dict(event[2][1][1:]) for event in events if event[0] == "RowWritten"]

    before = rows()
    second = before[1]
    middle_s = 0.5 * (float.fromhex(str(second["start_s"])) + float.fromhex(str(second["end_s"])))
    append_mark(path, MarkKind.VOID, middle_s, middle_s)
    after = rows()
    assert [row["start_s"] for row in after] == [row["start_s"] for row in before if row is not second]
    marks = open_session(path).marks
    added = [mark for mark in marks if mark.added]
    assert [mark.end_s for mark in added] == [middle_s]


def test_packets_of_an_import_arrive_when_their_last_sample_was_taken() -> None:
    times_s = np.array([-0.35, -0.30, -0.2501, -0.1, 0.0, 0.4, 0.41])
    found = as_notifications(Samples(times_s, np.ones((7, 3)), np.ones((7, 3))), TimeLine(10.0), ORIGIN_NS)
    assert (found.length // RECORD.itemsize).tolist() == [3, 1, 1, 2]
    ends = np.cumsum(found.length // RECORD.itemsize) - 1
    np.testing.assert_array_equal(found.arrival_ns, ORIGIN_NS + np.round((times_s[ends] + 10.0) * 1e9).astype(np.int64))
