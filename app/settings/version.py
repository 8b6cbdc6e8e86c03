"""The program's version, which every row carries."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "dowel-rod"
"""What the program is called on the package index, where ``dowel`` is another project."""
_BEGINNING: Final = f"{DISTRIBUTION.replace('-', '_')}-"
_ENDING: Final = ".dist-info"


@cache
def program_version() -> str:
    """Version of the installed program; if it is no release, with the commit: ``0.1.1.dev3+g1a2b3c4``.

    The commit was written when the program was built, so nothing asks git here. The code of an editable install may
    have moved on since; its version ends in ``editable``.

    Raises
    ------
    RuntimeError
        Where the program runs without having been installed.
    """
    installed = _installed()
    version = installed.name.removeprefix(_BEGINNING).removesuffix(_ENDING)
    origin = installed / "direct_url.json"  # written by pip, see PEP 610
    if not origin.exists() or not json.loads(origin.read_text(encoding="utf-8")).get("dir_info", {}).get("editable"):
        return version
    return f"{version}{'.' if '+' in version else '+'}editable"


def _installed() -> Path:
    """The folder that tells of the installation, with the version in its name (PEP 427).

    ``importlib.metadata`` finds the same, and loads mail and archives for it: a fortieth of a short report.
    """
    for place in sys.path:
        with suppress(OSError):
            for folder in Path(place).glob(f"{_BEGINNING}*{_ENDING}"):
                return folder
    raise RuntimeError("Dowel is not installed: pip install . in its folder installs it.")
