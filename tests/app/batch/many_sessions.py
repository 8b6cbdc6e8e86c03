"""Many short sessions as a club has them: ``python -m tests.app.batch.many_sessions FOLDER --sessions 1000``.

Five simulated people do one set of each drill. The others are their copies with a date, a load and a note of their own,
so that no two say the same; some are damaged, each in one of four ways.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import Lie, Moment, Person, SimulatedSensor, Stand, calibration_pieces, simulate
from dowel.sensors.simulated.person.drill_sets import usual_set
from dowel.sensors.simulated.person.lying import lying_calibration

DRILLS = ("dead_bug", "wall_tap", "dowel_hinge", "kettlebell", "barbell")
PEOPLE = ("P1", "P2", "P3", "P4", "P5")
DAMAGED_PCT = 2
TRUNK = (Placement.UPPER_BACK, Placement.SACRUM)
LYING = (Placement.PELVIS_FRONT, Placement.STERNUM, Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
BEGAN = datetime.fromisoformat("2025-01-06T18:00:00+01:00")


def one_session(path: Path, drill: str, person: int) -> None:
    """A calibration and a set of a drill by one of the people."""
    lying = drill == "dead_bug"
    calibration = lying_calibration() if lying else calibration_pieces()
    loaded = {"kettlebell": "hand", "barbell": "floor"}.get(drill, "")
    usual = usual_set(drill, lifted_from=loaded, wall_cm=25.0 if drill == "wall_tap" else None, seed=person)
    pieces = (Moment(MarkKind.DRILL, {"drill": drill}), *calibration, *usual, Lie(4.0) if lying else Stand(4.0))
    sensors = [SimulatedSensor(placement) for placement in (LYING if lying else TRUNK)]
    somebody = Person.random(np.random.default_rng(person))
    simulate(pieces, sensors, seed=100 + person, person=somebody).write(path, {"person": PEOPLE[person]})


def damage(path: Path, way: int) -> None:
    """Cut it off early, make the beginning nothing, leave nothing, or put another file in its place."""
    data = path.read_bytes()
    changed = (data[:3000], bytes(50_000) + data[50_000:80_000], b"", b"time_s,acc_x\n0,1\n")[way % 4]
    path.write_bytes(changed)


def make_sessions(folder: Path, sessions: int) -> int:
    """Write so many into a folder for each person; returns how many of them are damaged."""
    each = len(DRILLS) * len(PEOPLE)
    originals = []
    for number in range(min(sessions, each)):
        originals.append(folder / "originals" / f"{number:02d}.dowel")
        originals[-1].parent.mkdir(parents=True, exist_ok=True)
        one_session(originals[-1], DRILLS[number % len(DRILLS)], number // len(DRILLS))
    damaged = 0
    for number in range(sessions):
        started = BEGAN + timedelta(hours=37 * number)
        person = PEOPLE[number % each // len(DRILLS)]
        path = folder / "club" / person / f"{started:%Y-%m-%d_%H%M}_practice.dowel"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(originals[number % each], path)
        append_mark(path, MarkKind.FACT, 0.0, 0.0, {"started_at": started.isoformat()})
        append_mark(path, MarkKind.NOTE, 1.0, 1.0, {"text": f"session {number}"})
        if number * DAMAGED_PCT // 100 != (number + 1) * DAMAGED_PCT // 100:
            damage(path, damaged)
            damaged += 1
    return damaged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder; the sessions come into FOLDER/club")
    parser.add_argument("--sessions", type=int, default=1000)
    given = parser.parse_args()
    damaged = make_sessions(given.folder, given.sessions)
    print(f"{given.sessions} sessions in {given.folder / 'club'}, {damaged} of them damaged")


if __name__ == "__main__":
    main()
