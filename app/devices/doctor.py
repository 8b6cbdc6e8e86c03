"""What this computer lacks for a live practice, and how to fix it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rich.console import Console

from dowel.cues.speaker import NoSpeaker, default_device
from dowel.recordings.errors import DowelError
from dowel.sensors.ble import Radio, scan
from dowel.session.results_cache import cache_bytes, cache_path
from dowel.settings.preferences import read_preferences
from dowel.settings.privacy import private_words
from dowel.settings.trims import kept_trims
from dowel.settings.version import DISTRIBUTION, program_version
from dowel.web.network import addresses

LISTEN_S: Final = 1.0
"""Long enough for the system to say what is wrong; what is in range is the business of dowel scan."""
FREE_MB: Final = 200.0
"""An hour of two sensors is 20 to 40 MB; this is a week of practice."""
SMALLEST_TERMINAL: Final = (80, 24)
"""The live view is laid out for this (app/display/terminal_drawing.py); below it shows less."""
FOR_PHONES: Final = ("cryptography", "httpx", "segno")
"""The modules of the extra ``phone``."""
OLDEST_BLUEZ: Final = (5, 55)
"""What bleak asks for (its documentation, "Linux backend")."""


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ``note`` is worth knowing, with ``missing`` there is no live practice."""

    name: str
    state: State
    sentence: str


async def checks(radio: Radio, out: Console, folder: Path) -> list[Check]:
    """Look at everything that a live practice uses; sessions are kept in ``folder``. Raises nothing."""
    return [
        Check("program", State.OK, f"dowel {program_version()}, Python {platform.python_version()}"),
        Check("system", State.OK, platform.platform()),
        await _bluetooth(radio),
        *_bluez(),
        _folder(folder),
        *_privacy(folder),
        _trims(),
        _terminal(out),
        _bell(out),
        _speaker(),
        _browser(),
        _phones(),
        _preferences(),
        _cache(),
        _simulation(),
    ]


def can_practise(looked_at: list[Check]) -> bool:
    """Whether nothing is missing."""
    return all(check.state is not State.MISSING for check in looked_at)


async def _bluetooth(radio: Radio) -> Check:
    try:
        heard = await scan(radio, LISTEN_S)
    except DowelError as error:
        return Check("Bluetooth", State.MISSING, str(error))
    sensors = sum(found.driver is not None for found in heard)
    return Check(
        "Bluetooth",
        State.OK,
        f"it is on and may be used; {len(heard)} device{'' if len(heard) == 1 else 's'} heard within {LISTEN_S:g} s, "
        f"{sensors} of them sensor{'' if sensors == 1 else 's'}",
    )


def _bluez() -> Iterator[Check]:
    """Linux only: the version of the system's Bluetooth service."""
    program = shutil.which("bluetoothctl")
    if sys.platform != "linux" or program is None:
        return
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=3.0, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None:
        return
    version = (int(found[1]), int(found[2]))
    if version < OLDEST_BLUEZ:
        oldest = ".".join(map(str, OLDEST_BLUEZ))
        yield Check("BlueZ", State.NOTE, f"{found[0]} is older than {oldest}; update it if sensors cannot be connected")
    else:
        yield Check("BlueZ", State.OK, found[0])


def _folder(folder: Path) -> Check:
    name = "sessions"
    there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    try:
        free_mb = shutil.disk_usage(there).free / 1e6
    except OSError as error:
        return Check(name, State.MISSING, f"{there}: {error.strerror or error}. Say where to record with --out FILE.")
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check(
            name, State.MISSING, f"{there} cannot be written. Give yourself access, or say where to record with --out."
        )
    if free_mb < FREE_MB:
        return Check(
            name, State.MISSING, f"{folder}: only {free_mb:.0f} MB are free. Make room, or record elsewhere with --out."
        )
    return Check(name, State.OK, f"{folder}, {free_mb / 1e3:.1f} GB free")


def _privacy(folder: Path) -> Iterator[Check]:
    """Recordings made before files were kept to their owner."""
    if readable := private_words(folder):
        yield Check("privacy", State.NOTE, readable)


def _trims() -> Check:
    try:
        count = len(kept_trims())
    except DowelError as error:
        return Check("trims", State.MISSING, str(error))
    if not count:
        return Check(
            "trims", State.NOTE, "no sensor is trimmed yet; dowel trim makes angles more certain, in a minute each"
        )
    return Check("trims", State.OK, f"{count} sensor{'' if count == 1 else 's'} trimmed")


def _terminal(out: Console) -> Check:
    if not out.is_terminal:
        return Check("terminal", State.NOTE, "the output is not a terminal: practice prints lines, without a live view")
    columns, rows = out.size
    size = f"{columns} columns, {rows} rows"
    if columns < SMALLEST_TERMINAL[0] or rows < SMALLEST_TERMINAL[1]:
        wanted = " x ".join(map(str, SMALLEST_TERMINAL))
        return Check("terminal", State.NOTE, f"{size}; enlarge it to {wanted} to see all of the live view")
    return Check("terminal", State.OK, f"{size}, {'with' if out.color_system else 'without'} colour")


def _bell(out: Console) -> Check:
    """Prompts, and cues where there is no speaker; only the person can tell whether it sounds."""
    if not out.is_terminal:
        return Check("bell", State.NOTE, "the output is not a terminal, and so has no bell")
    out.bell()
    return Check("bell", State.OK, "rung just now; if you did not hear it, allow it in the terminal's settings")


def _speaker() -> Check:
    """What cues are played on; nothing is played here, as somebody may be wearing headphones."""
    try:
        device = default_device()
    except NoSpeaker as problem:
        return Check("sound", State.NOTE, f"cues are only the terminal's bell. {problem}")
    return Check("sound", State.OK, f"cues are played on {device.name}, {device.rate_hz / 1e3:g} kHz")


def _browser() -> Check:
    """What the live page is looked at with; it is not opened here."""
    import webbrowser

    try:
        name = webbrowser.get().name
    except webbrowser.Error:
        told = "none is known here; open the live page's address in one, or from another device with --host"
        return Check("browser", State.NOTE, told)
    return Check("browser", State.OK, f"{name}, for the live page")


def _phones() -> Check:
    """What phones need, as a second screen or as a sensor."""
    lacking = [name for name in FOR_PHONES if find_spec(name) is None]
    if lacking:
        how = "Only phones need it: pip install 'dowel-rod[phone]'."
        return Check(
            "phones", State.NOTE, f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed. {how}"
        )
    found = addresses()
    if not found:
        return Check("phones", State.NOTE, "this computer is in no network through which a phone could reach it")
    return Check("phones", State.OK, f"they reach this computer with --host {found[0]}")


def _preferences() -> Check:
    read = read_preferences()
    if read.problems:
        return Check("choices", State.NOTE, " ".join(read.problems))
    there = read.path.exists()
    return Check("choices", State.OK, f"{read.path}{'' if there else ' does not exist yet: the defaults apply'}")


def _cache() -> Check:
    size = f"{cache_bytes() / 2**20:.1f} MB" if cache_bytes() else "nothing is in it"
    return Check("cache", State.OK, f"{cache_path()}: {size} of results of sessions; deleting it is always safe")


def _simulation() -> Check:
    """Whether ``--simulate`` works: the extra must have the exact version that the simulated link was made for."""
    name, how = "simulation", "Only --simulate and the demo need it: pip install 'dowel-rod[simulate]'."
    wanted = next((found[1] for each in metadata.requires(DISTRIBUTION) or [] if (found := _BUMBLE.match(each))), "")
    try:
        have = metadata.version("bumble")
    except metadata.PackageNotFoundError:
        return Check(name, State.NOTE, f"bumble {wanted} is not installed. {how}")
    if have != wanted:
        return Check(name, State.NOTE, f"bumble {have} is installed, {wanted} is needed. {how}")
    return Check(name, State.OK, f"bumble {have}")


_BUMBLE: Final = re.compile(r"bumble\s*==\s*([\w.]+)")
