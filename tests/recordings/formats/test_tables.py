"""Tables as spreadsheets, editors and makers leave them: the same samples, or the line is named."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode
from dowel.recordings.formats.recording import Recording
from tests.recordings.formats import format_files as written

MOTION = written.motion()
[(NAME, DATA)] = written.plain_csv(MOTION).items()
LINES = DATA.decode().splitlines()


def read(text: str) -> Recording:
    recording = decode(written.bundle({NAME: text.encode()}))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s[: len(recording.samples)], atol=1e-9)
    np.testing.assert_allclose(recording.samples.gyr_rad_s, MOTION.gyr_rad_s[: len(recording.samples)], atol=1e-6)
    np.testing.assert_allclose(recording.samples.acc_m_s2, MOTION.acc_m_s2[: len(recording.samples)], atol=1e-6)
    return recording


def quoted(line: str, decimal: str) -> str:
    return ",".join(f'"{cell.replace(".", decimal)}"' for cell in line.split(","))


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("end", ["\n", ""])
def test_quoted_cells_hold_decimal_commas_and_separators(decimal: str, end: str) -> None:
    rows = [f'{quoted(line, decimal)},"slow, then ""fast"""' for line in LINES[1:]]
    recording = read("\n".join([LINES[0] + ',"note, free"', *rows]) + end)
    assert len(recording.samples) == len(MOTION)
    assert recording.findings == ()


def test_blanks_before_a_quotation_mark() -> None:
    rows = [f'{quoted(line, ".").replace(",", ", ")}, "slow, then fast"' for line in LINES[1:]]
    assert len(read("\n".join([LINES[0] + ', "note, free"', *rows, ""])).samples) == len(MOTION)


def test_semicolons_with_decimal_commas_and_quotation_marks() -> None:
    rows = [line.replace(",", ";").replace(".", ",") for line in LINES]
    rows[5] = '"' + rows[5].replace(";", '";"') + '"'
    assert len(read("\n".join(rows) + "\n").samples) == len(MOTION)


@pytest.mark.parametrize("blank", ["", ",,,,,,", '"","","","","","",""', "   ", ",,,,,,,,,"])
def test_empty_rows_of_a_spreadsheet(blank: str) -> None:
    recording = read("\n".join([LINES[0], blank, *LINES[1:], blank, blank, ""]))
    assert len(recording.samples) == len(MOTION)
    between = read("\n".join([*LINES[:9], blank, *LINES[9:], blank, ""]))
    assert len(between.samples) == len(MOTION)
    assert ("1 empty rows" in " ".join(between.findings)) is bool(blank.strip())


def test_trailing_separators_and_an_index_without_a_name() -> None:
    assert len(read("\n".join(line + ",," for line in LINES) + "\n").samples) == len(MOTION)
    assert len(read("\n".join([LINES[0], *(line + "," for line in LINES[1:])]) + "\n").samples) == len(MOTION)
    index = [("" if row == 0 else str(row)) + "," + line for row, line in enumerate(LINES)]
    assert len(read("\n".join(index) + "\n").samples) == len(MOTION)


def test_a_whole_last_line_needs_no_line_end() -> None:
    recording = read("\n".join(LINES))
    assert len(recording.samples) == len(MOTION)
    assert recording.findings == ()


@pytest.mark.parametrize("lost", range(1, 12))
def test_a_cut_last_line_is_reported_once(lost: int) -> None:
    recording = read("\n".join(LINES)[:-lost])
    assert len(recording.samples) == len(MOTION) - 1
    assert len(recording.findings) == 1


def test_a_cut_table_of_both_sensors_is_reported_once() -> None:
    files = written.phyphox(MOTION)
    acc = files["Accelerometer.csv"].decode().splitlines()
    gyr = files["Gyroscope.csv"].decode().splitlines()
    both = "\n".join(f"{a},{g}" for a, g in zip(acc, gyr, strict=True))[:-4]
    recording = decode(written.bundle({"both.csv": both.encode()}))
    assert sum("may be cut" in finding for finding in recording.findings) == 1


def test_numbers_of_any_length_may_be_cut_at_the_end() -> None:
    """12.5 may have been 12.53: without a line end only a file of even decimals shows that its last cell is whole."""
    uneven = [LINES[0], *(line[: -1 - row % 3] for row, line in enumerate(LINES[1:]))]
    recording = decode(written.bundle({NAME: "\n".join(uneven).encode()}))
    assert len(recording.samples) == len(MOTION) - 1


@pytest.mark.parametrize(
    ("files", "column"),
    [
        (written.plain_csv(MOTION), b"acc_z_m_s2"),
        (written.movella_dot(MOTION), b"Gyr_Z"),
        (written.metamotion(MOTION), b"z-axis (g)"),
        (written.metamotion(MOTION), b"z-axis (deg/s)"),
        (written.x_imu3(MOTION), b"Gyroscope X (deg/s)"),
        (written.sensor_logger(MOTION, platform="ios"), b"x"),
        (written.sensor_logger_watch(MOTION), b"gravityX"),
        (written.witmotion(MOTION, app=False), b"ax(g)"),
    ],
)
def test_a_column_that_stands_twice_is_refused(files: Mapping[str, bytes], column: bytes) -> None:
    def twice(data: bytes) -> bytes:
        lines = data.split(b"\n")
        delimiter = b"\t" if b"\t" in data else b","
        heading = next((line for line in lines[:14] if column in [c.strip() for c in line.split(delimiter)]), None)
        if heading is None:
            return data
        start = lines.index(heading)
        ends = [
            heading.rstrip(b"\r") + delimiter + column,
            *(line.rstrip(b"\r") + delimiter + b"1" for line in lines[start + 1 : -1]),
        ]
        return b"\n".join([*lines[:start], *ends, b""])

    with pytest.raises(InputError, match="twice"):
        decode(written.bundle({name: twice(data) for name, data in files.items()}))


def test_an_assumed_rate_is_not_called_measured() -> None:
    recording = decode(written.bundle(written.qsense(written.motion(rate_hz=50.0))))
    assert recording.rate_from == "assumed"
    [first, *_] = check(recording.samples, recording.stated_rate_hz, rate_from=recording.rate_from).findings
    assert "50.0 Hz assumed" in first
    assert "measured" not in first
