"""Many sessions to one table, by processes of this computer: the rows of a report, whatever happens to who works."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from aiohttp import InvalidURL
from fsspec.implementations.memory import MemoryFileSystem

import dowel
from dowel.batch import many
from dowel.batch.cluster import analyse_there
from dowel.batch.inputs import Input, inputs_of, reason
from dowel.batch.one_session import Outcome, Task, analyse, packed_outcome
from dowel.recordings.errors import InputError, UsageError
from dowel.reports.session_rows import session_rows
from dowel.session import unchanged_files
from dowel.session.results_cache import ResultsCache, cache_path, code_digest
from tests.app.batch.conftest import Server

Run = Callable[..., tuple[int, str, str]]


def sentences(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="") as file:
        return [(row["input"], row["sentence"]) for row in csv.DictReader(file)]


def failures(out: Path) -> dict[str, str]:
    return dict(sentences(out.with_name("failures.csv")))


def end_workers(port: int) -> None:
    for process in multiprocessing.active_children():
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_the_rows_are_those_of_a_report(
    club: Path, server: Server, tmp_path: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an input that is damaged, one that is not there, a worker that dies once, and a session it dies of."""
    monkeypatch.setenv("DOWEL_CACHE", str(tmp_path / "cache"))
    server.ends = {"/P2.dowel": (1, end_workers), "/P3.dowel": (99, end_workers)}
    secret = server.url.replace("//", "//me:secret@") + "/P2.dowel?key=secret"
    server.ends["/P2.dowel?key=secret"] = server.ends.pop("/P2.dowel")
    out = tmp_path / "reps.csv"
    urls = [secret, *(f"{server.url}/{name}.dowel" for name in ("P3", "P5")), "http://127.0.0.1:9/x.dowel"]
    places = [club, *urls, tmp_path / "none*.dowel"]
    code, *_ = dowel("batch", *places, "--out", out, "--sets", tmp_path / "sets.csv", "--jobs", "1")
    assert code == 3
    four = [club / "P1.dowel", club / "P2.dowel", club / "P3.dowel", club / "P2.dowel"]
    dowel("report", *four, "--csv", tmp_path / "told.csv", "--sets", tmp_path / "told_sets.csv")
    assert out.read_bytes() == (tmp_path / "told.csv").read_bytes()
    assert (tmp_path / "sets.csv").read_bytes() == (tmp_path / "told_sets.csv").read_bytes()
    why = failures(out)
    assert why == {
        str(club / "P4.dowel"): why[str(club / "P4.dowel")],
        f"{server.url}/P3.dowel": why[f"{server.url}/P3.dowel"],
        f"{server.url}/P5.dowel": f"{server.url}/P5.dowel cannot be fetched: File not found. Check the address.",
        "http://127.0.0.1:9/x.dowel": why["http://127.0.0.1:9/x.dowel"],
        str(tmp_path / "none*.dowel"): f"Nothing is named like {tmp_path / 'none*.dowel'}. Check the pattern.",
    }
    assert "is not a Dowel session" in why[str(club / "P4.dowel")]
    assert "Connect call failed" in why["http://127.0.0.1:9/x.dowel"]
    assert "ended from outside" in why[f"{server.url}/P3.dowel"]

    provenance = out.with_suffix(".provenance.json").read_text()
    assert "secret" not in provenance + out.with_name("failures.csv").read_text()
    told = json.loads(provenance)
    assert [each["reps"] for each in told["sessions"]] == [8, 8, 8, None, 8, None, None, None, None]
    [(name, digest)] = told["sessions"][0]["sha256"].items()
    sums = subprocess.run(["sha256sum", club / name, out], capture_output=True, text=True, check=True).stdout.split()
    assert [digest, told["tables"]["reps.csv"]] == sums[::2]


def test_what_is_done_begins_no_process(
    club: Path, dowel: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(unchanged_files, "SETTLED_S", 0.04)
    files = [club / f"P{number}.dowel" for number in (1, 2, 3)]
    if files[0].stat().st_dev not in unchanged_files._devices():
        pytest.skip("this file system's times of change are not relied on")
    time.sleep(0.05)
    for file in files:
        with ResultsCache(cache_path()) as cache:
            session_rows(file, cache)
    with patch.object(many, "run_here", side_effect=AssertionError("a process was begun")):
        assert dowel("batch", *files, "--out", tmp_path / "reps.csv")[0] == 0
        with pytest.raises(AssertionError, match="begun"):
            dowel("batch", *files, "--out", tmp_path / "reps.csv", "--no-cache")
    assert failures(tmp_path / "reps.csv") == {}


@pytest.mark.slow
def test_killed_in_the_middle_there_is_no_table_and_it_can_be_begun_again(
    club: Path, server: Server, tmp_path: Path, dowel: Run
) -> None:
    out = tmp_path / "reps.csv"
    places = [f"{server.url}/P1.dowel", f"{server.url}/P2.dowel"]
    command = [sys.executable, "-m", "dowel", "batch", *places, "--out", out, "--jobs", "1"]
    server.ends = {"/P2.dowel": (1, lambda _: process.kill())}
    with subprocess.Popen(command) as process:
        process.wait()
    assert list(tmp_path.iterdir()) == []
    assert dowel("batch", *places, "--out", out, "--jobs", "1")[0] == 0
    dowel("report", club / "P1.dowel", club / "P2.dowel", "--csv", tmp_path / "told.csv")
    assert out.read_bytes() == (tmp_path / "told.csv").read_bytes()


@pytest.mark.slow
def test_for_notebooks_and_from_memory(club: Path, tmp_path: Path) -> None:
    files = MemoryFileSystem()
    for name in ("P2", "P1"):
        files.pipe(f"/lab/{name}.dowel", (club / f"{name}.dowel").read_bytes())
    found = dowel.analyse_many("memory://lab", jobs=1)
    one_by_one = [dowel.analyse(club / f"{name}.dowel").reps for name in ("P1", "P2")]
    assert found.reps.to_csv() == pd.concat(one_by_one, ignore_index=True).to_csv()
    assert list(found.sets["person"]) == ["P1", "P2"]
    assert found.failures.empty
    assert list(found.warnings["sentence"]) == [
        "It is the session memory:///lab/P1.dowel again: the table holds its reps twice."
    ]
    assert repr(found) == f"2 sessions with {len(found.reps)} bends in 2 sets\n1 warning: see warnings"
    with pytest.raises(InputError, match=r"None of these sessions can be used. The first: .*P4.dowel is not a Dowel"):
        dowel.analyse_many(club / "P4.dowel", jobs=1)


def test_folders_patterns_and_files_come_once_and_in_order(club: Path, tmp_path: Path) -> None:
    shutil.copytree(club, tmp_path / "b")
    found = inputs_of([str(club / "P3.dowel"), str(tmp_path / "*" / "P[12].dowel"), str(club), str(tmp_path / "b")])
    names = [(Path(each.place).parent.name, Path(each.place).stem) for each in found]
    club_name = club.name
    assert names == [
        (club_name, "P3"),
        *[("b", "P1"), ("b", "P2")],
        *[(club_name, "P1"), (club_name, "P2"), (club_name, "P4")],
        *[("b", "P3"), ("b", "P4")],
    ]
    [unknown] = inputs_of(["nonsense://x/y.dowel"])
    assert (
        unknown.problem
        == "nonsense://x/y.dowel cannot be looked through: Protocol not known: nonsense. Check the address."
    )


@pytest.mark.slow
def test_what_the_rows_do_not_show_is_said_beside_them(
    session: Path, tmp_path: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.dowel", "b.dowel"):
        shutil.copyfile(session, name)
    Path("c.dowel").write_bytes(session.read_bytes()[: session.stat().st_size // 2])
    code, _, said = dowel("batch", "a.dowel", "b.dowel", "c.dowel", "--out", "reps.csv", "--jobs", "1")
    assert code == 0
    assert "Of 2 sessions the rows do not show everything: warnings.csv says what." in said
    told = sentences(Path("warnings.csv"))
    assert told[0] == ("b.dowel", "It is the session a.dowel again: the table holds its reps twice.")
    assert ("c.dowel", "It is the session a.dowel again: the table holds its reps twice.") in told
    assert any(name == "c.dowel" and "is cut short" in sentence for name, sentence in told)


def test_two_sessions_of_one_name_are_told() -> None:
    def of(identity: str) -> Outcome:
        return packed_outcome(json.dumps([{"identity": identity}, [], [], [], [], [], []]).encode(), {}, "")

    inputs = [Input(name, f"/{name}") for name in ("a/P1.dowel", "b/P1.dowel", "b/P2.dowel")]
    done = many.Done(inputs, [of("one"), of("two"), of("three")])
    assert done.warnings == [
        {
            "input": "b/P1.dowel",
            "sentence": "It has the name of a/P1.dowel: the column session does not tell them apart.",
        }
    ]


def test_why_an_address_is_none_tells_no_secret() -> None:
    assert reason(InvalidURL("http://me:secret@host:x/P1.dowel?key=secret")) == "InvalidURL"


def test_a_file_that_only_the_client_sees_is_told_so(tmp_path: Path) -> None:
    outcome = analyse_there(Task(Input("x.dowel", str(tmp_path / "x.dowel"))))
    assert outcome.problem.startswith(
        "x.dowel is not there for the worker: the machines of a cluster must see the same"
    )


def test_another_program_on_a_worker_is_refused() -> None:
    with pytest.raises(UsageError, match=r"A worker has other code or libraries, and you run dowel .*Install the same"):
        analyse(Task(Input("x", "/x.dowel"), code="other"))
    with pytest.raises(UsageError, match=r"A worker runs dowel .*, and you run dowel 9\.9\. Install the same"):
        analyse(Task(Input("x", "/x.dowel"), version="9.9", code=code_digest()[:-1]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "reps.txt"], "give a name that ends in .csv or .parquet"),
        (["--out", "no/such/reps.csv"], "the folder no/such does not exist"),
        (["--out", "a.csv", "--sets", "a.csv"], "name one file"),
        (["--out", "a.csv", "--jobs", "2", "--scheduler", "tcp://x"], "Leave one out"),
        (["--out", "failures.csv"], "failures.csv is written beside the table"),
        (["--out", "a.csv", "--sets", "warnings.csv"], "warnings.csv is written beside the table"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_done(dowel: Run, words: list[str], sentence: str) -> None:
    code, _, said = dowel("batch", "x.dowel", *words)
    assert code == 2
    assert sentence in said


def test_no_more_processes_work_than_this_one_may_have_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5}, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 128)
    asked: list[int] = []

    def run_here(tasks: Sequence[Task], jobs: int) -> list[tuple[Task, Outcome]]:
        asked.append(jobs)
        return [(task, Outcome(problem="It is none.")) for task in tasks]

    monkeypatch.setattr(many, "run_here", run_here)
    for jobs in (None, 7):
        with pytest.raises(InputError, match="It is none"):
            many.run_many([Input("a.dowel", "/a.dowel")], jobs=jobs, use_cache=False)
    monkeypatch.delattr("os.sched_getaffinity")
    assert asked == [2, 7]
    assert many.processors() == 128


@pytest.mark.parametrize("jobs", [0, -1])
def test_fewer_than_one_process_is_refused(jobs: int) -> None:
    with pytest.raises(UsageError, match="give 1 or more"):
        dowel.analyse_many("a.dowel", jobs=jobs)
