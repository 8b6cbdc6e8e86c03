"""``python -m tests.app.web.attack``: crowds and hostile values at the page and at the listener for phones, in full.

Every run of the tests has a small sample of it (``test_connections.py``). The answers that the owner gets meanwhile are
held to what this process computes until they are there: how long they take by the clock says how busy the computer is.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import ssl
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from dowel.recordings.types import Placement
from dowel.web.access import Role
from dowel.web.ingest import Ingest
from tests.app.web.served import Served, accept, served
from tests.app.web.test_access import EVERY_ROUTE

LIMIT_MS: Final = 200.0
AGAIN_S: Final = 5.0
"""After which somebody who was sent away comes again: crowds sit, they do not flood."""
FIELDS: Final = (
    *(
        "action",
        "text",
        "load_kg",
        "wall_cm",
        "at_s",
        "to_s",
        "session",
        "mode",
        "volume",
        "voice",
        "role",
        "placement",
    ),
    *("placement", "address", "events", "v", "n", "page", "round_trip_ms", "contact", "off", "number", "age_ms"),
)
DIGITS: Final = "9" * 400
TEXTS: Final = (
    "", " ", "0", "-1", "NaN", "Infinity", "1e999", DIGITS, "null", "true", "[]", "{}", "[" * 2000, "\0", "\x7f",
    "\x1b[2J", "é", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "\U0010ffff", "a" * 5000, "%", "%00", "%ff", "..",
    "%ed%a0%80", "../..", "..%2f..", "//", "\\\\x", "/etc/passwd", "http://[", "http://[::1", "http://]", "http://:0",
    "http://a:99999999999999999999", "://", "//[", "null null", "x;y=z", '"', "'", "=", ";;", ",", "a=b; c",
    "<script>", "${7*7}", "{{7*7}}", "file:///",
)  # fmt: skip
"""Fifty and a few, as texts: in addresses, headers and bodies."""
NUMBERS: Final = (DIGITS, "-" + DIGITS, "1e400", "-0.0", "1e-400", "NaN", "Infinity", "-Infinity", "0x10", "1" * 5000)
"""As they would stand in JSON."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. ``headers`` are those of a browser, with or without a key."""

    port: int
    tls: ssl.SSLContext | None = None
    headers: Sequence[str] = ()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One more connection."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)

    async def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> int:
        """The status that a request is answered with; 0 where the connection is cut."""
        lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close"]
        lines += [f"Content-Length: {len(body)}"] if method == "POST" else []
        with suppress(OSError):
            reader, writer = await self.connect()
            try:
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
                line = await asyncio.wait_for(reader.readline(), 30.0)
                return int(line.split()[1]) if line else 0
            finally:
                writer.transport.abort()
        return 0


def target_of(each: Served, *, key: bool) -> Target:
    """The page on this computer, for its owner or for somebody without a key."""
    cookie = "; ".join(f"{name}={value}" for name, value in each.client.cookies.items())
    ours = (f"Host: 127.0.0.1:{each.page.local.door.port}", f"Origin: {each.origin}")
    return Target(each.page.local.door.port, None, (*ours, *([f"Cookie: {cookie}"] if key else [])))


# --- hostile values ---


async def hostile(target: Target, method: str, path: str, texts: Sequence[str] = TEXTS) -> Counter[int]:
    """How often each status came: every text in each part of a request to this route."""
    found: Counter[int] = Counter()
    for text in texts:
        quoted = "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
        for asked in (f"{path}?token={quoted}", f"{path}?{quoted}", f"{path}/{quoted}"):
            found[await target.ask(method, asked, *target.headers)] += 1
        if text.isprintable():
            raw = "".join(letter for letter in text if letter > " ")
            found[await target.ask(method, f"{path}?token={raw}", *target.headers)] += 1
        for name in ("Host", "Origin", "Cookie", "Accept", "Content-Type", "Transfer-Encoding", "Range", "Upgrade"):
            kept = [each for each in target.headers if not each.startswith(f"{name}:")]
            found[await target.ask(method, path, *kept, f"{name}: {text}")] += 1
        if method == "POST":
            bodies = [json.dumps(dict.fromkeys(FIELDS, text)).encode(), text.encode("utf-8", "surrogatepass")]
            bodies += [json.dumps({text: text, "action": "note"}).encode()]
            bodies += [json.dumps({"events": [dict.fromkeys(FIELDS, text)], "round_trip_ms": 1}).encode()]
            for body in bodies:
                found[await target.ask(method, path, *target.headers, body=body)] += 1
    return found


async def hostile_numbers(target: Target, path: str) -> Counter[int]:
    """The same for numbers, which Python's own parser takes and JSON does not."""
    found: Counter[int] = Counter()
    for number in NUMBERS:
        for action in ("load", "wall", "note"):
            rest = ", ".join(f'"{name}": {number}' for name in FIELDS[1:])
            body = f'{{"action": "{action}", {rest}}}'.encode()
            found[await target.ask("POST", path, *target.headers, body=body)] += 1
    return found


# --- crowds ---


@asynccontextmanager
async def idle(target: Target, number: int) -> AsyncIterator[None]:
    """So many who connect, say nothing, and come again when they are sent away."""
    tasks = [asyncio.create_task(_sit(target, b"")) for _ in range(number)]
    async with _going(tasks):
        yield


@asynccontextmanager
async def slow(target: Target, number: int) -> AsyncIterator[None]:
    """So many who send the head of a request a letter at a time."""
    tasks = [asyncio.create_task(_sit(target, b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000)) for _ in range(number)]
    async with _going(tasks):
        yield


@asynccontextmanager
async def _going(tasks: Sequence[asyncio.Task[None]]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _sit(target: Target, letters: bytes) -> None:
    while True:
        with suppress(OSError):
            reader, writer = await target.connect()
            gone = asyncio.ensure_future(reader.read())
            try:
                for letter in letters:
                    writer.write(bytes([letter]))
                    done, _ = await asyncio.wait([gone], timeout=0.2)
                    if done:
                        break
                await asyncio.wait([gone])
            finally:
                writer.transport.abort()
                await asyncio.gather(gone, return_exceptions=True)
        await asyncio.sleep(AGAIN_S)


class Waited(NamedTuple):
    """How long an answer took: by the clock, and in what this process computed meanwhile.

    The second does not depend on what else the computer has to do.
    """

    clock_ms: float
    computed_ms: float


async def answers(each: Served, times: int) -> list[Waited]:
    """The owner's wait for a new connection's answer, each time."""
    owner = target_of(each, key=True)
    return await waits(lambda: owner.ask("GET", "/static/main.js", *owner.headers), times)


async def waits(ask: Callable[[], Awaitable[int]], times: int, every_s: float = 0.02) -> list[Waited]:
    """How long each answer takes that is good."""
    found = []
    for _ in range(times):
        begun_s, computed_s = time.perf_counter(), time.process_time()
        status = await ask()
        assert status == 200, status
        waited_s = time.perf_counter() - begun_s
        found.append(Waited(1e3 * waited_s, 1e3 * (time.process_time() - computed_s)))
        await asyncio.sleep(every_s)
    return found


def told(name: str, found: Sequence[Waited]) -> bool:
    """Print them; whether one is too late by what was computed."""
    print(f"{name:<38} clock {_spread([each.clock_ms for each in found])}", end="")
    computed_ms = [each.computed_ms for each in found]
    print(f"   computed {_spread(computed_ms)} ms", flush=True)
    return max(computed_ms) > LIMIT_MS


def _spread(found_ms: Sequence[float]) -> str:
    ordered = sorted(found_ms)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    return f"p50 {statistics.median(ordered):5.1f}  p99 {p99:5.1f}  max {ordered[-1]:5.1f}"


async def _flood(target: Target, number: int) -> None:
    async def ask(count: int) -> None:
        for _ in range(count):
            await target.ask("GET", "/", *target.headers)

    await asyncio.gather(*(ask(number // 20) for _ in range(20)))


async def _kept_mb(crowds: Iterable[Callable[[], AbstractAsyncContextManager[None]]]) -> float:
    """What is still there when they have gone. Not while answers are timed: to follow memory takes twice their time."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for crowd in crowds:
        async with crowd():
            await asyncio.sleep(1.0)
    await asyncio.sleep(6.0)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return 1e-6 * kept


async def attack(requests: int) -> int:
    """All of it; how many answers were a 500, and how many of the owner's too late."""
    failed = 0
    async with served(host="127.0.0.1") as each:
        local, network = target_of(each, key=False), each.page.network
        assert network is not None
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        tls, raw = Target(network.door.port, anybody), Target(network.door.port)
        crowds = {
            "300 idle, on this computer's port": partial(idle, local, 300),
            "300 idle before TLS, on the network's": partial(idle, raw, 300),
            "300 idle after TLS, on the network's": partial(idle, tls, 300),
            "100 slow, on this computer's port": partial(slow, local, 100),
            "100 slow after TLS, on the network's": partial(slow, tls, 100),
        }
        failed += told("nobody else", await answers(each, 100))
        for name, crowd in crowds.items():
            async with crowd():
                await asyncio.sleep(1.0)
                failed += told(name, await answers(each, 100))
        flood = await asyncio.create_subprocess_exec(  # a process of its own: it is no load of the page's loop
            sys.executable, "-m", "tests.app.web.attack", f"--requests={requests}", f"--flood={local.port}"
        )
        await asyncio.sleep(1.0)
        failed += told(f"{requests} requests without a key", await answers(each, 100))
        await flood.wait()
        print(f"memory kept after crowds: {await _kept_mb(crowds.values()):.1f} MB")
        each.page.access.too_often = lambda holder: False  # type: ignore[method-assign]
        print("hostile values, status and how often:")
        for name, (target, routes) in (await _holders(each)).items():
            found: Counter[int] = Counter()
            for method, path in routes:
                found += await hostile(target, method, path)
                if method == "POST":
                    found += await hostile_numbers(target, path)
            failed += _faults(name, found)
    return failed


async def _holders(each: Served) -> dict[str, tuple[Target, Sequence[tuple[str, str]]]]:
    """Somebody of each kind, and what is asked as such: everything without a key and with the owner's."""
    found = {
        "without a key": (target_of(each, key=False), EVERY_ROUTE),
        "the owner": (target_of(each, key=True), EVERY_ROUTE),
    }
    for role, placement, page, told in (
        (Role.HELPER, None, "/helper", "/helper/told"),
        (Role.SENSOR, Placement.SACRUM, "/phone", "/phone/motion"),
    ):
        each.client.cookies.clear()
        await accept(each.client, page, each.page.access.invite(role, placement))
        found[f"a {role}"] = target_of(each, key=True), [("GET", page), ("POST", told)]
    return found


def _faults(name: str, found: Counter[int]) -> int:
    """Print them; how many are a fault of ours."""
    print(f"  {name}:", dict(sorted(found.items())), flush=True)
    return sum(count for status, count in found.items() if status >= 500)


async def attack_listener() -> int:
    """The same at the listener for phones, of which one sends meanwhile; how much of it failed."""
    listener = Ingest("127.0.0.1", time.perf_counter_ns, port=0)
    token = listener.add(lambda body, arrival_ns: "")
    await listener.start()
    target = Target(int(listener.url(token).split(":")[2].split("/")[0]))
    headers = ("Host: x", "Content-Type: application/json")

    async def send() -> int:
        return await target.ask("POST", f"/{token}", *headers, body=b"{}")

    try:
        failed = int(told("listener: nobody else", await waits(send, 50)))
        for name, crowd in {"300 idle": idle(target, 300), "100 slow": slow(target, 100)}.items():
            async with crowd:
                await asyncio.sleep(1.0)
                failed += told(f"listener: {name}", await waits(send, 50))
        listener._buckets[token].take = lambda: True  # type: ignore[method-assign]
        found: Counter[int] = Counter()
        for method in ("GET", "POST", "PUT", "DELETE"):
            for path in (f"/{token}", "/"):
                found += await hostile(target, method, path)
        return failed + _faults("the listener", found)
    finally:
        await listener.close()


def main() -> int:
    """Ends with 1 where an answer was a 500 or the owner waited too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--flood", type=int, help="only ask at this port, as somebody without a key")
    wanted = parser.parse_args()
    if wanted.flood:
        asyncio.run(_flood(Target(wanted.flood, None, (f"Host: 127.0.0.1:{wanted.flood}",)), wanted.requests))
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with tempfile.TemporaryDirectory() as data:
        os.environ["DOWEL_DATA"] = data
        failed = asyncio.run(attack(wanted.requests)) + asyncio.run(attack_listener())
    print(f"{failed} failed" if failed else "all answered in time, no 500")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
