"""``python -m tests.supply``: whether what ``pyproject.toml`` says of other people's libraries is true.

``lowest``: the quick tests with the lowest versions that are allowed, of our direct dependencies.
``warnings``: the quick tests with every warning an error, on each Python that uv finds or can fetch.
``audit``: known weaknesses in all that Dowel and its tests install (pip-audit), where its database can be reached.

Each in an environment of its own, which is kept under ``build/supply``. Needs uv; ``audit`` pip-audit. Folders of tests
may be named: ``python -m tests.supply lowest tests/recordings``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
PLACE: Final = PROJECT / "build" / "supply"
OURS: Final = "dowel-rod"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


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


def audit(_: Sequence[str]) -> bool | None:
    """Whether nothing that Dowel and its tests install is known to be weak; None where nobody could be asked."""
    python = environment("audit", PYTHONS[0])
    if python is None:
        return False
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return nothing_weak(Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()))


def nothing_weak(installed: Path) -> bool | None:
    """Whether nothing in this folder of packages is known to be weak; None where the database is not reached."""
    command = ["pip-audit", "--progress-spinner", "off", "--format", "json", "--path", str(installed)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        listed = json.loads(ran.stdout)["dependencies"]
    except ValueError:  # it ended before it told anything
        print(f"The database is not reached: {' '.join(ran.stderr.splitlines()[-1:])}")
        return None
    told = [each for each in listed if each["name"] != OURS]
    asked = [each for each in told if "vulns" in each]
    weak = [each for each in asked if each["vulns"]]
    for each in weak:
        for known in each["vulns"]:
            mended = ", ".join(known["fix_versions"]) or "no version"
            print(f"{each['name']} {each['version']}: {known['id']}, mended in {mended}")
    unasked = [each["name"] for each in told if "vulns" not in each]
    if not asked:
        print(f"The database is not reached: it knows none of {len(told)} packages.")
        return None
    print(f"Asked for {len(asked)} packages, {len(weak)} weak; not to be asked for: {', '.join(unasked) or 'none'}.")
    return not weak


def main() -> int:
    """Ends with 1 where something is not true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["lowest", "warnings", "audit", "all"], default="all")
    parser.add_argument("folders", nargs="*", default=["tests"])
    wanted = parser.parse_args()
    for tool in ("uv", "pip-audit"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not there: pip install {tool}")
    checks: dict[str, Callable[[Sequence[str]], bool | None]] = {"lowest": lowest, "warnings": warnings, "audit": audit}
    found = {name: check(wanted.folders) for name, check in checks.items() if wanted.what in (name, "all")}
    words = {True: "good", False: "NOT GOOD", None: "not known"}
    print(*(f"{name}: {words[good]}" for name, good in found.items()), sep="\n")
    return 1 if False in found.values() else 0


if __name__ == "__main__":
    sys.exit(main())
