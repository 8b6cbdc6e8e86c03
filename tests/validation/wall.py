"""The wall tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dowel.sensors.simulated import BMI270, TRIMMED, Hinge, TrueRep, Wall, WallHinge, calibration_pieces, wall_set
from tests.validation.study import Figure, analysed, at_least, first_seed, rows_of, share, trunk_sensors

TITLE = "Wall tap"
ABOUT = (
    "Hinges before a wall that gives: half of them meet it after 90 to 98 % of the way of the hips (at 0.03 to 0.3 "
    "m/s), the others would meet it after 102 to 150 %. Wall, clothes and flesh together 5 to 20 kN/m, 20 to 40 kg, "
    "lightly to half damped; tremor of the hips 0.02 to 0.1 m/s2 rms at 3 to 9 Hz. Half of the sensors trimmed, half "
    "BMI270, soft tissue 2 to 4 deg, 100 Hz. Sensitivity and specificity are of the reps that are not unsure. The "
    "simulated person brakes smoothly at the bottom; one who stops with a jerk in a quick rep looks like one who taps, "
    "so the figure of 1 s is better than it will be on people (the model of [wall contact](sources.md#wall-contact) "
    "expects a factor of 2 there, not 5)."
)
IF_MISSED = ""

LOWERING_S = (1.0, 1.5, 2.0, 3.0)
SESSIONS = 60
OF_EACH = 3
SEEDS_FROM = 3_000


@dataclass(frozen=True)
class Told:
    lowering_s: float
    true: TrueRep
    tap: str


def jobs(small: bool, real: Path | None) -> list[int]:
    first = first_seed(small) + SEEDS_FROM
    return [first + number for number in range(4 if small else SESSIONS)]


def measure(seed: int) -> list[Told]:
    rng = np.random.default_rng([13, seed])
    tempos_s = rng.permutation(LOWERING_S * OF_EACH).tolist()
    hinges = [random_tap(lowering_s, rng) for lowering_s in tempos_s]
    sensors = trunk_sensors(rng, chip=(TRIMMED, BMI270)[seed % 2])
    session = analysed((*calibration_pieces(), *wall_set(hinges)), sensors, seed)
    told = zip(tempos_s, ((bend, rows_of(bend, session.rows)) for bend in session.bends), strict=True)
    return [Told(lowering_s, bend, rows[0].tap) for lowering_s, (bend, rows) in told if len(rows) == 1]


def random_tap(lowering_s: float, rng: np.random.Generator) -> WallHinge:
    wall = Wall(float(rng.uniform(5e3, 2e4)), float(rng.uniform(20.0, 40.0)), float(rng.uniform(0.1, 0.5)))
    wall_share = float(rng.uniform(0.90, 0.98) if rng.uniform() < 0.5 else rng.uniform(1.02, 1.5))
    hinge = Hinge(rng.uniform(55.0, 75.0), lowering_s, rng.uniform(0.0, 0.5), lowering_s * rng.uniform(0.7, 1.0))
    return WallHinge(replace(hinge, rest_s=rng.uniform(0.6, 1.2)), wall_share, wall, float(rng.uniform(0.02, 0.1)))


def figures(measured: Sequence[list[Told]]) -> list[Figure]:
    told = [each for session in measured for each in session]
    slow = [each for each in told if each.lowering_s >= 1.5]
    return [
        *_figures("lowered in 1.5 s and slower", slow, target=True),
        *(
            figure
            for lowering_s in LOWERING_S
            for figure in _figures(
                f"lowered in {lowering_s:g} s", [each for each in told if each.lowering_s == lowering_s], target=False
            )
        ),
    ]


def _figures(what: str, told: Sequence[Told], *, target: bool) -> list[Figure]:
    sure = [each for each in told if each.tap != "unsure"]
    found = []
    for name, label in (("sensitivity", "tapped"), ("specificity", "none")):
        of_label = [each for each in sure if each.true.label == label]
        figure = at_least(f"{what}: {name}", 95.0, sum(each.tap == label for each in of_label), len(of_label))
        found.append(figure if target else figure.for_information())
    return [*found, Figure(f"{what}: unsure", "", share(len(told) - len(sure), len(told)))]
