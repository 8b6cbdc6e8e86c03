"""What a person has chosen for all their practices: one TOML file that can be read and edited by hand.

It lies in the user's folder for settings; ``DOWEL_CONFIG`` names another file. What cannot be understood is told and
the default is used instead; it is never written over.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from platformdirs import user_config_path

from dowel.recordings.errors import InputError, UsageError
from dowel.settings.cue_mode import CueMode
from dowel.settings.toml_schema import (
    YES_OR_NO,
    Kind,
    Mistake,
    TomlFile,
    UnreadableTomlError,
    damaged,
    number,
    read_toml,
    table_named,
)
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

CONFIG_VARIABLE: Final = "DOWEL_CONFIG"
LONGEST_DELAY_S: Final = 2.0
"""A tone that begins later than this belongs to another part of the rep."""
LONGEST_REPEAT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class CuePreferences:
    """How cues are wanted. ``mode`` None: decided by the load and the tempo of each set.

    ``volume`` 0 to 1. ``delay_s``: the tone waits so much longer. ``repeat_s``: a lost contact is told again after so
    long, 0 for never. The others say which cues there are.
    """

    mode: CueMode | None = None
    volume: float = 0.6
    delay_s: float = 0.0
    repeat_s: float = 2.0
    tone: bool = True
    contact: bool = True
    tick: bool = True
    summary: bool = True
    spoken: bool = False
    vibration: bool = True


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that is chosen once.

    ``page``: whether a practice serves the live page. ``report``: whether it leaves its report as a page. ``coach`` and
    ``logo`` (a file) stand at the head of reports.
    """

    page: bool = True
    report: bool = True
    coach: str = ""
    logo: str = ""
    cues: CuePreferences = field(default_factory=CuePreferences)


@dataclass(frozen=True, slots=True)
class PreferencesRead:
    """What the file at ``path`` says, and sentences about what in it could not be understood."""

    path: Path
    preferences: Preferences
    problems: tuple[str, ...] = ()


def preferences_path() -> Path:
    """Where the preferences are kept."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else user_config_path("dowel", appauthor=False) / "config.toml"


def read_preferences() -> PreferencesRead:
    """The preferences; defaults where there is no file, or where it cannot be understood. Raises nothing."""
    path = preferences_path()
    try:
        file = read_toml(path)
    except FileNotFoundError:
        return PreferencesRead(path, Preferences())
    except UnreadableTomlError as error:
        return PreferencesRead(path, Preferences(), (f"{error.what} Defaults are used.",))
    problems: list[str] = []
    own = _understood({**_kinds(_OWN), "cues": table_named("cues")}, file.table, "", file, problems)
    cues = _understood(_kinds(_CUES), own.pop("cues", {}), "cues", file, problems)
    return PreferencesRead(path, Preferences(**own, cues=CuePreferences(**cues)), tuple(problems))


def with_choice(cues: CuePreferences, choice: Mapping[str, object]) -> CuePreferences:
    """These preferences with some of them changed, by name. ``UsageError`` says what a value must be."""
    understood = {}
    for name, value in choice.items():
        if name not in _CUES:
            raise UsageError(f"There is no choice {plain(name)} for cues.")
        try:
            understood[name] = _CUES[name].kind.understood(value)
        except ValueError:
            raise UsageError(f"{name} must be {_CUES[name].kind.allowed}.") from None
    return replace(cues, **understood)


def write_preferences(preferences: Preferences) -> Path:
    """Keep preferences; returns the file. Only the lines that change are written, everything else in it stays.

    The file is replaced whole. ``InputError`` where it is damaged or cannot be written.
    """
    from dowel.text.atomic_write import write_own

    document, path = _document()
    now = read_preferences().preferences
    for name, value in _changed(_OWN, now, preferences):
        document[name] = value
    changed_cues = list(_changed(_CUES, now.cues, preferences.cues))
    if changed_cues and not isinstance(document.get("cues", {}), Mapping):
        raise InputError(f"{path}: cues must be a table, [cues]. Correct it, or move the file away.")
    for name, value in changed_cues:
        document.setdefault("cues", {})[name] = value
    write_own(path, document.as_string(), f"Set {CONFIG_VARIABLE} to another file.")
    return path


# --- what is in the file ---


@dataclass(frozen=True, slots=True)
class _Setting:
    """One line of the file: the comment above it, and what may stand there."""

    comment: str
    kind: Kind


def _mode(value: object) -> CueMode | None:
    if not isinstance(value, str):
        raise ValueError
    return CueMode(value) if value else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


_OWN: Final[Mapping[str, _Setting]] = {
    "page": _Setting("Serve the live page with each practice.", YES_OR_NO),
    "report": _Setting("Write the report as a page beside the session when a practice ends.", YES_OR_NO),
    "coach": _Setting('Your name, at the head of reports; "" = none.', Kind("a text", _text)),
    "logo": _Setting('A PNG or SVG file, at the head of reports; "" = none.', Kind("a text", _text)),
}
_CUES: Final[Mapping[str, _Setting]] = {
    "mode": _Setting(
        'When cues sound: "live" (while you move), "rep" (after a rep that lost contact), "off".\n'
        '"" = live without a load, rep with one and in fast sets.',
        Kind('"", "off", "rep" or "live"', _mode),
    ),
    "volume": _Setting("Loudness of the sounds, from 0 to 1.", number(0.0, 1.0)),
    "delay_s": _Setting(
        "The tone waits so many seconds longer before it begins.",
        number(0.0, LONGEST_DELAY_S),
    ),
    "repeat_s": _Setting(
        "A contact that stays lost is announced again after so many seconds; 0 = never.",
        number(0.0, LONGEST_REPEAT_S),
    ),
    "tone": _Setting("The tone that rises as you come near the limit.", YES_OR_NO),
    "contact": _Setting("The sound for a lost contact, and for a rep that lost it.", YES_OR_NO),
    "tick": _Setting("A tick for each rep that is counted.", YES_OR_NO),
    "summary": _Setting("Say at the end of a set how it was.", YES_OR_NO),
    "spoken": _Setting(
        "Speak each rep's number, the point that was lost, the summary and what is next; never over a sound.",
        YES_OR_NO,
    ),
    "vibration": _Setting("Vibrate at a lost contact, on a phone that shows the live page.", YES_OR_NO),
}
_HEAD: Final = (
    "What you have chosen for your practices with dowel. Edit it as you like; dowel writes only the lines that you",
    "change with a key or on the page, and keeps the rest. Without this file the defaults apply.",
)


def _kinds(settings: Mapping[str, _Setting]) -> dict[str, Kind]:
    return {name: setting.kind for name, setting in settings.items()}


def _understood(
    schema: Mapping[str, Kind], of: Mapping[str, object], section: str, file: TomlFile, problems: list[str]
) -> dict[str, Any]:
    """The settings of one table that are there and can be understood; adds sentences about the others."""
    found: dict[str, Any] = {}
    for name, value in file.settings(section, of, schema):
        if not isinstance(value, Mistake):
            found[name] = value
        elif value.allowed:
            instead = "Defaults are used." if name == "cues" else "The default is used."
            problems.append(f"{value.sentence} {instead}")
        else:
            problems.append(
                f"{value.where}: dowel knows no setting {plain(name)}, and leaves it as it is.{value.meant}"
            )
    return found


def _document() -> tuple[TOMLDocument, Path]:
    """The file to be changed, or a new one with all settings and what they mean."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = preferences_path()
    try:
        return tomlkit.parse(read_toml(path).text), path  # read_toml names the line of every mistake
    except FileNotFoundError:
        return _new_document(), path
    except UnreadableTomlError as error:
        raise InputError(f"{error.what} {error.to_do}".strip()) from error
    except (TOMLKitError, RecursionError) as error:
        raise InputError(damaged(path, error)) from error


def _new_document() -> TOMLDocument:
    import tomlkit

    document, cues, defaults = tomlkit.document(), tomlkit.table(), Preferences()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    for table, settings, values in ((document, _OWN, defaults), (cues, _CUES, defaults.cues)):
        for name, setting in settings.items():
            if table is document:
                table.add(tomlkit.nl())
            for line in setting.comment.splitlines():
                table.add(tomlkit.comment(line))
            table.add(name, _value(getattr(values, name)))
    document.add(tomlkit.nl())
    document.add("cues", cues)
    return document


def _value(value: object) -> Any:
    """A value as it stands in the file."""
    if value is None:
        return ""
    return round(value, 3) if isinstance(value, float) else str(value) if isinstance(value, CueMode) else value


def _changed(settings: Mapping[str, _Setting], before: object, after: object) -> Iterator[tuple[str, Any]]:
    for name, setting in settings.items():
        value = getattr(after, name)
        if value == getattr(before, name):
            continue
        try:
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError
            yield name, _value(setting.kind.understood("" if value is None else value))
        except ValueError:
            raise InputError(f"{name} must be {setting.kind.allowed}.") from None
