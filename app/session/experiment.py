"""An analysis with other parameters than the program's own: limits, hold, and the settings of its algorithms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any, Final

from dowel.analysis.calibration.calibration_watch import WatchSettings
from dowel.analysis.calibration.clap import ClapCheck
from dowel.analysis.contact.given_limits import POINTS, GivenLimits
from dowel.analysis.movement.classify import MovementRule
from dowel.analysis.movement.hip_path import HipPath
from dowel.analysis.movement.wall_tap import TapDetector
from dowel.analysis.orientation.attitude import AttitudeSettings
from dowel.analysis.orientation.come_off import ComeOffSettings
from dowel.analysis.orientation.falls import FallSettings
from dowel.analysis.orientation.odd_bends import OddBendSettings
from dowel.analysis.orientation.slip import SlipSettings
from dowel.analysis.parameters import given
from dowel.analysis.repetitions.measures import SpectralArcLength
from dowel.analysis.repetitions.rep_machine import RepSettings
from dowel.analysis.repetitions.sets import SetSettings
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.session_reader import Session
from dowel.recordings.types import Mark, MarkKind

SETTINGS: Final[tuple[type[Any], ...]] = (
    AttitudeSettings,
    ClapCheck,
    WatchSettings,
    SlipSettings,
    ComeOffSettings,
    OddBendSettings,
    FallSettings,
    RepSettings,
    SetSettings,
    SpectralArcLength,
    MovementRule,
    HipPath,
    TapDetector,
)
"""The classes that hold the parameters of a session's analysis."""


@dataclass(frozen=True)
class Experiment:
    """What was given to one analysis in place of the program's own."""

    limits: GivenLimits | None
    settings: tuple[Any, ...]

    @classmethod
    def of(cls, limits: Mapping[str, float] | None, hold_s: float | None, settings: Sequence[object]) -> Experiment:
        """As a notebook gives them. Raises ``UsageError`` for what is no limit, no hold or no settings of ours."""
        strange = [name for name in limits or () if name not in POINTS]
        if strange:
            raise UsageError(f"limits: there is no {strange[0]!r}. They are {', '.join(POINTS)}.")
        other = [each for each in settings if type(each) not in SETTINGS]
        if other:
            known = ", ".join(kind.__name__ for kind in SETTINGS)
            raise UsageError(f"settings: {type(other[0]).__name__} is none of the analysis. They are {known}.")
        detail = {**(limits or {}), **({} if hold_s is None else {"hold_s": hold_s})}
        try:
            found = GivenLimits.from_json({"basis": "given", **detail}) if detail else None
        except ValueError as error:
            raise UsageError(f"{error}.") from error
        return cls(found, tuple(settings))

    @property
    def words(self) -> str:
        """All that differs, to stand beside what was computed with it; empty where nothing does."""
        told = self.limits.to_json() if self.limits is not None else {}
        parts = [f"{name}={value:g}" for name, value in told.items() if name != "basis"]
        for each in self.settings:
            default = type(each)()
            parts += [
                f"{type(each).__name__}.{field.name}={_shown(value)}"
                for field in fields(each)
                if (value := getattr(each, field.name)) != getattr(default, field.name)
            ]
        return "; ".join(parts)

    def marks_for(self, session: Session) -> tuple[Mark, ...]:
        """A session's marks with these limits in place of its own; with a hold alone its own are held as long."""
        if self.limits is None:
            return session.marks
        own = [mark for mark in session.marks if mark.kind is MarkKind.LIMITS]
        rest = tuple(mark for mark in session.marks if mark.kind is not MarkKind.LIMITS)
        at_s = min([0.0, *(mark.start_s for mark in session.marks)])
        opening = Mark(0, MarkKind.LIMITS, at_s, at_s, self.limits.to_json(), added=True)
        only_hold = all(getattr(self.limits, each) is None for each in POINTS)
        if not (only_hold and own):
            return opening, *rest
        held = {id(mark): replace(mark, detail={**mark.detail, "hold_s": self.limits.hold_s}) for mark in own}
        return opening, *(held.get(id(mark), mark) for mark in session.marks)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside, an analysis runs with these settings."""
        with given({type(each): each for each in self.settings}):
            yield


def _shown(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return str(asdict(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
