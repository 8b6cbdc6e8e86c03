"""What a session is done with: the drill, and what belongs to it. Practice and import take the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dowel.analysis.contact.given_limits import GivenLimits
from dowel.analysis.drills.drills import DRILLS, Drill, drill_named
from dowel.analysis.drills.method import RULES, Rules
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.corrected_facts import DRILL_DETAIL
from dowel.recordings.types import Mark, MarkKind, Placement


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """The drill, who does it, and what it is done with. None and the empty text: not given.

    ``wall_cm`` is the distance of the heels to the wall, ``lifted_from`` where the load is lifted from (``floor``,
    ``rack``, ``hand``), ``band`` the elastic band under the low back, ``rules`` those of the advice,
    ``limits`` a coach's or the person's own in place of the program's.
    :mod:`dowel.session.option_ranges` has what is allowed.
    """

    drill: str = "dowel_hinge"
    person: str = ""
    load_kg: float | None = None
    height_cm: float | None = None
    wall_cm: float | None = None
    lifted_from: str = ""
    band: str = ""
    rules: Rules = RULES
    limits: GivenLimits | None = None


def check_setup(setup: SessionSetup) -> None:
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
    stance, allowed = drill.stance, (*drill.placements, *drill.optional)
    if stance.telling.only_at and any(place not in allowed for place in places):
        only_at = stance.telling.only_at.format(places=", ".join(allowed))
        raise UsageError(f"--sensor: the {drill.words.title} is {only_at}.")
    if len(stance.judged_by) == 1 and places and not stance.judges(places):
        raise UsageError(f"--sensor: the {drill.words.title} is judged by the {stance.judged_by[0]}. Name it.")
    if places and not stance.fits(places):
        others = [name for name, each in DRILLS.items() if set(places) <= set(each.stance.trunk)]
        if others:
            raise UsageError(f"--sensor: sensors at {' and '.join(places)} belong to --drill {' or '.join(others)}.")


def check_correction(
    facts: Mapping[str, Any], marks: Sequence[Mark], placements: Sequence[Placement], said: Mapping[str, Any]
) -> None:
    """``UsageError`` for what is ``said`` of a session afterwards and does not belong to its drill or its sensors."""
    opening = next((mark for mark in marks if mark.kind is MarkKind.DRILL), None)
    now = str((opening.detail if opening else facts).get("drill", SessionSetup().drill))
    drill = str(said.get("drill", now))
    check_placements(drill, placements)
    if drill_named(drill).stance is not drill_named(now).stance:
        title, how = drill_named(drill).words.title, drill_named(drill).stance.name
        raise UsageError(f"--drill: the {title} is done {how}, and this session is not. Import it again for it.")
    check_setup(
        SessionSetup(
            drill,
            load_kg=said.get("load_kg"),
            wall_cm=said.get("wall_cm"),
            lifted_from=said.get("from", ""),
            band=said.get("band", ""),
        )
    )


def may_be_loaded(drill: Drill) -> bool:
    """Whether the drill can be done with a load."""
    return drill.stance.may_be_loaded and not drill.taps


def missing_words(setup: SessionSetup) -> str:
    """What was not given and is taken for something; empty where nothing is missing."""
    if drill_named(setup.drill).loaded and setup.load_kg is None:
        return "No load was given: 0 kg is taken, and the limits are those without a load."
    return ""


def setup_marks(setup: SessionSetup) -> Iterator[tuple[MarkKind, dict[str, Any]]]:
    """The marks that open a session."""
    yield MarkKind.DRILL, drill_detail(setup)
    if setup.height_cm is not None:
        yield MarkKind.HEIGHT, {"height_cm": setup.height_cm}
    if setup.load_kg is not None:
        yield MarkKind.LOAD, {"load_kg": setup.load_kg}
    changes = setup.rules.changes()
    if changes:
        yield MarkKind.RULES, changes
    if setup.limits is not None:
        yield MarkKind.LIMITS, setup.limits.to_json()


def drill_detail(setup: SessionSetup) -> dict[str, Any]:
    """What a ``drill`` mark says."""
    values = (str(setup.drill), setup.wall_cm, setup.lifted_from, setup.band)
    return {name: value for name, value in zip(DRILL_DETAIL, values, strict=True) if value not in (None, "")}
