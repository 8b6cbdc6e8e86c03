"""Recordings that hold several sensors: which of them is meant, by its name or by the place on the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.formats.table import printable
from dowel.recordings.types import Placement

_SITES: Final[dict[str, tuple[str, ...]]] = {
    Placement.UPPER_BACK: ("upperback", "t8", "thoracic", "trunk", "torso"),
    Placement.SACRUM: ("sacrum", "pelvis", "lumbar", "lowback", "lowerback", "l5", "hips"),
    Placement.HEAD: ("head", "forehead"),
    Placement.THIGH_LEFT: ("leftthigh", "thighleft", "leftupperleg", "lthigh"),
    Placement.THIGH_RIGHT: ("rightthigh", "thighright", "rightupperleg", "rthigh"),
    Placement.STERNUM: ("sternum", "chest"),
    Placement.PELVIS_FRONT: ("pelvisfront", "pelvis"),
}
"""What makers and people call a sensor on each of the places; the first that is there is meant."""

_TELLING: Final = 4  # shorter ones (T8, L5) stand in other names by chance


def chosen(file: str, sensors: Sequence[str], wanted: str) -> int:
    """The index of the sensor that is meant: by its name, by the place on the body, or, for a place, as the only one.

    A spelling may stand in a longer name (`Sacrum (55240)`), if in one alone. Raises `InputError` that names all
    sensors where none is clearly meant.
    """
    keys = [_key(name) for name in sensors]
    spellings = (wanted, *_SITES.get(wanted, ()))
    for spelling in map(_key, spellings):
        if keys.count(spelling) == 1:
            return keys.index(spelling)
        within = [index for index, key in enumerate(keys) if len(spelling) >= _TELLING and spelling in key]
        if len(within) == 1:
            return within[0]
    if len(sensors) == 1 and wanted in ("", *Placement) and not _is_of_another_place(keys[0]):
        return 0
    names = ", ".join(printable(name)[:30] for name in sensors[:20])
    mark = '"' if "'" in sensors[0] else "'"  # what the shell takes off
    whose = f"and none is clearly {wanted.replace('_', ' ')}" if wanted else "so it must be said which is meant"
    raise InputError(
        f"{file} holds {len(sensors)} sensor{'s'[: len(sensors) > 1]} ({names}), {whose}. Name the one that sat "
        f"there, as in --pick {wanted or 'sacrum'}={mark}{printable(sensors[0])[:30]}{mark}."
    )


def _is_of_another_place(key: str) -> bool:
    """Whether a sensor is called after a place, which then is not the one that was asked for."""
    return any(spelling in key for spellings in _SITES.values() for spelling in spellings if len(spelling) >= _TELLING)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
