"""What all tests share: how they are spread over processes, where the real recordings are, and that Ctrl-C works."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests import depth, workers
from tests.real_recordings import FOLDER

PROJECT = Path(__file__).parents[1]
settings.load_profile(depth.EVERY_RUN)  # also where CI=true would choose another


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    return 0 if workers.few_files(config.args) else workers.NUMBER


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> workers.RealTimeTogether:
    return workers.RealTimeTogether(config, log)


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if workers.file_of(item.nodeid) in workers.REAL_TIME:
            item.add_marker("real_time")
            item.add_marker("slow")
    items[:] = workers.in_order(items)


def pytest_collection_finish() -> None:
    """All tests and modules stay to the end: a sixteenth of the time would go into looking at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _no_own_preferences(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What whoever runs the tests has chosen for themselves does not count here."""
    os.environ["DOWEL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["DOWEL_DATA"] = str(tmp_path_factory.mktemp("data"))
    os.environ["DOWEL_CONFIG"] = str(tmp_path_factory.mktemp("config") / "config.toml")


@pytest.fixture(scope="session")
def real_recordings() -> Path:
    """The folder with recordings of real people; without it the test is skipped and says so."""
    if not FOLDER.is_dir():
        pytest.skip(f"REAL RECORDINGS ABSENT: no folder {FOLDER}; set DOWEL_REAL to it to run this test")
    return FOLDER


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and what the tests start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
