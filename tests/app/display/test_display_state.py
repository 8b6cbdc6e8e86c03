"""What the board tells, and for how long."""

from __future__ import annotations

import asyncio

from dowel.display.display_state import NEWS_S, Board
from dowel.sensors.simulated.virtual_time import run


def test_what_was_typed_wrong_is_told_no_longer_than_news() -> None:
    async def scenario() -> list[list[str]]:
        board, seen = Board(), []
        board.warn("The battery is low.")
        board.refuse("'abc' is not a number.")
        for _ in range(2):
            seen.append([message.text for message in board.view().messages])
            await asyncio.sleep(NEWS_S + 1.0)
        return seen

    first, later = run(scenario())
    assert first == ["The battery is low.", "'abc' is not a number."]
    assert later == ["The battery is low."]
