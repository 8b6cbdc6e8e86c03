"""What damage to a number shows: a cell printed unlike its column, and one that alone jumps and comes back."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Recording, decode, lost_digits
from dowel.recordings.formats.lost_digits import lone_cells
from dowel.recordings.types import BoolArray, FloatArray, Samples
from tests.recordings.formats.format_files import motion, plain_csv

MOTION = motion(3.0)
[(NAME, CSV)] = plain_csv(MOTION).items()


def with_cell(change: str, row: int, column: int, text: bytes = CSV) -> bytes:
    """The file with one cell changed; ``{}`` stands for what was there."""
    lines = text.split(b"\n")
    cells = lines[row + 1].split(b",")
    cells[column] = change.format(cells[column].decode()).encode()
    lines[row + 1] = b",".join(cells)
    return b"\n".join(lines)


def read(data: bytes) -> Recording:
    return decode(Bundle("back.csv", {NAME: data}))


@pytest.mark.parametrize("quoted", [False, True], ids=["many rows at a time", "line by line"])
@pytest.mark.parametrize("change", ["{}0", "1.5", "12"])
def test_a_cell_printed_unlike_its_column_is_refused_by_its_line(change: str, *, quoted: bool) -> None:
    data = with_cell('"{}"', 200, 1) if quoted else CSV
    with pytest.raises(InputError, match=r"line 102, column gyr_y_rad_s: .* has not 6 digits after the point"):
        read(with_cell(change, 100, 5, data))


@pytest.mark.parametrize("quoted", [False, True], ids=["many rows at a time", "line by line"])
@pytest.mark.parametrize(("row", "column"), [(0, 1), (200, 4), (298, 6)])
def test_a_number_that_lost_the_digit_before_its_point_is_refused(row: int, column: int, *, quoted: bool) -> None:
    data = with_cell('"{}"', 100, 1) if quoted else CSV
    sign, digits = re.fullmatch(rb"(-?)\d+(\.\d+)", data.split(b"\n")[row + 1].split(b",")[column]).groups()
    with pytest.raises(InputError, match=rf"line {row + 2}, column .* has not a digit before the point"):
        read(with_cell((sign + digits).decode(), row, column, data))


def test_a_program_that_prints_no_zero_before_the_point_is_read() -> None:
    bare = re.sub(rb"(?<=[,\n-])0\.", b".", CSV)
    assert bare.count(b",.") > 500
    np.testing.assert_array_equal(read(bare).samples.gyr_rad_s, read(CSV).samples.gyr_rad_s)


@pytest.mark.parametrize("quoted", [False, True], ids=["many rows at a time", "line by line"])
def test_an_exponent_is_no_digit_after_the_point(*, quoted: bool) -> None:
    """phyphox prints E0, E-1, E-12: where few numbers reach 1, these are shorter than all the rest."""

    def printed(value: float) -> str:
        mantissa, exponent = f"{value:.9E}".split("E")
        return f"{mantissa}E{int(exponent)}"

    values = 0.05 + 0.1 * np.sin(np.arange(300)[:, None] / 40.0 + np.arange(6))
    values[150:152] *= 20.0
    rows = [",".join(map(printed, (10.0 + 0.01 * row, *six))) for row, six in enumerate(values.tolist())]
    rows[200] = '"' + rows[200].replace(",", '","') + '"' if quoted else rows[200]
    found = read(b"\n".join([CSV.split(b"\n")[0], *(row.encode() for row in rows), b""]))
    np.testing.assert_allclose(found.samples.gyr_rad_s, values[:, 3:], rtol=1e-9)
    rows[100] = rows[100][:-4] + rows[100][-3:]
    with pytest.raises(InputError, match="has not 9 digits after the point"):
        read(b"\n".join([CSV.split(b"\n")[0], *(row.encode() for row in rows), b""]))


def test_columns_that_are_printed_as_they_come_are_read() -> None:
    """Half of all numbers of one digit more end with one less; and zeros may be short in the first row."""
    lines = [line.split(b",") for line in CSV.split(b"\n")[:-1]]
    shorter = [b",".join(cell.rstrip(b"0") if b"." in cell else cell for cell in cells) for cells in lines]
    np.testing.assert_array_equal(read(b"\n".join(shorter) + b"\n").samples.acc_m_s2, read(CSV).samples.acc_m_s2)
    zero = with_cell("0", 0, 0)
    np.testing.assert_array_equal(read(zero).samples.time_s, read(CSV).samples.time_s)


@pytest.mark.parametrize("row", [0, 1, 150, 298, 299])
def test_a_number_that_jumps_alone_is_left_out_and_told(row: int) -> None:
    whole = read(CSV)
    found = read(with_cell("1{}", row, 3))  # 9.7 becomes 19.7
    np.testing.assert_array_equal(found.samples.acc_m_s2, np.delete(whole.samples.acc_m_s2, row, axis=0))
    assert any(f"in 1 sample (at {row / 100:.2f} s) one number alone jumps" in words for words in found.findings)


def lone(values: FloatArray) -> BoolArray:
    return lone_cells((values,), (0.0,))


def test_a_knock_and_noise_are_no_lost_digits() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(20_000, 6))
    assert not lone(noise).any()
    assert not lone(np.round(noise * 0.3)).any()  # a still sensor's last digit
    knock = replace(MOTION, acc_m_s2=MOTION.acc_m_s2.copy())
    knock.acc_m_s2[100] += [30.0, -20.0, 25.0]
    assert not lone(_six(knock)).any()


@pytest.mark.parametrize("row", [0, 1, 150, 299])
@pytest.mark.parametrize(("column", "light", "far"), [(1, 0.4, 1.2), (4, 0.08, 0.25)], ids=["acc", "gyr"])
def test_a_light_knock_along_one_axis_is_no_lost_digit(row: int, column: int, light: float, far: float) -> None:
    for jump, told in ((light, 0), (far, 1)):
        values = np.hstack([MOTION.acc_m_s2, MOTION.gyr_rad_s])
        values[row, column] += jump
        samples = replace(MOTION, acc_m_s2=values[:, :3], gyr_rad_s=values[:, 3:])
        found = read(plain_csv(samples)[NAME])
        assert len(found.samples) == len(MOTION) - told
        assert any("one number alone" in words for words in found.findings) == bool(told)


@pytest.mark.parametrize("row", [0, 299])
def test_what_moves_on_two_axes_at_an_end_is_no_lost_digit(row: int) -> None:
    values = np.random.default_rng(3).normal(0.0, 0.01, (300, 6))
    values[row, :2] += [1.0, 0.2]
    assert not lone(values).any()


def _six(samples: Samples) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.hstack([samples.acc_m_s2, samples.gyr_rad_s])


def test_pieces_of_a_long_recording_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    values = np.cumsum(rng.normal(size=(1000, 6)), axis=0) * 0.01
    wrong = [0, 1, 99, 100, 101, 500, 998, 999]
    values[wrong, rng.integers(0, 6, len(wrong))] += 9.0
    whole = np.flatnonzero(lone(values))
    assert set(whole) <= set(wrong)
    assert len(whole) >= 5
    monkeypatch.setattr(lost_digits, "_PIECE_ROWS", 100)
    np.testing.assert_array_equal(np.flatnonzero(lone(values)), whole)
