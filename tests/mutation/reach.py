"""Which tests run which lines: found once for all mutants of a room, by its tests under Coverage.py."""

from __future__ import annotations

import ast
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, Self

import coverage
import pytest

SHARED: Final = "fixture "
"""What a fixture of more than one test runs is run by every test that uses it."""


class Watched:
    """A plugin of pytest: whose each line is, by the contexts of Coverage.py."""

    def __init__(self, root: Path, rooms: list[str]) -> None:
        folders = [str(root / room / "*") if (root / room).is_dir() else str(root / room) for room in rooms]
        self._root, self._fixtures = root, dict[str, list[str]]()
        self._coverage = coverage.Coverage(data_file=None, include=folders, config_file=False)
        self._coverage.start()
        self._contexts = [""]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        self._fixtures[item.nodeid] = [SHARED + name for name in item.fixturenames]
        return (yield from self._within(item.nodeid))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        alone = fixturedef.scope == "function"
        return (yield from self._within(self._contexts[-1] if alone else SHARED + fixturedef.argname))

    def _within(self, context: str) -> Generator[None, object, object]:
        self._contexts.append(context)
        self._coverage.switch_context(context)
        try:
            return (yield)
        finally:
            self._contexts.pop()
            self._coverage.switch_context(self._contexts[-1])

    def write(self, path: Path, seconds: dict[str, float]) -> None:
        """All that was found, and how long each test took."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            Path(file).relative_to(self._root).as_posix(): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        path.write_text(json.dumps({"seconds": seconds, "fixtures": self._fixtures, "lines": lines}), encoding="utf-8")


class Reach:
    """The tests of one room, and which lines each of them runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._users: dict[str, set[str]] = {}
        self._lines: dict[str, dict[str, set[str]]] = {}

    @classmethod
    def read(cls, paths: list[Path]) -> Self:
        """As :class:`Watched` wrote it, for each part of the room's tests."""
        found = cls()
        for part in (json.loads(path.read_text(encoding="utf-8")) for path in paths):
            found.seconds |= part["seconds"]
            for test, names in part["fixtures"].items():
                for name in (test, *names):
                    found._users.setdefault(name, set()).add(test)
            for file, by_line in part["lines"].items():
                for line, contexts in by_line.items():
                    found._lines.setdefault(file, {}).setdefault(line, set()).update(contexts)
        return found

    def tests_for(self, path: str, line: int, source: str) -> list[str]:
        """The tests that may notice a change of a line, those that run it first, and of these the quickest.

        After them come the others of their files, which may see what the first one made. What runs when the module is
        imported is used anywhere: then these are the tests that run anything of the file, and all others of the room.
        """
        by_line = self._lines.get(path, {})
        own = {context for each in statement(source, line) for context in by_line.get(str(each), ())}
        at_import = "" in own or not own
        anywhere = {context for contexts in by_line.values() for context in contexts}
        first = self._tests(anywhere if at_import else own)
        files = {test.partition("::")[0] for test in first}
        then = set(self.seconds) if at_import else {test for test in self.seconds if test.partition("::")[0] in files}
        return [*sorted(first, key=self._quickest), *sorted(then - first, key=self._quickest)]

    def _tests(self, contexts: set[str]) -> set[str]:
        return {test for context in contexts for test in self._users.get(context, ())}

    def _quickest(self, test: str) -> tuple[float, str]:
        return self.seconds[test], test


def statement(source: str, line: int) -> range:
    """The lines of the innermost statement at a line; of one that holds others, those of its head."""
    found = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # from the outside in
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            body = getattr(node, "body", None)
            first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            last = body[0].lineno - 1 if body else getattr(node, "end_lineno", None) or first
            if first <= line <= max(first, last):
                found = range(first, max(first, last) + 1)
    return found
