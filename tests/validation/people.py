"""Counting on recordings of real people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.types import GRAVITY_M_S2, Placement
from dowel.reports.notebook import analyse
from tests.validation.study import Figure, at_most, none_of

TITLE = "Counting on real recordings"
ABOUT = (
    "Recordings by others, imported as a user would. Seated bends: two people, two trials each, three bends forward, "
    "then bends to the side and turns, 50 Hz, mounted anyhow, no calibration step (so a stance calibration from the "
    "recording itself). Person A rounds heavily with the sacrum hardly tilting, person B does not. Squats: one sensor, "
    "10 reps marked by hand. Walking: a healthy adult, one sensor. Nobody measured the spine of these people, so "
    "verdicts have no truth."
)
IF_MISSED = ""

HEADER = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"


@dataclass(frozen=True)
class Job:
    """A recording of each sensor, how many reps it holds, and where it may be, their hand marks."""

    name: str
    sources: Mapping[Placement, Path]
    reps: int
    marks: Path | None = None
    in_g_and_deg: bool = False


@dataclass(frozen=True)
class Found:
    """``boundary_s``: median distance of starts and ends from the hand marks."""

    job: Job
    reps: int
    other_rows: int
    verdicts: str
    movements: dict[str, int]
    boundary_s: float | None


def jobs(small: bool, real: Path | None) -> list[Job]:
    if real is None:
        return []
    seated = [
        Job(
            f"seated bends, {trial.name.replace('_', ' ')}",
            {placement: trial / f"{placement}.csv" for placement in (Placement.UPPER_BACK, Placement.SACRUM)},
            3,
        )
        for trial in sorted((real / "seated-bends").iterdir())
    ]
    squats = [
        Job(
            f"squats, {name.replace('_', ' ')}",
            {Placement.SACRUM: real / "squats" / f"{name}.csv"},
            10,
            real / "squats" / f"{name}_reps.csv",
        )
        for name in ("correct", "butt_wink")
    ]
    walking = real / "walking" / "healthy_adult_test5.csv"
    return [*seated, *squats, Job("walking", {Placement.SACRUM: walking}, 0, in_g_and_deg=True)]


def measure(job: Job) -> Found:
    with TemporaryDirectory() as folder:
        sources = job.sources
        if job.in_g_and_deg:
            sources = {place: _as_si(path, Path(folder, f"{place}.csv")) for place, path in sources.items()}
        import_recordings(ImportOptions(sources, Path(folder, "session.dowel")))
        rows = analyse(Path(folder, "session.dowel"), keep_all=False).rep_rows
    reps = [row for row in rows if row.kind == "rep"]
    boundary_s = None
    if job.marks is not None and len(reps) == job.reps:
        _, starts_s, ends_s = np.loadtxt(job.marks, delimiter=",", skiprows=1)[:, :3].T
        ours_s = np.array([[row.start_s, row.end_s] for row in reps])
        boundary_s = float(np.median(np.abs(ours_s - np.stack([starts_s, ends_s], axis=1))))
    counted = Counter(row.verdict for row in reps)
    verdicts = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in sorted(counted.items()))
    movements = Counter(row.movement for row in reps)
    return Found(job, len(reps), len(rows) - len(reps), verdicts, dict(movements), boundary_s)


def _as_si(source: Path, out: Path) -> Path:
    """The recording (sample number, g, deg/s; 100 Hz) as plain CSV in SI units."""
    data = np.loadtxt(source, delimiter=",", skiprows=1)
    columns = [data[:, 0] / 100.0, *(data[:, 1:4] * GRAVITY_M_S2).T, *np.deg2rad(data[:, 4:7]).T]
    np.savetxt(out, np.column_stack(columns), "%.6f", ",", header=HEADER, comments="")
    return out


def figures(measured: Sequence[Found]) -> list[Figure]:
    if not measured:
        return [Figure("recordings", "", "absent when this page was made; set DOWEL_REAL to their folder")]
    found = []
    for each in measured:
        more = f", {each.other_rows} other bends" + (f"; {each.verdicts}" if each.verdicts else "")
        found.append(
            Figure(f"{each.job.name}: reps", str(each.job.reps), f"{each.reps}{more}", each.reps == each.job.reps)
        )
        if each.job.marks is not None:
            boundary_s = np.nan if each.boundary_s is None else each.boundary_s
            found.append(
                at_most(f"{each.job.name}: starts and ends from the hand marks, median", 0.35, boundary_s, " s")
            )
        wrong = {"seated bends": "squat", "squats": "hinge"}.get(each.job.name.partition(",")[0])
        if wrong is not None:
            called = ", ".join(f"{count} {movement}" for movement, count in sorted(each.movements.items()))
            found.append(none_of(f"{each.job.name}: called {wrong}", each.movements.get(wrong, 0), called))
        if each.job.name.startswith("seated"):
            of_spine = each.reps if "person a" in each.job.name else 0
            spine = each.movements.get("spine", 0)
            found.append(
                Figure(f"{each.job.name}: called spine", str(of_spine), f"{spine} of {each.reps}", spine == of_spine)
            )
    return found
