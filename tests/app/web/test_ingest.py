"""The listener for phone apps: who gets in, what is taken, and what is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import UsageError
from dowel.web import ingest
from dowel.web.ingest import BODY_BYTES, BURST, TOKEN_LENGTH, Ingest
from tests.depth import examples

JSON = {"Content-Type": "application/json"}


class Inside:
    """The listener, a client, and what has been taken."""

    def __init__(self, listener: Ingest, token: str, client: httpx.AsyncClient, taken: list[bytes]) -> None:
        self.listener, self.token, self.client, self.taken = listener, token, client, taken
        self.url = listener.url(token)

    async def post(self, body: bytes, url: str | None = None, **headers: str) -> httpx.Response:
        return await self.client.post(url or self.url, content=body, headers={**JSON, **headers})


@asynccontextmanager
async def listening(
    receive: Callable[[bytes, int], str] | None = None, clock_ns: Callable[[], int] = lambda: 42
) -> AsyncIterator[Inside]:
    taken: list[bytes] = []

    def take(body: bytes, arrival_ns: int) -> str:
        assert arrival_ns == clock_ns()
        taken.append(body)
        return ""

    listener = Ingest("127.0.0.1", clock_ns, port=0)
    token = listener.add(receive or take)
    await listener.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield Inside(listener, token, client, taken)
    finally:
        await listener.close()


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def test_a_message_with_the_token_is_taken() -> None:
    async def work() -> None:
        async with listening() as inside:
            answer = await inside.post(b'{"messageId": 0}', Host="whatever.example")
            assert (answer.status_code, answer.text, inside.taken) == (200, "ok", [b'{"messageId": 0}'])
            assert "server" not in answer.headers
            assert len(inside.token) == TOKEN_LENGTH

    run(work)


def test_without_the_token_nothing_is_taken_or_told() -> None:
    async def work() -> None:
        async with listening() as inside:
            root = inside.url.removesuffix(inside.token)
            wrong = "a" * TOKEN_LENGTH
            for path in ("", wrong, inside.token[:-1], inside.token + "x", inside.token + "/", "a/" + inside.token):
                answers = [await inside.post(b"{}", root + path), await inside.client.get(root + path)]
                assert [(each.status_code, each.text) for each in answers] == [(404, "")] * 2, path
            assert not inside.taken

    run(work)


def test_a_token_of_another_session_is_no_token() -> None:
    async def work() -> None:
        async with listening() as inside:
            expired = inside.url
        async with listening() as inside:
            path = expired.rsplit("/", 1)[1]
            answer = await inside.post(b"{}", inside.url.replace(inside.token, path))
            assert answer.status_code == 404

    run(work)


def test_only_posts_of_json_are_understood() -> None:
    async def work() -> None:
        async with listening() as inside:
            assert (await inside.client.get(inside.url)).status_code == 405
            assert (await inside.client.delete(inside.url)).status_code == 405
            text = await inside.client.post(inside.url, content=b"{}", headers={"Content-Type": "text/plain"})
            assert text.status_code == 415
            with_charset = {"Content-Type": "Application/JSON; charset=utf-8"}
            assert (await inside.client.post(inside.url, content=b"{}", headers=with_charset)).status_code == 200
            assert inside.taken == [b"{}"]

    run(work)


def test_what_is_too_long_is_refused_with_and_without_a_length() -> None:
    async def work() -> None:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(BODY_BYTES // 100_000 + 1):
                yield bytes(100_000)

        async with listening() as inside:
            assert (await inside.post(bytes(BODY_BYTES))).status_code == 200
            assert (await inside.post(bytes(BODY_BYTES + 1))).status_code == 413
            unmeasured = await inside.client.post(inside.url, content=parts(), headers=JSON)
            assert unmeasured.status_code == 413
            assert len(inside.taken) == 1

    run(work)


@pytest.mark.slow
def test_too_many_at_once_are_refused() -> None:
    now_ns = [0]

    async def work() -> None:
        async with listening(clock_ns=lambda: now_ns[0]) as inside:
            found = [(await inside.post(b"{}")).status_code for _ in range(int(BURST) + 5)]
            assert found == [200] * int(BURST) + [429] * 5
            strangers = [(await inside.post(b"{}", inside.url + "x")).status_code for _ in range(int(BURST) + 5)]
            assert strangers == [404] * int(BURST) + [429] * 5
            now_ns[0] = 100_000_000
            assert (await inside.post(b"{}")).status_code == 200
            now_ns[0] = 3600_000_000_000
            found = [(await inside.post(b"{}")).status_code for _ in range(int(BURST) + 5)]
            assert found == [200] * int(BURST) + [429] * 5, "silence saves nothing up"

    run(work)


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "BODY_WITHIN_S", 0.1)

    async def work() -> None:
        async with listening() as inside:
            url = httpx.URL(inside.url)
            reader, writer = await asyncio.open_connection(url.host, url.port)
            head = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
            writer.write(head.encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
            writer.close()
            await writer.wait_closed()
            assert not inside.taken

    run(work)


def test_what_cannot_be_used_is_told_to_the_app() -> None:
    async def work() -> None:
        async with listening(lambda body, arrival_ns: "Another phone sends here.") as inside:
            answer = await inside.post(b"{}")
            assert (answer.status_code, answer.text) == (499, "Another phone sends here.")

    run(work)


@pytest.mark.slow
@given(requests=st.lists(st.binary(max_size=200), min_size=1, max_size=3))
@examples(15)
def test_garbage_on_the_wire_harms_nothing(requests: list[bytes]) -> None:
    async def work() -> None:
        async with listening() as inside:
            url = httpx.URL(inside.url)
            for garbage in requests:
                for head in (b"", f"POST {url.path} HTTP/1.1\r\n".encode()):
                    _, writer = await asyncio.open_connection(url.host, url.port)
                    writer.write(head + garbage)
                    await writer.drain()
                    writer.close()
            assert (await inside.post(b"{}")).status_code == 200
            assert inside.taken[-1] == b"{}"

    run(work)


def test_a_port_that_is_taken_is_no_trouble_and_an_address_that_is_not_ours_is() -> None:
    async def work() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            listener = Ingest("127.0.0.1", lambda: 42, port=taken.getsockname()[1])
            await listener.start()
            assert str(taken.getsockname()[1]) not in listener.url("t")
            await listener.close()
        with pytest.raises(UsageError, match=r"--host 192\.0\.2\.7: this computer cannot be reached there"):
            await Ingest("192.0.2.7", lambda: 42).start()

    run(work)


def test_on_all_addresses_the_url_says_one() -> None:
    assert "0.0.0.0" not in Ingest("0.0.0.0", lambda: 42).url("t")
    assert Ingest("::1", lambda: 42).url("t") == f"http://[::1]:{ingest.PORT}/t"
