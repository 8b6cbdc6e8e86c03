"""A stance: how a person is placed in a drill, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dowel.analysis.calibration.calibration import Calibration, Refused
from dowel.analysis.calibration.steps import Span
from dowel.analysis.events import Rep
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.point_buffer import History
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.analysis.repetitions.row import RowFacts
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
class Stance:
    """What a drill asks of its stance; the pipeline and the presentation ask it too, and never which one it is.

    ``trunk``: sensors at these places are judged, and at one of them there must be one; at those in ``never_at`` there
    must be none. ``posture`` makes what turns attitudes into leans and deviation, ``steps`` what takes the calibration
    steps, ``rows`` what measures a bend. ``rep_settings`` are those of the machine that counts bends.
    ``reps_are_marked`` tells for the placements of the sensors whether none of them sees a rep, so that marks make
    them. ``rezeroes``: a trunk sensor that slips is zeroed anew, as it is seen in the stand before each bend.
    """

    name: str
    trunk: tuple[Placement, ...]
    posture: Callable[[Sequence[str]], Posture]
    steps: Callable[[Posture, History], Steps]
    rows: Callable[[Posture, History], Rows]
    rep_settings: RepSettings = field(default_factory=RepSettings)
    never_at: tuple[Placement, ...] = ()
    reps_are_marked: Callable[[Iterable[str]], bool] = lambda _: False
    rezeroes: bool = True

    def fits(self, placements: Iterable[str]) -> bool:
        """Whether sensors at these placements can follow it."""
        places = set(placements)
        return bool(places & set(self.trunk)) and not places & set(self.never_at)
