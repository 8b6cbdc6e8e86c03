"""What a bend is called on the screen from the moment in which it is measured: a number only once it counts."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from dowel.display.display_state import Board
from dowel.recordings.types import MarkKind
from dowel.sensors.simulated import (
    Moment,
    Piece,
    Stand,
    calibration_pieces,
    carried_set,
    floor_set,
    set_of_hinges,
)
from tests.streams import analyse

QUICK = {"lowering_s": 1.2, "rising_s": 1.1, "pause_s": 0.3}
HINGES = set_of_hinges(3, set_marks=False, rest_s=0.8, **QUICK)
SETS = {
    "from the hand": (Moment(MarkKind.DRILL, {"drill": "kettlebell", "from": "hand"}), *carried_set(HINGES)),
    "from the floor": (
        Moment(MarkKind.DRILL, {"drill": "barbell", "from": "floor"}),
        *floor_set(3, rest_s=1.0, set_marks=False),
    ),
    "without a load": HINGES,
}


@pytest.mark.parametrize("name", SETS)
def test_a_number_that_was_shown_is_that_of_the_row(name: str) -> None:
    pieces: tuple[Piece, ...] = (*calibration_pieces(), *SETS[name], Stand(22.0))
    events = analyse(pieces, seed=4).events
    shown: dict[float, list[str]] = defaultdict(list)

    async def watch() -> None:
        board = Board()
        for event in events:
            board.hear((), [event])
            for start_s, (called, _) in board._bends.items():
                shown[start_s].append(called)

    asyncio.run(watch())
    of_rows = [called[-1] for called in shown.values()]
    assert [called for called in of_rows if called.isdigit()] == ["1", "2", "3"]
    for called in shown.values():
        assert {each for each in called if each.isdigit()} <= {called[-1]}
