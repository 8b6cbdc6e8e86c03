"""Numbers over time: clean reps and volume per week, and trends among sets that can be compared.

Sets are compared only where drill, placements, calibration, and being with or without a load are the same: each
changes what an angle means or which limits hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from typing import Final, NamedTuple

from dowel.analysis.drills.method import RULES
from dowel.history.pass_rules import Worth, judge
from dowel.history.practised_sets import PracticeSession, PracticeSet
from dowel.history.stages import Stage
from dowel.history.step_back_rules import Decision
from dowel.settings.rules import Rules
from dowel.text.wording import known, words

NAN: Final = float("nan")


class Group(NamedTuple):
    """What must be the same for sets to be compared."""

    stage: Stage | None
    drill: str
    loaded: bool
    placements: str
    calibration: str

    @property
    def title(self) -> str:
        """What was done: ``dowel hinge with load``."""
        return words(self.drill) + (" with load" if self.loaded else "")

    @property
    def measured(self) -> str:
        """How it was measured."""
        return f"sensors on {words(self.placements)}, calibration: {words(self.calibration)}"


@dataclass(frozen=True, slots=True)
class GroupSession:
    """What one session brought to one group: its sets, and their decisions."""

    session: PracticeSession
    group: Group
    sets: tuple[PracticeSet, ...]
    rules: tuple[str, ...] = ()

    def total(self, of: Callable[[PracticeSet], float]) -> float:
        """The sum over the sets."""
        return sum(of(each) for each in self.sets)

    @property
    def reps(self) -> int:
        """Reps of all sets."""
        return sum(len(each.rows) for each in self.sets)

    @property
    def clean_pct(self) -> float:
        """Share of the judged reps that were clean; NaN where none was judged."""
        judged = sum(each.judged for each in self.sets)
        return 100.0 * sum(each.clean for each in self.sets) / judged if judged else NAN

    @property
    def rounded(self) -> int:
        """Reps that rounded beyond the warning limit."""
        return sum(known(row["depth_before_rounding_deg"]) for each in self.sets for row in each.rows)

    @property
    def depth_before_rounding_deg(self) -> float:
        """Median over the judged reps of the hinge at which rounding began, or, where it never did, of the deepest.

        So it is a value that is reached at least where half of the reps or more did not round.
        """
        depths = [
            row["depth_before_rounding_deg"] if known(row["depth_before_rounding_deg"]) else row["hinge_angle_deg"]
            for each in self.sets
            for row in each.rows
            if row["verdict"] != "not_judged"
        ]
        measured = [depth for depth in depths if known(depth)]
        return median(measured) if measured else NAN

    @property
    def at_least(self) -> bool:
        """Whether the depth before rounding is only known to be so much or more."""
        return 2 * self.rounded <= sum(each.judged for each in self.sets)

    @property
    def drift_deg(self) -> float:
        """The largest drift of a set that is long enough to tell one."""
        return max(
            (each.drift_deg for each in self.sets if known(each.drift_deg) and len(each.rows) >= RULES.drift_reps),
            default=NAN,
        )

    @property
    def wall_cm(self) -> float:
        """The largest distance to the wall."""
        return max((each.wall_cm for each in self.sets if known(each.wall_cm)), default=NAN)

    @property
    def load_kg(self) -> float:
        """The largest load; NaN for none."""
        return max(each.load_kg for each in self.sets) or NAN

    @property
    def warn_deg(self) -> frozenset[float]:
        """The limits from which on the sets' reps were called rounded."""
        return frozenset(each.warn_deg for each in self.sets if known(each.warn_deg))

    def wall_tapped_cm(self, rules: Rules) -> float:
        """The largest distance of a good set at the wall, near or far."""
        rule = rules["pass.wall_tap"]
        any_distance = replace(rule, values={key: value for key, value in rule.values.items() if key != "wall_share"})
        good = [each.wall_cm for each in self.sets if judge(each, any_distance).worth is Worth.GOOD]
        return max((at for at in good if known(at)), default=NAN)


def grouped(sessions: Sequence[PracticeSession], decisions: Sequence[Decision]) -> list[GroupSession]:
    """What each session brought to each group, in order of time."""
    found = []
    for session in sessions:
        for group in dict.fromkeys(_group(session, each) for each in session.sets):
            sets = tuple(each for each in session.sets if _group(session, each) == group)
            numbers = {each.number for each in sets}
            decided = [each for each in decisions if each.session is session and each.set in numbers]
            rules = dict.fromkeys(rule for each in decided for rule in each.rules)
            found.append(GroupSession(session, group, sets, tuple(rules)))
    return found


def _group(session: PracticeSession, practised: PracticeSet) -> Group:
    return Group(practised.stage, practised.drill, practised.load_kg > 0, session.placements, practised.calibration)


# --------------------------------------------------------------------------------------------------------------- weeks


@dataclass(frozen=True, slots=True)
class Week:
    """One week from Monday on. ``reps`` and ``clean`` are by stage; volume is reps times load."""

    monday: date
    sessions: int
    reps: dict[Stage, int]
    clean: dict[Stage, int]
    volume_kg: float


def weeks_of(sessions: Sequence[PracticeSession]) -> list[Week]:
    """The weeks in which there were sessions, in order; ``sessions`` say when they were."""
    by_monday: dict[date, list[PracticeSession]] = {}
    for session in sessions:
        if session.day is not None:
            by_monday.setdefault(monday_of(session.day), []).append(session)
    return [_week(monday, by_monday[monday]) for monday in sorted(by_monday)]


def _week(monday: date, sessions: Sequence[PracticeSession]) -> Week:
    sets = [each for session in sessions for each in session.sets]
    return Week(
        monday,
        len(sessions),
        {stage: sum(len(each.rows) for each in sets if each.stage is stage) for stage in Stage},
        {stage: sum(each.clean for each in sets if each.stage is stage) for stage in Stage},
        sum(each.volume_kg for each in sets),
    )


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


# -------------------------------------------------------------------------------------------------------------- trends


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is followed over sessions: its name, a short one, unit, digits and value (NaN: not measured).

    ``about`` says what it is; ``at_least`` whether a session's value is a lower bound. ``least_range``: a picture shows
    at least so much of it, so that small changes look small. ``stages`` are those in which it means something.
    """

    title: str
    short: str
    unit: str
    digits: int
    value: Callable[[GroupSession, Rules], float]
    about: str
    least_range: float
    at_least: Callable[[GroupSession], bool] | None = None
    stages: Sequence[Stage | None] = (*Stage, None)


STANDING: Final = (Stage.WALL_TAP, Stage.DOWEL_HINGE, Stage.LOADED_HINGE)
QUANTITIES: Final = (
    Quantity("clean reps", "clean", " %", 0, lambda each, _: each.clean_pct, "share of the judged reps", 20.0),
    Quantity(
        "depth before rounding",
        "depth",
        "°",
        0,
        lambda each, _: each.depth_before_rounding_deg,
        "median hinge at which rounding began; ≥ where half of the reps or more did not round",
        20.0,
        lambda each: each.at_least,
        STANDING,
    ),
    Quantity(
        "drift",
        "drift",
        "°",
        1,
        lambda each, _: each.drift_deg,
        f"largest growth of rounding over a set; under {RULES.drift_deg:g}° it may be chance",
        2.0 * RULES.drift_deg,
        stages=STANDING,
    ),
    Quantity(
        "wall", "wall", " cm", 0, lambda each, rules: each.wall_tapped_cm(rules), "farthest wall of a good set", 10.0
    ),
    Quantity("load", "load", " kg", 1, lambda each, _: each.load_kg, "heaviest set", 4.0),
)


@dataclass(frozen=True, slots=True)
class Trend:
    """One quantity in one group: the sessions in which it was measured, and its values."""

    quantity: Quantity
    points: tuple[tuple[GroupSession, float], ...]


def trends_of(group_sessions: Sequence[GroupSession], rules: Rules) -> dict[Group, list[Trend]]:
    """The trends of each group, in the order of the method; only of sessions that say when they were."""
    groups = sorted(dict.fromkeys(each.group for each in group_sessions), key=_in_order)
    found = {}
    for group in groups:
        own = [each for each in group_sessions if each.group == group and each.session.day]
        trends = [Trend(quantity, tuple(_points(quantity, own, rules))) for quantity in QUANTITIES]
        found[group] = [trend for trend in trends if trend.points]
    return found


def _points(quantity: Quantity, own: Sequence[GroupSession], rules: Rules) -> list[tuple[GroupSession, float]]:
    values = [(each, quantity.value(each, rules)) for each in own if each.group.stage in quantity.stages]
    return [(each, value) for each, value in values if known(value)]


def _in_order(group: Group) -> tuple[int, str, str, str]:
    return group.stage.number if group.stage else len(Stage) + 1, group.drill, group.placements, group.calibration
