"""What is released is what is in git: ``python .ci/check_release.py FOLDER`` with one sdist and one wheel in it.

The wheel holds every file of the four rooms under its installed name and nothing else, so data files are there and
test doubles are not; the sdist holds every file. Prints the size, and the files by folder.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).resolve().parents[1]


def in_git() -> set[str]:
    """Every file that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (PROJECT / name).exists()}


def as_installed(names: set[str]) -> set[str]:
    """The files of the rooms, under the names that pyproject gives them."""
    setup = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    rooms = setup["targets"]["wheel"]["sources"]
    parts = (name.partition("/") for name in names)
    return {f"{rooms[room]}/{rest}" for room, _, rest in parts if room in rooms}


def compare(what: Path, holds: set[str], expected: set[str]) -> bool:
    """Whether it holds what it should; prints what differs."""
    for name in sorted(holds ^ expected):
        print(f"{what.name}: {'not wanted' if name in holds else 'missing'}: {name}")
    return holds == expected


def main() -> int:
    """Check both; 1 if a file is missing or is too many."""
    folder = Path(sys.argv[1])
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    kept = in_git()
    with zipfile.ZipFile(wheel) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist() if ".dist-info/" not in each.filename}
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    right = compare(wheel, set(sizes), as_installed(kept)) & compare(sdist, packed, kept | {"PKG-INFO"})
    files, size = Counter[str](), Counter[str]()
    for name, bytes_ in sizes.items():
        place = "/".join(PurePosixPath(name).parts[:2]) if name.count("/") > 1 else "dowel"
        files[place] += 1
        size[place] += bytes_
    for packed_file in (wheel, sdist):
        print(f"{packed_file.name}: {packed_file.stat().st_size / 1e3:.0f} kB")
    for place in sorted(files):
        print(f"  {place:20s} {files[place]:4d} files {size[place] / 1e3:7.0f} kB")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
