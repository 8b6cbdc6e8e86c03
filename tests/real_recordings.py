"""Where the recordings of real people are."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("DOWEL_REAL", Path(__file__).parents[2] / "shared" / "real"))
"""``DOWEL_REAL``, or beside the project; it may be absent."""
