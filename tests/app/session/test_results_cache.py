"""The cache of results: never a wrong answer, whatever happens to sessions, program, and the cache itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.types import MarkKind, Placement
from dowel.reports import session_rows as rows_of_sessions
from dowel.session import results_cache, unchanged_files
from dowel.session.results_cache import ResultsCache
from dowel.session.setup import SessionSetup
from tests.depth import examples
from tests.recordings.formats import format_files as written

Run = Callable[..., tuple[int, str, str]]

SETTLED_S = 0.04
"""In place of a minute: some ticks of the clock by which the kernel says when a file was changed."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small sessions of one size that say different things."""
    folder = tmp_path_factory.mktemp("originals")
    [data] = written.plain_csv(written.motion(12.0)).values()
    (folder / "a.csv").write_bytes(data)
    paths = [folder / f"{person}.dowel" for person in ("P1", "P2")]
    for path in paths:
        sources = {Placement.SACRUM: folder / "a.csv"}
        import_recordings(ImportOptions(sources, path, setup=SessionSetup(person=path.stem)))
    assert len({path.stat().st_size for path in paths}) == 1
    return paths


def told(path: Path, cache: ResultsCache) -> str:
    try:
        return repr(rows_of_sessions.session_rows(path, cache))
    except InputError as error:
        return str(error)


def computed(path: Path) -> str:
    return told(path, ResultsCache(None))


def replaced(path: Path, other: Path) -> None:
    """Another file in its place, of the same size, and with the same time of change as far as programs can set it."""
    before = path.stat()
    shutil.copyfile(other, path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def damaged(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 0xFF
    path.write_bytes(data)


HAPPENINGS = st.one_of(
    st.just(("look",)),
    st.just(("wait",)),
    st.just(("touch",)),
    st.just(("replace",)),
    st.just(("stranger",)),
    st.just(("code",)),
    st.just(("library",)),
    st.just(("no cache file",)),
    st.tuples(st.sampled_from(["note", "void", "rep"]), st.floats(2.0, 9.0)),
    st.tuples(st.just("damage"), st.integers(0, 10**6)),
    st.tuples(st.just("damage cache"), st.integers(0, 10**6)),
)


@pytest.mark.slow
@given(happenings=st.lists(HAPPENINGS, min_size=3, max_size=8))
@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_told_is_what_would_be_computed(
    originals: list[Path], tmp_path_factory: pytest.TempPathFactory, happenings: list[tuple[str, float]]
) -> None:
    folder = tmp_path_factory.mktemp("cached")
    path, cache_file = folder / "mine.dowel", folder / "cache" / "results.sqlite"
    shutil.copyfile(originals[0], path)
    code = results_cache._code()
    with ResultsCache(cache_file) as one, ResultsCache(cache_file) as other:
        for number, (what, *details) in enumerate(happenings):
            if what == "wait":
                time.sleep(1.2 * SETTLED_S)
            elif what == "touch":
                path.touch()
            elif what == "replace":
                replaced(path, originals[number % 2])
            elif what == "stranger":
                path.with_name("mine.dowel-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(60 + number))
            elif what in ("code", "library"):
                code = f"{what} {number}".encode()
            elif what == "no cache file":
                cache_file.unlink(missing_ok=True)
            elif what == "damage":
                damaged(path, int(details[0]))
            elif what == "damage cache":
                if cache_file.exists() and cache_file.stat().st_size:
                    damaged(cache_file, int(details[0]))
            elif what != "look":
                try:
                    append_mark(path, MarkKind(what), details[0], details[0])
                except InputError:  # a damaged session takes none
                    continue
            settled = patch.object(unchanged_files, "SETTLED_S", SETTLED_S)
            with settled, patch.object(results_cache, "_code", return_value=code):
                truth = computed(path)
                assert told(path, one) == truth
                assert told(path, other) == truth


def test_an_entry_is_used_only_for_what_it_was_made_of(originals: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "mine.dowel"
    shutil.copyfile(originals[0], path)
    with ResultsCache(tmp_path / "results.sqlite") as cache:
        first = told(path, cache)
        with patch.object(rows_of_sessions, "_computed", side_effect=AssertionError("it was in the cache")):
            assert told(path, cache) == first
            for change in (
                lambda: replaced(path, originals[1]),
                lambda: append_mark(path, MarkKind.NOTE, 1.0, 1.0, {"text": "x"}),
                lambda: path.with_name("mine.dowel-wal").write_bytes(b"stranger"),
                lambda: results_cache.code_digest.cache_clear(),
            ):
                change()
                with patch.object(results_cache, "version", return_value="another"), pytest.raises(AssertionError):
                    told(path, cache)
    results_cache.code_digest.cache_clear()


def test_a_session_that_did_not_change_is_not_read_again(originals: list[Path], tmp_path: Path) -> None:
    path, file = tmp_path / "mine.dowel", tmp_path / "results.sqlite"
    shutil.copyfile(originals[0], path)
    if path.stat().st_dev not in unchanged_files._devices():
        pytest.skip("this file system's times of change are not relied on")
    with ResultsCache(file) as cache, patch.object(unchanged_files, "SETTLED_S", SETTLED_S):
        time.sleep(1.2 * SETTLED_S)
        first = told(path, cache)
        another = shutil.copyfile(originals[0], tmp_path / "another")
        for change in (
            lambda: None,
            lambda: path.touch(),
            lambda: replaced(path, originals[1]),
            lambda: another.replace(path),
            lambda: append_mark(path, MarkKind.NOTE, 1.0, 1.0, {"text": "x"}),
            lambda: path.with_name("mine.dowel-wal").write_bytes(b"stranger"),
        ):
            change()
            for settled in (False, True):
                assert told(path, cache) == computed(path)
                time.sleep(1.2 * SETTLED_S * (not settled))
            with patch.object(hashlib, "file_digest", side_effect=AssertionError("it was read")):
                told(path, cache)
        path.with_name("mine.dowel-wal").unlink()
        with patch.object(results_cache, "is_being_written", return_value=True):
            assert results_cache.session_digests(path, cache) is None
    assert first != computed(path)


def test_what_changes_while_it_is_analysed_is_not_kept(originals: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "mine.dowel"
    shutil.copyfile(originals[0], path)
    computed_now = rows_of_sessions._computed

    def meanwhile(path: Path, *how: Any) -> bytes:
        replaced(path, originals[1])
        return computed_now(path, *how)

    with ResultsCache(tmp_path / "results.sqlite") as cache:
        with patch.object(rows_of_sessions, "_computed", meanwhile):
            told(path, cache)
        replaced(path, originals[0])
        assert told(path, cache) == computed(path)


def test_it_stays_within_its_bound_and_keeps_what_was_used(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "results.sqlite"
    with ResultsCache(file, 100_000) as cache:
        cache.put(b"first", os.urandom(5_000))
        for number in range(10):
            cache.put(b"%d" % number, os.urandom(5_000))
    with ResultsCache(file, 100_000) as cache:
        for number in range(10, 100):
            cache.put(b"%d" % number, os.urandom(5_000))
            assert file.stat().st_size < 120_000
        assert cache.get(b"99") is not None
        assert cache.get(b"first") is None
    assert file.stat().st_mode & 0o077 == 0
    with ResultsCache(file, 100_000) as cache:
        oldest = next(number for number in range(100) if cache.get(b"%d" % number) is not None)
    with ResultsCache(file, 100_000) as cache:  # the oldest has been used last
        for number in range(100, 104):
            cache.put(b"%d" % number, os.urandom(5_000))
        assert cache.get(b"%d" % oldest) is not None


@pytest.mark.parametrize("rubbish", [b"rubbish" * 5000, b"SQLite format 3\0" + bytes(5000), b""])
def test_a_file_that_is_no_cache_is_made_again(tmp_path: Path, rubbish: bytes) -> None:
    file = tmp_path / "results.sqlite"
    file.write_bytes(rubbish)
    with ResultsCache(file) as cache:
        assert cache.get(b"key") is None
        cache.put(b"key", b"value")
    with ResultsCache(file) as cache:
        cache.put(b"key", b"value")
        assert cache.get(b"key") == b"value"


def test_a_folder_that_cannot_be_written_and_a_busy_file_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with ResultsCache(tmp_path / "file" / "results.sqlite") as cache:
        cache.put(b"key", b"value")
        assert cache.get(b"key") is None
    file = tmp_path / "results.sqlite"
    with ResultsCache(file) as cache, patch.object(results_cache, "_BUSY_S", 0.01):
        cache.put(b"key", b"value")
        busy = sqlite3.connect(file, isolation_level=None)
        busy.execute("BEGIN EXCLUSIVE")
        with ResultsCache(file) as late:
            assert late.get(b"key") is None
        busy.execute("ROLLBACK")
        busy.close()
        assert cache.get(b"key") == b"value"


@pytest.mark.slow
def test_processes_at_once(originals: list[Path], tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        answers = list(pool.map(_ask, [tmp_path / "results.sqlite"] * 6, [originals] * 6))
    assert {tuple(answer) for answer in answers} == {tuple(computed(path) for path in originals)}


def _ask(file: Path, paths: list[Path]) -> list[str]:
    with ResultsCache(file) as cache:
        return [told(path, cache) for path in paths]


@pytest.mark.parametrize("tables", [["--csv", "-"], ["--sets", "-"], ["--json"]])
def test_a_report_and_history_ask_it(originals: list[Path], dowel: Run, tables: list[str]) -> None:
    asked = [("report", *originals, *tables), ("history", originals[0].parent, "--csv", "-")]
    first = [dowel(*words) for words in asked]
    with patch.object(rows_of_sessions, "_computed", side_effect=AssertionError("analysed again")):
        assert [dowel(*words) for words in asked] == first
        for words in asked:
            with pytest.raises(AssertionError, match="analysed again"):
                dowel(*words, "--no-cache")
    assert [dowel(*words, "--no-cache") for words in asked] == first


def test_a_name_alone_tells_a_session_from_its_copy(originals: list[Path], tmp_path: Path) -> None:
    moved, renamed = tmp_path / originals[0].name, tmp_path / "another.dowel"
    shutil.copyfile(originals[0], moved)
    shutil.copyfile(originals[0], renamed)
    with ResultsCache(tmp_path / "results.sqlite") as cache:
        told(originals[0], cache)
        with patch.object(rows_of_sessions, "_computed", side_effect=AssertionError("analysed again")):
            assert told(moved, cache) == told(originals[0], cache)
            with pytest.raises(AssertionError, match="analysed again"):
                told(renamed, cache)
