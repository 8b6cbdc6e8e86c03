"""A bend, and what the rep machine says of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bend:
    """One accepted excursion of the angle; all places are grid points.

    Parameters
    ----------
    valley, valley_deg
        The lowest point of the seconds before it opened, and the angle there.
    opened
        Where it opened.
    peak, peak_deg
        The highest point, and the angle there.
    closed
        Where it closed.
    end
        Where it ended; -1 before that.
    """

    valley: int
    valley_deg: float
    opened: int
    peak: int
    peak_deg: float
    closed: int
    end: int = -1

    @property
    def excursion_deg(self) -> float:
        """Rise from the valley to the peak."""
        return self.peak_deg - self.valley_deg


@dataclass(frozen=True, slots=True)
class Opened:
    """A bend has begun; it may yet be given up.

    Parameters
    ----------
    point
        The grid point at which it became known.
    valley
        The lowest point of the seconds before it.
    valley_deg
        The angle there.
    """

    point: int
    valley: int
    valley_deg: float


@dataclass(slots=True)
class OpenBend:
    """The bend under way: where it opened, its start as far as known, and where it closed, once it has."""

    opened: int
    start: int
    in_step: bool
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The open bend was too small or too short to be one.

    Parameters
    ----------
    point
        The grid point at which it became known.
    """

    point: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The bend counts: the number can be spoken.

    Parameters
    ----------
    point
        The grid point at which it became known.
    bend
        The bend, without its end.
    """

    point: int
    bend: Bend


@dataclass(frozen=True, slots=True)
class Ended:
    """The angle is back (or will not come): the bend has its end.

    Parameters
    ----------
    point
        The grid point at which it became known.
    bend
        The bend, with its end.
    """

    point: int
    bend: Bend


@dataclass(frozen=True, slots=True)
class HeldOn:
    """The open bend has lasted for as long as one can.

    Parameters
    ----------
    point
        The grid point at which it became known.
    bend
        The bend, which ends here.
    """

    point: int
    bend: Bend


MachineEvent = Opened | GivenUp | Closed | Ended | HeldOn
