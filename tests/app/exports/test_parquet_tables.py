"""Parquet tables: measurements without a dictionary, which would only make them larger."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from dowel.analysis.column_type import Column
from dowel.exports.parquet_tables import ParquetTables

COLUMNS = (
    Column("lean_deg", "deg", 3, "Lean."),
    Column("rep", "", 0, "Number of the rep."),
    Column("kind", "", None, "Kind of the row."),
)


def test_measurements_have_no_dictionary_and_come_back_bit_for_bit(tmp_path: Path) -> None:
    lean_deg = np.random.default_rng(1).normal(size=5000)
    lean_deg[7] = np.nan
    path = tmp_path / "signals.parquet"
    with ParquetTables().columns(path, COLUMNS) as append:
        append([lean_deg, np.arange(5000) // 100, np.full(5000, "rep", dtype=object)])
    group = pq.read_metadata(path).row_group(0)
    has_dictionary = {group.column(at).path_in_schema: group.column(at).has_dictionary_page for at in range(3)}
    assert has_dictionary == {"lean_deg": False, "rep": True, "kind": True}
    table = pq.read_table(path)
    assert table["lean_deg"].null_count == 1
    assert np.array_equal(table["lean_deg"].to_numpy(), lean_deg, equal_nan=True)
