"""Whatever a table holds, many rows at a time give what line after line gives: the same bits, or the same error."""

from __future__ import annotations

import tracemalloc
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.formats import regular_rows, table
from tests.depth import examples

NUMBERS = st.one_of(
    st.floats().map(repr),
    st.floats(-1e4, 1e4).map(lambda value: f"{value:.6f}"),
    st.integers(-(10**25), 10**25).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"[+-]?[0-9]{0,25}[.]?[0-9]{1,25}([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
NO_NUMBERS = "|nan|inf|Infinity|1_0|0x10|1e|1d3|e5|True|None|NA|1 2|(1)|1%|#|#1|--1|+-1|1.2.3|.|-|1,5|é|٣"
ODD = st.sampled_from([*NO_NUMBERS.split("|"), '"1"', '"1', " ", " 1.5 ", "1\x00", "\x1f1", "1\u2028", "1\v"])
CELL = st.integers(0, 40).flatmap(lambda chance: ODD if chance == 0 else NUMBERS)


@st.composite
def texts(draw: st.DrawFn) -> str:
    delimiter = draw(st.sampled_from(",;\t"))
    rows = [delimiter.join(draw(st.lists(CELL, min_size=3, max_size=3))) for _ in range(draw(st.integers(0, 14)))]
    if draw(st.integers(0, 5)) == 0:
        rows.insert(
            draw(st.integers(0, len(rows))), draw(st.sampled_from(["", delimiter * 2, delimiter * 3, "1", " "]))
        )
    return "\n".join([delimiter.join(("time", "x", "y")), *rows]) + draw(st.sampled_from(["", "\n", "\n\n", " "]))


def outcome(text: str) -> tuple[bytes | str, tuple[str, ...]]:
    found = table.find_table(table.TextFile("a.csv", text.encode(), "utf-8"), lambda names: "time" in names)
    assert found is not None
    findings: list[str] = []
    try:
        values = found.numbers([2, 0], findings)
    except InputError as error:
        return str(error), ()
    return np.ascontiguousarray(values).tobytes(), tuple(findings)


@given(text=texts())
@examples(50)
def test_as_line_after_line(text: str) -> None:
    with patch.object(table, "regular_numbers", return_value=None):
        careful = outcome(text)
    with patch.object(regular_rows, "PIECE_BYTES", 60):
        assert outcome(text) == careful


def test_a_usual_table_is_read_so() -> None:
    rows = "".join(f"{row / 100:.2f},{row * 1e-4:.6f},-1e-3\n" for row in range(50))
    assert regular_rows.regular_numbers(rows.encode(), 0, len(rows), ",", 3, [1, 0]) is not None
    for above in ("", "# board 3\n"):
        with patch.object(table.Table, "_careful_numbers", side_effect=AssertionError("line by line")):
            assert isinstance(outcome(f"{above}time,x,y\n{rows}")[0], bytes)


def test_of_a_long_table_a_part_at_a_time_is_taken_apart() -> None:
    """So that reading it needs no more memory than the file itself has bytes, beside the numbers."""
    row = b"0.01,0." + b"5" * 400 + b"\n"
    data = row * 20_000
    tracemalloc.start()
    try:
        assert regular_rows.regular_numbers(data, 0, len(data), ",", 2, [0]) is not None
        most_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most_bytes < len(data)
