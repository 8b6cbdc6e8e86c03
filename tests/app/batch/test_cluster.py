"""A real Dask scheduler with two workers, each a process of its own on this computer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from dowel.batch import cluster
from tests.app.batch.conftest import Server

Run = Callable[..., tuple[int, str, str]]


def begun(*words: str, cache: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DOWEL_CACHE": str(cache)}
    return subprocess.Popen([sys.executable, "-m", *words], env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler's address, and its two workers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    where = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        cache = tmp_path / "cache"
        all_of_them = [begun("distributed.cli.dask_scheduler", *where, "--port", str(port), cache=cache)]
        stack.callback(lambda: [each.wait() for each in all_of_them])
        stack.callback(lambda: [each.kill() for each in all_of_them])
        worker = ("distributed.cli.dask_worker", address, *where, "--nthreads", "1", "--no-nanny")
        all_of_them += [begun(*worker, "--local-directory", str(tmp_path), cache=cache) for _ in range(2)]
        yield address, all_of_them[1:]


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_though_a_worker_dies(
    club: Path,
    server: Server,
    workers: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
    dowel: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, processes = workers
    monkeypatch.setattr(cluster, "CONNECT_S", 120.0)  # the scheduler may still be starting

    def end_who_asks(port: int) -> None:
        for process in processes:
            if process.poll() is None:
                ports = [each.laddr.port for each in psutil.Process(process.pid).net_connections("tcp")]
                if port in ports:
                    process.send_signal(signal.SIGKILL)

    server.ends = {"/P2.dowel": (1, end_who_asks)}
    out = tmp_path / "reps.csv"
    places = [
        club / "P1.dowel",
        f"{server.url}/P2.dowel",
        f"{server.url}/P5.dowel",
        club / "P3.dowel",
        club / "P4.dowel",
    ]
    code, _, said = dowel("batch", *places, "--out", out, "--scheduler", address)
    assert code == 3, said
    assert "of 3 sessions" in said
    assert [process.poll() is None for process in processes].count(True) == 1
    dowel("report", *(club / f"P{number}.dowel" for number in (1, 2, 3)), "--csv", tmp_path / "told.csv")
    assert out.read_bytes() == (tmp_path / "told.csv").read_bytes()
    assert (tmp_path / "failures.csv").read_text().count("\n") == 3

    monkeypatch.setattr(cluster, "_versions_here", lambda: {"dowel-rod": "9.9"})
    code, _, said = dowel("batch", *places, "--out", out, "--scheduler", address, "--no-cache")
    assert code == 2
    assert "The cluster has dowel-rod " in said
    assert "and you have dowel-rod 9.9. Install the same" in said


def test_where_no_scheduler_is_that_is_said(
    club: Path, tmp_path: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.2)
    code, _, said = dowel(
        "batch", club, "--out", tmp_path / "reps.csv", "--scheduler", "tcp://127.0.0.1:9", "--no-cache"
    )
    assert code == 3
    assert "No scheduler answers at tcp://127.0.0.1:9. Start one" in said
