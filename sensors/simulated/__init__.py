"""The simulated lifter: a session with known truth, for tests, examples and the demo.

    pieces = (*calibration_pieces(), *set_of_hinges(8, peaks_deg=(0, 0, 14)))
    session = simulate(pieces, [SimulatedSensor(Placement.UPPER_BACK), SimulatedSensor(Placement.SACRUM)], seed=1)
    session.truth.reps, session.stream(), session.session_sensors(), session.write(path)

Not simulated: impacts of a load, straps that give way under sweat, temperature jumps, soft tissue that follows the
rounding itself, the swing of the legs in walking. All figures come from a model, not from people.
"""

from __future__ import annotations

from dowel.sensors.simulated.delivery import Link
from dowel.sensors.simulated.imu import BMI270, IDEAL, LSM6DSO, MOUNTINGS, MPU9250, TRIMMED, Chip, SimulatedSensor
from dowel.sensors.simulated.person.body import Body
from dowel.sensors.simulated.person.lifter import SensorRun, Simulation, simulate
from dowel.sensors.simulated.person.loaded_sets import carried_set, floor_set, swing_set
from dowel.sensors.simulated.person.lying import Breathing, LegLower, Lie, LieDown, leg_set, lying_calibration
from dowel.sensors.simulated.person.movement import Fidget, KnockTogether, Moment, SensorSlip, Stand, Step, Walk
from dowel.sensors.simulated.person.plan import Person, Piece
from dowel.sensors.simulated.person.sessions import (
    calibration_pieces,
    mixed_session,
    random_peak_deg,
    restless_session,
    set_of_hinges,
)
from dowel.sensors.simulated.person.simulated_bends import (
    FloorLift,
    Hinge,
    PickUp,
    SetDown,
    SideBend,
    Slump,
    SpineBend,
    Squat,
    Turn,
)
from dowel.sensors.simulated.person.truth import TrueRep, Truth
from dowel.sensors.simulated.person.wall import Wall, WallHinge, wall_set

__all__ = [
    "BMI270",
    "IDEAL",
    "LSM6DSO",
    "MOUNTINGS",
    "MPU9250",
    "TRIMMED",
    "Body",
    "Breathing",
    "Chip",
    "Fidget",
    "FloorLift",
    "Hinge",
    "KnockTogether",
    "LegLower",
    "Lie",
    "LieDown",
    "Link",
    "Moment",
    "Person",
    "PickUp",
    "Piece",
    "SensorRun",
    "SensorSlip",
    "SetDown",
    "SideBend",
    "SimulatedSensor",
    "Simulation",
    "Slump",
    "SpineBend",
    "Squat",
    "Stand",
    "Step",
    "TrueRep",
    "Truth",
    "Turn",
    "Walk",
    "Wall",
    "WallHinge",
    "calibration_pieces",
    "carried_set",
    "floor_set",
    "leg_set",
    "lying_calibration",
    "mixed_session",
    "random_peak_deg",
    "restless_session",
    "set_of_hinges",
    "simulate",
    "swing_set",
    "wall_set",
]
