"""The house: who may import whom, what is packaged, and that every parameter says where it comes from."""

from __future__ import annotations

import ast
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROOMS = {"recordings": "dowel.recordings", "sensors": "dowel.sensors", "analysis": "dowel.analysis", "app": "dowel"}
MAY_IMPORT = {
    "recordings": {"recordings"},
    "sensors": {"sensors", "recordings"},
    "analysis": {"analysis", "recordings"},
    "app": {"app", "sensors", "analysis", "recordings"},
}
LONGEST_LINES = 400

MODULES = sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def room_of(path: Path) -> str:
    return path.relative_to(PROJECT).parts[0]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def listed(offenders: list[str]) -> str:
    """All offenders, a line each: what a test says when it fails."""
    return "\n" + "\n".join(offenders)


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


def test_every_room_is_installed() -> None:
    """What pyproject puts into a wheel is the rooms, and every folder in them can be imported."""
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    assert set(wheel["only-include"]) == set(ROOMS)
    assert {room: package.replace("/", ".") for room, package in wheel["sources"].items()} == ROOMS
    for folder in {path.parent for path in MODULES}:
        assert (folder / "__init__.py").is_file(), f"{folder} is no package"


def test_every_room_of_the_app_is_found() -> None:
    """An editable install links what there was; a new folder directly in app/ needs another one."""
    for folder in {path.parent.name for path in MODULES if path.parent.parent == PROJECT / "app"}:
        assert find_spec(f"dowel.{folder}"), f"app/{folder} is new: pip install -e again"


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


def comments_of(path: Path) -> dict[int, str]:
    """The comments of a module by line."""
    with tokenize.open(path) as source:
        tokens = tokenize.generate_tokens(source.readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def has_reason(body: list[ast.stmt], index: int, comments: dict[int, str]) -> bool:
    """A comment in a statement's lines or in the block above it, or a docstring below it."""
    node = body[index]
    assert node.end_lineno
    if any(line in comments for line in range(node.lineno - 1, node.end_lineno + 1)):
        return True
    below = body[index + 1] if index + 1 < len(body) else None
    return isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)


NUMBERS = (int, float)


def holds_a_number(value: ast.expr) -> bool:
    """Whether a number is written in an expression. 0 and 1 mark beginnings and wholes, and need no source."""
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and type(node.value) in NUMBERS and node.value not in (0, 1):
            return True
    return False


ANALYSED = [path for path in MODULES if room_of(path) in ("sensors", "analysis")]


def reasons_missing(path: Path) -> list[str]:
    """Constants of a module that hold a number and say nowhere why it is that."""
    tree, comments = parsed(path), comments_of(path)
    missing, grouped = [], False
    for index, node in enumerate(tree.body):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        said = has_reason(tree.body, index, comments)
        # one comment may stand above several constants that follow each other without a blank line
        follows = bool(index) and tree.body[index - 1].end_lineno == node.lineno - 1
        grouped = said or (grouped and follows)
        if names and value and names[0].strip("_").isupper() and holds_a_number(value) and not grouped:
            missing.append(names[0])
    return missing


def test_every_constant_says_where_it_comes_from() -> None:
    """Not asked of drivers: their numbers are those of the protocol that the module's docstring describes."""
    asked = [path for path in ANALYSED if "drivers" not in path.parts]
    offenders = [f"{name_of(path)}: {name}" for path in asked for name in reasons_missing(path)]
    assert not offenders, listed(offenders)


def parameter_classes() -> Iterator[tuple[str, ast.ClassDef, dict[int, str]]]:
    """Frozen dataclasses of parameters: those named Settings, and those with defaults and a method of their own."""
    for path in ANALYSED:
        if "simulated" in path.parts:
            continue
        comments = comments_of(path)
        for node in parsed(path).body:
            if not isinstance(node, ast.ClassDef) or not any(
                "frozen=True" in ast.unparse(d) for d in node.decorator_list
            ):
                continue
            has_method = any(isinstance(item, ast.FunctionDef) and is_public(item.name) for item in node.body)
            has_default = any(isinstance(item, ast.AnnAssign) and item.value is not None for item in node.body)
            if node.name.endswith("Settings") or (has_method and has_default):
                yield f"{name_of(path)}: {node.name}", node, comments


SOURCE = re.compile(
    r"DESIGN|signal-processing|biomechanics|devices|method|reference|source|\bet al\b|\b(19|20)\d\d\b|tests?/|because|"
    r"\(there\)|\bG\)|measured|VQF"
)


def sources_missing(node: ast.ClassDef, comments: dict[int, str]) -> list[str]:
    """Fields of a class of parameters whose default names no source, in the docstring or at the field itself."""
    docstring = ast.get_docstring(node) or ""
    for_all = bool(re.search(r"\b(all|both|Those|Limits)\b", docstring)) and bool(SOURCE.search(docstring))
    silent = []
    for index, item in enumerate(node.body):
        if not isinstance(item, ast.AnnAssign) or item.value is None or not isinstance(item.target, ast.Name):
            continue
        if not holds_a_number(item.value):
            continue
        at_field = has_reason(node.body, index, comments)
        in_docstring = item.target.id in docstring and bool(SOURCE.search(docstring))
        if not (at_field or in_docstring or for_all):
            silent.append(item.target.id)
    return silent


def test_every_default_of_a_parameter_names_its_source() -> None:
    """In the class's docstring, which names the field or speaks for all of them, or at the field itself."""
    offenders = [
        f"{name}: {field}" for name, node, comments in parameter_classes() for field in sources_missing(node, comments)
    ]
    assert not offenders, listed(offenders)


def test_the_parameter_classes_are_found() -> None:
    """Else the test above would look at nothing."""
    names = {name.rsplit(" ", 1)[-1] for name, _, _ in parameter_classes()}
    assert {
        "HullSettings",
        "AttitudeSettings",
        "RepSettings",
        "SlipSettings",
        "SetSettings",
        "HipPath",
        "MovementRule",
        "SpectralArcLength",
        "ClapCheck",
    } <= names


def test_the_tests_mirror_the_rooms() -> None:
    """Each folder of tests is a room's, or one of the few that stand for all of them."""
    known = {*ROOMS, "end_to_end", "benchmarks", "validation", "reference", "bluez", "live"}
    folders = {path.name for path in (PROJECT / "tests").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= known
