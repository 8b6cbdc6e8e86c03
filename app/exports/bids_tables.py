"""Files of a BIDS data set: tables with tabs, n/a where nothing is known, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dowel.exports.session_tables import ROWS_AT_A_TIME
from dowel.recordings.types import FloatArray

NOT_KNOWN: Final = "n/a"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", errors="replace")


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table with a header; what a row does not hold, or holds as None or empty, is not known."""
    lines = ["\t".join(columns), *("\t".join(_cell(row.get(name)) for name in columns) for row in rows)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8", errors="replace", newline="")


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()) or NOT_KNOWN


def number_lines(values: FloatArray, digits: Sequence[int]) -> Iterable[str]:
    """Rows of numbers (n, columns) as lines without a header, as the data of a tracking system are."""
    pattern = "\t".join(f"%.{count}f" for count in digits) + "\n"
    for start in range(0, len(values), ROWS_AT_A_TIME):
        for row in values[start : start + ROWS_AT_A_TIME].tolist():
            line = pattern % tuple(row)
            yield line.replace("nan", NOT_KNOWN)
