"""The trims of this computer's sensors: one small JSON file, kept by address.

A trim belongs to a sensor, not to a session: it is made once, and each session that uses it keeps its own copy in the
sensor's settings. The file lies in the user's data folder; ``DOWEL_DATA`` names another folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from dowel.recordings.errors import InputError
from dowel.recordings.ordinary_file import read_ordinary
from dowel.sensors.stream.accelerometer_calibration import Trim
from dowel.settings.toml_schema import finite

DATA_VARIABLE: Final = "DOWEL_DATA"
MOST_BYTES: Final = 2**20
"""Of two thousand sensors."""
_FORMAT: Final = 1  # of the file; raised when an older program could misread it


@dataclass(frozen=True, slots=True)
class KeptTrim:
    """A trim, the driver that read the sensor, and the day it was made."""

    trim: Trim
    driver: str
    made_on: str


def data_folder() -> Path:
    """Where what belongs to this computer is kept."""
    folder = os.environ.get(DATA_VARIABLE)
    return Path(folder) if folder else user_data_path("dowel", appauthor=False)


def trims_path() -> Path:
    """Where the trims are kept."""
    return data_folder() / "trims.json"


def trim_for(address: str) -> Trim | None:
    """The trim of the sensor with this address; ``InputError`` when the file is damaged."""
    kept = kept_trims().get(_key(address))
    return kept.trim if kept else None


def kept_trims() -> dict[str, KeptTrim]:
    """All trims by address (upper case); ``InputError`` when the file is damaged."""
    path = trims_path()
    try:
        text = read_ordinary(path, MOST_BYTES).decode()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error
    try:
        contents = json.loads(text)
        if contents["format"] != _FORMAT:
            raise InputError(f"{path} was written by a newer dowel. Update dowel, or move the file away.")
        return {_key(address): _kept(entry) for address, entry in contents["trims"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(path, error) from error


def keep_trim(address: str, driver: str, trim: Trim) -> Path:
    """Keep a sensor's trim in place of its older one; the other sensors' stay. Returns the file.

    The file is replaced whole. ``InputError`` when it is damaged or cannot be written.
    """
    from dowel.text.atomic_write import write_own

    path = trims_path()
    kept = {**kept_trims(), _key(address): KeptTrim(trim, driver, date.today().isoformat())}
    trims = {each: _entry(kept[each]) for each in sorted(kept)}
    text = json.dumps({"format": _FORMAT, "trims": trims}, indent=1, ensure_ascii=False) + "\n"
    write_own(path, text, f"Set {DATA_VARIABLE} to another folder.")
    return path


def _key(address: str) -> str:
    return address.upper()


def _entry(kept: KeptTrim) -> dict[str, Any]:
    return {
        "made_on": kept.made_on,
        "driver": kept.driver,
        **kept.trim.settings(),
        "before_m_s2": kept.trim.before_m_s2,
        "residual_m_s2": kept.trim.residual_m_s2,
    }


def _kept(entry: Mapping[str, Any]) -> KeptTrim:
    """One sensor's entry; ``ValueError`` and its like for what is none."""
    x, y, z = (finite(value) for value in entry["acc_offset_m_s2"])
    scale_x, scale_y, scale_z = (finite(value) for value in entry["acc_scale"])
    trim = Trim((x, y, z), (scale_x, scale_y, scale_z), finite(entry["before_m_s2"]), finite(entry["residual_m_s2"]))
    return KeptTrim(trim, str(entry["driver"]), str(entry["made_on"]))


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path}, which holds the trims of your sensors, cannot be read ({type(error).__name__}: {error}). "
        "Move it away and run 'dowel trim' again for each sensor."
    )
