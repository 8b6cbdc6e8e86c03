"""The program's version, which every row carries."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution
from typing import Final

DISTRIBUTION: Final = "dowel-rod"
"""What the program is called on the package index, where ``dowel`` is another project."""


@cache
def program_version() -> str:
    """Version of the installed program; if it is no release, with the commit: ``0.1.1.dev3+g1a2b3c4``.

    The commit was written when the program was built, so nothing asks git here. The code of an editable install may
    have moved on since; its version ends in ``editable``.
    """
    installed = distribution(DISTRIBUTION)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")  # written by pip, see PEP 610
    if not origin.get("dir_info", {}).get("editable"):
        return installed.version
    return f"{installed.version}{'.' if '+' in installed.version else '+'}editable"
