"""What a live practice shows, whole and at one moment: made by the board, drawn by whoever shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dowel.analysis.contact.limits import Limits
from dowel.display.actions import Action, Controls
from dowel.display.sensor_health import SensorHealth
from dowel.recordings.types import MarkKind
from dowel.session.current_state import Contact as Contact
from dowel.session.results import SessionResults


@dataclass(frozen=True, slots=True)
class StepView:
    """What the person is to do now.

    ``title`` names it, ``say`` tells it. ``number`` of ``count`` is its place in the calibration, 0 where it has none;
    ``progress`` is 0 to 1 within it, None where there is none; ``problem`` says why it is to be done again.
    """

    title: str
    say: str
    number: int = 0
    count: int = 0
    progress: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RepView:
    """One bend that is over: its number (or kind), its verdict, where and why, and how it was done, in words.

    ``movement`` says hinge, squat, ...; ``tap`` whether the wall was tapped; ``todo`` what to do about the verdict.
    ``by_eye`` is how a person judged it, ``at_s`` a session time within it, ``certain`` whether it is a row.
    """

    name: str
    verdict: str
    why: str = ""
    peak: str = ""
    tempo: str = ""
    depth_deg: float | None = None
    movement: str = ""
    tap: str = ""
    todo: str = ""
    by_eye: str = ""
    at_s: float = 0.0
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Why contact is as it is at this moment, and the one thing to do about it; either may be empty."""

    why: str = ""
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """News, or a warning."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is shown.

    ``reps`` of the running set, ``set_number`` None between sets. ``last`` and ``messages`` are oldest first.
    ``set_over`` and ``summary`` are those of the set that ended last, ``advice`` what it asks for next, until the next
    rep. ``wall_cm`` is None where there is no wall or its distance is not known; ``addresses``, by name, are that of
    the live page and, until the first bend, those that others open.
    ``deviation_deg`` is None where it cannot be judged. ``contacts`` are points of the rod with their state, ``told``
    why they are so. ``actions`` are what can be done now. Texts may come from anywhere: they are made safe when they
    are drawn.
    """

    drill: str
    person: str
    file: str
    elapsed_s: float
    sensors: tuple[SensorHealth, ...] = ()
    step: StepView | None = None
    reps: int = 0
    set_number: int | None = None
    last: tuple[RepView, ...] = ()
    deviation_deg: float | None = None
    limits: Limits | None = None
    contacts: tuple[tuple[str, Contact], ...] = ()
    messages: tuple[Message, ...] = ()
    actions: tuple[Action, ...] = ()
    load_kg: float = 0.0
    set_over: int = 0
    summary: str = ""
    advice: str = ""
    wall_cm: float | None = None
    addresses: tuple[tuple[str, str], ...] = ()
    told: Told = Told()


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A command that can be given once a practice is over, and what it is good for."""

    command: str
    what: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What is told of a practice that is over.

    ``sentence`` is the verdict, or why the practice did not begin: then there is no command that comes next.
    ``report`` is the name of the page that was written beside the session, empty for none; ``work_on`` is the first of
    its advice.
    """

    sentence: str
    report: str
    commands: tuple[NextCommand, ...]
    work_on: str = ""


class Phase(StrEnum):
    """Where a step stands."""

    PREPARE = "prepare"
    WAIT = "wait"
    RUN = "run"
    JUDGE = "judge"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a person is told now.

    ``step`` and its place ``number`` of ``count``; ``progress`` 0-1 within it, None where nobody follows it, as in a
    replay; ``bends`` seen so far; ``problem`` says why it must be done again, or what is waited for.
    """

    step: MarkKind
    number: int
    count: int
    phase: Phase
    say: str
    progress: float | None = 0.0
    bends: int = 0
    problem: str = ""


class Shown(Protocol):
    """The session that is shown: a practice, or a replay of one."""

    @property
    def results(self) -> SessionResults:
        """Everything that was said so far, and how it stands now."""

    @property
    def now_s(self) -> float:
        """Session time."""

    @property
    def in_set(self) -> bool:
        """Whether a set was begun with a mark and not ended."""

    @property
    def instruction(self) -> Instruction | None:
        """What the calibration asks for now."""

    @property
    def sensors_now(self) -> Sequence[SensorHealth]:
        """How the sensors are doing."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be done now."""

    @property
    def controls(self) -> Controls | None:
        """What does it; None where nobody can do anything."""
