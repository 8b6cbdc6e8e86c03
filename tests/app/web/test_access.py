"""Who is let in: every address without a key, with a wrong one, with one that was good once, and from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib import resources
from typing import Any

import httpx
import pytest

from dowel.recordings.types import Placement
from dowel.web.access import BURST, COOKIE_S, INVITATION_S, MOST_INVITATIONS, REQUESTS_PER_S, Access, Door, Role
from dowel.web.guard import HEADERS, MOST_BYTES
from dowel.web.live_page import Page
from dowel.web.routes import TYPES
from tests.app.web.served import UNENCRYPTED, Served, accept, served

GETS = ("/", "/phone", "/helper", "/static/main.js", "/live", "/report", "/timeline", "/nowhere")
POSTS = ("/do", "/play", "/cues", "/invite", "/addresses", "/door", "/phone/motion", "/helper/told")
EVERY_ROUTE = [*(("GET", path) for path in GETS), *(("POST", path) for path in POSTS)]


def in_page(test: Callable[[Served], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def main() -> None:
        async with served(**options) as each:
            await test(each)

    asyncio.run(main())


async def ask(page: Page, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    """A request of somebody without cookies of his own; of a stream only the head."""
    async with (
        httpx.AsyncClient(base_url=page.local.url, verify=UNENCRYPTED) as client,
        client.stream(method, path, headers=headers, **more) as response,
    ):
        if response.status_code != 200:
            await response.aread()
        return response


def cookie_of(each: Served) -> str:
    return "; ".join(f"{name}={value}" for name, value in each.client.cookies.items())


def test_every_route_is_tested() -> None:
    """The lists above are those of the application."""

    async def test(each: Served) -> None:
        from dowel.web.routes import Routes

        routes = Routes(each.page.feed, each.page, each.page.access, each.page.local.door)
        paths = {route.path for route in routes.starlette.routes}  # type: ignore[attr-defined]
        assert paths == {"/", "/phone", "/helper", "/static/{name}", "/live", "/report", "/timeline", *POSTS}

    in_page(test)


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_no_route_answers_without_a_key(method: str, path: str) -> None:
    async def test(each: Served) -> None:
        name, value = next(iter(each.client.cookies.items()))
        access = each.page.access
        used = access.invite(Role.SCREEN)
        assert access.accept(used)
        for headers, query in (
            ({}, {}),
            ({"Cookie": f"{name}={value[:-1]}"}, {}),
            ({"Cookie": f"{name}="}, {}),
            ({"Cookie": f"other={value}"}, {}),
            ({}, {"token": "wrong"}),
            ({}, {"token": ""}),
            ({}, {"token": used}),
            ({}, {"token": value}),
        ):
            answer = await ask(each.page, method, path, {"Origin": each.origin, **headers}, params=query)
            assert answer.status_code == 401, (headers, query)
            assert "Open the address" in answer.json()["error"]
            assert "set-cookie" not in answer.headers
            assert answer.headers["connection"] == "close", "its place is for those who have a key"

    in_page(test)


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_a_key_that_has_expired_is_none(method: str, path: str) -> None:
    async def test(each: Served) -> None:
        now = each.page.access._clock() + COOKIE_S + 1.0
        each.page.access._clock = lambda: now
        headers = {"Origin": each.origin, "Cookie": cookie_of(each)}
        assert (await ask(each.page, method, path, headers)).status_code == 401

    in_page(test)


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_no_other_name_leads_here(method: str, path: str) -> None:
    """A page from elsewhere can have its name made to lead to this computer (DNS rebinding)."""

    async def test(each: Served) -> None:
        port = each.page.local.door.port
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.2:{port}"):
            headers = {"Host": host, "Origin": f"http://{host}", "Cookie": cookie_of(each)}
            answer = await ask(each.page, method, path, headers)
            assert answer.status_code == 403, host

    in_page(test)


@pytest.mark.parametrize("path", POSTS)
def test_only_our_own_page_may_change_anything(path: str) -> None:
    async def test(each: Served) -> None:
        port = each.page.local.door.port
        for origin in (
            None,
            "null",
            "http://evil.example",
            f"https://127.0.0.1:{port}",
            f"http://localhost:{port}",
            "x",
        ):
            headers = {"Cookie": cookie_of(each)} | ({} if origin is None else {"Origin": origin})
            answer = await ask(each.page, "POST", path, headers, json={})
            assert answer.status_code == 403, origin

    in_page(test)


def test_both_names_of_this_computer_work_each_by_itself() -> None:
    async def test(each: Served) -> None:
        address = each.page.address.replace("127.0.0.1", "localhost")
        async with httpx.AsyncClient() as client:
            assert (await client.get(address)).status_code == 200

    in_page(test)


def test_what_is_let_in_gets_the_headers_that_keep_it_in() -> None:
    async def test(each: Served) -> None:
        for path in ("/", "/static/main.js", "/nowhere"):
            answer = await each.client.get(path)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value
        first = await ask(each.page, "GET", each.page.address, {})
        cookie = first.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert part in cookie
        assert each.page.access.screen_token not in cookie

    in_page(test)


def test_no_file_of_the_computer_can_be_named() -> None:
    async def test(each: Served) -> None:
        for path in (
            "/static/..%2f..%2fpage.py",
            "/static/%2e%2e/page.py",
            "/static//etc/passwd",
            "/static/index.html",
        ):
            assert (await each.client.get(path)).status_code == 404

    in_page(test)


def test_what_is_too_large_or_no_json_is_refused_in_words() -> None:
    async def test(each: Served) -> None:
        headers = {"Origin": each.origin}
        for body in (b"", b"x", b"[]", b"\xff", b"[" * 5000, b'"x"'):
            answer = await each.client.post("/do", content=body, headers=headers)
            assert answer.status_code == 400
            assert answer.json()["error"]
        answer = await each.client.post("/do", content=b" " * (MOST_BYTES + 1), headers=headers)
        assert answer.status_code == 413
        answer = await each.post("/do", action="load", load_kg="16")
        assert answer.status_code == 400

    in_page(test)


def test_who_asks_too_often_is_told_to_wait_and_others_are_not() -> None:
    async def test(each: Served) -> None:
        now = each.page.access._clock()
        each.page.access._clock = lambda: now
        answers = [(await each.post("/do", action="nothing")).status_code for _ in range(BURST + 5)]
        assert set(answers[:50]) == {400}
        assert answers[-1] == 429
        assert (await ask(each.page, "GET", each.page.address, {})).status_code == 200
        each.page.access._clock = lambda: now + 10.0
        assert (await each.post("/do", action="nothing")).status_code == 400

    in_page(test)


@pytest.mark.parametrize("asked_per_s", [30.0, 55.0, 65.0, 500.0])
def test_each_sender_is_granted_the_rate_while_time_goes_on(asked_per_s: float) -> None:
    """Whoever asks less often is always answered; who asks more often gets the rate and a burst, and no more."""
    now = 100.0
    access = Access(lambda: now)
    cookies = [access.open_screen(access.screen_token) for _ in range(2)]
    busy, quiet = (access.pass_of(cookie) for cookie in cookies)
    assert busy is not None
    assert quiet is not None
    granted, asked = 0, round(20.0 * asked_per_s)
    for number in range(asked):
        now = 100.0 + number / asked_per_s
        granted += not access.too_often(busy)
    assert not access.too_often(quiet)
    if asked_per_s < REQUESTS_PER_S:
        assert granted == asked
    else:
        assert 20.0 * REQUESTS_PER_S - BURST <= granted <= 20.0 * REQUESTS_PER_S + BURST
        assert granted < asked


def test_an_invitation_is_good_once_for_a_while_and_for_what_it_is_for() -> None:
    now = 100.0
    access = Access(lambda: now)
    token = access.invite(Role.SENSOR, Placement.SACRUM)
    cookie = access.accept(token)
    assert cookie is not None
    holder = access.pass_of(cookie)
    assert holder is not None
    assert (holder.role, holder.placement) == (Role.SENSOR, Placement.SACRUM)
    assert access.accept(token) is None
    late = access.invite(Role.SCREEN)
    now += INVITATION_S + 1.0
    assert access.accept(late) is None
    assert access.pass_of(cookie) is not None


def test_a_screen_stays_let_in_for_twelve_hours() -> None:
    now = 100.0
    access = Access(lambda: now)
    cookie = access.open_screen(access.screen_token)
    for later_s, let_in in ((12 * 3600.0, True), (12 * 3600.0 + 1.0, False)):
        now = 100.0 + later_s
        assert (access.pass_of(cookie) is not None) is let_in


def test_whoever_comes_later_does_not_put_out_who_is_in() -> None:
    now = 100.0
    access = Access(lambda: now)
    first = access.accept(access.invite(Role.SCREEN))
    sensor = access.accept(access.invite(Role.SENSOR, Placement.SACRUM))
    now += 60.0
    access.open_screen(access.screen_token)
    assert access.pass_of(first) is not None
    assert access.pass_of(sensor) is not None


def test_the_screens_own_token_is_good_on_this_computer_alone() -> None:
    access = Access()
    assert access.open_screen(access.screen_token)
    assert access.open_screen(access.screen_token), "as often as wanted"
    assert access.accept(access.screen_token) is None, "no invitation"


def test_one_phone_is_the_sensor_at_a_placement() -> None:
    access = Access()
    cookies = [
        access.accept(access.invite(Role.SENSOR, place))
        for place in (Placement.SACRUM, Placement.HEAD, Placement.SACRUM)
    ]
    screen = access.accept(access.invite(Role.SCREEN))
    found = [access.pass_of(cookie) for cookie in (*cookies, screen)]
    assert [each and each.placement for each in found] == [None, Placement.HEAD, Placement.SACRUM, None]
    assert found[0] is None
    assert found[3] is not None


def test_who_opens_a_page_without_a_key_is_told_so_in_words() -> None:
    async def test(each: Served) -> None:
        for path in ("/", "/phone", "/phone?token=<b>"):
            answer = await ask(each.page, "GET", path, {"Accept": "text/html,*/*;q=0.8"})
            assert answer.status_code == 401
            assert answer.headers["content-type"].startswith("text/html")
            assert "<p>This page&#x27;s key is missing or no longer valid." in answer.text
            assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]

    in_page(test)


def test_a_phone_that_is_a_sensor_may_do_nothing_else() -> None:
    async def test(each: Served) -> None:
        token = each.page.access.invite(Role.SENSOR, Placement.SACRUM)
        async with httpx.AsyncClient(base_url=each.origin) as phone:
            assert (await phone.get("/phone", params={"token": token})).status_code == 200
            assert (await phone.get("/static/phone.js")).status_code == 200
            for method, path in (("GET", "/"), ("GET", "/live"), ("POST", "/do"), ("POST", "/invite")):
                answer = await phone.request(method, path, headers={"Origin": each.origin})
                assert answer.status_code == 403, path

    in_page(test)


def test_whoever_only_looks_at_an_invitation_does_not_use_it_up() -> None:
    """Messengers and browsers look at addresses beforehand; only the button of the page lets somebody in."""

    async def test(each: Served) -> None:
        token, network = each.page.access.invite(Role.SCREEN), each.page.network
        assert network is not None
        async with httpx.AsyncClient(verify=False, base_url=network.url) as client:
            for method in ("GET", "HEAD", "GET"):
                seen = await client.request(method, "/", params={"token": token})
                assert seen.status_code == 200
                assert "set-cookie" not in seen.headers
                assert seen.headers["connection"] == "close", "whoever has no key yet keeps no place"
            for origin in ("http://evil.example", "null", "http://["):
                assert (await client.post("/", params={"token": token}, headers={"Origin": origin})).status_code == 403
            entered = await accept(client, "/", token)
            assert (entered.status_code, entered.headers["location"]) == (303, "/")
            assert (await client.get("/")).status_code == 200
            assert (await accept(client, "/", token)).status_code == 303, "a button that was pressed twice"
        async with httpx.AsyncClient(verify=False, base_url=network.url) as client:
            assert (await client.get("/", params={"token": token})).status_code == 401
            assert (await accept(client, "/", token)).status_code == 401

    in_page(test, host="127.0.0.1")


def test_on_this_computer_an_address_opens_at_once_and_its_head_uses_nothing_up() -> None:
    async def test(each: Served) -> None:
        token = each.page.access.invite(Role.SCREEN)
        for method, status, lets_in in (("HEAD", 200, False), ("GET", 200, True), ("GET", 401, False)):
            seen = await ask(each.page, method, "/", {}, params={"token": token})
            assert (seen.status_code, "set-cookie" in seen.headers) == (status, lets_in)

    in_page(test)


def test_invitations_beyond_a_number_give_way() -> None:
    access = Access()
    tokens = [access.invite(Role.SCREEN) for _ in range(MOST_INVITATIONS + 1)]
    assert [access.awaits(token) for token in tokens] == [False, *[True] * MOST_INVITATIONS]


def test_a_door_knows_its_names_and_its_scheme() -> None:
    door = Door("https", ("192.168.1.5", "[fe80::1]", "gym.local"), 8643, local=False)
    for host in ("192.168.1.5:8643", "[fe80::1]:8643", "GYM.local:8643"):
        assert door.refusal("POST", {"host": host, "origin": f"https://{host.lower()}"}) is None
        assert door.refusal("POST", {"host": host, "origin": f"http://{host}"}) is not None
    assert door.refusal("GET", {}) is not None


def test_every_file_of_the_page_is_served_as_what_it_is() -> None:
    async def test(each: Served) -> None:
        files = [file.name for file in resources.files("dowel.web").joinpath("static").iterdir()]
        for name in (name for name in files if not name.endswith(".html")):
            answer = await each.client.get(f"/static/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] == TYPES[name.rpartition(".")[2]]

    in_page(test)
