"""No test of the air may leave Bumble with something to complain about."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def bumble_has_no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    complaints = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR and record.name.startswith(("bumble", "asyncio"))
    ]
    assert not complaints
