"""A table of the terminal in any width: no word broken, no number cut, nothing left out."""

from __future__ import annotations

import io

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from dowel.text.fitting_table import fitting_table

WORDS = st.lists(st.text("abcde", min_size=1, max_size=9), max_size=5).map(" ".join)
NUMBERS = st.one_of(st.just(""), st.integers(-999, 99_999).map(str), st.floats(-99, 99).map(lambda x: f"{x:+.1f}"))
COLUMNS = st.lists(st.tuples(st.text("xyz", min_size=1, max_size=8), st.booleans()), min_size=2, max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, bool], list[list[str]]]:
    columns = {"set": False, **dict(draw(COLUMNS))}
    cells = st.tuples(*(WORDS if words else NUMBERS for words in columns.values())).map(list)
    rows = draw(st.lists(cells, min_size=1, max_size=5))
    return columns, [[str(place), *row[1:]] for place, row in enumerate(rows, 1)]


def printed(columns: dict[str, bool], rows: list[list[str]], width: int) -> str:
    out = io.StringIO()
    told = [[Text(cell) for cell in row] for row in rows]
    Console(file=out, width=width, highlight=False).print(fitting_table(columns, told, width))
    return out.getvalue()


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(tables())
def test_every_word_and_number_is_whole_at_every_width(table: tuple[dict[str, bool], list[list[str]]]) -> None:
    columns, rows = table
    told = [word for row in rows for cell in row for word in cell.split()]
    for width in range(30, 72, 2):
        text = printed(columns, rows, width)
        assert max(len(line) for line in text.splitlines()) <= width
        shown = text.split()
        assert all(shown.count(word) >= told.count(word) for word in told), width


def test_without_room_a_row_is_a_paragraph_that_names_its_numbers() -> None:
    columns = {"set": False, "reps": False, "worst": True}
    rows = [["1", "8", "upper back"], ["2", "", "head"]]
    assert printed(columns, rows, 60).split()[:3] == ["set", "reps", "worst"]
    assert [line.rstrip() for line in printed(columns, rows, 15).splitlines()] == [
        "set 1  reps 8 ·",
        "       upper",
        "       back",
        "set 2  head",
    ]
