"""What history keeps of a session: its sets by stage, made of the rows of the rep and the set table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Final

from dowel.history.stages import Stage, stage_of
from dowel.text.wording import known

Row = Mapping[str, Any]

COUNTED: Final = ("rep", "hold")
"""Kinds of rows that are practice: reps, and in the dead bug every 10 s of holding."""


@dataclass(frozen=True)
class PracticeSet:
    """One set. ``rows`` are its reps by column name of the rep table, ``height_cm`` that of the person.

    ``wall_cm`` and ``drift_deg`` are NaN where they were not measured, ``warn_deg`` (the limit from which on a rep is
    warned) where it is not known. ``calibration`` is what the limits rest on, without ``+rezero``; ``mixed`` where it
    changed within the set.
    """

    number: int
    stage: Stage | None
    drill: str
    load_kg: float
    wall_cm: float
    drift_deg: float
    height_cm: float
    calibration: str
    rows: tuple[Row, ...]
    warn_deg: float = float("nan")

    @staticmethod
    def of(summary: Row, rep_rows: Sequence[Row], height_cm: float) -> PracticeSet:
        """The set of a row of the set table; ``rep_rows`` are those of the whole session."""
        rows = tuple(row for row in rep_rows if row["set"] == summary["set"] and row["kind"] in COUNTED)
        bases = {str(row["calibration"]).removesuffix("+rezero") for row in rows}
        return PracticeSet(
            number=summary["set"],
            stage=stage_of(summary["drill"], summary["load_kg"]),
            drill=summary["drill"],
            load_kg=summary["load_kg"],
            wall_cm=summary["wall_cm"],
            drift_deg=summary["drift_deg"],
            height_cm=height_cm,
            calibration=bases.pop() if len(bases) == 1 else "mixed" if bases else "none",
            rows=rows,
        )

    def count(self, verdict: str) -> int:
        """Reps with this verdict."""
        return sum(row["verdict"] == verdict for row in self.rows)

    def with_value(self, column: str, value: str) -> int:
        """Reps that have this text in a column."""
        return sum(row.get(column) == value for row in self.rows)

    @cached_property
    def judged(self) -> int:
        """Reps that have a verdict."""
        return len(self.rows) - self.count("not_judged")

    @cached_property
    def clean(self) -> int:
        """Reps in which contact was held; at the wall only those that reached it."""
        tapped = [row for row in self.rows if self.stage is not Stage.WALL_TAP or row.get("tap") == "tapped"]
        return sum(row["verdict"] == "held" for row in tapped)

    @property
    def volume_kg(self) -> float:
        """Reps times load."""
        return len(self.rows) * self.load_kg

    @cached_property
    def hinge_deg(self) -> float:
        """Median hinge angle; NaN where none was measured."""
        depths = [row["hinge_angle_deg"] for row in self.rows if known(row["hinge_angle_deg"])]
        return median(depths) if depths else float("nan")

    @cached_property
    def sides(self) -> frozenset[str]:
        """The sides that were worked, where the drill tells them."""
        return frozenset(str(row["side"]) for row in self.rows if row.get("side"))

    @property
    def name(self) -> str:
        """How it is called in its session: ``set 2 with 16 kg``."""
        return f"set {self.number} with {self.load_kg:g} kg" if self.load_kg > 0 else f"set {self.number}"


@dataclass(frozen=True, slots=True)
class PracticeSession:
    """One session. ``started`` None: it does not say when. ``placements`` are joined by ``+``.

    ``height_given`` is false where the height is taken to be 170 cm. ``problems`` are sentences about the file.
    ``identity`` is the session's own number, which its copies have too; empty in files that are older than those.
    """

    path: Path
    person: str
    simulated: bool
    started: datetime | None
    started_at: str
    placements: str
    height_given: bool
    sets: tuple[PracticeSet, ...]
    problems: tuple[str, ...] = ()
    identity: str = ""

    @property
    def name(self) -> str:
        """Name of its file, without the suffix."""
        return self.path.stem

    @property
    def day(self) -> date | None:
        """The day by the calendar of where it was practised."""
        return self.started.date() if self.started else None
