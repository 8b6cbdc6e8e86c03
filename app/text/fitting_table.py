"""A table for the terminal that fits: where its columns have no room, each row becomes a paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

_GAP: Final = 2
"""Between two columns: the box draws a space, and the padding adds another."""


def fitting_table(columns: Mapping[str, bool], rows: Sequence[Sequence[Text]], width: int) -> Table:
    """A table in ``width`` in which no number is cut and no word broken.

    Parameters
    ----------
    columns
        The titles in their order, and whether a column holds words, which may stand on several lines.
    rows
        A cell for each column.
    width
        The room for the table, without what it is set in by.
    """
    texts = {title: [title, *(row[place].plain for row in rows)] for place, title in enumerate(columns)}
    whole = {title: max(map(cell_len, texts[title])) for title in columns}
    least = {title: _longest_word(texts[title]) if words else whole[title] for title, words in columns.items()}
    spare = width - sum(least.values()) - _GAP * (len(columns) - 1)
    if spare < 0:
        return _paragraphs(columns, rows)
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", border_style="dim"
    )
    widths = _shared(spare, least, whole)
    for title, words in columns.items():  # of widths that rich chooses some would break a word
        table.add_column(title, justify="left" if words else "right", width=widths[title], overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _shared(spare: int, least: Mapping[str, int], whole: Mapping[str, int]) -> dict[str, int]:
    """Widths from the least to the whole: who lacks little gets it, and the others share what is left."""
    widths = dict(least)
    lacking = sorted(
        (title for title in least if whole[title] > least[title]), key=lambda each: whole[each] - least[each]
    )
    for place, title in enumerate(lacking):
        more = min(whole[title] - least[title], spare // (len(lacking) - place))
        widths[title] += more
        spare -= more
    return widths


def _longest_word(texts: Iterable[str]) -> int:
    return max(cell_len(word) for text in texts for word in text.split())


def _paragraphs(columns: Mapping[str, bool], rows: Sequence[Sequence[Text]]) -> Table:
    first, *titles = columns
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, *cells in rows:
        told = Text()
        for title, cell in zip(titles, cells, strict=True):
            if cell:
                told.append(" · " if told else "")
                told.append("" if columns[title] else f"{title} ")
                told.append_text(cell)
        table.add_row(Text.assemble(f"{first} ", name) if name.plain.isdigit() else name, told)
    return table
