"""The drills as data: where sensors sit, which limits hold and for how long, what is measured besides, and the words.

Every drill runs on the one pipeline. What differs between them stands here, in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.column_type import Column, extras_of
from dowel.analysis.contact.limits import HOLD_POINTS, Limits, floor_limits_for, limits_for
from dowel.analysis.rows import Rep
from dowel.analysis.stances.base import Stance
from dowel.analysis.stances.lying import LYING
from dowel.analysis.stances.standing import STANDING
from dowel.recordings.types import TRUNK, Placement


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in a drill.

    Parameters
    ----------
    title
        Its name, as it is shown.
    about
        What is done, in a sentence.
    rep
        What is done in each repetition, in a word or some.
    lost
        For each reason of a verdict what happened.
    cue
        For each reason what to do about it.
    not_sensed
        Sentences about what no sensor of the drill can know.
    movement
        For another movement than the drill's what is said of two bends of it running.
    lost_with_band
        What stands in the place of ``lost`` when a band lies under the back.
    now
        For each reason what to do in the moment, so short that it is read in passing; else ``cue`` is told.
    cue_unloaded
        What stands in the place of ``cue`` where no load was told; empty where that is the same.
    """

    title: str
    about: str
    rep: str
    lost: Mapping[str, str]
    cue: Mapping[str, str]
    not_sensed: tuple[str, ...] = ()
    movement: Mapping[str, str] = field(default_factory=dict)
    lost_with_band: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)
    cue_unloaded: Mapping[str, str] = field(default_factory=dict)

    def todo(self, reason: str, load_kg: float) -> str:
        """What to do about a reason with such a load; empty where nothing is to be said."""
        return (self.cue if load_kg > 0 or not self.cue_unloaded else self.cue_unloaded).get(reason, "")


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill.

    Parameters
    ----------
    name
        Its key in marks and tables.
    placements
        Where sensors must sit.
    optional
        Where more of them tell more.
    words
        What is said in it.
    limits
        Gives the limits in force for a calibration and a load in kg.
    hold_points
        For so many grid points a limit must be passed.
    stance
        How the person is placed.
    loaded
        Whether it is done with a load, so that it is cued after the rep and not in it (design#safety).
    taps
        Whether each rep is to tap a wall.
    extras
        The columns that its rep rows have after those of all drills (tables#extras-of-some-drills).
    """

    name: str
    placements: tuple[Placement, ...]
    optional: tuple[Placement, ...]
    words: Words
    limits: Callable[[Calibration | None, float], Limits] = limits_for
    hold_points: int = HOLD_POINTS
    stance: Stance = STANDING
    loaded: bool = False
    taps: bool = False
    extras: tuple[Column, ...] = ()

    @property
    def rounds(self) -> bool:
        """Whether rounding is a way to lose contact."""
        return "rounded" in self.words.lost

    def limits_for(self, calibration: Calibration | None, load_kg: float) -> Limits:
        """The limits in force, with the drill's hold."""
        limits = self.limits(calibration, load_kg)
        return limits if limits.hold_points == self.hold_points else replace(limits, hold_points=self.hold_points)


BESIDE_THE_TRUNK = (Placement.HEAD, Placement.THIGH_LEFT, Placement.THIGH_RIGHT, Placement.SHANK, Placement.ROD)

ROD_LOST = {
    "rounded": "the rod would have left your low back: it rounded",
    "arched": "the rod would have left your upper back: you arched",
    "chin_down": "the rod would have left your head: your chin dropped",
    "chin_up": "your head pushed the rod off: your chin came up",
}
ROD_CUE = {
    "rounded": "go only as deep as the low back stays on the rod; push the hips farther back",
    "arched": "brace, and let the ribs stay down",
    "chin_down": "long neck, look a little farther ahead",
    "chin_up": "tuck the chin, look down with the eyes",
}
ROD_NOW = {
    "rounded": "hips back, chest long",
    "arched": "ribs down",
    "chin_down": "long neck, eyes ahead",
    "chin_up": "tuck the chin",
}

TO_A_HINGE = {
    "squat": "that was a squat: send the hips back",
    "between": "that was half a squat: less knee, send the hips back",
    "spine": "that came from the back: keep it straight and bend in the hips",
}

HIPS = extras_of(Rep, "hip_drop_cm", "hip_drop_sd_cm", "hip_travel_cm", "hip_travel_sd_cm")
"""Extras of every standing drill: how far the hips went down and back."""

DOWEL_HINGE = Drill(
    "dowel_hinge",
    TRUNK,
    BESIDE_THE_TRUNK,
    Words(
        "hip hinge with the rod",
        "Hold the broomstick, or its place, against head, upper back and sacrum, and hinge without losing any of them.",
        "hinge",
        ROD_LOST,
        ROD_CUE,
        movement=TO_A_HINGE,
        now=ROD_NOW,
    ),
    extras=HIPS,
)

FLOOR_HOLD_POINTS = 30
"""300 ms: slow, and only what lasts lets the pressure go (sources#floor-limits)."""

DEAD_BUG = Drill(
    "dead_bug",
    (Placement.PELVIS_FRONT, Placement.STERNUM),
    (Placement.THIGH_LEFT, Placement.THIGH_RIGHT),
    Words(
        "dead bug",
        "On the back, hips and knees bent like a table top: press the low back into the floor and lower one leg.",
        "one leg after the other",
        {
            "arched": "your low back came off the floor: the pelvis tipped forward",
            "trunk_bent": "ribs and pelvis came apart",
            "rolled": "your pelvis rolled to one side",
        },
        {
            "arched": "press the low back flat, and lower the leg only as far as it stays so",
            "trunk_bent": "ribs down, breathe out while the leg goes down",
            "rolled": "keep both sides of the pelvis heavy",
        },
        (
            "The pressure itself is not measured: the tilt of the pelvis stands for it.",
            "What the arms do is not sensed, and without thigh sensors the legs are not either: mark each rep.",
        ),
        lost_with_band={
            "arched": "the band under your low back would have slipped: the pelvis tipped forward",
            "trunk_bent": "ribs and pelvis came apart",
            "rolled": "your pelvis rolled to one side, and the band would have slipped there",
        },
        now={"arched": "press the low back flat", "trunk_bent": "ribs down", "rolled": "level the pelvis"},
    ),
    limits=floor_limits_for,
    hold_points=FLOOR_HOLD_POINTS,
    stance=LYING,
    extras=extras_of(Rep, "side", "pelvis_sternum_peak_deg", "pelvis_roll_peak_deg"),
)

WALL_TAP = Drill(
    "wall_tap",
    TRUNK,
    BESIDE_THE_TRUNK,
    Words(
        "wall tap",
        "Stand with the back to a wall, push the bum back until it taps the wall lightly, and come back.",
        "tap",
        ROD_LOST,
        {**ROD_CUE, "rounded": "a tap reached by rounding does not count: push the hips back, keep the back long"},
        (
            "Where the wall is cannot be sensed, only that something pushed the hips forward: soft things and thick "
            "clothes blur it.",
        ),
        TO_A_HINGE,
        now=ROD_NOW,
    ),
    taps=True,
    extras=(*HIPS, *extras_of(Rep, "wall_cm")),
)

LOADED_CUE = {**ROD_CUE, "rounded": "lighter or shallower; keep the low back as it is when you stand tall"}
UNLOADED_CUE = {**ROD_CUE, "rounded": "shallower; keep the low back as it is when you stand tall"}
NOT_SENSED_LOAD = (
    "How close the load is to the body cannot be sensed: keep a kettlebell close and a bar on the legs.",
    "How heavy it is cannot be sensed either: the load is what you say it is.",
)

KETTLEBELL = Drill(
    "kettlebell",
    TRUNK,
    BESIDE_THE_TRUNK,
    Words(
        "kettlebell hinge",
        "Hinge with a light kettlebell, or swing it, and keep the back as it was with the stick.",
        "lift",
        ROD_LOST,
        LOADED_CUE,
        NOT_SENSED_LOAD,
        TO_A_HINGE,
        now=ROD_NOW,
        cue_unloaded=UNLOADED_CUE,
    ),
    loaded=True,
    extras=HIPS,
)

BARBELL = Drill(
    "barbell",
    TRUNK,
    BESIDE_THE_TRUNK,
    Words(
        "barbell hinge",
        "Hinge with an empty or light barbell, from the rack or from the floor, and keep the back as with the stick.",
        "lift",
        ROD_LOST,
        LOADED_CUE,
        NOT_SENSED_LOAD,
        TO_A_HINGE,
        now=ROD_NOW,
        cue_unloaded=UNLOADED_CUE,
    ),
    loaded=True,
    extras=HIPS,
)

DRILLS: dict[str, Drill] = {drill.name: drill for drill in (DEAD_BUG, WALL_TAP, DOWEL_HINGE, KETTLEBELL, BARBELL)}
"""All drills by name, in the order in which the method teaches them. Whoever adds one puts it here."""

DEFAULTS = (DOWEL_HINGE, DEAD_BUG)
"""What a session is taken for until a mark names its drill: the first that can be done where the sensors are."""


def drill_named(name: str) -> Drill:
    """The drill of this name. Raises ValueError for one that there is not."""
    if name not in DRILLS:
        raise ValueError(f"there is no drill {name!r}; there are {', '.join(DRILLS)}")
    return DRILLS[name]


def default_drill(placements: Iterable[str]) -> Drill | None:
    """The drill that is taken for granted with sensors at these placements; None where none can be done."""
    places = tuple(placements)
    return next((drill for drill in DEFAULTS if drill.stance.fits(places)), None)
