"""What the documents of a session may hold, by name: a file may come from anywhere, so nothing is taken on trust.

A value that has a name here is of its type and within its range wherever the program meets it; any other is JSON of
bounded size and depth, without half a character. ``ValueError`` says what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dowel.recordings.numbers import is_number
from dowel.recordings.types import HUMAN_VERDICTS, MarkKind

LARGEST_INT: Final = 2**62
"""Times and sequence numbers stay below this, so that adding an offset to a forged one cannot overflow."""
DEEPEST: Final = 20
"""Nothing that a session holds is nested half as deeply."""
LONGEST_TEXT: Final = 20_000

Check = Callable[[object], Any]
"""Gives the value back as it is to be used."""


def sane(value: Any, depth: int = 0) -> Any:
    """A JSON value without half a character (a lone surrogate), which no file and no terminal can be given.

    Raises ValueError where it is too long or nested too deeply.
    """
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"a text of at most {LONGEST_TEXT} characters is expected")
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict | list) and depth >= DEEPEST:
        raise ValueError(f"JSON nested at most {DEEPEST} deep is expected")
    if isinstance(value, dict):
        return {sane(key): sane(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [sane(each, depth + 1) for each in value]
    return value


def number(least: float, most: float) -> Check:
    """A number from ``least`` to ``most``."""

    def check(value: object) -> float:
        if not is_number(value) or not least <= value <= most:
            raise ValueError(f"a number from {least:g} to {most:g} is expected")
        return value

    return check


def text(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value


def yes_or_no(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def one_of(names: tuple[str, ...]) -> Check:
    """One of these names."""

    def check(value: object) -> str:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)} is expected")
        return str(value)

    return check


def several(check: Check, least: int, most: int) -> Check:
    """A list of so many of what ``check`` takes."""

    def check_all(value: object) -> list[Any]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ValueError(f"a list of {least if least == most else f'{least} to {most}'} is expected")
        return [check(each) for each in value]

    return check_all


def by_name(check: Check) -> Check:
    """A JSON object with nothing in it but what ``check`` takes."""

    def check_all(value: object) -> dict[str, Any]:
        return {name: check(each) for name, each in json_object(value).items()}

    return check_all


def or_none(check: Check) -> Check:
    """What ``check`` takes, or nothing."""
    return lambda value: None if value is None else check(value)


def json_object(value: object) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


def known(values: object, checks: Mapping[str, Check], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """A JSON object whose values are as their names ask for; the others stay as they are."""
    given = json_object(values)
    for name in needed:
        if name not in given:
            raise ValueError(f"{name} is missing")
    found = {}
    for name, value in given.items():
        try:
            found[name] = checks[name](value) if name in checks else value
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found


_SECONDS: Final = number(-1e10, 1e10)  # beyond any Unix time, which a recording may count in
_POSITIVE: Final = number(1e-9, 1e9)
_FACTOR: Final = number(1e-3, 1e3)
_VECTOR: Final = several(number(-1e6, 1e6), 3, 3)
_NAMES: Final = several(text, 0, 100)

RATE_HZ: Final = number(0.1, 20_000.0)

FACTS: Final[Mapping[str, Check]] = {
    "started_at": text,
    "person": text,
    "drill": text,
    "height_cm": number(1.0, 1000.0),
    "cue": text,
    "simulated": yes_or_no,
    "program_version": text,
    "identity": text,
    "closed": yes_or_no,
    "recovered": yes_or_no,
    "repaired": lambda value: known(
        value, {"session": text, "said": several(text, 0, 100)}, needed=("session", "said")
    ),
}
"""Facts, by their key. What is no fact of ours may be anything."""

SETTINGS: Final[Mapping[str, Check]] = {
    "acc_range_m_s2": _POSITIVE,
    "gyr_range_rad_s": _POSITIVE,
    "acc_m_s2_per_count": _POSITIVE,
    "gyr_rad_s_per_count": _POSITIVE,
    "acc_offset_m_s2": _VECTOR,
    "acc_scale": several(_FACTOR, 3, 3),
    "acc_factor": number(-1e3, 1e3),
    "acc_flip": yes_or_no,
    "acc_buffers": _NAMES,
    "gyr_buffers": _NAMES,
    "acc_source": text,
    "gyr_source": text,
    "columns": _NAMES,
    "driver": text,
    "gyr_gain": _FACTOR,
    "gyr_scale": _FACTOR,
    "latency_s": number(0.0, 3600.0),
    "sync_ms": number(0.0, 1e9),
    "sync_source": text,
    "time_base": text,
    "time_offset_s": _SECONDS,
    "time_rate": number(0.1, 10.0),
}
"""Settings of sensors: what their decoders and clocks read."""

_LOAD_KG: Final = number(0.0, 10_000.0)
_CALIBRATION: Final[Mapping[str, Check]] = {
    "basis": text,
    "frames": by_name(several(several(number(-1.001, 1.001), 3, 3), 3, 3)),
    "neutral": by_name(number(-1e4, 1e4)),
    "sigma_rod_deg": number(0.0, 1e3),
    "range_deg": or_none(number(0.1, 360.0)),
    "lever_m": or_none(number(0.001, 10.0)),
    "axis_ratio": by_name(number(1e-9, 1e12)),
    "bias_rad_s": by_name(several(number(-100.0, 100.0), 3, 3)),
    "zero_sd_deg": number(0.0, 1e3),
}

MARKS: Final[Mapping[MarkKind, tuple[Mapping[str, Check], tuple[str, ...]]]] = {
    MarkKind.DRILL: ({"drill": text, "wall_cm": number(0.0, 10_000.0), "from": text, "band": text}, ("drill",)),
    MarkKind.HEIGHT: ({"height_cm": number(1.0, 1000.0)}, ("height_cm",)),
    MarkKind.LOAD: ({"load_kg": _LOAD_KG}, ("load_kg",)),
    MarkKind.SET: ({"load_kg": _LOAD_KG}, ()),
    MarkKind.SET_START: ({"load_kg": _LOAD_KG}, ()),
    MarkKind.VERDICT: ({"verdict": one_of(HUMAN_VERDICTS)}, ("verdict",)),
    MarkKind.UNDO: ({"mark": number(0, LARGEST_INT)}, ("mark",)),
    MarkKind.NOTE: ({"text": text}, ()),
    MarkKind.STEP_START: ({"step": text}, ()),
    MarkKind.STEP_END: ({"step": text}, ()),
    MarkKind.LINK_LOST: ({"placement": text, "reason": text}, ()),
    MarkKind.LINK_BACK: ({"placement": text, "reason": text}, ()),
    MarkKind.CALIBRATION: (_CALIBRATION, ("basis", "frames", "neutral", "sigma_rod_deg")),
}
"""Details of marks by their kind, and which of them it cannot do without."""
