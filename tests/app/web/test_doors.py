"""The page comes up by itself where it is seen, and other devices are let in while a practice runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from dowel.display.display_state import Board
from dowel.recordings.errors import UsageError
from dowel.web import live_page
from dowel.web.access import Role
from dowel.web.browser import has_screen
from dowel.web.live_page import open_page
from dowel.web.server import Place, network_place
from tests.app.web.served import served

OWN = "127.0.0.2"
"""An address of this computer that nothing else uses."""


def own_addresses() -> tuple[str]:
    """To ask for them may take seconds, so it must not be done in the event loop."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
    return (OWN,)


@pytest.mark.parametrize(
    ("environment", "platform", "seen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.2 50022 10.0.0.1 22"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin", False),
        ({}, "win32", True),
    ],
)
def test_a_window_is_opened_only_where_it_is_seen(environment: dict[str, str], platform: str, seen: bool) -> None:
    assert has_screen(environment, platform) is seen


def test_the_address_that_is_opened_is_good_for_one_browser() -> None:
    async def scenario() -> list[int]:
        async with served() as page, httpx.AsyncClient() as one, httpx.AsyncClient() as other:
            address = page.page.one_address()
            return [(await each.get(address)).status_code for each in (one, other)]

    assert asyncio.run(scenario()) == [200, 401]


def test_a_large_page_is_large_at_every_address() -> None:
    async def scenario() -> list[str]:
        async with open_page(Board(), host="", clock_ns=perf_counter_ns, big=True) as page:
            return [page.address, page.one_address(), page.board.page_address, page.sentences()[1]]

    assert all(address.endswith("&big") for address in asyncio.run(scenario()))


def test_what_others_open_stays_in_sight_and_is_what_was_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """News would be gone in seconds, and each address is good once: it is one and the same everywhere."""
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path))

    async def scenario() -> None:
        async with served(host="127.0.0.1") as page:
            kept = page.page.other_addresses(truth=True)
            assert [name for name, _ in kept] == ["helper", "helper", "phone", "SHA-256"]
            said = [*page.page.sentences(), *page.page.helper_sentences()]
            assert all(any(address in sentence for sentence in said) for _, address in kept)
            page.board.other_addresses = kept
            assert page.board.view().addresses == (("page", page.page.address), *kept)
        async with served() as page:
            assert page.page.other_addresses(truth=False) == ()

    asyncio.run(scenario())


def test_other_devices_are_let_in_without_a_restart(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path))
    monkeypatch.setattr(live_page, "addresses", own_addresses)

    async def scenario() -> None:
        async with served() as page:
            assert (await page.post("/invite", role="screen")).status_code == 400, "nobody was let in yet"
            assert (await page.post("/addresses")).json() == {"addresses": [OWN]}
            refused = await page.post("/door", address="0.0.0.0")
            assert refused.status_code == 400, "a page names none but those that it was told"
            assert page.page.network is None
            assert (await page.post("/door", address=OWN)).status_code == 204
            assert (await page.post("/door", address=OWN)).status_code == 204, "it is open already"
            invited = (await page.post("/invite", role="screen")).json()
            async with httpx.AsyncClient(verify=False) as phone:
                assert (await phone.get(invited["url"])).status_code == 200
                assert page.page.access.awaits(page.page.access.invite(Role.SCREEN))

    asyncio.run(scenario())


def test_two_who_open_the_door_at_once_open_one(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path))
    monkeypatch.setattr(live_page, "addresses", own_addresses)
    opened: list[str] = []

    def place(host: str) -> Place:
        opened.append(host)
        return network_place(host)

    monkeypatch.setattr(live_page, "network_place", place)

    async def scenario() -> list[int]:
        async with served() as page:
            answers = await asyncio.gather(*(page.post("/door", address=OWN) for _ in range(3)))
            return [each.status_code for each in answers]

    assert asyncio.run(scenario()) == [204] * 3
    assert opened == [OWN]


def test_nothing_in_the_folder_of_a_practice_is_taken_for_a_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "html.py").write_text("raise SystemExit('a file of the folder ran')")
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with open_page(Board(), host="", clock_ns=perf_counter_ns) as page:
            shown: Any = SimpleNamespace(results=SimpleNamespace(path=tmp_path / "gone.dowel"))
            page.board.shown = shown
            with pytest.raises(UsageError, match="There is no file"):
                await page.report()

    asyncio.run(scenario())


def test_reports_are_made_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0

    class Made:
        returncode = 0

        async def communicate(self) -> tuple[bytes, bytes]:
            nonlocal at_once
            await asyncio.sleep(0.01)
            at_once -= 1
            return b"page", b""

    async def begin(*_command: str, **_pipes: int) -> Made:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        return Made()

    monkeypatch.setattr(asyncio, "create_subprocess_exec", begin)

    async def scenario() -> list[str]:
        async with open_page(Board(), host="", clock_ns=perf_counter_ns) as page:
            shown: Any = SimpleNamespace(results=SimpleNamespace(path=Path("a.dowel")))
            page.board.shown = shown
            return await asyncio.gather(*(page.report() for _ in range(3)))

    assert asyncio.run(scenario()) == ["page"] * 3
    assert most == 1
