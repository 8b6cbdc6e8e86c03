"""The page of a session that is played into it, served for real on this computer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter_ns

import httpx

from dowel.display.display_state import Board
from dowel.web.live_page import Page, open_page

UNENCRYPTED = False
"""For ``verify`` of a client: to load the certificates of all authorities takes 40 ms, and none is needed here."""


@dataclass
class Served:
    """A page that is open, and somebody with its cookie."""

    board: Board
    page: Page
    client: httpx.AsyncClient

    @property
    def origin(self) -> str:
        return self.page.local.url

    async def post(self, path: str, **data: object) -> httpx.Response:
        """As the page itself posts."""
        return await self.client.post(path, json=data, headers={"Origin": self.origin})


@asynccontextmanager
async def served(*, host: str = "") -> AsyncIterator[Served]:
    board = Board()
    async with (
        open_page(board, host=host, clock_ns=perf_counter_ns) as page,
        httpx.AsyncClient(base_url=page.local.url, verify=UNENCRYPTED) as client,
    ):
        entered = await client.get(page.address)
        assert entered.status_code == 200
        yield Served(board, page, client)


async def accept(client: httpx.AsyncClient, path: str, token: str) -> httpx.Response:
    """The button of an invitation."""
    return await client.post(path, params={"token": token}, headers={"Origin": str(client.base_url).rstrip("/")})
