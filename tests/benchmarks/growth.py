"""``python -m tests.benchmarks.growth [length|sensors|samples|reps]``: what more of a session costs each output.

One thing grows at a time. Each figure is the multiple of the first session's; ``bend`` is the last slope through the
first one: 1 where it grows in a line, more where a term grows faster than the session. Every command is a process of
its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dowel.recordings.types import Placement
from dowel.sensors.simulated import Simulation
from tests.benchmarks.commands import DOWEL, process
from tests.benchmarks.session import PLACEMENTS, simulation, simulation_of_reps, write_as_live

MINUTE_S: Final = 60.0
BASE_S: Final = 10 * MINUTE_S
REPS: Final = (0, 250, 500, 1000)
MORE_PLACEMENTS: Final = (*PLACEMENTS, Placement.HEAD, Placement.THIGH_LEFT, Placement.SHANK)
FORMATS: Final = ("csv", "parquet", "mcap", "motion-bids")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU in seconds, peak memory and what was written, in MB."""

    cpu_s: float
    peak_mb: float
    size_mb: float


@dataclass(frozen=True, slots=True)
class Series:
    """Sessions in which one thing grows: how much of it each has, and how it is made."""

    unit: str
    amounts: Sequence[int]
    make: Callable[[int], Simulation]


SERIES: Final = {
    "length": Series("min", (10, 60, 240), lambda minutes: simulation(minutes * MINUTE_S)),
    "sensors": Series("sensors", (2, 3, 5), lambda count: simulation(BASE_S, placements=MORE_PLACEMENTS[:count])),
    "samples": Series("samples a notification", (1, 4, 10), lambda count: simulation(BASE_S, count)),
    "reps": Series("reps", REPS, lambda reps: simulation_of_reps(reps, REPS[-1])),
}


def outputs(session: Path, folder: Path) -> dict[str, tuple[str | Path, ...]]:
    """The commands that are measured, each with all that it writes in ``folder``."""
    report = (*DOWEL, "report", session, "--no-cache")
    return {
        "report --csv": (*report, "--csv", folder / "reps.csv"),
        "report --html": (*report, "--html", folder / "page.html"),
        **{f"export {name}": (*DOWEL, "export", session, "--format", name, "--to", folder / "out") for name in FORMATS},
    }


def cost(command: Sequence[str | Path], folder: Path) -> Cost:
    """What a command costs that writes into a folder."""
    peak_mb, cpu_s = process(sys.executable, "-m", "tests.benchmarks.memory", *command)().split()
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Cost(float(cpu_s), float(peak_mb), written / 1e6)


def bend(amounts: Sequence[int], values: Sequence[float]) -> float:
    """The last slope through the first: 1 for a line."""
    slopes = [
        (after - before) / (more - less)
        for less, more, before, after in zip(amounts, amounts[1:], values, values[1:], strict=False)
    ]
    return slopes[-1] / slopes[0] if slopes[0] else float("nan")


def measure(series: Series) -> dict[str, list[Cost]]:
    """What each output costs of each session, in their order."""
    found: dict[str, list[Cost]] = {}
    for amount in series.amounts:
        with TemporaryDirectory() as name:
            session = Path(name, "session.dowel")
            write_as_live(series.make(amount), session)
            for number, output in enumerate(outputs(session, Path())):
                folder = Path(name, str(number))
                folder.mkdir()
                found.setdefault(output, []).append(cost(outputs(session, folder)[output], folder))
    return found


def tell(series: Series, found: dict[str, list[Cost]]) -> None:
    """Print multiples of the first session, and its own figures."""
    amounts = series.amounts
    print(f"\n{', '.join(str(amount) for amount in amounts)} {series.unit}: multiples of the first, bend")
    for output, costs in found.items():
        parts = []
        for what, unit in (("cpu_s", "s"), ("peak_mb", "MB"), ("size_mb", "MB")):
            values = [getattr(each, what) for each in costs]
            multiples = " ".join(f"{value / values[0]:5.2f}" if values[0] else "    -" for value in values[1:])
            first = f"{values[0]:.2f}" if values[0] < 10.0 else f"{values[0]:.0f}"
            parts.append(f"{first:>5} {unit} x {multiples}  {bend(amounts, values):5.2f}")
        print(f"  {output:<20} {' | '.join(parts)}", flush=True)


def main(names: Sequence[str]) -> None:
    """Measure the named series, or all."""
    print("what more of a session costs: CPU, peak memory, what is written")
    for name in names or SERIES:
        tell(SERIES[name], measure(SERIES[name]))


if __name__ == "__main__":
    if set(sys.argv[1:]) - set(SERIES):
        sys.exit(f"usage: python -m tests.benchmarks.growth [{'|'.join(SERIES)}]")
    main(sys.argv[1:])
