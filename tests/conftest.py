"""What all tests share: where the real recordings are, and that Ctrl-C works."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.real_recordings import FOLDER

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _no_own_preferences(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What whoever runs the tests has chosen for themselves does not count here."""
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
