"""The scripted month as session files, once for all tests that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.history.month import MONTH, write_practice


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the month. Do not change it: copy it."""
    folder = tmp_path_factory.mktemp("month")
    for practice in MONTH:
        write_practice(practice, folder)
    return folder
