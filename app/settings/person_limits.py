"""Limits that are kept for a person on this computer: one TOML file, a table per person, to be edited by hand.

It lies in the user's data folder, beside the trims; ``DOWEL_DATA`` names another folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dowel.analysis.contact.given_limits import POINTS, GivenLimits
from dowel.recordings.errors import InputError, UsageError
from dowel.settings.toml_schema import UnreadableTomlError, read_toml
from dowel.settings.trims import DATA_VARIABLE, data_folder

EXAMPLE: Final = "rounding=12,arching=14"


def limits_path() -> Path:
    """Where they are kept."""
    return data_folder() / "limits.toml"


def limits_from(text: str) -> GivenLimits | None:
    """A coach's limits as they are given on a command line: ``rounding=12,arching=14``; None for an empty text.

    Raises ``UsageError``.
    """
    if not text:
        return None
    found: dict[str, float | str] = {"basis": "coach"}
    for part in text.split(","):
        name, _, value = (each.strip() for each in part.partition("="))
        if name not in POINTS:
            raise UsageError(f"--limits {text}: {name!r} is none of {', '.join(POINTS)}. Write them as in {EXAMPLE}.")
        if name in found:
            raise UsageError(f"--limits {text}: {name} is given twice. Give it once.")
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"--limits {text}: {value!r} is not a number of degrees, as in {EXAMPLE}.") from None
    try:
        return GivenLimits.from_json(found)
    except ValueError as error:
        raise UsageError(f"--limits {text}: {error}.") from None


def limits_of(person: str) -> GivenLimits | None:
    """The limits that are kept for a person; None for nobody, and where none are. Raises ``InputError``.

    Parameters
    ----------
    person
        The code.
    """
    if not person:
        return None
    path = limits_path()
    try:
        table = read_toml(path).table.get(person)
    except FileNotFoundError:
        return None
    except UnreadableTomlError as error:
        raise InputError(f"{error.what} {error.to_do}".strip()) from error
    if table is None:
        return None
    try:
        if not isinstance(table, dict):
            raise ValueError("it is not a table")
        return GivenLimits.from_json(table)
    except ValueError as error:
        raise InputError(
            f"{path}: the limits of {person} cannot be used: {error}. Correct them, or take them out."
        ) from None


def keep_limits(person: str, given: GivenLimits) -> Path:
    """Keep a person's limits in place of older ones; everybody else's stay. Returns the file. Raises ``InputError``."""
    import tomlkit

    from dowel.text.atomic_write import write_own

    path = limits_path()
    try:
        document = tomlkit.parse(read_toml(path).text)
    except FileNotFoundError:
        document = tomlkit.document()
        document.add(
            tomlkit.comment("Limits that dowel keeps for a person, in degrees. Take a table out to be rid of it.")
        )
    except UnreadableTomlError as error:
        raise InputError(f"{error.what} {error.to_do}".strip()) from error
    document[person] = given.to_json()
    write_own(path, tomlkit.dumps(document), f"Set {DATA_VARIABLE} to another folder.")
    return path
