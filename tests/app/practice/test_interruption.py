"""Which signals end a practice, and that they are as before afterwards."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from dowel.practice.interruption import ending_signals

if not hasattr(signal, "SIGHUP"):
    pytest.skip("Windows has no SIGHUP", allow_module_level=True)

POSIX = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
"""Those of a system that has them all."""


@pytest.fixture
def as_before() -> Iterator[None]:
    before = [signal.getsignal(number) for number in POSIX]
    yield
    for number, handler in zip(POSIX, before, strict=True):
        signal.signal(number, handler)


async def ended_by(number: signal.Signals) -> bool:
    """Whether a signal ends what is inside."""
    over = asyncio.Event()
    with ending_signals(asyncio.get_running_loop(), over.set):
        signal.raise_signal(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return over.is_set()


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("number", POSIX)
def test_each_of_them_ends_it_and_is_then_as_before(number: signal.Signals) -> None:
    signal.signal(number, handler := lambda *_: None)
    assert asyncio.run(ended_by(number))
    assert signal.getsignal(number) is handler


@pytest.mark.usefixtures("as_before")
def test_with_nohup_it_goes_on_when_the_terminal_is_closed() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert not asyncio.run(ended_by(signal.SIGHUP))
    assert asyncio.run(ended_by(signal.SIGTERM))
