"""What marks say of the reps that follow: the drill, the load, the person's height, the rules of the advice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.given_limits import GivenLimits
from dowel.analysis.contact.limits import Limits
from dowel.analysis.drills.drills import DOWEL_HINGE, Drill, Words, drill_named
from dowel.analysis.drills.method import RULES, Rules, rules_from
from dowel.analysis.movement.classify import DEFAULT_HEIGHT_M
from dowel.analysis.rows import NAN
from dowel.recordings.types import Mark


@dataclass(slots=True)
class Setting:
    """The drill, load, height, distance to the wall, place that a load is lifted from, band, rules and given limits."""

    drill: Drill = DOWEL_HINGE
    load_kg: float = 0.0
    height_m: float = DEFAULT_HEIGHT_M
    wall_cm: float = NAN
    lifted_from: str = ""
    band: str = ""
    rules: Rules = RULES
    given: GivenLimits | None = None
    _load_between_sets: float | None = None

    def limits(self, calibration: Calibration | None) -> Limits:
        """The limits in force with this calibration."""
        limits = self.drill.limits_for(calibration, self.load_kg)
        return limits if self.given is None else self.given.instead_of(limits)

    @property
    def words(self) -> Words:
        """What is said in the drill as it is done: with a band under the low back, or without."""
        words = self.drill.words
        return replace(words, lost=words.lost_with_band) if self.band and words.lost_with_band else words

    def take_drill(self, mark: Mark) -> None:
        """A ``drill`` mark, with what the drill is done with. Raises ValueError for a drill that there is not."""
        self.drill = drill_named(str(mark.detail["drill"]))
        self.band = str(mark.detail.get("band", "")) if self.drill.words.lost_with_band else ""
        self.wall_cm = float(mark.detail.get("wall_cm", NAN))
        self.lifted_from = str(mark.detail.get("from", "")) if self.drill.loaded else ""

    def take_height(self, mark: Mark) -> None:
        """A ``height`` mark."""
        self.height_m = float(mark.detail["height_cm"]) / 100.0

    def take_rules(self, mark: Mark) -> None:
        """A ``rules`` mark: the rules by which advice is given. Raises ValueError for what is no rule."""
        self.rules = rules_from(mark.detail)

    def take_limits(self, mark: Mark) -> None:
        """A ``limits`` mark: limits in place of the program's own. Raises ValueError for what are none."""
        self.given = GivenLimits.from_json(mark.detail)

    def take_load(self, mark: Mark) -> None:
        """A ``load`` mark: this load from here on."""
        self._load_between_sets = None
        self.load_kg = float(mark.detail["load_kg"])

    def begin_set(self, mark: Mark) -> bool:
        """A set begins; a load in its detail holds for this set alone. Whether the load changes."""
        if "load_kg" not in mark.detail:
            return False
        self._load_between_sets = self.load_kg
        self.load_kg = float(mark.detail["load_kg"])
        return True

    def end_set(self) -> bool:
        """A set is over, and with it the load that was its own. Whether the load changes."""
        if self._load_between_sets is None:
            return False
        self.load_kg, self._load_between_sets = self._load_between_sets, None
        return True
