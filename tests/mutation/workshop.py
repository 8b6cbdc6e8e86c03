"""A copy of the project in which code is broken, and the process that runs tests in it."""

from __future__ import annotations

import compileall
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, Self

from tests.mutation.mutants import SOURCES, Mutant
from tests.mutation.reach import Reach
from tests.mutation.worker import NEVER_ENDS

TESTS: Final = {room: f"tests/{room}" for room in SOURCES} | {"app/web/access.py": "tests/app/web/test_access.py"}
"""By room, its tests."""
PATIENCE_S: Final = 600.0
"""For tests that wait for ever; what computes for ever is ended by the CPU that it takes."""
WHOLE_S: Final = 7200.0
"""For all tests of a room, without a mutant."""


def parts_of(project: Path, room: str) -> list[str]:
    """The tests of a room in parts that can run by themselves: its folders, and the files beside them."""
    tests = project / TESTS[room]
    parts = [*tests.glob("test_*.py"), *{file.parent for file in tests.glob("*/**/test_*.py")}] or [tests]
    return sorted(part.relative_to(project).as_posix() for part in parts)


class Workshop:
    """Used in a ``with``, at whose end the worker ends and the copy goes; several can be used at once."""

    def __init__(self, project: Path, where: Path) -> None:
        self._project, self._where = project, where
        self._folder = tempfile.TemporaryDirectory(prefix="copy-", dir=where)
        self._copy = Path(self._folder.name).resolve()

    def __enter__(self) -> Self:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=self._project, check=True, capture_output=True
        )
        files = [name for name in sorted(listed.stdout.decode().split("\0")) if (self._project / name).is_file()]
        state = hashlib.sha256()
        for name in files:
            (self._copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._project / name, self._copy / name)
            state.update((self._copy / name).read_bytes() if name.endswith(".py") else b"")
        self._state = state.hexdigest()[:12]
        (self._where / "reach").mkdir(exist_ok=True)
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

    def find_reach(self, tests: str) -> None:
        """Find what some tests of a room run, unless that is kept from before; once any file has changed it is not."""
        kept = self._kept(tests)
        if kept.exists():
            return
        made = self._copy / "reach.json"
        rooms = [room for room in TESTS if tests.startswith(TESTS[room])]
        order = {"tests": [tests], "seconds": {}, "patience_s": WHOLE_S, "reach": str(made), "rooms": rooms}
        if failed := self._answer(order):
            raise SystemExit(f"Without any mutant {failed} fails in {self._copy}: see to that first.")
        shutil.move(made, kept)

    def reach(self, room: str) -> Reach:
        """What the tests of a room run, once it was found for all of them."""
        return Reach.read([self._kept(tests) for tests in parts_of(self._copy, room)])

    def _kept(self, tests: str) -> Path:
        return self._where / "reach" / f"{self._state}-{tests.replace('/', '-')}.json"

    def killer_of(self, mutant: Mutant, reach: Reach, budget_s: float) -> str:
        """The first test that fails with the mutant, of those that take so much CPU together; empty where none does.

        What never ends must do so twice: the machine may have been busy.
        """
        path = self._copy / mutant.path
        if path.read_text(encoding="utf-8") != mutant.before:
            raise SystemExit(f"{mutant.path} was changed while the copy was made. Begin again.")
        tests = reach.tests_for(mutant.path, mutant.line, mutant.before)
        spent_s = accumulate(reach.seconds[test] for test in tests)
        tests = [test for test, until_s in zip(tests, spent_s, strict=True) if until_s <= budget_s] or tests[:1]
        order = {"tests": tests, "seconds": reach.seconds, "patience_s": PATIENCE_S}
        path.write_text(mutant.text, encoding="utf-8")
        try:
            failed = self._answer(order)
            return self._answer(order) if failed.endswith(NEVER_ENDS) else failed
        finally:
            path.write_text(mutant.before, encoding="utf-8")

    def _answer(self, order: dict[str, Any]) -> str:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(order) + "\n")
        self._worker.stdin.flush()
        return str(json.loads(self._worker.stdout.readline())["failed"])
