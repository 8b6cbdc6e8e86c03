"""What a person says of a bend before it is over: that it does not count, or that it does."""

from __future__ import annotations

from dowel.analysis.rows import Rep
from dowel.recordings.types import Mark


class VoidAndRepMarks:
    """Keeps ``void`` and ``rep`` marks until the bend comes that they are about."""

    def __init__(self) -> None:
        self._voids: list[int] = []
        self._wanted: list[Mark] = []

    def void(self, point: int) -> None:
        """The bend at this grid point is to be taken back."""
        self._voids.append(point)

    def want(self, mark: Mark) -> None:
        """The bend that this mark touches is a rep."""
        self._wanted.append(mark)

    def voided(self, start: int, end: int) -> bool:
        """Whether the bend between two grid points, the latest so far, is taken back."""
        found = any(start <= point <= end for point in self._voids)
        self._voids = [point for point in self._voids if point > end]
        return found

    def wanted(self, rep: Rep) -> bool:
        """Whether this bend, the latest so far, is a rep because somebody says so."""
        found = any(mark.start_s <= rep.end_s and mark.end_s >= rep.start_s for mark in self._wanted)
        self._wanted = [mark for mark in self._wanted if mark.start_s > rep.end_s]
        return found
