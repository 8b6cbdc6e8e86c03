"""What a session is done with: the drill, and what belongs to it. Practice and import take the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from dowel.analysis.drills.drills import DRILLS, Drill, drill_named
from dowel.recordings.errors import UsageError
from dowel.recordings.types import LYING, MarkKind, Placement


class Setup(Protocol):
    """The options that change a number. None and the empty text: not given."""

    @property
    def drill(self) -> str:
        """The drill's name."""

    @property
    def load_kg(self) -> float | None:
        """The load, 0 for none."""

    @property
    def height_cm(self) -> float | None:
        """The person's height."""

    @property
    def wall_cm(self) -> float | None:
        """Distance of the heels to the wall."""

    @property
    def lifted_from(self) -> str:
        """Where the load is lifted from."""

    @property
    def band(self) -> str:
        """The elastic band under the low back."""


def check_setup(setup: Setup) -> None:
    """``UsageError`` for what does not belong to the drill: it would be taken and mean nothing."""
    drill = drill_named(setup.drill)
    if setup.load_kg and not may_be_loaded(drill):
        raise UsageError(f"--load-kg: the {drill.words.title} is done without a load. Leave it out.")
    if setup.lifted_from and not drill.loaded:
        loaded = " or ".join(name for name, each in DRILLS.items() if each.loaded)
        raise UsageError(f"--from: nothing is lifted in the {drill.words.title}. It belongs to --drill {loaded}.")
    if setup.wall_cm is not None and not drill.taps:
        tapping = " or ".join(name for name, each in DRILLS.items() if each.taps)
        raise UsageError(f"--wall-cm: there is no wall in the {drill.words.title}. It belongs to --drill {tapping}.")
    if setup.band and not drill.words.lost_with_band:
        banded = " or ".join(name for name, each in DRILLS.items() if each.words.lost_with_band)
        raise UsageError(f"--band: no band is used in the {drill.words.title}. It belongs to --drill {banded}.")


def check_placements(drill_name: str, placements: Iterable[Placement]) -> None:
    """``UsageError`` for sensors where the drill is not done."""
    drill, places = drill_named(drill_name), tuple(placements)
    allowed = (*drill.placements, *drill.optional)
    if drill.lying and any(place not in allowed for place in places):
        raise UsageError(
            f"--sensor: the {drill.words.title} is done lying, with sensors in front: {', '.join(allowed)}; "
            "never one under the back."
        )
    if drill.lying and places and drill.placements[0] not in places:
        raise UsageError(f"--sensor: the {drill.words.title} is judged by the {drill.placements[0]}. Name it.")
    if not drill.lying and places and all(place in LYING for place in places):
        lying = " or ".join(name for name, each in DRILLS.items() if each.lying)
        raise UsageError(f"--sensor: sensors at {' and '.join(places)} belong to --drill {lying}.")


def may_be_loaded(drill: Drill) -> bool:
    """Whether the drill can be done with a load."""
    return not (drill.taps or drill.lying)


def missing_words(setup: Setup) -> str:
    """What was not given and is taken for something; empty where nothing is missing."""
    if drill_named(setup.drill).loaded and setup.load_kg is None:
        return "No load was given: 0 kg is taken, and the limits are those without a load."
    return ""


def setup_marks(setup: Setup) -> Iterator[tuple[MarkKind, dict[str, Any]]]:
    """The marks that open a session."""
    yield MarkKind.DRILL, drill_detail(setup)
    if setup.height_cm is not None:
        yield MarkKind.HEIGHT, {"height_cm": setup.height_cm}
    if setup.load_kg is not None:
        yield MarkKind.LOAD, {"load_kg": setup.load_kg}


def drill_detail(setup: Setup) -> dict[str, Any]:
    """What a ``drill`` mark says."""
    detail = {"drill": str(setup.drill), "wall_cm": setup.wall_cm, "from": setup.lifted_from, "band": setup.band}
    return {name: value for name, value in detail.items() if value not in (None, "")}
