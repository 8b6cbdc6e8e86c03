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
        schema = parquet_schema(columns)
        cells = [{column.name: _cell(row.get(column.name), column) for column in columns} for row in rows]
        pq.write_table(pa.Table.from_pylist(cells, schema), path, **_packing(schema))

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


def _cell(value: Any, column: Column) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if column.digits is None:
        return str(value).encode("utf-8", "replace").decode()  # a name on the disk may be no text
    return float(value) if column.digits else int(value)


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array(values.tolist(), kind)
    floats = values.astype(np.float64)
    return pa.array(floats, mask=np.isnan(floats)).cast(kind)
