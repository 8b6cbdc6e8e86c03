"""A helper for the simulated lifter: watches his rod and tells, late as people are, what has left it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from dowel.recordings.types import CONTACTS, WATCHED, BoolArray
from dowel.web.helpers import TellTruth

if TYPE_CHECKING:
    from dowel.sensors.simulated.person.wearer import Wearer

LOOK_S: Final = 0.02
REACTION_S: Final = (0.25, 0.06)
"""How late a press or release comes: mean and sd (sources#helpers-reaction)."""
QUICKEST_S: Final = 0.15
NAME: Final = "simulated helper"


class SimulatedHelper:
    """Holds down what is off the rod, as a person at the helper's page does; with the rod laid down it presses nothing.

    Parameters
    ----------
    lifter
        Whose rod it watches.
    clock_ns
        The clock that arrivals are told by.
    seed
        Its reactions come from it.
    """

    def __init__(self, lifter: Wearer, clock_ns: Callable[[], int], seed: int = 1) -> None:
        self._lifter = lifter
        self._clock_ns = clock_ns
        self._rng = np.random.default_rng(seed)
        self._off: BoolArray = np.zeros(len(CONTACTS), np.bool_)
        self._next_s = np.zeros(len(CONTACTS))
        self._tell: TellTruth | None = None

    def begin(self, tell: TellTruth) -> None:
        """Look from now on; once is enough.

        Parameters
        ----------
        tell
            Takes what is seen; it is up to it when nobody listens any more.
        """
        if self._tell is None:
            self._tell = tell
            tell(WATCHED, off=True, at_ns=self._clock_ns(), by=NAME)
            self._look()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(LOOK_S, self._look)
        touching = self._lifter.touching(np.array([loop.time()]))[0]
        off = ~touching & touching.any()
        for place in np.flatnonzero(off != self._off).tolist():
            late_s = max(float(self._rng.normal(*REACTION_S)), QUICKEST_S)
            self._next_s[place] = max(loop.time() + late_s, self._next_s[place])  # never the release before the press
            loop.call_at(self._next_s[place], self._press, str(CONTACTS[place]), bool(off[place]))
        self._off = off

    def _press(self, contact: str, off: bool) -> None:
        if self._tell is not None:
            self._tell(contact, off=off, at_ns=self._clock_ns(), by=NAME)
