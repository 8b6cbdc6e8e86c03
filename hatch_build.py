"""What an editable install puts on the path: the package ``dowel`` as a folder of links to the rooms.

Python, type checkers and editors then find the same files, and new ones at once. Only a new folder directly in
``app/`` needs another ``pip install -e``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableLinks(BuildHookInterface):
    """Makes ``build/editable/dowel``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Link all that lies in ``app/``, and the other rooms beside it. ``SystemExit`` where no links are allowed."""
        if version != "editable":
            return
        root = Path(self.root)
        package = root / "build" / "editable" / "dowel"
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir(parents=True)
        try:
            for room in [*(root / "app").iterdir(), *(root / name for name in ("analysis", "recordings", "sensors"))]:
                (package / room.name).symlink_to(room, target_is_directory=room.is_dir())
        except OSError as error:
            raise SystemExit(
                f"{package}: no link can be made ({error}). On Windows switch on the developer mode, or install "
                "without -e."
            ) from error
