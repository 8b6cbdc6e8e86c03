"""Tables of nobody's program are read by what a person says of them, and the session keeps what was said."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats import Bundle, Told, decode, pack, unpack
from dowel.recordings.formats.home_made import layout
from dowel.recordings.types import GRAVITY_M_S2
from tests.recordings.formats import format_files as written

MOTION = written.motion(3.0)
NAMES = "t,ax,ay,az,gx,gy,gz"


def board(
    acc: float, gyr: float, *, time: float = 1e3, heading: str = NAMES + ",temp\n", separator: str = ","
) -> bytes:
    rows = np.column_stack([MOTION.time_s * time, MOTION.acc_m_s2 * acc, MOTION.gyr_rad_s * gyr])
    text = "".join(separator.join(f"{value:.6f}" for value in row) + f"{separator}21.5\n" for row in rows.tolist())
    return (heading + text).encode()


def told(data: bytes, columns: str, units: str) -> Bundle:
    return Bundle("log", {"log.csv": data}, Told(columns=columns, units=units))


@pytest.mark.parametrize(
    ("data", "columns", "units"),
    [
        (board(1 / GRAVITY_M_S2, np.rad2deg(1)), NAMES, "ms, g, deg/s"),
        (board(1 / GRAVITY_M_S2, np.rad2deg(1)), NAMES, "milliseconds,G,degrees per second"),
        (board(1.0, 1.0, time=1.0), NAMES, "seconds, metres per second squared, radians per second"),
        (board(16384 / GRAVITY_M_S2, 131 * np.rad2deg(1)), NAMES, "ms, 16384 per g, 131 per deg/s"),
        (board(-1.0, 1e3), NAMES, "ms, -1 m/s^2, 0.001 rad/s"),
        (board(1.0, 1.0, time=1e6, heading="# board 3\n\n", separator="\t"), "1,2,3,4,5,6,7", "us, m/s2, rad/s"),
        (board(1.0, 1.0, heading=NAMES.replace(",", "  ") + " temp\n", separator="   "), NAMES, "msec, m/s2, rad/sec"),
        (board(1.0, 1.0, heading="", separator=" ").replace(b"\n", b" \r\n  "), "1,2,3,4,5,6,7", "ms, m/s2, rad/s"),
        (board(1.0, 1.0, heading="Board ready\n"), "-,2,3,4,5,6,7", "100 Hz, m/s2, rad/s"),
        (board(1.0, 1.0), "-,ax,ay,az,gx,gy,gz", "100 Hz, m/s2, rad/s"),
    ],
)
def test_same_samples_in_every_unit(data: bytes, columns: str, units: str) -> None:
    bundle = told(data, columns, units)
    recording = decode(unpack(pack(bundle)))
    assert recording.format == "home_made"
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2, atol=1e-5)
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=1e-5)
    assert recording.rate_from == ("told by you" if "Hz" in units else "measured")
    assert columns in recording.findings[0]


UNITS_BELOW = board(
    1.0, np.rad2deg(1), heading=f"{NAMES},temp\nms,m/s^2,m/s^2,m/s^2,(deg/sec),(deg/sec),(deg/sec),°C\n"
)


def test_a_row_of_units_below_the_heading_is_no_sample() -> None:
    samples = decode(told(UNITS_BELOW, NAMES, "ms, m/s2, deg/s")).samples
    np.testing.assert_allclose(samples.acc_m_s2, MOTION.acc_m_s2, atol=1e-5)
    np.testing.assert_allclose(samples.time_s, MOTION.time_s, atol=1e-6)


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("ms, g, deg/s", r"says that ax is in m/s\^2. Correct --units, or remove that row"),
        ("ms, m/s2, rad/s", r"says that gx is in \(deg/sec\). Correct"),
        ("us, m/s2, deg/s", "says that t is in ms. Correct"),
    ],
)
def test_units_that_the_table_contradicts_are_refused(units: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(told(UNITS_BELOW, NAMES, units))


def test_a_heading_that_is_a_unit_is_no_row_of_units() -> None:
    data = board(1.0, 1.0, time=1.0, heading=NAMES.replace("t,", "ms,", 1) + ",temp\n")
    samples = decode(told(data, NAMES.replace("t,", "ms,", 1), "s, m/s2, rad/s")).samples
    np.testing.assert_allclose(samples.time_s, MOTION.time_s, atol=1e-6)


def test_a_first_row_without_values_is_no_row_of_units() -> None:
    empty = board(1.0, 1.0, heading=NAMES + ",temp\nnan,nan,nan,nan,nan,nan,nan,nan\n")
    with pytest.raises(InputError, match="line 2, column t: 'nan' is not a usable number"):
        decode(told(empty, NAMES, "ms, m/s2, rad/s"))


def test_acceleration_and_rate_in_two_tables() -> None:
    """Each at times of its own, on one clock that did not begin with the recording."""
    acc_s = 5000.0 + MOTION.time_s[::2]
    tables = {
        "a.csv": ("t,ax,ay,az\n", np.column_stack([acc_s, MOTION.acc_m_s2[::2]])),
        "g.csv": ("t;gx;gy;gz\n", np.column_stack([5000.0 + MOTION.time_s, np.rad2deg(MOTION.gyr_rad_s)])),
    }
    files = {
        name: (head + "".join(head[1].join(f"{v:.6f}" for v in row) + "\n" for row in rows.tolist())).encode()
        for name, (head, rows) in tables.items()
    }
    recording = decode(Bundle("log", files, Told(columns=NAMES, units="s, m/s2, deg/s")))
    shared = len(recording.samples)
    assert len(MOTION) - shared <= 1
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s[:shared], atol=1e-6)
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s[:shared], atol=1e-6)
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2[:shared], atol=0.05)
    assert "log/a.csv and log/g.csv were read as you say" in recording.findings[0]
    with pytest.raises(InputError, match=f"--columns '{NAMES}' --units"):
        decode(Bundle("log", files))
    with pytest.raises(InputError, match="No file has the columns -,"):
        decode(Bundle("log", files, Told(columns=NAMES.replace("t", "-"), units="50 Hz, m/s2, deg/s")))


def test_a_boards_counter_of_microseconds_begins_again() -> None:
    at_us = (2**32 - 1_000_000 + np.round(MOTION.time_s * 1e6).astype(np.int64)) % 2**32
    rows = np.column_stack([at_us, MOTION.acc_m_s2, MOTION.gyr_rad_s])
    text = "".join(",".join([f"{row[0]:.0f}", *(f"{v:.6f}" for v in row[1:])]) + "\n" for row in rows.tolist())
    recording = decode(told(f"{NAMES}\n{text}".encode(), NAMES, "us, m/s2, rad/s"))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)
    restarted = text.replace(f"\n{int(at_us[150])},", "\n5,").encode()
    with pytest.raises(InputError, match="time goes backwards"):
        decode(told(NAMES.encode() + b"\n" + restarted, NAMES, "us, m/s2, rad/s"))


@pytest.mark.parametrize(
    ("first", "units", "epoch_s", "local"),
    [
        ("1700000000000", "ms", 1.7e9, None),
        ("86400000", "ms", None, None),
        ("2023-11-14T23:13:20.000+01:00", "date", 1.7e9, None),
        ("2023-11-14 22:13:20.000", "date", None, datetime(2023, 11, 14, 22, 13, 20)),
        ("22:13:20.000", "date", None, None),
    ],
)
def test_a_column_of_time_that_tells_the_date(
    first: str, units: str, epoch_s: float | None, local: datetime | None
) -> None:
    def at(row: int) -> str:
        return str(int(first) + 10 * row) if units == "ms" else first.replace("20.000", f"{20 + row / 100:.3f}")

    rows = [",".join([at(row), *["0.0"] * 2, "9.8", *["0.0"] * 3]) for row in range(300)]
    recording = decode(told("\n".join([NAMES, *rows, ""]).encode(), NAMES, f"{units}, m/s2, rad/s"))
    assert recording.epoch_s == (epoch_s and pytest.approx(epoch_s, abs=1e-3))
    assert recording.local_start == local


def test_times_of_day() -> None:
    lines = [
        f"2023-11-14 23:59:{58 + i / 100:06.3f}," if i < 200 else f"2023-11-15 00:00:{i / 100 - 2:06.3f},"
        for i in range(300)
    ]
    rows = [
        line + ",".join(f"{v:.6f}" for v in (*a, *g))
        for line, a, g in zip(lines, MOTION.acc_m_s2, MOTION.gyr_rad_s, strict=True)
    ]
    recording = decode(told("\n".join([NAMES, *rows, ""]).encode(), NAMES, "date, m/s2, rad/s"))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "units", "words"),
    [
        ("t,ax,ay,az,gx,gy", "ms,g,deg/s", "seven columns"),
        ("t,ax,ay,az,gx,gy,gy", "ms,g,deg/s", "seven columns"),
        ("", "ms,g,deg/s", "seven columns"),
        (NAMES, "", "three units"),
        (NAMES, "ms,g", "three units"),
        (NAMES, "ms,furlongs,deg/s", "furlongs is no unit of acceleration"),
        (NAMES, "ms,g,deg", "deg is no unit of rate"),
        (NAMES, "ms,0 g,deg/s", "0 g is no unit"),
        (NAMES, "100 Hz,g,deg/s", "if, and only if"),
        ("-,ax,ay,az,gx,gy,gz", "ms,g,deg/s", "if, and only if"),
        ("-,ax,ay,az,gx,gy,gz", "0 Hz,g,deg/s", "if, and only if"),
        ("-,ax,ay,az,gx,gy,gz", "1.2.3 Hz,g,deg/s", "if, and only if"),
        ("-,ax,ay,az,gx,gy,gz", ". Hz,g,deg/s", "if, and only if"),
        ("1,2,3,4,5,6,06", "ms,g,deg/s", "seven columns"),
    ],
)
def test_what_cannot_be_meant_is_asked_for_again(columns: str, units: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        layout(columns, units)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("t,ax,ay,az,wx,wy,wz", "begins with t, ax, ay, az"),
        *((columns, "No file has the columns") for columns in ("1,2,3,4,5,6,99", "99,2,3,4,5,6,7", "²,2,3,4,5,6,7")),
    ],
)
def test_columns_that_are_not_there(columns: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        decode(told(board(1.0, 1.0), columns, "ms, m/s2, rad/s"))


@pytest.mark.parametrize("lacks", ["az", "gz"])
def test_a_column_that_neither_of_two_tables_has(lacks: str) -> None:
    tables = {"a.csv": "t,ax,ay,az", "g.csv": "t,gx,gy,gz"}
    rows = b"\n" + b"0.01,1,2,3\n" * 50
    files = {name: heading.replace(lacks, "temp").encode() + rows for name, heading in tables.items()}
    with pytest.raises(InputError, match="No file has the columns"):
        decode(Bundle("log", files, Told(columns=NAMES, units="s, m/s2, rad/s")))
