"""Back to the stick and back to load: the rules ``back.*``, ``stick.sets`` and ``load.lighter``, set by set.

As in a session at the end of each set (sources#stick-rules), but over all sessions: what is owed today is owed
tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dowel.analysis.drills.method import load_at_hand, rounding_grew
from dowel.history.pass_rules import Worth, judge
from dowel.history.practised_sets import PracticeSession, PracticeSet
from dowel.history.stages import Stage
from dowel.settings.rules import Rules
from dowel.text.wording import counted, joined, words


class Turn(StrEnum):
    """What a decision is about."""

    PASSED = "passed"
    BACK = "back"
    STICK_BAD = "stick_bad"
    STOPPED = "stopped"
    RETURNED = "returned"
    LOADED_AGAIN = "loaded_again"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: when, about what, the names of the rules that made it, and a sentence.

    ``set`` is the number of the set in its session.
    """

    day: date
    session: PracticeSession
    set: int
    turn: Turn
    rules: tuple[str, ...]
    text: str


@dataclass(slots=True)
class Owed:
    """Stick sets that are owed: since which decision, and how many were done well in a row."""

    since: Decision
    well: int = 0


class Returning:
    """Follows sets in order and says what each of them decides.

    ``owed``: stick sets that are owed; None when there are none. ``stopped``: the day on which no more load is to be
    used. ``too_much_kg``: by drill the load that was too much, until load is taken up again in it; a bell and a bar
    have loads of their own.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._stick_today: tuple[date | None, int] = (None, 0)
        self.owed: Owed | None = None
        self.stopped: date | None = None
        self.too_much_kg: dict[str, float] = {}

    def follow(self, session: PracticeSession, practised: PracticeSet) -> Iterator[Decision]:
        """The decisions of the next set; the session says when it was."""
        if practised.stage is Stage.LOADED_HINGE:
            yield from self._loaded(session, practised)
        elif practised.stage is Stage.DOWEL_HINGE and self.owed is not None:
            yield from self._stick(session, practised, self.owed)

    @property
    def lighter_kg(self) -> dict[str, float]:
        """The load to come back with, by drill."""
        share = 1.0 - self._rules["load.lighter"].number("lighter_pct") / 100.0
        most_kg = {drill: load_kg * share for drill, load_kg in self.too_much_kg.items()}
        return {drill: load_at_hand(load_kg, drill) or load_kg for drill, load_kg in most_kg.items()}

    def _loaded(self, session: PracticeSession, practised: PracticeSet) -> Iterator[Decision]:
        name = practised.name.capitalize()
        too_much_kg = self.too_much_kg.get(practised.drill)
        if self.stopped == session.day:
            yield _decision(
                session, practised, Turn.NOT_DONE, ("stick.sets",), f"{name} came after the stick had failed that day."
            )
        elif self.owed is not None:
            done = f"{self.owed.well} of {self._rules['stick.sets'].whole('sets')}"
            yield _decision(
                session, practised, Turn.NOT_DONE, ("stick.sets",), f"{name} came before the stick sets ({done})."
            )
        elif too_much_kg is not None:
            del self.too_much_kg[practised.drill]
            yield self._again(session, practised, too_much_kg)
        reasons = list(self._reasons(practised))
        if reasons:  # also where it was taken up again with more: the least that was too much stays it
            self.too_much_kg[practised.drill] = min(practised.load_kg, too_much_kg or practised.load_kg)
            told = joined([reason for _, reason in reasons])
            back = _decision(
                session,
                practised,
                Turn.BACK,
                tuple(rule for rule, _ in reasons),
                f"Back to the stick: {practised.name} {told}.",
            )
            self.owed = Owed(self.owed.since if self.owed else back)
            yield back

    def _reasons(self, practised: PracticeSet) -> Iterator[tuple[str, str]]:
        """Why a loaded set sends back to the stick: the rule, and what was seen."""
        lost = practised.count("lost")
        if lost >= self._rules["back.lost"].whole("reps"):
            yield "back.lost", f"lost contact in {lost} of {counted(len(practised.rows), 'rep')}"
        rule = self._rules["back.range"]
        used = [
            row["flexion_range_pct"] for row in practised.rows if row["flexion_range_pct"] > rule.number("range_pct")
        ]
        if len(used) >= rule.whole("reps"):
            yield rule.name, f"used {max(used):.0f} % of the back's full bend"
        rule, drift_deg = self._rules["back.drift"], practised.drift_deg
        if rounding_grew(drift_deg, len(practised.rows), rule.number("drift_deg"), rule.whole("reps")):
            yield rule.name, f"rounded more from rep to rep, {drift_deg:.1f}° in all"

    def _again(self, session: PracticeSession, practised: PracticeSet, before_kg: float) -> Decision:
        """Load is taken up again: whether it is lighter."""
        less_pct = 100.0 * (1.0 - practised.load_kg / before_kg)
        enough = less_pct >= self._rules["load.lighter"].number("about_pct")
        told = (
            f"{less_pct:.0f} % lighter than"
            if enough
            else "not lighter than"
            if less_pct <= 0
            else "hardly lighter than"
        )
        return _decision(
            session,
            practised,
            Turn.LOADED_AGAIN if enough else Turn.NOT_DONE,
            ("load.lighter",),
            f"Loaded again with {practised.load_kg:g} kg, {told} the {before_kg:g} kg that were too much.",
        )

    def _stick(self, session: PracticeSession, practised: PracticeSet, owed: Owed) -> Iterator[Decision]:
        rule = self._rules["stick.sets"]
        judged = judge(practised, rule)
        if judged.worth is Worth.NOT_COUNTED:
            return
        day, done = self._stick_today
        done = done + 1 if day == session.day else 1
        self._stick_today = session.day, done
        if judged.worth is Worth.GOOD:
            owed.well += 1
            if owed.well >= rule.whole("sets"):
                self.owed = None
                self._stick_today = session.day, 0
                yield self._returned(session, practised)
                return
        else:
            owed.well = 0
            yield _decision(
                session,
                practised,
                Turn.STICK_BAD,
                (rule.name,),
                f"{practised.name.capitalize()} with the stick was not good: {judged.missing}.",
            )
        if done >= rule.whole("most_sets") and self.stopped != session.day:
            self.stopped = session.day
            yield _decision(
                session,
                practised,
                Turn.STOPPED,
                (rule.name,),
                f"Leave the load for another day: {done} stick sets brought no {rule.whole('sets')} good ones in a "
                "row.",
            )

    def _returned(self, session: PracticeSession, practised: PracticeSet) -> Decision:
        when = "on another day" if self.stopped == session.day else "when you like"
        return _decision(
            session,
            practised,
            Turn.RETURNED,
            ("stick.sets", "load.lighter"),
            f"The stick sets are done: load again {when}, with {or_less(self.lighter_kg)}.",
        )


def or_less(lighter_kg: Mapping[str, float]) -> str:
    """The loads to come back with, in words."""
    if len(lighter_kg) == 1:
        return "".join(f"{load_kg:.3g} kg or less" for load_kg in lighter_kg.values())
    return joined([f"{load_kg:.3g} kg or less ({words(drill)})" for drill, load_kg in lighter_kg.items()])


def _decision(
    session: PracticeSession, practised: PracticeSet, turn: Turn, rules: tuple[str, ...], text: str
) -> Decision:
    assert session.day is not None  # only sessions that say when they were are followed
    return Decision(session.day, session, practised.number, turn, rules, text)
