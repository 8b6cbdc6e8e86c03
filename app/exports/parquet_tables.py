"""Tables of a session as Parquet: numbers with all their digits, unit and meaning in the schema's metadata."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dowel.analysis.column_type import Column
from dowel.exports.session_tables import Append
from dowel.settings.version import program_version


@dataclass(frozen=True, slots=True)
class ParquetTables:
    """Writes tables as Parquet; what was not measured is null."""

    suffix: ClassVar[str] = ".parquet"

    def rows(self, path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        """A table of rows by column name."""
        rows = list(rows)
        with self.columns(path, columns) as append:
            append([_cells([row.get(column.name) for row in rows], column) for column in columns])

    @contextmanager
    def columns(self, path: Path, columns: Sequence[Column]) -> Iterator[Append]:
        """A table that grows by runs of its columns, a row group each."""
        schema = parquet_schema(columns)
        with pq.ParquetWriter(path, schema, **_packing(schema)) as writer:

            def append(values: Sequence[NDArray[Any]]) -> None:
                arrays = [_array(each, field.type) for each, field in zip(values, schema, strict=True)]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

            yield append


def parquet_schema(columns: Sequence[Column]) -> pa.Schema:
    """The schema of a table: each field's metadata hold its ``unit`` and ``meaning``."""
    fields = [
        pa.field(column.name, _type(column), metadata={"unit": column.unit, "meaning": column.meaning})
        for column in columns
    ]
    return pa.schema(fields, metadata={"dowel": program_version()})


def _packing(schema: pa.Schema) -> dict[str, Any]:
    """How a table is made small.

    Measurements hardly repeat: a dictionary of their values would make the signals a quarter larger, in twice the time.
    """
    repeating = [field.name for field in schema if not pa.types.is_floating(field.type)]
    return {"compression": "zstd", "use_dictionary": repeating}


def _type(column: Column) -> pa.DataType:
    if column.digits is None:
        return pa.string()
    return pa.float64() if column.digits else pa.int64()


def _cells(values: Sequence[Any], column: Column) -> NDArray[Any]:
    """A column of a table of rows; what was not measured is NaN, or None where it is text."""
    if column.digits is None:
        return np.array(values, object)
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """A column as Arrow has it in memory: what ``pa.array`` gives, which loads pandas (30 MB) to ask for its types."""
    if pa.types.is_string(kind):
        missing = np.array([value is None for value in values], bool)
        # a name on the disk may be no text
        texts = [b"" if value is None else str(value).encode("utf-8", "replace") for value in values]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        data = [pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    else:
        missing = np.isnan(values.astype(np.float64))
        data = [pa.py_buffer(np.where(missing, 0, values).astype(kind.to_pandas_dtype()))]
    known = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    return pa.Array.from_buffers(kind, len(values), [known, *data])
