"""From bends to sets: which bends are reps, how they are numbered, and when a set is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dowel.analysis.drills.advice import BackToStick, to_the_wall
from dowel.analysis.drills.current_setting import Setting
from dowel.analysis.drills.method import detectable_drift_deg
from dowel.analysis.median import median
from dowel.analysis.parameters import in_force
from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.grid_points import GRID_HZ


@dataclass(frozen=True, slots=True)
class SetSettings:
    """Parameters of :class:`SetKeeper`.

    Parameters
    ----------
    half_share
        A bend that goes under this share of the set's median depth is a half rep.
    half_trunk_share
        So is one whose hips go under ``half_share`` while the trunk stays under this, because rounding makes up for
        depth in the trunk's lean. A rep done wholly with the spine leans farther than that and stays a rep.
    fewest
        So many bends make a group of reps.
    gap_s, gap_durations
        Bends that are farther apart than both, in seconds and in durations of a bend, are no group.
    rest_s
        A rest of this length ends a set without marks.

    Notes
    -----
    Sources: sources#half-reps, sources#counting and, for ``rest_s``, sources#set-rest.
    """

    half_share: float = 0.6
    half_trunk_share: float = 0.75
    fewest: int = 3
    gap_s: float = 6.0
    gap_durations: float = 2.0
    rest_s: float = 20.0


@dataclass(frozen=True, slots=True)
class MeasuredBend:
    """A bend with its measures and what grouping needs: when it opened and ended (grid points), how far it went."""

    rep: Rep
    opened: int
    start: int
    end: int
    depth_deg: float
    is_rep: bool = False
    """A ``rep`` mark says that this is one, whatever its group."""
    voided: bool = False
    """A ``void`` mark takes its row back; it still belongs to its group."""


class SetKeeper:
    """Gives each bend its kind, set and number, once these are certain, and closes sets.

    A row is certain with the third bend of a group, with a set mark, or after a rest; then only :meth:`revise` changes
    its verdict.
    """

    def __init__(self, setting: Setting | None = None) -> None:
        self.settings = in_force(SetSettings)
        self._waiting: list[MeasuredBend] = []
        self._rows: list[Rep] = []
        self._depths: list[tuple[float, float]] = []
        self._durations_s: list[float] = []
        self._set = 0
        self._sets_marked = False
        self.in_marked_set = False
        self._grouped = False
        self._last_end = 0
        self._last_set_end_s = float("nan")
        self.setting = setting or Setting()
        """What is in force: the distance to the wall, where a load is lifted from, whether reps tap a wall."""
        self._advice = BackToStick(self.setting)

    @property
    def next_number(self) -> int:
        """The number that the next rep will probably get; 0 for a bend that picks the load up."""
        picked_up = self.setting.lifted_from == "hand" and not self._rows
        return self._last_number() + 1 + sum(not bend.voided for bend in self._waiting) - picked_up

    def bend(self, bend: MeasuredBend) -> tuple[list[Rep], list[SetSummary]]:
        """The next bend; returns the rows and sets that became certain."""
        rows, sets = self._join(bend)
        if bend.is_rep:
            self._grouped = self._grouped or self._open_set()
        beside = self._sets_marked or not bend.rep.came_back  # without marks, who sits or lies down does no rep
        if beside and not self.in_marked_set and not bend.is_rep:
            return rows + _as_bends([bend]), sets
        self._waiting.append(bend)
        if not self._grouped and len(self._waiting) >= self.settings.fewest:
            self._grouped = self._open_set()
        if self._grouped:
            rows += self._settle()
        return rows, sets

    def outside(self, bend: MeasuredBend) -> tuple[list[Rep], list[SetSummary]]:
        """A bend that is no rep unless marks say so: one that lasted longer than anybody holds a rep."""
        return self.bend(bend) if self.in_marked_set or bend.is_rep else (_as_bends([bend]), [])

    def hold(self, bend: MeasuredBend) -> tuple[list[Rep], list[SetSummary]]:
        """An isometric hold, which is a row of its set at once; returns the rows and sets that became certain."""
        rows, sets = self._join(bend)
        self._grouped = self._grouped or self._open_set()
        row = self._row(bend, "hold")
        self._rows.append(row)
        return [*rows, row], sets

    def _join(self, bend: MeasuredBend) -> tuple[list[Rep], list[SetSummary]]:
        """The group goes on with this one, unless it ended before it: what became certain by that."""
        pause = bend.opened - self._last_end
        ended = not self.in_marked_set and self._grouping and pause > self._gap_points()
        closed = self._close_group(over=pause > self.settings.rest_s * GRID_HZ) if ended else ([], [])
        self._last_end = bend.end
        self._durations_s.append((bend.end - bend.start) / GRID_HZ)
        return closed

    def rest(self, point: int) -> tuple[list[Rep], list[SetSummary]]:
        """Time has passed to this grid point and no bend is under way."""
        if self.in_marked_set or not (self._grouping or self._rows):
            return [], []
        over = point - self._last_end > self.settings.rest_s * GRID_HZ
        if over or (self._grouping and point - self._last_end > self._gap_points()):
            return self._close_group(over=over)
        return [], []

    def next_change(self) -> int | None:
        """The grid point after which :meth:`rest` would close something, or None."""
        if self.in_marked_set or not (self._grouping or self._rows):
            return None
        rest = round(self.settings.rest_s * GRID_HZ)
        return self._last_end + (min(int(self._gap_points()), rest) if self._grouping else rest)

    @property
    def counts(self) -> bool:
        """Whether a bend that closes now may become a rep: in a session with set marks only inside a set."""
        return self.in_marked_set or not self._sets_marked

    def start(self) -> None:
        """A set mark: a set begins. What waited was decided by :meth:`stop`."""
        self._sets_marked = self.in_marked_set = True

    def stop(self) -> tuple[list[Rep], list[SetSummary]]:
        """A set mark or the end of the session: what waits is decided, the set is over."""
        if self.in_marked_set and self._waiting:
            self._grouped = self._open_set()
        rows = self._settle(over=True) if self._grouped else []
        more, sets = self._close_group(over=True)
        self.in_marked_set = False
        return rows + more, sets

    def void(self, start_s: float) -> bool:
        """Take back the bend at this time, if it still waits; whether it did."""
        found = [bend.rep.start_s <= start_s <= bend.rep.end_s for bend in self._waiting]
        self._waiting = [
            replace(bend, voided=bend.voided or hit) for bend, hit in zip(self._waiting, found, strict=True)
        ]
        self._rows = [row for row in self._rows if not row.start_s <= start_s <= row.end_s]
        return any(found)

    def revise(self, change: Callable[[Rep], Rep]) -> None:
        """Change rows that wait and those of the set under way."""
        self._waiting = [replace(bend, rep=change(bend.rep)) for bend in self._waiting]
        self._rows = [change(row) for row in self._rows]

    def promote(self, start_s: float, end_s: float) -> list[Rep]:
        """A ``rep`` mark: the waiting bend that it touches is a rep, and so its group a set; the rows certain by it."""
        touched = [start_s <= bend.rep.end_s and end_s >= bend.rep.start_s for bend in self._waiting]
        if not any(touched):
            return []
        self._waiting = [
            replace(bend, is_rep=bend.is_rep or hit) for bend, hit in zip(self._waiting, touched, strict=True)
        ]
        self._grouped = self._open_set()
        return self._settle()

    @property
    def _grouping(self) -> bool:
        return bool(self._durations_s)

    @property
    def sets_down(self) -> bool:
        """Whether the last bend of a set sets the load down."""
        return self.setting.lifted_from in ("floor", "hand")

    def _gap_points(self) -> float:
        settings = self.settings
        if self.sets_down:  # whoever has picked a load up may stand with it for a while
            return settings.rest_s * GRID_HZ
        longest_s = max(settings.gap_s, settings.gap_durations * float(median(self._durations_s)))
        return longest_s * GRID_HZ

    def _last_number(self) -> int:
        """Number of the set's latest rep; one that is voided later leaves its number empty."""
        return max((row.rep or 0 for row in self._rows), default=0)

    def _open_set(self) -> bool:
        """Number the set, unless one is still open since less than a rest ago."""
        if not self._rows:
            self._set += 1
        return True

    def _settle(self, *, over: bool = False) -> list[Rep]:
        """Decide the bends that wait, as members of the open set.

        From the floor n + 1 bends are n lifts, because the way up of each but the last lifts the load; from the hand
        the first bend picks it up besides. So the last bend is certain only when the set is ``over``.
        """
        bends = [bend for bend in self._waiting if not bend.voided]
        held_back = bends[-1:] if self.sets_down and not over and not (bends and bends[-1].is_rep) else []
        depths = [*self._depths, *((bend.depth_deg, bend.rep.hinge_angle_deg) for bend in self._waiting)]
        settled = []
        for bend in bends[: len(bends) - len(held_back)]:
            last = over and bend is bends[-1]
            row = self._row(bend, self._kind(bend, depths, last=last))
            self._rows.append(row)
            settled.append(row)
        self._waiting = held_back
        return settled

    def _kind(self, bend: MeasuredBend, depths: list[tuple[float, float]], *, last: bool) -> str:
        if bend.is_rep:
            return "rep"
        if self.sets_down and last:
            return "set_down"
        if self.setting.lifted_from == "hand" and not self._rows:
            return "pick_up"
        # a load that stands on the floor is reached or not
        return "half" if self.setting.lifted_from != "floor" and self._is_half(bend, depths) else "rep"

    def _row(self, bend: MeasuredBend, kind: str) -> Rep:
        if kind != "rep":
            return replace(bend.rep, kind=kind, set=self._set, rep=None)
        self._depths.append((bend.depth_deg, bend.rep.hinge_angle_deg))
        return replace(bend.rep, kind=kind, set=self._set, rep=self._last_number() + 1)

    def _is_half(self, bend: MeasuredBend, depths: list[tuple[float, float]]) -> bool:
        """Whether a bend is shallow beside the others of its set, whose depths and hinge angles these are."""
        settings = self.settings
        share = bend.depth_deg / float(median([depth for depth, _ in depths]))
        hips = [hinge for _, hinge in depths if hinge == hinge]
        hip_share = bend.rep.hinge_angle_deg / float(median(hips)) if hips else float("nan")
        return share < settings.half_share or (hip_share < settings.half_share and share < settings.half_trunk_share)

    def _close_group(self, *, over: bool) -> tuple[list[Rep], list[SetSummary]]:
        """The group has ended: too few bends are no reps; the set is over after a rest."""
        rows = self._settle(over=True) if self._grouped else _as_bends(self._waiting)
        self._waiting, self._durations_s, self._grouped = [], [], False
        if not over or not self._rows:
            return rows, []
        summary = summarise(self._rows, self._set, self.setting.wall_cm, self._last_set_end_s)
        advice = self._advice.after(summary, self._rows)
        if self.setting.drill.taps and not advice:
            advice = to_the_wall(summary, self._rows, self.setting.height_m, self.setting.rules)
        summary = replace(summary, advice=advice)
        self._last_set_end_s = self._rows[-1].end_s
        self._rows, self._depths = [], []
        return rows, [summary]


def _as_bends(bends: list[MeasuredBend]) -> list[Rep]:
    """The rows of bends outside any set."""
    return [replace(bend.rep, kind="bend") for bend in bends if not bend.voided]


def summarise(rows: list[Rep], number: int, wall_cm: float, last_end_s: float) -> SetSummary:
    """The row of a set."""
    reps = [row for row in rows if row.kind == "rep"]
    verdicts = [row.verdict for row in reps]
    peaks = [row.flexion_peak_deg for row in reps]
    known = [peak for peak in peaks if peak == peak]
    lost = [point for row in reps for point in row.contact_lost.split("+") if point]
    return SetSummary(
        set=number,
        drill=rows[0].drill,
        load_kg=rows[0].load_kg,
        wall_cm=wall_cm,
        reps=len(reps),
        half=sum(row.kind == "half" for row in rows),
        held=verdicts.count("held"),
        warned=verdicts.count("warned"),
        lost=verdicts.count("lost"),
        not_judged=verdicts.count("not_judged"),
        worst_contact=max(sorted(set(lost)), key=lost.count, default=""),
        flexion_peak_median_deg=float(median(known)) if known else float("nan"),
        drift_deg=drift_deg(peaks),
        rest_before_s=rows[0].start_s - last_end_s,
        advice="",
        detectable_drift_deg=detectable_drift_deg(len(reps)),
    )


def drift_deg(peaks_deg: list[float]) -> float:
    """Theil-Sen slope of the peaks per rep, times the number of steps; NaN where fewer than two reps have a peak.

    Ours: to load scipy.stats for it would add four fifths to the CPU of a report (design#scipy-and-what-is-ours).
    """
    peaks = np.array(peaks_deg)
    known = np.flatnonzero(np.isfinite(peaks))
    if len(known) < 2:
        return float("nan")
    first, second = (known[places] for places in np.triu_indices(len(known), 1))
    return float(median((peaks[second] - peaks[first]) / (second - first)) * (len(peaks) - 1))
