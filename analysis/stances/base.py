"""A stance: how a person is placed in a drill, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.steps import Span
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.analysis.repetitions.row_builder import RowFacts
from dowel.analysis.rows import Rep
from dowel.recordings.types import MarkKind, Placement


class Steps(Protocol):
    """Takes the calibration steps of a stance one after the other."""

    def handles(self, kind: MarkKind) -> bool:
        """Whether this mark is one of the steps."""

    def take(self, kind: MarkKind, span: Span) -> Calibration | Refused | None:
        """What a step gives, why it is refused, or None where it only prepares the next."""


class Rows(Protocol):
    """Measures and judges bends."""

    def measure(self, facts: RowFacts) -> Rep:
        """The row of a bend: what every stance has of it, and what this one fills in besides."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is said and shown in a stance.

    ``contact`` is what the back keeps contact with, the rod or the floor, and ``figure`` how the lifter is drawn,
    standing or lying. ``rising`` and ``head`` name a deviation above 0 and the signal in the head's place; ``plotted``
    are the placements whose leans are plotted, ``thigh`` picks of the leans of right and left the one that is drawn
    (there may be one alone). ``before`` is told before the practice begins, ``only_at`` where sensors
    may be, if nowhere but where the drill has them ({places}). ``by_itself`` is told of an import whose marks have no
    calibration, if the bends cannot give one. ``told_by_reason`` gives each way to lose a contact that has one point
    its title; where the points themselves say what happened it is empty. ``meaning`` tells somebody who only reads a
    report what contact is.
    """

    contact: str
    figure: str
    rising: str
    head: str
    plotted: tuple[Placement, ...]
    thigh: Callable[[Sequence[float]], float]
    before: str = ""
    only_at: str = ""
    by_itself: str = ""
    told_by_reason: Mapping[str, str] = field(default_factory=dict)
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Stance:
    """How a person is placed. The pipeline and the presentation ask what follows from it, and never which one it is.

    ``trunk``: reps are counted with a sensor at one of these places; at those in ``never_at`` there must be none, and
    without all in ``judged_by`` contact is not judged. ``posture`` makes what turns attitudes into leans and deviation,
    ``steps`` what takes the calibration steps, ``rows`` what measures a bend. ``rep_settings`` are those of the machine
    that counts bends. ``reps_are_marked`` tells for the placements of the sensors whether none of them sees a rep, so
    that marks make them. ``rezeroes``: a trunk sensor that slips is zeroed again, as the stand before each bend shows
    it. ``watches_calibration``: what follows a calibration is held against it. ``may_be_loaded``: a load can be held
    in it.

    ``calibration`` are the steps that lead to a zero, ``with_rod`` the same with a rod, if there are such, ``further``
    those that may follow; the first one is held for ``still_s``.
    """

    name: str
    trunk: tuple[Placement, ...]
    judged_by: tuple[Placement, ...]
    posture: Callable[[Sequence[str]], Posture]
    steps: Callable[[Posture, History], Steps]
    rows: Callable[[Posture, History], Rows]
    calibration: tuple[MarkKind, ...]
    still_s: float
    telling: Telling
    with_rod: tuple[MarkKind, ...] = ()
    further: tuple[MarkKind, ...] = ()
    rep_settings: RepSettings = field(default_factory=RepSettings)
    never_at: tuple[Placement, ...] = ()
    reps_are_marked: Callable[[Iterable[str]], bool] = lambda _: False
    rezeroes: bool = True
    watches_calibration: bool = True
    may_be_loaded: bool = True

    def fits(self, placements: Iterable[str]) -> bool:
        """Whether sensors at these placements can follow it."""
        places = set(placements)
        return bool(places & set(self.trunk)) and not places & set(self.never_at)

    def judges(self, placements: Iterable[str]) -> bool:
        """Whether sensors at these placements can tell whether contact is kept."""
        return set(self.judged_by) <= set(placements)
