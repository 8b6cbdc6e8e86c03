"""Tables of a session as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dowel.analysis.column_type import Column
from dowel.exports.session_tables import Append
from dowel.session.tables import PLAIN_CSV, CsvForm, to_csv


@dataclass(frozen=True, slots=True)
class CsvTables:
    """Writes tables as CSV in one form."""

    form: CsvForm = PLAIN_CSV
    suffix: ClassVar[str] = ".csv"

    def rows(self, path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        """A table of rows by column name."""
        path.write_text(to_csv(rows, columns, self.form), encoding="utf-8", errors="replace", newline="")

    @contextmanager
    def columns(self, path: Path, columns: Sequence[Column]) -> Iterator[Append]:
        """A table that grows by runs of its columns; their texts are words of our own, so nothing needs quotes."""
        form = self.form
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(form.begins + form.delimiter.join(column.name for column in columns) + "\r\n")

            def append(values: Sequence[NDArray[Any]]) -> None:
                cells = [_cells(array, column, form) for array, column in zip(values, columns, strict=True)]
                file.writelines(f"{form.delimiter.join(line)}\r\n" for line in zip(*cells, strict=True))

            yield append


def _cells(values: NDArray[Any], column: Column, form: CsvForm) -> list[str]:
    if column.digits is None:
        return [str(value) for value in values.tolist()]
    rounded = np.round(values.astype(np.float64), column.digits) + 0.0  # no minus in front of nothing
    pattern = f"%.{column.digits}f"
    texts = ["" if value != value else pattern % value for value in rounded.tolist()]
    return texts if form is PLAIN_CSV else [form.number(text) for text in texts]
