"""The whole study: everything that sessions with truth say about how right the program is, computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.agreement.between_places import PlacesDiffer, between_places, not_weighed
from dowel.agreement.contact_figures import Figures, GroupFigures, groups_of, quartiles_of
from dowel.agreement.intervals import LEAST_CLUSTERS
from dowel.agreement.observations import ANY, BEFORE_S, Moment, Observed, RepTruth, SeenRep, observers, rep_truths
from dowel.agreement.reaction import Reaction, reaction_of
from dowel.agreement.roc import Roc, rocs_of
from dowel.agreement.statistics import BlandAltman, as_numbers, bland_altman, repeatability
from dowel.agreement.supported_limits import Rule, SupportedLimit, supported_limit
from dowel.analysis.contact.limits import GAP_HEAD_MM_PER_DEG, GAP_SACRUM_MM_PER_DEG, GAP_UPPER_BACK_MM_PER_DEG
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import CONTACTS, TRUNK, IntArray
from dowel.text.wording import words

NO_NAME: Final = "(no name)"
"""How somebody is called who has no code."""
SEED: Final = 0
"""Of the draws, so that the same sessions give the same figures."""
MODEL_MM_PER_DEG: Final = {
    "sacrum": GAP_SACRUM_MM_PER_DEG,
    "upper_back": GAP_UPPER_BACK_MM_PER_DEG,
    "head": GAP_HEAD_MM_PER_DEG,
}
"""What a degree opens between body and rod by the model (sources#rod-gap, sources#head-gap)."""


@dataclass(frozen=True, slots=True)
class LossDeviation:
    """At which deviation a contact was truly lost.

    Parameters
    ----------
    contact
        Which.
    deviation_deg
        At each loss.
    model_gap_mm
        The gap that the model computes at their median.
    mm_per_deg
        The person's own, from the gap at which the rod's switches open; NaN without.
    """

    contact: str
    deviation_deg: tuple[float, ...]
    model_gap_mm: float
    mm_per_deg: float

    @property
    def quartiles_deg(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile; NaN where there is none."""
        return quartiles_of(np.array(self.deviation_deg))


@dataclass(frozen=True, slots=True)
class LeanAgreement:
    """How much farther a segment leaned at the bottom than the rod that stayed on it.

    Parameters
    ----------
    segment
        The placement of its sensor.
    beyond_rod_deg
        The differences, in degrees.
    points_deg
        Of each rep, the mean of both leans and their difference.
    """

    segment: str
    beyond_rod_deg: BlandAltman
    points_deg: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """How well the median of a column repeats over sessions of one person.

    Parameters
    ----------
    name
        The column.
    sessions, people
        What it rests on.
    error, detectable
        Standard error of measurement, and the smallest change that is one.
    """

    name: str
    sessions: int
    people: int
    error: float
    detectable: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that was found.

    Parameters
    ----------
    sessions, people
        With truth.
    simulated
        How many of the sessions are of the simulated lifter.
    drawn
        What intervals are drawn over: ``people``, ``sessions`` or ``sets``.
    watched_s
        How long somebody looked.
    reps, not_judged, not_watched
        Reps watched; of those, how many have no verdict; reps in these sessions that nobody watched.
    groups
        Figures, first of all reps.
    places
        How the places of the sets differ; nothing of one place.
    roc, losses, limits, reactions, leans, repeated
        The curves; deviations at losses; limits that the data support; helpers' delays; leans beside those of a sensor
        on the rod; test and retest.
    rule
        How limits were chosen.
    problems
        What is missing or odd, as sentences.
    """

    sessions: int
    people: int
    simulated: int
    drawn: str
    watched_s: float
    reps: int
    not_judged: int
    not_watched: int
    groups: tuple[GroupFigures, ...]
    places: tuple[PlacesDiffer, ...]
    roc: tuple[Roc, ...]
    losses: tuple[LossDeviation, ...]
    limits: tuple[SupportedLimit, ...]
    reactions: tuple[Reaction, ...]
    leans: tuple[LeanAgreement, ...]
    repeated: tuple[Repeated, ...]
    rule: Rule
    problems: tuple[str, ...]


def study_of(sessions: Sequence[Observed], *, rule: Rule, contact_gap_mm: float = float("nan")) -> Agreement:
    """The study of some sessions.

    Parameters
    ----------
    sessions
        Those with truth.
    rule
        How limits are chosen.
    contact_gap_mm
        The gap at which the rod's switches open; NaN where it is not known.
    """
    rng = np.random.default_rng(SEED)
    moments = [moment for each in sessions for moment in each.moments]
    reactions = [reaction_of(moments, by, rng) for by, reacts in observers(sessions) if reacts]
    delay_s = {each.by: each.delay_s.value for each in reactions if np.isfinite(each.delay_s.value)}
    watched = [rep for each in sessions for rep in rep_truths(each, delay_s)]
    judged = [each for each in watched if each.rep.judged]
    drawn, cluster_of = _clusters(judged)
    figures = Figures(cluster_of)
    groups = tuple(figures.of_group(kind, name, reps) for kind, name, reps in groups_of(judged))
    return Agreement(
        sessions=len(sessions),
        people=len({each.person for each in sessions}),
        simulated=sum(each.simulated for each in sessions),
        drawn=drawn,
        watched_s=sum(each.truth.watched_s for each in sessions),
        reps=len(watched),
        not_judged=len(watched) - len(judged),
        not_watched=sum(len(each.reps) for each in sessions) - len(watched),
        groups=groups,
        places=tuple(between_places(groups)),
        roc=tuple(rocs_of(judged, cluster_of)),
        losses=tuple(_losses(moments, delay_s, contact_gap_mm)),
        limits=tuple(_limits(judged, cluster_of, rule, rng)),
        reactions=tuple(reactions),
        leans=tuple(_leans(watched)),
        repeated=tuple(_repeated(sessions)),
        rule=rule,
        problems=(*_problems(sessions, reactions, drawn, judged), *_of_places(groups)),
    )


def _clusters(reps: Sequence[RepTruth]) -> tuple[str, Callable[[Sequence[RepTruth]], IntArray]]:
    """What reps are alike within: people; where there is one, sessions; where there is one, sets."""
    for drawn, name in (
        ("people", lambda each: each.rep.person),
        ("sessions", lambda each: each.rep.session),
        ("sets", lambda each: f"{each.rep.session} {each.rep.row.set}"),
    ):
        if len({name(each) for each in reps}) > 1 or drawn == "sets":
            break
    return drawn, lambda some: as_numbers([name(each) for each in some])


def _losses(moments: Sequence[Moment], delay_s: dict[str, float], contact_gap_mm: float) -> Iterator[LossDeviation]:
    """The deviation at each true loss, as late as its observer is."""
    for contact in CONTACTS:
        lost = [each for each in moments if each.contact == contact and each.off]
        at = [round((BEFORE_S - delay_s.get(each.by, 0.0)) * GRID_HZ) for each in lost]
        found = np.array([each.deviation_deg[place] for each, place in zip(lost, at, strict=True)])
        found = found[np.isfinite(found)]
        if len(found):
            middle = float(np.median(found))
            own = contact_gap_mm / middle if middle > 0 else float("nan")
            yield LossDeviation(contact, tuple(found.tolist()), middle * MODEL_MM_PER_DEG[contact], own)


def _limits(
    reps: Sequence[RepTruth],
    cluster_of: Callable[[Sequence[RepTruth]], IntArray],
    rule: Rule,
    rng: np.random.Generator,
) -> Iterator[SupportedLimit]:
    """For everybody where there are several people, and for each person."""
    people = sorted({each.rep.person for each in reps})
    for contact in CONTACTS:
        known = [each for each in reps if each.knowable(contact)]
        if len(people) > 1 and known:
            yield supported_limit(known, contact, "", cluster_of(known), rule, rng)
        for person in people:
            own = [each for each in known if each.rep.person == person]
            if own:
                each_rep = np.arange(len(own))  # one person has too few sessions to draw
                yield supported_limit(own, contact, person or NO_NAME, each_rep, rule, rng)


def _leans(reps: Sequence[RepTruth]) -> Iterator[LeanAgreement]:
    """Leans against the rod's, of reps in which it stayed on the back."""
    kept = [each for each in reps if each.seen.issuperset(TRUNK) and not each.off(ANY)]
    for segment in TRUNK:
        both = [each for each in kept if segment in each.rep.beyond_rod_deg]
        if both:
            difference = np.array([each.rep.beyond_rod_deg[segment] for each in both])
            people = as_numbers([each.rep.person for each in both])
            means = np.array([each.rep.rod_deg for each in both]) + 0.5 * difference
            points = tuple(zip(means.tolist(), difference.tolist(), strict=True))
            yield LeanAgreement(str(segment), bland_altman(difference, people), points)


def _repeated(sessions: Sequence[Observed]) -> Iterator[Repeated]:
    """Test and retest: what repeats between the sessions of one person in one drill."""
    figures: tuple[tuple[str, Callable[[SeenRep], float]], ...] = (
        ("hinge_angle_deg", lambda each: each.row.hinge_angle_deg),
        ("flexion_peak_deg", lambda each: each.row.flexion_peak_deg),
    )
    for name, value in figures:
        medians, whose = [], []
        for session in sessions:
            for drill in sorted({each.drill for each in session.reps}):
                values = [value(each) for each in session.reps if each.drill == drill and each.judged]
                if values:
                    medians.append(float(np.median(values)))
                    whose.append(f"{session.person}|{drill}")
        error, detectable = repeatability(np.array(medians), as_numbers(whose)) if medians else (np.nan, np.nan)
        if np.isfinite(error):
            yield Repeated(name, len(medians), len(set(whose)), error, detectable)


def _of_places(groups: Sequence[GroupFigures]) -> Iterator[str]:
    few = not_weighed(groups)
    if few:
        yield (
            f"{', '.join(few)}: under {LEAST_CLUSTERS} people, so that nothing says how sure the place's figures are. "
            "It is in the figures of all reps, and not held against the other places."
        )


def _problems(
    sessions: Sequence[Observed], reactions: Sequence[Reaction], drawn: str, reps: Sequence[RepTruth]
) -> Iterator[str]:
    simulated = [each.name for each in sessions if each.simulated]
    if len(simulated) == len(sessions):
        yield "All of it is simulated: it shows that the program works, and says nothing about people."
    elif simulated:
        yield f"Simulated, and nothing about people: {', '.join(simulated)}. Leave them out."
    for each in sessions:
        yield from (f"{each.name}: {problem}" for problem in (*each.truth.problems, *each.said))
    for reaction in reactions:
        if not np.isfinite(reaction.delay_s.value):
            yield (
                f"How late {reaction.by or 'the helper'} was cannot be told from {reaction.moments} presses and "
                "releases, so times are as they were told: usually 0.15 to 0.4 s late."
            )
    if not reps:
        yield "No rep was both judged and watched from its start to its end, so nothing can be compared."
        return
    people = len({each.rep.person for each in reps})
    if drawn != "people":
        yield f"All reps are of one person, so intervals are drawn over {drawn} and say nothing about other people."
    elif people < LEAST_CLUSTERS:
        yield f"{people} people are too few for intervals over people: it takes {LEAST_CLUSTERS - people} more."
    unseen = [contact for contact in CONTACTS if not any(contact in each.seen for each in reps)]
    if unseen:
        yield f"Nobody watched the {' and the '.join(map(words, unseen))}, so nothing is told of it."
    off = {contact: sum(each.off(contact) for each in reps) for contact in CONTACTS}
    if not any(off.values()):
        yield "Contact was never lost, so nothing shows whether a loss would have been told: provoke some."
    elif all(each.off(ANY) for each in reps):
        yield "Contact was lost in every rep, so nothing shows how often it is told without need: add neutral reps."
