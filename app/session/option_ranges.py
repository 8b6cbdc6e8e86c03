"""What an option of a session may be: one table for the command line, for keys and page, and for marks files.

A number beyond it is a slip of the finger, which should not become a session's. Sessions that hold others are read as
they are: nothing is checked when a session is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``least`` to ``most``, both included."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.least:g} to {self.most:g}"

    def hold(self, value: float) -> bool:
        """Whether a value lies within; NaN does not."""
        return self.least <= value <= self.most


LOAD_KG: Final = Bounds(0, 600)
"""0: none. The most is more than anybody has lifted."""

HEIGHT_CM: Final = Bounds(50, 250)
"""Of a person who stands, with room on both sides."""

WALL_CM: Final = Bounds(5, 100)
"""Of the heels to the wall: nobody stands nearer, and metres are soon typed for centimetres; three times as far as
anybody's balance allows (sources#balance)."""


class LiftedFrom(StrEnum):
    """Where the load was lifted from."""

    FLOOR = "floor"
    RACK = "rack"
    HAND = "hand"
