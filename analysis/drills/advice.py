"""What a set asks for: back to the stick (sources#stick-rules), how far from the wall (sources#wall-distance)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.method import RULES, WALL_FULL_SHARE, Rules, load_at_hand, rounding_grew
from dowel.analysis.rows import Rep, SetSummary


@dataclass(slots=True)
class _Due:
    """Stick sets that are owed, since a set with this load in this drill; ``least_kg`` was the least that was too much.

    How many were done, and how many of them in a row well.
    """

    load_kg: float
    least_kg: float
    drill: str
    done: int = 0
    well: int = 0


class BackToStick:
    """Follows a session's sets and says after each what is to be done next; the empty text for nothing.

    ``setting`` has the rules in force. A set with a load is a loaded one, a set without a set with the stick. Never
    advises more load than there was.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._due: _Due | None = None
        self._too_much_kg: dict[str, float] = {}  # by drill, until a set with a load asks for nothing
        self._stopped = False

    @property
    def _rules(self) -> Rules:
        return self._setting.rules

    def after(self, summary: SetSummary, rows: Sequence[Rep]) -> str:
        """The advice at the end of a set, whose rows these are."""
        return self._after_load(summary, rows) if summary.load_kg > 0 else self._after_stick(summary)

    def _after_load(self, summary: SetSummary, rows: Sequence[Rep]) -> str:
        if self._stopped:
            return "The stick sets failed today, so leave the load for another day."
        reasons = self._reasons(summary, rows)
        not_done = ""
        if self._due is not None:
            not_done = f"The stick sets were not done ({self._due.well} of {self._rules.stick_sets}). "
        if reasons:
            least_kg = min(summary.load_kg, self._too_much_kg.get(summary.drill, summary.load_kg))
            self._too_much_kg[summary.drill] = least_kg
            self._due = due = _Due(summary.load_kg, least_kg, summary.drill)
            return f"{not_done}Back to the stick: {' and '.join(reasons)}. {self._prescription(due)}"
        if not_done:
            return f"{not_done}Do them before the next loaded set."
        self._too_much_kg.pop(summary.drill, None)
        return ""

    def _reasons(self, summary: SetSummary, rows: Sequence[Rep]) -> list[str]:
        """Why the set sends back to the stick."""
        rules, reasons = self._rules, []
        lost = [row for row in rows if row.verdict == "lost"]
        if len(lost) >= rules.lost_reps:
            reasons.append(f"contact was lost {_in_what(lost)}")
        used = [row.flexion_range_pct for row in rows if row.flexion_range_pct > rules.amber_pct]
        if len(used) >= rules.amber_reps:
            colour = "red" if max(used) > rules.red_pct else "amber"
            reasons.append(f"{max(used):.0f} % of your back's range was used ({colour} from {self._share(colour)} %)")
        if rounding_grew(summary.drift_deg, summary.reps, rules.drift_deg, rules.drift_reps):
            reasons.append(f"rounding grew by {summary.drift_deg:.0f} degrees over the set")
        return reasons

    def _share(self, colour: str) -> str:
        return f"{self._rules.red_pct if colour == 'red' else self._rules.amber_pct:g}"

    def _prescription(self, due: _Due) -> str:
        rules = self._rules
        lost = f"with at most {rules.stick_lost} lost" if rules.stick_lost else "without a loss"
        return (
            f"Do {rules.stick_sets} to {rules.stick_most_sets} sets of {rules.stick_reps} to {rules.stick_most_reps} "
            f"slow hinges with the stick and no load. Load again after {rules.stick_sets} of them in a row {lost} and "
            f"with at most {rules.stick_warned} close, {self._lighter(due)}."
        )

    def _lighter(self, due: _Due) -> str:
        pct = self._rules.lighter_pct
        lighter_kg = load_at_hand((1.0 - pct / 100.0) * due.least_kg, due.drill)
        if due.least_kg < due.load_kg:
            at_hand = f" ({lighter_kg:g} kg)" if lighter_kg else ""
            return f"at least {pct:g} % lighter than {due.least_kg:g} kg, which was too much already{at_hand}"
        if not lighter_kg:
            return f"at least {pct:g} % lighter than {due.load_kg:g} kg"
        return f"at least {pct:g} % lighter ({lighter_kg:g} instead of {due.load_kg:g} kg)"

    def _after_stick(self, summary: SetSummary) -> str:
        due, rules = self._due, self._rules
        if due is None:
            return ""
        judged = summary.reps - summary.not_judged
        if judged < rules.stick_reps:
            return f"A stick set needs {rules.stick_reps} judged reps; this one has {judged} and does not count."
        due.done += 1
        good = summary.lost <= rules.stick_lost and summary.warned <= rules.stick_warned
        due.well = due.well + 1 if good else 0
        if due.well >= rules.stick_sets:
            self._due = None
            return f"The stick sets are done. When you load again, {self._lighter(due)}."
        if due.done >= rules.stick_most_sets:
            self._due, self._stopped = None, True
            return "The stick sets were not good yet either: leave the load for another day."
        if good:
            left = rules.stick_sets - due.well
            more = "one" if left == 1 else f"{left}"
            return f"Stick set {due.well} of {rules.stick_sets} done: {more} more like it, without load."
        return (
            f"That stick set was not good yet ({summary.lost} lost, {summary.warned} close): "
            f"slower and shallower, {rules.stick_sets} in a row, without load."
        )


def _in_what(rows: Sequence[Rep]) -> str:
    """In which bends of a set: its reps, and those that are under load too and count as none."""
    told = []
    for kind, name in (("rep", "rep"), ("half", "half rep")):
        count = sum(row.kind == kind for row in rows)
        told += [f"in {count} {name}{'' if count == 1 else 's'}"] if count else []
    told += ["as the load was picked up"] if any(row.kind == "pick_up" for row in rows) else []
    told += ["as the load was set down"] if any(row.kind == "set_down" for row in rows) else []
    return " and ".join(told)


def first_wall(height_m: float, rules: Rules, whose: str) -> str:
    """How far from the wall the heels stand at first, in words; ``whose`` height it is."""
    share = "a tenth" if rules.wall_first_share == RULES.wall_first_share else f"{100.0 * rules.wall_first_share:.3g} %"
    return f"{100.0 * rules.wall_first_share * height_m:.0f} cm from the wall, {share} of {whose}"


def to_the_wall(summary: SetSummary, rows: Sequence[Rep], height_m: float, rules: Rules) -> str:
    """How far from the wall the next set of taps is to be.

    Farther only after a set in which every rep tapped and none was lost, because a tap reached by rounding is no pass.
    """
    full_cm = 100.0 * WALL_FULL_SHARE * height_m
    if summary.wall_cm != summary.wall_cm:
        return f"Stand {first_wall(height_m, rules, 'your height')}, and say so, to see how far you have come."
    reps = [row for row in rows if row.kind == "rep"]
    lost = sum(row.verdict == "lost" for row in reps)
    missed = sum(row.tap != "tapped" for row in reps)
    here = f"Stay at {summary.wall_cm:.0f} cm"
    if lost:
        return f"{here}: {lost} of {len(reps)} reps lost contact, and a tap reached by rounding or arching is no pass."
    if missed:
        unsure = sum(row.tap == "unsure" for row in reps)
        return f"{here}: {missed} of {len(reps)} reps without a clear tap{f' ({unsure} unsure)' if unsure else ''}."
    if any(row.verdict == "not_judged" for row in reps):
        return f"{here}: not every rep could be judged."
    if summary.wall_cm >= full_cm:
        return (
            f"{summary.wall_cm:.0f} cm is full for your height. Farther away the weight would leave the feet before "
            "the hips reach the wall: nobody can hinge there without falling back. Go on with the stick."
        )
    next_cm = min(summary.wall_cm + rules.wall_step_cm, full_cm)
    step = "an inch" if rules.wall_step_cm == RULES.wall_step_cm else f"{rules.wall_step_cm:g} cm"
    return f"Every rep tapped and none was lost: stand {next_cm:.1f} cm from the wall, up to {step} farther."
