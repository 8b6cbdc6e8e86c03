"""A copy of the project in which code is broken, and the process that runs tests in it."""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Self

from tests.mutation.mutants import SOURCES, Mutant

TESTS: Final = {
    "analysis": "tests/analysis",
    "recordings": "tests/recordings",
    "sensors/stream": "tests/sensors/stream",
    "sensors/drivers": "tests/sensors/drivers",
    "app/web/access.py": "tests/app/web/test_access.py",
}
"""By room, its tests."""
PATIENCE_S: Final = 1800.0
"""For tests that wait for ever; what computes for ever is ended by the CPU that it takes."""


class Workshop:
    """Used in a ``with``, at whose end the worker ends and the copy goes; several can be used at once."""

    def __init__(self, project: Path, where: Path) -> None:
        self._project = project
        self._folder = tempfile.TemporaryDirectory(prefix="copy-", dir=where)
        self._copy = Path(self._folder.name)
        self._seconds: dict[str, float] = {}
        self._measured: set[str] = set()

    def __enter__(self) -> Self:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=self._project, check=True, capture_output=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (self._project / name).is_file():
                (self._copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._project / name, self._copy / name)
        package = self._copy / "build" / "editable" / "dowel"
        package.mkdir(parents=True)
        for room in (*(self._copy / "app").iterdir(), *map(self._copy.joinpath, ("analysis", "recordings", "sensors"))):
            (package / room.name).symlink_to(room, target_is_directory=room.is_dir())
        # By content: a mutant may have the size of what it was, and the second in which it was written.
        by_content = py_compile.PycInvalidationMode.CHECKED_HASH
        for source in map(self._copy.joinpath, SOURCES):
            compiled = compileall.compile_file if source.is_file() else compileall.compile_dir
            compiled(source, quiet=1, invalidation_mode=by_content)
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.worker"],
            cwd=self._copy,
            env={**os.environ, "PYTHONPATH": str(package.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.communicate()
        self._folder.cleanup()

    def killer_of(self, mutant: Mutant) -> str:
        """The first test that fails with the mutant; empty where none does."""
        for tests in self._stages(mutant.path):
            if tests not in self._measured:
                self._measure(tests)
            path = self._copy / mutant.path
            if path.read_text(encoding="utf-8") != mutant.before:
                raise SystemExit(f"{mutant.path} was changed while the copy was made. Begin again.")
            path.write_text(mutant.text, encoding="utf-8")
            try:
                failed = self._answer(tests)["failed"]
            finally:
                path.write_text(mutant.before, encoding="utf-8")
            if failed:
                return str(failed)
        return ""

    def _stages(self, path: str) -> list[tuple[str, ...]]:
        """What runs one after the other: the tests of the file, of its folder, of its room."""
        room = next(tests for source, tests in TESTS.items() if path.startswith(source))
        mirror = Path("tests", path)
        places = [mirror.with_name(f"test_{mirror.name}"), mirror.parent, Path(room)]
        stages, done = [], set()
        for place in places:
            if place.is_relative_to(room) and (self._copy / place).exists():
                whole = self._copy / place
                found = {whole} if whole.is_file() else set(whole.rglob("test_*.py"))
                stages.append(tuple(sorted(each.relative_to(self._copy).as_posix() for each in found - done)))
                done |= found
        return [stage for stage in stages if stage]

    def _measure(self, tests: tuple[str, ...]) -> None:
        """Run them without a mutant. ``SystemExit`` where one fails then, because nothing could be told by them."""
        answer = self._answer(tests)
        if answer["failed"]:
            raise SystemExit(f"Without any mutant {answer['failed']} fails in {self._copy}: see to that first.")
        self._seconds |= answer["seconds"]
        self._measured.add(tests)

    def _answer(self, tests: tuple[str, ...]) -> dict[str, Any]:
        order = {"tests": tests, "seconds": self._seconds, "patience_s": PATIENCE_S}
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(order) + "\n")
        self._worker.stdin.flush()
        answer: dict[str, Any] = json.loads(self._worker.stdout.readline())
        return answer
