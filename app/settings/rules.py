"""The rules of the method: ``rules.toml``, which a coach can change in a file of their own.

Each table of the file is a rule with a name, its numbers, why it is so, and what that rests on. ``dowel history``
decides by them; the advice of a practice and of a report takes its own from :func:`advice_rules`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dowel.analysis.drills.method import IN_FILE, RULES, WALL_FULL_SHARE
from dowel.analysis.drills.method import Rules as AdviceRules
from dowel.recordings.errors import InputError
from dowel.settings.toml_schema import (
    TEXT,
    YES_OR_NO,
    Kind,
    Mistake,
    TomlFile,
    UnreadableTomlError,
    number,
    read_toml,
    some_of,
    whole,
)
from dowel.text.sanitise import plain

JUDGEMENT: Final = "judgement alone"  # sources#stage-rules
"""What ``rests_on`` says where no measurement and no source stands behind a rule."""
REASONS: Final = ("why", "rests_on")
"""Keys of a rule that are no numbers of it."""
ADVICE_ONLY: Final = "advice."
"""Rules whose names begin so are those of the advice alone: history decides nothing by them."""


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

    def of_history(self) -> Iterator[Rule]:
        """Those by which history decides."""
        return (rule for rule in self if not rule.name.startswith(ADVICE_ONLY))


def read_rules(path: Path | None = None) -> Rules:
    """The rules in force: those that come with the program, changed as the file at ``path`` says.

    Raises ``InputError`` with the line for whatever in the file cannot be.
    """
    shipped = tomllib.loads(_shipped())
    named = ((f"{group}.{name}", table) for group, tables in shipped.items() for name, table in tables.items())
    rules = {name: _rule(name, table) for name, table in named}
    if path is None:
        return Rules(rules)
    file = _read(path)
    for group, tables in file.table.items():
        known = [rule for rule in rules if rule.startswith(f"{group}.")]
        if not known:
            raise _unknown(file.unknown(group, shipped), f"there are no rules {group}", shipped)
        if not isinstance(tables, Mapping):
            raise InputError(f"{file.where(group)}: write a rule as a table, for example [{known[0]}].")
        for name, table in tables.items():
            whole_name = f"{group}.{name}"
            if whole_name not in rules:
                mistake = file.unknown(whole_name, [each.partition(".")[2] for each in known])
                raise _unknown(mistake, f"there is no rule {whole_name}", known)
            rules[whole_name] = _changed(rules[whole_name], table, file)
    for key in ("sets", "reps"):
        least, most = (rules["stick.sets"].whole(each) for each in (key, f"most_{key}"))
        if most < least:
            where = file.where("stick.sets")
            raise InputError(f"{where}: most_{key} ({most}) must not be smaller than {key} ({least}).")
    return Rules(rules, path)


def advice_rules(rules: Rules) -> AdviceRules:
    """The rules as the analysis takes them, for the advice at the end of a set and in a report."""
    found = {}
    for field, place in IN_FILE.items():
        name, _, key = place.name.rpartition(".")
        found[field] = type(getattr(RULES, field))(rules[name].values[key])
    return AdviceRules(**found)


def rules_text(rules: Rules) -> str:
    """The rules in force as a file that ``read_rules`` reads, with their reasons."""
    import tomlkit

    document: Any = tomlkit.parse(_shipped())
    for rule in rules:
        group, _, name = rule.name.partition(".")
        for key in rule.changed:
            document[group][name][key] = {**rule.values, "why": rule.why, "rests_on": rule.rests_on}[key]
    return str(document.as_string())


# ------------------------------------------------------------------------------------------------ what may stand there


def _of_the_advice() -> Iterator[tuple[str, Kind]]:
    """By its whole name each number that the advice takes too; the analysis says what it may be."""
    for field, (name, least, most) in IN_FILE.items():
        is_whole = isinstance(getattr(RULES, field), int)
        yield name, whole(int(least), int(most)) if is_whole else number(least, most)


CALIBRATIONS: Final = ("rod", "rod+spacer", "stance")
_SCHEMA: Final[Mapping[str, Kind]] = {
    "unpractised": YES_OR_NO,
    "both_sides": YES_OR_NO,
    "days": whole(1, 100),
    "sets": whole(1, 20),
    "reps": whole(1, 100),
    "lost": whole(0, 100),
    "warned": whole(0, 100),
    "no_tap": whole(0, 100),
    "unsure_tap": whole(0, 100),
    "squats": whole(0, 100),
    "wall_share": number(0.0, WALL_FULL_SHARE),  # farther a person would fall
    "about_pct": number(0.0, 100.0),  # never below 0: no rule asks for more load
    "calibrations": some_of(CALIBRATIONS),
    "why": TEXT,
    "rests_on": TEXT,
    **dict(_of_the_advice()),
}
"""What may stand in a rule, by key; by its whole name where the advice takes it too."""


@cache
def _shipped() -> str:
    return files("dowel.settings").joinpath("rules.toml").read_text(encoding="utf-8")


def _rule(name: str, table: Mapping[str, Any]) -> Rule:
    values = {key: value for key, value in table.items() if key not in REASONS}
    return Rule(name, values, str(table["why"]), str(table["rests_on"]))


def _read(path: Path) -> TomlFile:
    try:
        return read_toml(path)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}. Give a file of rules, or leave out --rules.") from error
    except UnreadableTomlError as error:
        raise InputError(f"{error.what} {error.to_do}".strip()) from error


def _changed(rule: Rule, table: object, file: TomlFile) -> Rule:
    """A rule as the coach's table changes it."""
    if not isinstance(table, Mapping):
        raise InputError(f"{file.where(rule.name)}: write the rule as a table, [{rule.name}].")
    before = {**rule.values, "why": rule.why, "rests_on": rule.rests_on}
    schema = {key: _SCHEMA.get(f"{rule.name}.{key}") or _SCHEMA[key] for key in before}
    for key, value in file.settings(rule.name, table, schema):
        if isinstance(value, Mistake):
            if value.allowed:
                raise InputError(value.sentence)
            raise _unknown(value, f"the rule {rule.name} has no {key}", schema)
    after = {**before, **table}
    return replace(
        rule,
        values={key: after[key] for key in rule.values},
        why=after["why"],
        rests_on=after["rests_on"],
        changed=tuple(key for key in before if after[key] != before[key]),
    )


def _unknown(mistake: Mistake, said: str, known: Mapping[str, object] | list[str]) -> InputError:
    """An error for a name that there is not, with those that there are."""
    return InputError(f"{mistake.where}: {plain(said)}.{mistake.meant} There are: {', '.join(known)}.")
