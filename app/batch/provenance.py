"""How a table came about: what made it, of which bytes, with which settings, when."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dowel.batch.many import Done
from dowel.session.results_cache import LIBRARIES, code_digest
from dowel.settings.version import program_version


def provenance(done: Done, settings: Mapping[str, Any], outputs: Iterable[Path], began: datetime) -> str:
    """The provenance as JSON.

    Of the computer it says the system and the kind of processor, as digits may depend on them, and nothing that names
    it or its owner; places of sessions stand in it as they were named.
    """
    told = program_version()
    commit = told.partition("+g")[2].partition(".")[0]
    pairs = zip(done.inputs, done.outcomes, strict=True)
    content = {
        "program": {"name": "dowel", "version": told, "commit": commit or None, "code_sha256": code_digest()},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "settings": dict(settings),
        "began_at": began.isoformat(timespec="seconds"),
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": {path.name: _sha256(path) for path in outputs},
        "sessions": [
            {
                "input": which.name,
                "sha256": dict(outcome.digests),
                "reps": None if outcome.problem else len(outcome.rows.rep_rows),
                **({"problem": outcome.problem} if outcome.problem else {}),
            }
            for which, outcome in pairs
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
