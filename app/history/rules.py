"""The rules of passing and of going back: ``rules.toml``, which a coach can change in a file of their own.

Each table of the file is a rule with a name, its numbers, why it is so, and what that rests on.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from dowel.analysis.drills.method import RULES
from dowel.recordings.errors import InputError
from dowel.reports.look import resource
from dowel.settings.toml_lines import damaged, place_of
from dowel.text.sanitise import plain

JUDGEMENT: Final = "judgement alone"  # sources#stage-rules
"""What ``rests_on`` says where no measurement and no source stands behind a rule."""
REASONS: Final = ("why", "rests_on")
"""Keys of a rule that are no numbers of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``values`` are its numbers by key; ``changed`` those that a coach's file gave another value."""

    name: str
    values: Mapping[str, Any]
    why: str
    rests_on: str
    changed: tuple[str, ...] = ()

    def whole(self, key: str) -> int:
        """A value that is a whole number."""
        return int(self.values[key])

    def number(self, key: str) -> float:
        """A value that is a number."""
        return float(self.values[key])


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules by name, in their order. ``path`` is the coach's file; None for the rules as they come."""

    rules: Mapping[str, Rule]
    path: Path | None = None

    def __getitem__(self, name: str) -> Rule:
        return self.rules[name]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())


SAID_AFTER_SETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "back.lost": {"reps": RULES.lost_reps},
    "back.range": {"reps": RULES.amber_reps, "range_pct": RULES.amber_pct},
    "back.drift": {"drift_deg": RULES.drift_deg, "reps": RULES.drift_reps},
    "stick.sets": {
        "sets": RULES.stick_sets[0],
        "most_sets": RULES.stick_sets[1],
        "reps": RULES.stick_reps[0],
        "most_reps": RULES.stick_reps[1],
        "warned": RULES.stick_warned,
    },
    "load.lighter": {"lighter_pct": RULES.lighter_pct},
}
"""Numbers that history has in common with the advice at the end of a set."""


def read_rules(path: Path | None = None) -> Rules:
    """The rules in force: those that come with the program, changed as the file at ``path`` says.

    Raises ``InputError`` with the line for whatever in the file cannot be.
    """
    shipped = tomllib.loads(resource("rules.toml", "dowel.history"))
    rules = {
        f"{group}.{name}": _rule(f"{group}.{name}", table) for group in shipped for name, table in _of(shipped, group)
    }
    if path is None:
        return Rules(rules)
    text, changes = _read(path)
    for group, tables in changes.items():
        known = [rule for rule in rules if rule.startswith(f"{group}.")]
        if not known:
            raise _unknown(path, text, group, f"there are no rules {group}", list(shipped))
        if not isinstance(tables, Mapping):
            raise InputError(f"{place_of(path, text, group)}: write a rule as a table, for example [{known[0]}].")
        for name, table in tables.items():
            if f"{group}.{name}" not in rules:
                raise _unknown(path, text, f"{group}.{name}", f"there is no rule {group}.{name}", known)
            rules[f"{group}.{name}"] = _changed(rules[f"{group}.{name}"], table, path, text)
    sets, most_sets = (rules["stick.sets"].whole(key) for key in ("sets", "most_sets"))
    if most_sets < sets:
        raise InputError(
            f"{place_of(path, text, 'stick.sets')}: most_sets ({most_sets}) must not be smaller than sets ({sets})."
        )
    return Rules(rules, path)


def rules_text(rules: Rules) -> str:
    """The rules in force as a file that ``read_rules`` reads, with their reasons."""
    import tomlkit

    document: Any = tomlkit.parse(resource("rules.toml", "dowel.history"))
    for rule in rules:
        group, _, name = rule.name.partition(".")
        table = document[group][name]
        for key in (*SAID_AFTER_SETS.get(rule.name, {}), *rule.changed):
            table[key] = {**rule.values, "why": rule.why, "rests_on": rule.rests_on}[key]
    return str(document.as_string())


# ------------------------------------------------------------------------------------------------ what may stand there


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a value may be, in words and as a test."""

    allowed: str
    fits: Callable[[Any], bool]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(low: int, high: int) -> _Kind:
    return _Kind(
        f"a whole number from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def _from_to(low: float, high: float) -> _Kind:
    return _Kind(f"a number from {low:g} to {high:g}", lambda value: _is_number(value) and low <= value <= high)


CALIBRATIONS: Final = ("rod", "rod+spacer", "stance")
_YES_OR_NO: Final = _Kind("true or false", lambda value: isinstance(value, bool))
_TEXT: Final = _Kind("a text", lambda value: isinstance(value, str) and bool(value.strip()))
_KINDS: Final[Mapping[str, _Kind]] = {
    "unpractised": _YES_OR_NO,
    "both_sides": _YES_OR_NO,
    "days": _whole(1, 100),
    "sets": _whole(1, 20),
    "most_sets": _whole(1, 20),
    "reps": _whole(1, 100),
    "most_reps": _whole(1, 100),
    "lost": _whole(0, 100),
    "warned": _whole(0, 100),
    "no_tap": _whole(0, 100),
    "unsure_tap": _whole(0, 100),
    "squats": _whole(0, 100),
    "wall_share": _from_to(0.0, RULES.wall_full_share),  # farther a person would fall
    "depth_deg": _from_to(0.0, 120.0),
    "range_pct": _from_to(1.0, 100.0),
    "drift_deg": _from_to(0.5, 45.0),
    "lighter_pct": _from_to(0.0, 100.0),
    "about_pct": _from_to(0.0, 100.0),  # never below 0: no rule asks for more load
    "calibrations": _Kind(
        f"a list of {', '.join(CALIBRATIONS)}",
        lambda value: isinstance(value, list) and bool(value) and all(each in CALIBRATIONS for each in value),
    ),
    "why": _TEXT,
    "rests_on": _TEXT,
}


def _of(tables: Mapping[str, Any], group: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from tables[group].items()


def _rule(name: str, table: Mapping[str, Any]) -> Rule:
    own = {key: value for key, value in table.items() if key not in REASONS}
    values = {**SAID_AFTER_SETS.get(name, {}), **own}
    return Rule(name, values, str(table["why"]), str(table["rests_on"]))


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}. Give a file of rules, or leave out --rules.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}). Check the file and its access."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(damaged(path, error)) from error


def _changed(rule: Rule, table: object, path: Path, text: str) -> Rule:
    """A rule as the coach's table changes it."""
    if not isinstance(table, Mapping):
        raise InputError(f"{place_of(path, text, rule.name)}: write the rule as a table, [{rule.name}].")
    keys = [*rule.values, *REASONS]
    for key, value in table.items():
        if key not in keys:
            raise _unknown(path, text, f"{rule.name}.{key}", f"the rule {rule.name} has no {key}", keys)
        if not _KINDS[key].fits(value):
            raise InputError(f"{place_of(path, text, f'{rule.name}.{key}')}: {key} must be {_KINDS[key].allowed}.")
    before = {**rule.values, "why": rule.why, "rests_on": rule.rests_on}
    after = {**before, **table}
    return replace(
        rule,
        values={key: after[key] for key in rule.values},
        why=after["why"],
        rests_on=after["rests_on"],
        changed=tuple(key for key in keys if after[key] != before[key]),
    )


def _unknown(path: Path, text: str, name: str, said: str, known: list[str]) -> InputError:
    """An error for a name that there is not, with those that there are."""
    near = difflib.get_close_matches(name.rpartition(".")[2], [each.rpartition(".")[2] for each in known], 1)
    meant = f" Is {near[0]} meant?" if near else ""
    return InputError(f"{place_of(path, text, name)}: {plain(said)}.{meant} There are: {', '.join(known)}.")
