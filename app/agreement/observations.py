"""One session's reps beside the truth, and the moments at which contact was lost and found again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dowel.agreement.rod_truth import Span, Truth, told_at, truth_of
from dowel.analysis.contact.limits import held_peak
from dowel.analysis.contact.verdict import directions
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import GRID_HZ
from dowel.recordings.types import CONTACTS, TRUNK, FloatArray, Placement
from dowel.reports.data_quality import switch_sentences
from dowel.session.results import SessionResults

BEFORE_S: Final = 1.0
"""What is kept of the deviation before a moment of the truth: the slowest helper's reaction
(sources#helpers-reaction)."""
AFTER_S: Final = 0.2
OFF_S: Final = 0.1
"""Contact is lost in a rep where it is absent for as long as the verdict's own hold (sources#contact-hold)."""
BOTTOM_S: Final = 0.05
"""To either side of the bottom's middle: 0.1 s, in which nobody moves by much (sources#contact-hold)."""
QUICK_S: Final = 1.5
"""A rep whose way down takes less is called quick (sources#tempo-classes)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A contact was lost, or found again, as somebody told it.

    Parameters
    ----------
    contact, off
        Which, and whether it was lost then.
    by, reacts
        Who told it, and whether that takes a reaction.
    person, session
        Whose back, and in which session.
    deviation_deg
        How far the back was off in the way that loses this contact (n,), at 100 Hz from ``BEFORE_S`` before the moment
        to ``AFTER_S`` after; NaN where it is not known.
    """

    contact: str
    off: bool
    by: str
    reacts: bool
    person: str
    session: str
    deviation_deg: FloatArray


@dataclass(frozen=True, slots=True)
class SeenRep:
    """One rep that was judged or not, with all that is needed to hold it against the truth.

    Parameters
    ----------
    person, session, drill
        Whose it is, where, and doing what.
    loaded, quick
        With a load; with a quick way down.
    row
        The row of the table.
    peak_deg
        By contact, the largest deviation held that would lose it; NaN where no sensor tells.
    limit_deg
        By contact, the limit in force.
    told_s
        By contact, when the program could first say that it was lost; only those that it told.
    beyond_rod_deg
        By segment, how much farther it leaned at the bottom than a sensor on the rod; nothing without one.
    rod_deg
        How far that sensor leaned there; NaN without one.
    place
        Where the study was made; empty where all of it was made in one.
    """

    person: str
    session: str
    drill: str
    loaded: bool
    quick: bool
    row: Rep
    peak_deg: Mapping[str, float]
    limit_deg: Mapping[str, float]
    told_s: Mapping[str, float]
    beyond_rod_deg: Mapping[str, float]
    rod_deg: float = float("nan")
    place: str = ""

    @property
    def judged(self) -> bool:
        """Whether there is a verdict to hold against the truth."""
        return self.row.verdict != "not_judged"


@dataclass(frozen=True, slots=True)
class Observed:
    """One session with truth.

    Parameters
    ----------
    name, person
        Its file without suffix, and whose it is.
    truth
        As it was told.
    reps
        Rows of kind rep, standing.
    moments
        Every loss and return of a contact near which the deviation is known.
    said
        Sentences about a rod's switches that are not to be believed.
    simulated
        Whether body and rod are those of the simulated lifter.
    """

    name: str
    person: str
    truth: Truth
    reps: tuple[SeenRep, ...]
    moments: tuple[Moment, ...]
    said: tuple[str, ...] = ()
    simulated: bool = False

    def at(self, place: str) -> Observed:
        """The same as part of a study of several places, each of which has people and helpers of its own.

        Parameters
        ----------
        place
            What it is called.
        """
        name, person = f"{place}: {self.name}", f"{place}: {self.person}"
        return replace(
            self,
            name=name,
            person=person,
            truth=self.truth.told_at(place),
            reps=tuple(replace(each, person=person, session=name, place=place) for each in self.reps),
            moments=tuple(
                replace(each, person=person, session=name, by=told_at(place, each.by)) for each in self.moments
            ),
        )


def truth_told(results: SessionResults) -> Truth:
    """What somebody and a rod's switches told of a session.

    Parameters
    ----------
    results
        Of the session, with its engine.
    """
    switches = [switch for track in results.tracks for switch in track.contacts.switches()]
    return truth_of(results.marks, results.analysed_until_s).beside(switches)


def observed(results: SessionResults) -> Observed:
    """A session beside its truth.

    Parameters
    ----------
    results
        Analysed so that the angles of all points are kept.
    """
    person = str(results.facts.get("person") or "").strip()
    name = results.path.stem
    truth = truth_told(results)
    standing = [row for row in results.rep_rows if row.kind == "rep" and "sacrum" in _points(results, row)]
    reps = tuple(_seen(results, row, person, name) for row in standing)
    moments = tuple(_moments(results, truth, reps, name))
    said = tuple(switch_sentences(results))
    return Observed(name, person, truth, reps, moments, said, bool(results.facts.get("simulated")))


def _points(results: SessionResults, row: Rep) -> set[str]:
    return {direction.point for direction in directions(results.limits_at(row)).values()}


def _seen(results: SessionResults, row: Rep, person: str, session: str) -> SeenRep:
    limits = results.limits_at(row)
    signals = results.signals_of(row)
    peak_deg: dict[str, float] = {}
    limit_deg: dict[str, float] = {}
    for name, direction in directions(limits).items():
        peak_deg[direction.point] = float(
            np.fmax(peak_deg.get(direction.point, np.nan), held_peak(signals[name], limits.hold_points))
        )
        limit_deg[direction.point] = direction.lost_deg
    told_s: dict[str, float] = {}
    for direction, crossing in results.losses(row):
        at_s = row.start_s + crossing.known / GRID_HZ
        told_s[direction.point] = min(at_s, told_s.get(direction.point, np.inf))
    if Placement.HEAD not in {sensor.placement for sensor in results.sensors}:
        peak_deg["head"] = np.nan
    return SeenRep(
        person,
        session,
        row.drill,
        row.load_kg > 0,
        row.lowering_s < QUICK_S,
        row,
        peak_deg,
        limit_deg,
        told_s,
        dict(_beyond_rod_deg(results, row)),
        _rod_deg(results, row),
    )


def _rod_deg(results: SessionResults, row: Rep) -> float:
    """How far a sensor on the rod leans in the middle of the bottom."""
    rod_deg = results.lean_deg(Placement.ROD, *_bottom_of(row))
    return float("nan") if rod_deg is None or np.isnan(rod_deg).all() else float(np.nanmean(rod_deg))


def _bottom_of(row: Rep) -> tuple[float, float]:
    return row.bottom_s - BOTTOM_S, row.bottom_s + BOTTOM_S


def _beyond_rod_deg(results: SessionResults, row: Rep) -> Iterator[tuple[str, float]]:
    """How much farther upper back and sacrum lean than the rod in the middle of the bottom."""
    at = _bottom_of(row)
    rod_deg = results.lean_deg(Placement.ROD, *at)
    for placement in TRUNK:
        lean_deg = results.lean_deg(placement, *at)
        if rod_deg is not None and lean_deg is not None and np.isfinite(lean_deg - rod_deg).any():
            yield str(placement), float(np.nanmean(lean_deg - rod_deg))


def _moments(results: SessionResults, truth: Truth, reps: Sequence[SeenRep], session: str) -> list[Moment]:
    """Of losses within a rep; between reps a rod is taken off the back, at any deviation."""
    found = []
    for contact, spans in truth.off.items():
        for span in spans:
            for off, at_s in ((True, span.start_s), (False, span.end_s)):
                late_s = BEFORE_S if span.reacts else 0.0
                within = [rep for rep in reps if rep.row.start_s <= at_s <= rep.row.end_s + late_s]
                if not within:
                    continue
                person = within[0].person
                deviation_deg = _deviation_deg(results, contact, at_s)
                if not np.all(np.isnan(deviation_deg)):
                    found.append(Moment(contact, off, span.by, span.reacts, person, session, deviation_deg))
    return found


def _deviation_deg(results: SessionResults, contact: str, at_s: float) -> FloatArray:
    """How far the back was off in the way that loses a contact, around a moment."""
    start_s, stop_s = at_s - BEFORE_S, at_s + AFTER_S
    points = round((BEFORE_S + AFTER_S) * GRID_HZ)
    inside = results.kept_from_s <= start_s and stop_s <= results.analysed_until_s
    if not inside or (contact == "head" and Placement.HEAD not in {each.placement for each in results.sensors}):
        return np.full(points, np.nan)
    if contact == "head":
        return np.abs(results.head_deviation_deg(start_s, stop_s))[:points]
    deviation_deg = results.deviation_deg(start_s, stop_s)[:points]
    return deviation_deg if contact == "sacrum" else -deviation_deg


ANY: Final = "any"
"""Whichever of the three contacts."""
ALL: Final = frozenset(CONTACTS)


@dataclass(frozen=True, slots=True)
class RepTruth:
    """What truly happened in a rep that somebody watched from start to end.

    Parameters
    ----------
    rep
        The rep.
    off_s
        By contact, when it was first lost; only those that were.
    seen
        The contacts that were watched.
    """

    rep: SeenRep
    off_s: Mapping[str, float]
    seen: frozenset[str] = ALL

    def off(self, contact: str) -> bool:
        """Whether a contact was truly lost, or any of them.

        Parameters
        ----------
        contact
            One of the three, or ``any``.
        """
        return bool(self.off_s) if contact == ANY else contact in self.off_s

    def told(self, contact: str) -> bool:
        """Whether the program said so.

        Parameters
        ----------
        contact
            One of the three, or ``any``.
        """
        return bool(self.rep.told_s) if contact == ANY else contact in self.rep.told_s

    def knowable(self, contact: str) -> bool:
        """Whether a sensor tells about it and somebody watched it; of any of them, each that a sensor tells about.

        Parameters
        ----------
        contact
            One of the three, or ``any``.
        """
        told = {name for name, peak_deg in self.rep.peak_deg.items() if np.isfinite(peak_deg)}
        return told <= self.seen if contact == ANY else contact in told & self.seen

    def score_deg(self, contact: str) -> float:
        """The deviation that a limit is held against.

        Parameters
        ----------
        contact
            One of the three.
        """
        return float(self.rep.peak_deg[contact])


def rep_truths(session: Observed, delay_s: Mapping[str, float]) -> list[RepTruth]:
    """The reps that somebody watched, with what was truly lost in them.

    Parameters
    ----------
    session
        The session.
    delay_s
        By observer, how late what they tell is.
    """
    found = []
    for rep in session.reps:
        seen = frozenset(contact for contact in CONTACTS if _seen_whole(session.truth.watched[contact], rep, delay_s))
        if seen:
            found.append(RepTruth(rep, _off(session.truth, seen, rep.row, delay_s), seen))
    return found


def _seen_whole(watched: Sequence[Span], rep: SeenRep, delay_s: Mapping[str, float]) -> bool:
    """Whether one observer looked from a rep's start to its end."""
    spans = (span.earlier(delay_s.get(span.by, 0.0)) for span in watched)
    return any(span.start_s <= rep.row.start_s and rep.row.end_s <= span.end_s for span in spans)


def _off(truth: Truth, seen: Collection[str], row: Rep, delay_s: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for contact in seen:
        for span in (each.earlier(delay_s.get(each.by, 0.0)) for each in truth.off[contact]):
            if min(span.end_s, row.end_s) - max(span.start_s, row.start_s) >= OFF_S - 1e-9:
                found[contact] = min(max(span.start_s, row.start_s), found.get(contact, np.inf))
    return found


def observers(sessions: Sequence[Observed]) -> list[tuple[str, bool]]:
    """Everybody and everything that told truth, and whether it takes a reaction."""
    spans: list[Span] = [
        span
        for each in sessions
        for group in (*each.truth.watched.values(), *each.truth.off.values())
        for span in group
    ]
    return sorted({(span.by, span.reacts) for span in spans})
