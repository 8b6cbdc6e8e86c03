"""The house: who may import whom, what is packaged, and that everything public says what it is."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from tests.house import MODULES, PROJECT, ROOMS, listed, name_of, parsed, room_of

MAY_IMPORT = {
    "recordings": {"recordings"},
    "sensors": {"sensors", "recordings"},
    "analysis": {"analysis", "recordings"},
    "app": {"app", "sensors", "analysis", "recordings"},
}
LONGEST_LINES = 400


def module_name(path: Path) -> str:
    """What a module is imported as."""
    parts = path.relative_to(PROJECT / room_of(path)).with_suffix("").parts
    return ".".join([ROOMS[room_of(path)], *(part for part in parts if part != "__init__")])


def imported_by(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in a module, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_imported(module: str) -> str | None:
    """The room that a module lies in, None for everything that is not ours."""
    parts = module.split(".")
    if parts[0] != "dowel":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else "app"


def test_the_arrows_between_the_rooms() -> None:
    """app -> the other three; sensors -> recordings; analysis -> recordings; recordings -> none (design#four-rooms)."""
    offenders = []
    for path in MODULES:
        room = room_of(path)
        for module in imported_by(parsed(path)):
            other = room_imported(module)
            if module == "dowel" and room != "app":
                continue  # "from dowel.x import y" yields only dowel.x and dowel.x.y; "import dowel" is the app's
            if other is not None and other not in MAY_IMPORT[room]:
                offenders.append(f"{name_of(path)} imports {module}")
    assert not offenders, listed(offenders)


APP = (
    *("text", "drawing", "settings", "session", "exchange", "cues", "display", "reports", "history", "agreement"),
    *("exports", "batch", "web", "devices", "practice", "replay", "commands"),
)
"""The rooms of the app in their order: each imports only those before it."""


def installed_name(path: Path) -> str:
    """The module's name as it is imported."""
    room = room_of(path)
    parts = path.relative_to(PROJECT / room).with_suffix("").parts
    return ".".join([ROOMS[room], *parts]).removesuffix(".__init__")


@cache
def imports() -> dict[str, set[str]]:
    """Of each module of ours those that it imports anywhere, also inside functions and for types alone."""
    names = {path: installed_name(path) for path in MODULES}
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for path, name in names.items():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names} & set(found)
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(found)
                found[name] |= inner if len(inner) == len(node.names) else inner | ({str(node.module)} & set(found))
    return found


def app_room(module: str) -> str:
    """The room of the app that a module lies in; empty for the other rooms and for what stands above them."""
    inner = module.removeprefix("dowel.").partition(".")[0]
    return inner if inner in APP else ""


def runs_back_up(module: str, other: str) -> bool:
    """Whether a module of a room in the app imports a later room, or what stands above all of them."""
    room, other_room = app_room(module), app_room(other)
    return bool(room) and (other == "dowel" or (bool(other_room) and APP.index(other_room) > APP.index(room)))


def test_the_order_of_the_rooms_in_the_app() -> None:
    """session < cues < display < reports < web < practice < replay < commands, and the others among them."""
    assert {path.parent.name for path in MODULES if path.parent.parent == PROJECT / "app"} == set(APP)
    arrows = [(module, other) for module, imported in imports().items() for other in sorted(imported)]
    offenders = [f"{module} imports {other}" for module, other in arrows if runs_back_up(module, other)]
    assert not offenders, listed(offenders)


def test_no_files_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as circle:
        raise AssertionError(" <- ".join(circle.args[1])) from None


def test_presentation_asks_results() -> None:
    """What shows a session asks its results: the engine and its pipeline belong to those who feed them."""
    feeding = {"session", "exchange"}
    offenders = []
    for path in (path for path in MODULES if room_of(path) == "app" and path.parent.name not in feeding):
        reached = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
        offenders += [f"{name_of(path)} reaches for .{name}" for name in sorted(reached & {"pipeline", "_engine"})]
        feeds = name_of(path) == "app/practice/live_session.py"
        inside = {"dowel.analysis.pipeline", "dowel.analysis.point_buffer", "dowel.session.engine"}
        offenders += [f"{name_of(path)} imports {m}" for m in imports()[installed_name(path)] & inside if not feeds]
    assert not offenders, listed(offenders)


def test_rooms_are_imported_as_installed() -> None:
    """Never as ``sensors`` or ``analysis``: a researcher's own analysis.py must not shadow ours."""
    offenders = [
        f"{name_of(path)} imports {module}"
        for path in MODULES
        for module in imported_by(parsed(path))
        if module.split(".")[0] in ROOMS
    ]
    assert not offenders, listed(offenders)


def test_the_analysis_is_pure() -> None:
    """No I/O, no asyncio, no clock (design#four-rooms)."""
    forbidden = {"asyncio", "time", "datetime", "os", "pathlib", "io", "sqlite3", "random", "threading", "bleak"}
    offenders = []
    for path in (path for path in MODULES if room_of(path) == "analysis"):
        imported = {module.split(".")[0] for module in imported_by(parsed(path))}
        calls = (node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))
        called = {function.id for function in calls if isinstance(function, ast.Name)}
        reached = imported & forbidden | called & {"open", "print", "input"}
        offenders += [f"{name_of(path)} reaches for {name}" for name in sorted(reached)]
    assert not offenders, listed(offenders)


def test_every_import_is_of_a_declared_dependency() -> None:
    """A library that only happens to be there would be missing at somebody else's."""
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [each for name, of_extra in told["optional-dependencies"].items() if name != "dev" for each in of_extra]
    declared = {re.split(r"[\[>=<~!]", each)[0].lower() for each in (*told["dependencies"], *extras)}
    declared |= {"markupsafe"}  # jinja2's own
    known, offenders = packages_distributions(), []
    for path in MODULES:
        for module in imported_by(parsed(path)):
            top = module.partition(".")[0]
            found = {each.lower() for each in known.get(top, [top])}
            if top not in sys.stdlib_module_names and top != "dowel" and not found & declared:
                offenders.append(f"{name_of(path)} imports {top}")
    assert not offenders, listed(offenders)


def test_every_room_is_installed() -> None:
    """What pyproject puts into a wheel is the rooms, and every folder in them can be imported."""
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    assert set(wheel["only-include"]) == set(ROOMS)
    assert {room: package.replace("/", ".") for room, package in wheel["sources"].items()} == ROOMS
    for folder in {path.parent for path in MODULES}:
        assert (folder / "__init__.py").is_file(), f"{folder} is no package"


def test_nothing_is_simulated_that_the_program_does_not_use() -> None:
    """Devices and phones that only tests reach live in tests/simulated_devices, not in the wheel."""
    by_name = {module_name(path): path for path in MODULES}
    waiting = [name for name, path in by_name.items() if room_of(path) == "app"]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        while name not in by_name and "." in name:
            name = name.rpartition(".")[0]  # what is imported from a module, or the package that a module lies in
        if name in by_name and name not in reached:
            reached.add(name)
            waiting += [name.rpartition(".")[0], *imported_by(parsed(by_name[name]))]
    unused = [name_of(path) for name, path in by_name.items() if "simulated" in path.parts and name not in reached]
    assert not unused, listed(unused)


def test_every_room_of_the_app_is_found() -> None:
    """An editable install links what there was; a new folder directly in app/ needs another one."""
    for folder in {path.parent.name for path in MODULES if path.parent.parent == PROJECT / "app"}:
        assert find_spec(f"dowel.{folder}"), f"app/{folder} is new: pip install -e again"


def test_a_type_checker_knows_the_names_of_the_package() -> None:
    """One that sees ``__getattr__`` takes every name for right, a mistyped one too."""
    names = [node.name for node in parsed(PROJECT / "app" / "__init__.py").body if isinstance(node, ast.FunctionDef)]
    assert "__getattr__" not in names


def test_no_folder_at_the_top_shadows_the_installed_package() -> None:
    assert not (PROJECT / "dowel").exists()
    assert not (PROJECT / "dowel.py").exists()


def test_no_module_is_too_long() -> None:
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    offenders = [f"{name} has {count} lines" for name, count in lines.items() if count > LONGEST_LINES]
    assert not offenders, listed(offenders)


def is_public(name: str) -> bool:
    return not name.startswith("_")


def undocumented(tree: ast.Module) -> list[str]:
    """What is public in a module and has no docstring: itself, its classes, functions and methods."""
    silent = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not is_public(node.name):
            continue
        if not ast.get_docstring(node):
            silent.append(node.name)
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef) and is_public(method.name):
                silent += [] if ast.get_docstring(method) else [f"{node.name}.{method.name}"]
    return silent


def test_everything_public_says_what_it_is() -> None:
    """Modules, classes, functions and methods have docstrings (a protocol's ``...`` too)."""
    offenders = [f"{name_of(path)}: {name}" for path in MODULES for name in undocumented(parsed(path))]
    assert not offenders, listed(offenders)


def test_places_named_in_the_design_notes_are_there() -> None:
    """The table "Where is ...?" names files and folders as they are."""
    table = (
        (PROJECT / "docs" / "design.md")
        .read_text(encoding="utf-8")
        .partition("## Where is ...?")[2]
        .partition("\n## ")[0]
    )
    named = re.findall(r"`((?:app|sensors|analysis|recordings)/[\w./]*)`", table)
    assert len(named) > 15
    assert not [place for place in named if not (PROJECT / place).exists()]


def test_the_tests_mirror_the_rooms() -> None:
    """Each folder of tests is a room's, or one of the few that stand for all of them."""
    known = {
        *ROOMS,
        "end_to_end",
        "first_days",
        "benchmarks",
        "validation",
        "reference",
        "bluez",
        "live",
        "mutation",
        "nothing_lost",
        "simulated_devices",
    }
    folders = {path.name for path in (PROJECT / "tests").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= known
