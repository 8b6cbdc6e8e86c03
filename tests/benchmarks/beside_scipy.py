"""``python -m tests.benchmarks.beside_scipy``: what our own numerics cost, and what SciPy's would cost in their place.

User and system CPU, not time of day. First what loading a part of SciPy adds to the report of a ten-minute session,
whole processes in turn; then one call of each, over data as they are in a session.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from dowel.analysis.calibration.calibration import neutral_curve
from dowel.analysis.calibration.clap import ClapCheck
from dowel.analysis.movement.hip_path import with_prior
from dowel.analysis.orientation.relative_rotation import flexion_deg, relative_rotation, side_bend_and_twist_deg
from dowel.analysis.orientation.rotations import between, rotated, up_in_sensor
from dowel.analysis.orientation.slip import median_abs_deviation
from dowel.analysis.repetitions.running_extremes import running_min
from dowel.analysis.repetitions.sets import drift_deg
from dowel.sensors.simulated.person.plan import Motion
from dowel.sensors.stream.grid import CausalGrid
from dowel.sensors.stream.lower_hull import add_to_lower_hull
from tests.reference import by_scipy

PARTS = ("fft", "ndimage", "linalg", "spatial.transform", "interpolate", "integrate", "stats", "signal")
ROUNDS = 5
SESSION_S = 600.0


def cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def of_process(*arguments: str | Path) -> float:
    before = cpu_s(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return cpu_s(resource.RUSAGE_CHILDREN) - before


def of_call(action: Callable[[], object]) -> float:
    """CPU seconds of one call, of as many as take a twentieth of a second."""
    action()
    calls, used = 1, 0.0
    while used < 0.05:
        calls *= 2
        before = cpu_s(resource.RUSAGE_SELF)
        for _ in range(calls):
            action()
        used = cpu_s(resource.RUSAGE_SELF) - before
    return used / calls


def loading(folder: Path) -> None:
    of_process("-m", "tests.benchmarks.session", folder, str(SESSION_S), "1")
    report = "import sys; from dowel.commands import run; run(['report', sys.argv[1]])"
    taken: dict[str, list[float]] = {part: [] for part in ("", *PARTS)}
    for _ in range(ROUNDS):
        for part in taken:
            first = f"import scipy.{part}; " if part else ""
            taken[part].append(of_process("-c", first + report, folder / "session.dowel"))
    alone = median(taken.pop(""))
    print(f"dowel report of {SESSION_S / 60:.0f} minutes: {alone:.2f} s of CPU; with a part of SciPy loaded")
    for part, found in taken.items():
        print(f"  scipy.{part:<18} {100.0 * (median(found) / alone - 1.0):+4.0f} %")


def pairs() -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Ours and SciPy's, over the same data."""
    rng = np.random.default_rng(1)
    angle, stands, peaks = rng.standard_normal(300), rng.standard_normal(5), rng.normal(5.0, 2.0, 10).tolist()
    few, many, other = (rng.standard_normal((count, 4)) for count in (10, 300, 300))
    vector, (start, end) = rng.standard_normal(3), np.linalg.qr(rng.standard_normal((3, 3)))[0][:2]
    to_segment, offset = np.eye(3), np.array([1.0, 0.0, 0.0, 0.0])
    worn = (many, other, to_segment, to_segment, offset)
    lean, difference = rng.uniform(0.0, 75.0, 2000), rng.standard_normal(2000)
    design, values = rng.standard_normal((80, 9)), rng.standard_normal(80)
    information, nothing = np.eye(9), np.zeros(9)
    time_s, acc = np.arange(600) / 100.0, rng.normal(0.0, 20.0, (600, 3))
    sampled, status = rng.standard_normal((600, 7)), np.zeros(600, np.uint8)
    points = np.column_stack([np.arange(30.0), rng.exponential(0.01, 30)])
    control, at_s = rng.standard_normal((2000, 13)), rng.uniform(0.1, 9.0, 512)

    def on_grid() -> object:
        grid = CausalGrid(1, 7)
        grid.add(0, time_s, sampled, status, np.arange(600))
        return grid.advance()

    def hull() -> object:
        found: list[tuple[float, float]] = []
        for x, y in points.tolist():
            add_to_lower_hull(found, x, y)
        return found

    def hulls_of_scipy() -> object:
        return [by_scipy.lower_hull(points[:count]) for count in range(3, 31)]

    return {
        "running minimum, a rep": (lambda: running_min(angle, 10), lambda: by_scipy.running_min(angle, 10)),
        "median absolute deviation, stands": (
            lambda: median_abs_deviation(stands),
            lambda: by_scipy.median_abs_deviation(stands),
        ),
        "Theil-Sen slope, a set": (lambda: drift_deg(peaks), lambda: by_scipy.drift_deg(peaks)),
        "spectrum, a phase": (lambda: np.abs(np.fft.rfft(angle, 8192)), lambda: by_scipy.spectrum(angle, 8192)),
        "up vector, a packet": (lambda: up_in_sensor(few), lambda: by_scipy.up_in_sensor(few)),
        "up vector, a rep": (lambda: up_in_sensor(many), lambda: by_scipy.up_in_sensor(many)),
        "vector turned, a rep": (lambda: rotated(many, vector), lambda: by_scipy.rotated(many, vector)),
        "smallest rotation": (lambda: between(start, end), lambda: by_scipy.between(start, end)),
        "flexion, a rep": (
            lambda: flexion_deg(relative_rotation(*worn)),
            lambda: by_scipy.flexion_deg(*worn),
        ),
        "side bend and twist, a rep": (
            lambda: side_bend_and_twist_deg(relative_rotation(*worn)),
            lambda: by_scipy.side_bend_and_twist(*worn),
        ),
        "neutral curve, rod hinges": (
            lambda: neutral_curve(lean, difference),
            lambda: by_scipy.neutral_curve(lean, difference),
        ),
        "least squares with a prior, a bend": (
            lambda: with_prior(design, values, 1.0, nothing, information),
            lambda: by_scipy.with_prior(design, values, 1.0, nothing, information),
        ),
        "knocks": (lambda: ClapCheck().lag_s(time_s, acc, time_s, acc), lambda: (by_scipy.knocks(time_s, acc),) * 2),
        "interpolation, six seconds": (on_grid, lambda: by_scipy.interpolated(time_s[1:-1], time_s, sampled)),
        "lower hull, thirty points in turn": (hull, hulls_of_scipy),
        "quintic spline, 512 moments": (lambda: Motion(control).at(at_s), lambda: by_scipy.spline(control, at_s)),
    }


def calls() -> None:
    print(f"{'one call, CPU in us':<38} {'ours':>8} {'SciPy':>8} {'SciPy / ours':>13}")
    for name, (ours, of_scipy) in pairs().items():
        taken = [[of_call(action) for action in (ours, of_scipy)] for _ in range(ROUNDS)]
        own_s, scipy_s = (min(each) for each in zip(*taken, strict=True))
        print(f"  {name:<36} {1e6 * own_s:8.1f} {1e6 * scipy_s:8.1f} {scipy_s / own_s:13.1f}")


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        loading(Path(name))
    calls()
