"""The loop whose clock jumps: timers in order, no real sleep, and the outside world still heard; and the one that waits
for a computer that is late.
"""

import asyncio
import os
import signal
import socket
import threading
import time

import pytest

from dowel.sensors.simulated.virtual_time import BEGIN_S, VirtualTimeLoop, clock_ns, run, run_patiently


def test_ten_hours_pass_at_once() -> None:
    async def main() -> float:
        begin_s = asyncio.get_running_loop().time()
        await asyncio.sleep(36000.0)
        return asyncio.get_running_loop().time() - begin_s

    begin_s = time.perf_counter()
    assert run(main()) == pytest.approx(36000.0, abs=1e-6)
    assert time.perf_counter() - begin_s < 5.0


def test_timers_go_off_in_order_at_their_time() -> None:
    async def main() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        seen: list[tuple[float, str]] = []
        for delay_s, name in ((0.3, "c"), (0.1, "a"), (0.2, "b")):
            loop.call_later(delay_s, lambda name=name: seen.append((round(loop.time() - begin_s, 6), name)))
        await asyncio.sleep(1.0)
        return seen

    assert run(main()) == [(0.1, "a"), (0.2, "b"), (0.3, "c")]


def test_a_timeout_is_virtual_too() -> None:
    async def main() -> None:
        async with asyncio.timeout(1000.0):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(main())


def test_the_clock_in_nanoseconds() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        before_ns = clock_ns(loop)
        await asyncio.sleep(0.25)
        return clock_ns(loop) - before_ns

    assert run(main()) == 250_000_000


def test_without_timers_it_waits_for_a_thread_and_does_not_spin() -> None:
    async def main() -> float:
        done = threading.Event()
        threading.Timer(0.1, done.set).start()
        await asyncio.to_thread(done.wait)
        return asyncio.get_running_loop().time()

    begin_s, busy_s = time.perf_counter(), time.process_time()
    assert run(main()) == BEGIN_S
    assert time.perf_counter() - begin_s > 0.09
    assert time.process_time() - busy_s < 0.05


def test_threads_may_take_their_time_to_end() -> None:
    """Whatever the loop allows them: that would be over before they have begun to end."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ended = threading.Event()
        working = loop.run_in_executor(None, lambda: (time.sleep(0.05), ended.set()))
        await loop.shutdown_default_executor(300.0)  # as Runner does from Python 3.12 on
        assert ended.is_set()
        await working

    run(main())


def test_sockets_are_heard_between_timers() -> None:
    async def main() -> bytes:
        here, there = socket.socketpair()
        here.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.call_later(5.0, there.send, b"hello")
        try:
            return await asyncio.wait_for(loop.sock_recv(here, 16), 10.0)
        finally:
            here.close()
            there.close()

    assert run(main()) == b"hello"


def test_signals_are_heard() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[str] = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, heard.set_result, "heard")
        loop.call_later(1.0, os.kill, os.getpid(), signal.SIGUSR1)
        return await heard

    assert run(main()) == "heard"


def test_what_is_left_is_cancelled_and_the_loop_closed() -> None:
    ended: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def main() -> None:
        task = asyncio.create_task(forever())
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        assert not task.done()

    run(main())
    assert ended == ["cancelled"]
    assert isinstance(loops[0], VirtualTimeLoop)
    assert loops[0].is_closed()


def test_a_computer_that_is_late_makes_no_timer_late() -> None:
    """It has no time for 0.3 s, four times; what is due meanwhile goes off soon after it was, by the loop's clock."""

    async def main() -> tuple[list[float], float]:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        late_s: list[float] = []
        for number in range(1, 41):
            due_s = begin_s + 0.01 * number
            if number % 10 == 0:
                loop.call_at(due_s, time.sleep, 0.3)
            loop.call_at(due_s, lambda due_s=due_s: late_s.append(loop.time() - due_s))
        await asyncio.sleep(0.45)
        return late_s, loop.time() - begin_s

    begin_s = time.perf_counter()
    late_s, passed_s = run_patiently(main())
    assert time.perf_counter() - begin_s > passed_s + 1.0
    assert len(late_s) == 40
    assert max(late_s) < 0.01


def test_a_patient_loop_goes_by_real_time() -> None:
    """Never faster; how much slower says how busy the machine is."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        await asyncio.sleep(0.2)
        return loop.time() - begin_s

    begin_s = time.perf_counter()
    assert 0.2 <= run_patiently(main()) <= time.perf_counter() - begin_s
