"""CSV for spreadsheets with decimal commas: the same table, read by another program and by our own import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dowel.recordings.formats import decode, read_bundle

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "how"),
    [
        (["--excel"], {"sep": ";", "decimal": ",", "encoding": "utf-8-sig"}),
        (["--decimal", ","], {"sep": ";", "decimal": ","}),
        (["--excel", "--decimal", "."], {"encoding": "utf-8-sig"}),
    ],
    ids=" ".join,
)
def test_a_spreadsheet_reads_the_same_table(
    session: Path, dowel: Run, tmp_path: Path, options: list[str], how: dict[str, str]
) -> None:
    plain, other = [tmp_path / name for name in ("plain", "other")]
    for folder, more in ((plain, []), (other, options)):
        assert dowel("export", session, "--to", folder, "--raw", *more)[0] == 0
        assert (
            dowel("report", session, "--csv", folder / "report.csv", "--sets", folder / "report_sets.csv", *more)[0]
            == 0
        )
    names = sorted(path.name for path in plain.glob("*.csv"))
    assert len(names) == 8
    for name in names:
        table = pd.read_csv(other / name, **how)
        pd.testing.assert_frame_equal(table, pd.read_csv(plain / name))
        assert (other / name).read_bytes().startswith(b"\xef\xbb\xbf") is ("--excel" in options)
    ours, theirs = (decode(read_bundle(folder / "raw_sacrum.csv")).samples for folder in (plain, other))
    np.testing.assert_array_equal(ours.gyr_rad_s, theirs.gyr_rad_s)
    np.testing.assert_array_equal(ours.time_s, theirs.time_s)


def test_history_too(session: Path, dowel: Run, tmp_path: Path) -> None:
    (tmp_path / "a.dowel").write_bytes(session.read_bytes())
    code, out, _ = dowel("history", tmp_path, "--csv", "-", "--excel")
    assert code == 0
    heading, *rows = out.splitlines()
    assert heading.startswith("\ufeff")
    assert {row.count(";") for row in rows} == {heading.count(";")}
    assert "." not in "".join(rows).replace("a.dowel", "")


@pytest.mark.parametrize("command", ["report", "history"])
def test_a_form_of_nothing_is_refused(session: Path, dowel: Run, command: str) -> None:
    where = session if command == "report" else session.parent
    assert dowel(command, where, "--excel")[0] == 2
    assert dowel(command, where, "--decimal", ",")[0] == 2
