"""What a session says: the verdict in one sentence, and what to work on next, in plain words and from its rows only.

The advice is about technique. It never asks for more load, and never speaks of injury.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from dowel.analysis.drills.drills import DOWEL_HINGE, DRILLS, Drill
from dowel.analysis.drills.method import Rules, rounding_grew
from dowel.analysis.rows import Rep, SetSummary
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain
from dowel.text.unjudged import REASONS
from dowel.text.wording import counted, joined, known, sentence, words

STEP_DEG: Final = 5.0
"""Depths are advised in steps that a person can tell apart."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to work on: what it is, what was seen, what to do."""

    title: str
    seen: str
    do: str


def verdict_sentence(rows: Sequence[Rep]) -> str:
    """How the reps among these rows went, in one sentence."""
    reps = [row for row in rows if row.kind == "rep"]
    reps, what = (reps, "rep") if reps else ([row for row in rows if row.kind == "hold"], "hold")
    if not reps:
        return "No reps were counted." if rows else "No reps were found."
    judged = _judged(reps)
    if not judged:
        return f"{counted(len(reps), what)} counted, none judged: {_why_not_judged(reps)}."
    held, warned, lost = ([row for row in judged if row.verdict == name] for name in ("held", "warned", "lost"))
    told = [(name, some) for name, some in (("kept", held), ("close to its limit", warned), ("lost", lost)) if some]
    where = f": {_where(lost)}" if lost else ""
    name, some = told[0]
    if len(told) == 1:
        return f"Contact was {name} in {'all ' if len(some) > 1 else ''}{counted(len(some), what)}{where}."
    first = f"{name} in {len(some)} of {counted(len(judged), what)}"
    return f"Contact was {joined([first, *(f'{name} in {len(some)}' for name, some in told[1:])])}{where}."


def not_judged_sentence(rows: Sequence[Rep]) -> str:
    """How many reps have no verdict, and why; empty where the verdict's sentence says so already."""
    reps = [row for row in rows if row.kind == "rep"]
    judged = _judged(reps)
    if not judged or len(judged) == len(reps):
        return ""
    return f"{counted(len(reps) - len(judged), 'more rep')} could not be judged: {_why_not_judged(reps)}."


def _judged(reps: Sequence[Rep]) -> list[Rep]:
    return [row for row in reps if row.verdict != "not_judged"]


def _where(lost: Sequence[Rep]) -> str:
    """Which points were lost, the commonest first."""
    points = [point for row in lost for point in row.contact_lost.split("+")]
    if set(points) == {"floor"}:
        reasons = [reason for row in lost for reason in _reasons(row) if reason in _drill(row).words.lost]
        return joined([words(reason) for reason in dict.fromkeys(reasons)])
    by_count = sorted(dict.fromkeys(points), key=lambda point: -points.count(point))
    if len(by_count) == 1:
        return f"at the {words(by_count[0])}"
    return ", ".join(f"at the {words(point)} in {points.count(point)}" for point in by_count)


def _why_not_judged(reps: Sequence[Rep]) -> str:
    reasons = [reason for row in reps if row.verdict == "not_judged" for reason in _reasons(row)]
    return joined([each.was for name, each in REASONS.items() if name in reasons]) or "the data does not allow it"


def tap_sentence(rows: Sequence[Rep]) -> str:
    """In how many reps the wall was tapped; empty without a wall."""
    reps = [row for row in rows if row.kind == "rep" and row.tap]
    if not reps:
        return ""
    tapped, unsure = (sum(row.tap == name for row in reps) for name in ("tapped", "unsure"))
    doubt = f", and {unsure} are unsure" if unsure > 1 else ", and one is unsure" if unsure else ""
    return f"The wall was tapped in {tapped} of {counted(len(reps), 'rep')}{doubt}."


def drift_words(summary: SetSummary, rules: Rules) -> str:
    """What a set's drift says; ``known`` ones only."""
    if not rounding_grew(abs(summary.drift_deg), summary.reps, rules.drift_deg, rules.drift_reps):
        return "may be chance"
    return "rounding grew as the set went on" if summary.drift_deg > 0 else "rounding became less as the set went on"


def advice_of(results: SessionResults) -> list[Advice]:
    """What to work on next by the rules in force, the most important first; something is always said."""
    rules = results.setting.rules
    reps = [row for row in results.rep_rows if row.kind == "rep"]
    if not reps:
        return []
    found = [
        _not_judged(reps),
        _asked_for(results),
        *_told_by_reason(results, reps),
        _rounding(reps),
        *(finding(reps, rules) for finding in _OF_THE_BODY),
        _drift(results),
        *(finding(reps, rules) for finding in _OF_THE_SET),
    ]
    return [advice for advice in found if advice is not None] or [
        Advice(
            "Keep it like this",
            f"Contact was kept in all reps that were judged, {_depth(reps)}and not hurried.",
            "Do the next set in the same way, and stop it at the first rep in which contact is lost.",
        )
    ]


# --------------------------------------------------------------------------------------------------------------- rules


def _not_judged(reps: Sequence[Rep]) -> Advice | None:
    """More than a few reps without a verdict: first make them judgeable."""
    unjudged = [row for row in reps if row.verdict == "not_judged"]
    if len(unjudged) * 5 <= len(reps):
        return None
    reasons = [reason for row in unjudged for reason in _reasons(row)]
    mend = [each.mend for name, each in REASONS.items() if name in reasons]
    return Advice(
        "Make the reps judgeable", f"{_share(unjudged, reps)} could not be judged.", " ".join(mend) or "Record again."
    )


def _asked_for(results: SessionResults) -> Advice | None:
    """What the last set that asked for something asks for next: back to the stick, or how far from the wall.

    A loaded set after it that asks for nothing has done so: nothing is owed then.
    """
    asking = [summary for summary in results.set_rows if summary.advice or summary.load_kg > 0]
    if not asking or not asking[-1].advice:
        return None
    return Advice(f"After set {asking[-1].set}", "", plain(asking[-1].advice))


def _in_words_of(reps: Sequence[Rep], reason: str, otherwise: str) -> str:
    """What to do about a reason: in the words of another drill than the one with the rod, ``otherwise`` in that one."""
    drill = _drill(reps[-1])
    cue = "" if drill is DOWEL_HINGE else drill.words.todo(reason, reps[-1].load_kg)
    return sentence(cue) or otherwise


def _rounding(reps: Sequence[Rep]) -> Advice | None:
    rounded = [row for row in reps if row.verdict in ("lost", "warned") and "rounded" in _reasons(row)]
    if not rounded:
        return None
    do = _in_words_of(reps, "rounded", "")
    begins = [row.depth_before_rounding_deg for row in rounded if known(row.depth_before_rounding_deg)]
    lost = [row for row in rounded if row.verdict == "lost" and known(row.first_lost_s)]
    rising = [row for row in lost if row.first_lost_s > row.bottom_s]
    seen = f"{_share(rounded, _judged(reps))} rounded"
    if len(rising) * 2 > len(lost) > 0:
        return Advice(
            "Rounding on the way up",
            f"{seen}, and contact was lost after the bottom.",
            "Begin the way up with the hips: push them forward and let the chest follow, not the other way round.",
        )
    if not begins:
        return Advice("Rounding", f"{seen}.", do or "Go only as deep as the sacrum stays on the rod.")
    at_deg = sorted(begins)[len(begins) // 4]  # early rather than late, but not for one odd rep among many
    stop_deg = STEP_DEG * ((at_deg - 1.0) // STEP_DEG)
    if stop_deg < STEP_DEG:
        return Advice(
            "Rounding from the start",
            f"{seen}, as soon as the bend began.",
            do or "Unlock the knees, then push the hips back before the chest goes down.",
        )
    return Advice(
        "Rounding",
        f"{seen}: close to the limit from a hinge of about {at_deg:.0f}° on.",
        do
        or f"Stop at a hinge of {stop_deg:.0f}° for now and come up. Push the hips back rather than the chest down, "
        "and go deeper only when the sacrum stays on the rod.",
    )


def _arching(reps: Sequence[Rep], _: Rules) -> Advice | None:
    arched = [row for row in reps if row.verdict in ("lost", "warned") and "arched" in _reasons(row)]
    if not arched or "arched" in _drill(arched[-1]).stance.telling.told_by_reason:
        return None
    at = [
        row.first_lost_hinge_deg
        for row in arched
        if row.contact_lost == "upper_back" and known(row.first_lost_hinge_deg)
    ]
    where = f", contact lost at a hinge of about {median(at):.0f}°" if at else ""
    return Advice(
        "Arching",
        f"{_share(arched, _judged(reps))} arched{where}.",
        _in_words_of(
            reps,
            "arched",
            "Keep the ribs down and the belly firm, and let the chest go down with the hips instead of lifting it.",
        ),
    )


def _head(reps: Sequence[Rep], _: Rules) -> Advice | None:
    down, up = ([row for row in reps if way in _reasons(row)] for way in ("chin_down", "chin_up"))
    if not down and not up:
        return None
    way, nodded, went = ("chin_up", up, "came up") if len(up) > len(down) else ("chin_down", down, "dropped")
    return Advice(
        "Head",
        f"In {_share(nodded, _judged(reps))} the chin {went}.",
        sentence(_drill(reps[-1]).words.todo(way, reps[-1].load_kg)),
    )


def _tempo(reps: Sequence[Rep], rules: Rules) -> Advice | None:
    slow = [row for row in reps if not _drill(row).loaded and known(row.lowering_s)]
    down_s = round(median([row.lowering_s for row in slow] or [rules.lowering_s]), 1)
    if down_s >= rules.lowering_s:
        return None
    return Advice(
        "Slower on the way down",
        f"The way down took {down_s:.1f} s.",
        "Take three seconds: what goes wrong on the way down can only be felt and corrected when it is slow.",
    )


def _movement(reps: Sequence[Rep], _: Rules) -> Advice | None:
    other = [row for row in reps if row.movement in ("squat", "between")]
    other = [row for row in other if row.movement == "squat" or not _drill(row).loaded]  # nobody hinges to the floor
    if len(other) * 2 <= len(reps):
        return None
    return Advice(
        "More hinge, less squat",
        f"In {_share(other, reps)} the hips went down as much as back.",
        "Keep the shins upright and the knees only a little bent; reach back with the hips as if to close a door.",
    )


def _spine(reps: Sequence[Rep], _: Rules) -> Advice | None:
    other = [row for row in reps if row.movement == "spine"]
    if len(other) * 2 <= len(reps):
        return None
    return Advice(
        "Bend in the hips",
        f"In {_share(other, reps)} the back bent and the hips hardly took part.",
        "Push the hips back before anything else moves; the trunk only follows them, as one piece.",
    )


def _sideways(reps: Sequence[Rep], rules: Rules) -> Advice | None:
    most_deg = rules.sideways_deg
    leaning = [row for row in reps if abs(row.side_bend_peak_deg) > most_deg or abs(row.twist_peak_deg) > most_deg]
    if len(leaning) * 2 <= len(reps):
        return None
    return Advice(
        "Straight forward",
        f"{_share(leaning, reps)} bent to the side or turned by more than {most_deg:.0f}°.",
        "Stand with the weight on both feet alike. If it stays, see whether the sensors sit in the middle of the back.",
    )


def _deeper(reps: Sequence[Rep], rules: Rules) -> Advice | None:
    """Deeper only where contact was kept in all reps: depth is technique, load is not ours to advise."""
    judged = [row for row in _judged(reps) if _drill(row) is DOWEL_HINGE]  # a wall or a bar sets the depth itself
    depths = [row.hinge_angle_deg for row in judged if known(row.hinge_angle_deg)]
    if not depths or any(row.verdict != "held" for row in judged) or median(depths) >= rules.depth_deg:
        return None
    return Advice(
        "A little deeper",
        f"Contact was kept in all {counted(len(judged), 'rep')}, at a hinge of {median(depths):.0f}°.",
        f"Go a little deeper, to {rules.depth_deg:.0f}° and on, as long as all three points stay on the rod.",
    )


def _stance(reps: Sequence[Rep], _: Rules) -> Advice | None:
    if not any(row.calibration.startswith("stance") for row in _judged(reps)):
        return None
    return Advice(
        "Calibrate with a rod",
        "No rod showed where straight is, so the limits are wide.",
        "Next time hold a real rod on all three points and hinge three times with it: the verdict is then sharper.",
    )


def _drift(results: SessionResults) -> Advice | None:
    """Sets in which rounding grew: where the worst of them should have ended."""
    rules = results.setting.rules
    grown = [
        summary
        for summary in results.set_rows
        if rounding_grew(summary.drift_deg, summary.reps, rules.drift_deg, rules.drift_reps)
    ]
    if not grown:
        return None
    worst = max(grown, key=lambda summary: summary.drift_deg)
    rows = [row for row in results.rep_rows if row.set == worst.set and row.kind == "rep"]
    first = next((row.rep for row in rows if "rounded" in _reasons(row) and row.rep is not None), None)
    until = f"end it after rep {first - 1}, before" if first is not None and first > 1 else "end it before"
    return Advice(
        "Shorter sets",
        f"In set {worst.set} rounding grew by {worst.drift_deg:.1f}° from the first rep to the last.",
        f"Rest earlier: {until} the back gives way.",
    )


def _told_by_reason(results: SessionResults, reps: Sequence[Rep]) -> list[Advice]:
    """Where contact has one point: each way in which it was lost or nearly so, in the words of the drill."""
    said, found = results.setting.words, []
    for reason, title in results.stance.telling.told_by_reason.items():
        rows = [row for row in reps if reason in _reasons(row)]
        lost, close = ([row for row in rows if row.verdict == verdict] for verdict in ("lost", "warned"))
        if lost or close:
            seen = [f"In {_share(lost, _judged(reps))} {said.lost[reason]}."] if lost else []
            seen += [f"{_share(close, _judged(reps))} came close."] if close else []
            found.append(Advice(title, " ".join(seen), sentence(said.cue[reason])))
    return found


_Finding = Callable[[Sequence[Rep], Rules], Advice | None]
_OF_THE_BODY: Final[tuple[_Finding, ...]] = (_arching, _head, _spine, _movement, _sideways)
_OF_THE_SET: Final[tuple[_Finding, ...]] = (_tempo, _deeper, _stance)
"""In the order in which the method teaches: the back keeps its shape, the hips move, then how much and how fast."""


# --------------------------------------------------------------------------------------------------------------- words


def _drill(row: Rep) -> Drill:
    """The drill of a row; the one with the rod where it is not known, in a file from elsewhere."""
    return DRILLS.get(row.drill, DOWEL_HINGE)


def _reasons(row: Rep) -> list[str]:
    return row.verdict_reason.split("+")


def _share(some: Sequence[Rep], reps: Sequence[Rep]) -> str:
    return f"{len(some)} of {counted(len(reps), 'rep')}"


def _depth(reps: Sequence[Rep]) -> str:
    depths = [row.hinge_angle_deg for row in reps if known(row.hinge_angle_deg)]
    return f"at a hinge of {median(depths):.0f}° " if depths else ""
