"""What all tests share: where the real recordings are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def real_recordings() -> Path:
    """The folder with recordings of real people; without it the test is skipped and says so."""
    folder = Path(os.environ.get("DOWEL_REAL", PROJECT.parent / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip(f"REAL RECORDINGS ABSENT: no folder {folder}; set DOWEL_REAL to it to run this test")
    return folder
