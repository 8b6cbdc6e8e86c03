"""``python -m tests.supply``: whether what ``pyproject.toml`` says of other people's libraries is true.

``lowest``: the quick tests with the lowest versions that are allowed, of our direct dependencies.
``warnings``: the quick tests with every warning an error, on each Python that uv finds or can fetch.
``audit``: known weaknesses in what is installed (pip-audit), where its database can be reached.

Each in an environment of its own, which is kept under ``build/supply``. Needs uv; ``audit`` pip-audit. Folders of tests
may be named: ``python -m tests.supply lowest tests/recordings``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
PLACE: Final = PROJECT / "build" / "supply"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
NOT_REACHED: Final = "could not be audited"


def environment(name: str, python: str, *options: str) -> Path | None:
    """A Python with the project and its tests' extra; None where there is no such Python."""
    place = PLACE / name
    if not (place / "bin").exists() and _uv("venv", "--quiet", "--python", python, str(place)):
        return None
    # not editable: the folder of links belongs to whoever works here
    if _uv("pip", "install", "--quiet", *options, f"{PROJECT}[test]", of=place):
        return None
    return place / "bin" / "python"


def _uv(*arguments: str, of: Path | None = None) -> int:
    return subprocess.run(
        ["uv", *arguments], check=False, env={**os.environ, **({"VIRTUAL_ENV": str(of)} if of else {})}
    ).returncode


def quick_tests(python: Path, asked: Sequence[str], *options: str) -> int:
    """The quick tests with this Python, of what pytest is asked for; how they ended."""
    command = [str(python), *options, "-m", "pytest", "-q", "-m", "not slow", *asked]
    return subprocess.run(command, check=False, cwd=PROJECT).returncode


def lowest(folders: Sequence[str]) -> bool:
    """Whether the lowest versions will do."""
    python = environment("lowest", PYTHONS[0], "--resolution", "lowest-direct")
    # Old versions are warned of by new ones of what they need; that is no fault here.
    return python is not None and quick_tests(python, ["--override-ini=filterwarnings=", *folders]) == 0


def warnings(folders: Sequence[str]) -> bool:
    """Whether no warning comes, on any Python that can be had."""
    good = True
    for version in PYTHONS:
        python = environment(f"python-{version}", version)
        if python is None:
            print(f"Python {version} cannot be had here with all that is needed.")
            good = good and version != PYTHONS[0]
            continue
        print(f"\n=== Python {version}, warnings are errors", flush=True)
        good = quick_tests(python, folders, "-W", "error") == 0 and good
    return good


def audit(_: Sequence[str]) -> bool:
    """Whether nothing that is installed here is known to be weak. What cannot be asked is said, and is no fault."""
    ran = subprocess.run(["pip-audit", "--progress-spinner", "off"], check=False, capture_output=True, text=True)
    unasked = ran.stdout.count(NOT_REACHED)
    print(ran.stdout, ran.stderr, sep="\n")
    print(f"{unasked} packages could not be asked for: the database is not reached." if unasked else "All were asked.")
    return ran.returncode == 0 or "No known vulnerabilities" in ran.stderr


def main() -> int:
    """Ends with 1 where something is not true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["lowest", "warnings", "audit", "all"], default="all")
    parser.add_argument("folders", nargs="*", default=["tests"])
    wanted = parser.parse_args()
    for tool in ("uv", "pip-audit"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not there: pip install {tool}")
    checks = {"lowest": lowest, "warnings": warnings, "audit": audit}
    found = {name: check(wanted.folders) for name, check in checks.items() if wanted.what in (name, "all")}
    print(*(f"{name}: {'good' if good else 'NOT GOOD'}" for name, good in found.items()), sep="\n")
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
