"""Whoever only sits at the page's door keeps nobody out, and whoever takes nothing gives its connection back."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress

import pytest

from dowel.web import connections
from dowel.web.feed import MOST_VIEWERS
from dowel.web.ingest import PLACES, Ingest
from dowel.web.server import LOCAL_PLACES, NETWORK_PLACES
from tests.app.web.attack import Target, answers, hostile, hostile_numbers, idle, target_of
from tests.app.web.served import Served, served
from tests.app.web.test_access import EVERY_ROUTE

FEW = ("\ud800", "http://[", "9" * 400, "%ff", "\0", '"')


def network_target(each: Served, tls: bool) -> Target:
    assert each.page.network is not None
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    return Target(each.page.network.door.port, anybody if tls else None)


def test_those_who_wait_keep_nobody_out() -> None:
    """Idle ones, and ones that never begin their TLS handshake, twice as many as there are places."""

    async def main() -> None:
        async with served(host="127.0.0.1") as each:
            crowds = [(target_of(each, key=False), 2 * LOCAL_PLACES.most), (network_target(each, tls=False), 40)]
            for target, number in crowds:
                async with idle(target, number):
                    await asyncio.sleep(0.05)
                    await answers(each, 5)
                    secure = network_target(each, tls=True)
                    host = f"Host: 127.0.0.1:{secure.port}"
                    assert await secure.ask("GET", "/", host) == 401, "the network is answered too"

    asyncio.run(main())


def test_a_peer_has_so_many_places_and_those_who_wait_longest_give_way() -> None:
    async def main() -> None:
        async with served(host="127.0.0.1") as each:
            target = network_target(each, tls=False)
            opened = [await target.connect() for _ in range(NETWORK_PLACES.most_of_peer + 4)]
            for reader, _ in opened[:4]:
                assert await asyncio.wait_for(reader.read(), 10.0) == b""
            assert not any(reader.at_eof() for reader, _ in opened[4:])
            for _, writer in opened:
                writer.close()

    asyncio.run(main())


def test_the_head_of_a_request_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many letters come meanwhile, before a first request and before a later one."""
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", 0.3)

    async def main() -> None:
        async with served() as each:
            owner = target_of(each, key=True)
            reader, writer = await owner.connect()
            request = "\r\n".join(["GET /static/theme.js HTTP/1.1", *owner.headers, "", ""]).encode()
            writer.write(request)
            assert b"200" in await reader.readline()
            rest = asyncio.ensure_future(reader.read())
            with suppress(OSError):
                while not rest.done():
                    writer.write(b"G")
                    await asyncio.wait([rest], timeout=0.02)
                await rest
            writer.close()

    asyncio.run(asyncio.wait_for(main(), 20.0))


def test_a_viewer_that_takes_nothing_loses_its_place_and_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STUCK_S", 0.2)

    async def main() -> None:
        async with served() as each:
            owner, loop = target_of(each, key=True), asyncio.get_running_loop()
            with socket.socket() as viewer:
                viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                viewer.setblocking(False)
                await loop.sock_connect(viewer, ("127.0.0.1", owner.port))
                request = "\r\n".join(["GET /live HTTP/1.1", *owner.headers, "", ""]).encode()
                await loop.sock_sendall(viewer, request)
                while not each.page.feed.viewers:
                    await asyncio.sleep(0.01)
                while each.page.feed.viewers:
                    each.page.feed.cue(text="x" * 10_000)
                    await asyncio.sleep(0.01)
                with suppress(ConnectionResetError):
                    while await loop.sock_recv(viewer, 1 << 20):
                        pass

    asyncio.run(asyncio.wait_for(main(), 30.0))


def test_no_more_viewers_than_there_may_be_however_they_come() -> None:
    async def main() -> None:
        async with served() as each:
            owner = target_of(each, key=True)
            opened = await asyncio.gather(*(owner.connect() for _ in range(MOST_VIEWERS + 8)))
            for _, writer in opened:
                writer.write("\r\n".join(["GET /live HTTP/1.1", *owner.headers, "", ""]).encode())
            lines = await asyncio.gather(*(reader.readline() for reader, _ in opened))
            assert sorted(int(line.split()[1]) for line in lines) == [200] * MOST_VIEWERS + [503] * 8
            for _, writer in opened:
                writer.close()
            while each.page.feed.viewers:
                await asyncio.sleep(0.01)
            assert await owner.ask("HEAD", "/live", *owner.headers) == 200
            assert each.page.feed.viewers == 0, "to look at the head is not to look"

    asyncio.run(asyncio.wait_for(main(), 30.0))


def test_the_listener_for_phones_is_kept_open_too() -> None:
    async def main() -> None:
        listener = Ingest("127.0.0.1", lambda: 42, port=0)
        token = listener.add(lambda body, arrival_ns: "")
        await listener.start()
        target = Target(int(listener.url(token).split(":")[2].split("/")[0]))
        try:
            async with idle(target, PLACES.most + 8):
                await asyncio.sleep(0.05)
                json = "Content-Type: application/json"
                assert await target.ask("POST", f"/{token}", "Host: x", json, body=b"{}") == 200
                found = await hostile(target, "POST", f"/{token}", FEW[:3])
                assert max(found) < 500, found
        finally:
            await listener.close()

    asyncio.run(asyncio.wait_for(main(), 30.0))


@pytest.mark.slow
@pytest.mark.parametrize("key", [False, True])
def test_no_value_is_answered_with_a_fault_of_ours(key: bool) -> None:
    """A few of them; all of them at night (``python -m tests.app.web.attack``)."""

    async def main() -> None:
        async with served() as each:
            target = target_of(each, key=key)
            found = await hostile_numbers(target, "/do")
            for place, (method, path) in enumerate(EVERY_ROUTE):
                found += await hostile(target, method, path, FEW[place % 3 :: 3])
            assert max(found) < 500, found
            assert 0 not in found, "every request is answered"

    asyncio.run(main())
