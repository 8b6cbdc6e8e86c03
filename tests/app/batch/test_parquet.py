"""The tables of batch as Parquet, and the folder of signals, read back by pyarrow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import dowel
from dowel.batch.signals import SignalsFolder
from dowel.recordings.errors import InputError
from dowel.session.results import columns_of
from dowel.session.tables import SET_COLUMNS, SIGNAL_COLUMNS, to_csv

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.slow
def test_tables_and_signals_as_parquet(club: Path, tmp_path: Path, dowel: Run) -> None:
    files = [tmp_path / "b c.dowel", club / "P1.dowel"]
    shutil.copyfile(club / "P2.dowel", files[0])
    reps, sets, folder = tmp_path / "reps.parquet", tmp_path / "sets.parquet", tmp_path / "signals"
    asked = ("--out", reps, "--sets", sets, "--signals", folder, "--jobs", "1")
    assert dowel("batch", *files, *asked)[0] == 0
    told = [dowel("report", *files, table, "-")[1] for table in ("--csv", "--sets")]
    rows = pq.read_table(reps).to_pylist()
    assert to_csv(rows, columns_of(rows)) == told[0]
    assert to_csv(pq.read_table(sets).to_pylist(), SET_COLUMNS) == told[1]

    found = ds.dataset(folder, partitioning="hive").to_table().to_pandas()
    assert set(found["session"]) == {"b c", "P1"}
    assert list(found.columns) == [*(column.name for column in SIGNAL_COLUMNS), "session"]
    of_one = found[found["session"] == "P1"].reset_index(drop=True)
    expected = analysed(files[1])
    for name in ("time_s", "spine_deviation_deg", "twist_deg", "rep", "lost", "kind"):
        assert of_one[name].to_numpy().tolist() == pytest.approx(expected[name].to_numpy().tolist(), nan_ok=True)
    assert found["thigh_lean_deg"].isna().all()

    made = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    folder.rename(tmp_path / ".signals-unfinished")  # as a kill leaves it
    assert dowel("batch", files[1], *asked)[0] == 0
    left = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert len(left) == 1
    assert left.items() <= made.items()


@pytest.mark.slow
def test_a_run_that_fails_leaves_the_folder_of_the_one_before(club: Path, tmp_path: Path, dowel: Run) -> None:
    bad, folder = tmp_path / "bad.dowel", tmp_path / "signals"
    bad.write_bytes(b"no session")
    asked = ("--out", tmp_path / "reps.csv", "--signals", folder, "--jobs", "1")
    assert dowel("batch", club / "P1.dowel", *asked)[0] == 0

    def made() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*.parquet")}

    before = made()
    assert dowel("batch", bad, *asked)[0] == 3
    assert made() == before, "none of the sessions could be used"
    assert dowel("batch", club / "P1.dowel", bad, *asked)[0] == 3
    assert made() == before, "it is the same session"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def analysed(path: Path):  # type: ignore[no-untyped-def]
    return dowel.analyse(path).signals


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("")
    with pytest.raises(InputError, match="holds something else"):
        SignalsFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_the_folder_may_be_named_through_itself(tmp_path: Path) -> None:
    (tmp_path / "signals").mkdir()
    folder = SignalsFolder(tmp_path / "signals" / ".." / "signals")
    folder.keep("a", "a.parquet", b"data")
    folder.finish()
    assert (tmp_path / "signals" / "session=a" / "a.parquet").read_bytes() == b"data"
    assert [each.name for each in tmp_path.iterdir()] == ["signals"]
