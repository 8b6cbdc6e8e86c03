"""The house: who may import whom, what is packaged, and that every parameter says where it comes from."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
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


ANALYSED = [path for path in MODULES if room_of(path) in ("sensors", "analysis") and "drivers" not in path.parts]
"""Drivers' numbers are those of the protocol that the module's docstring names."""


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


def test_every_constant_of_the_simulation_says_where_it_comes_from() -> None:
    """Simulated people and devices need a reason, but no source: they need not be true of anybody."""
    asked = [path for path in ANALYSED if "simulated" in path.parts]
    offenders = [f"{name_of(path)}: {name}" for path in asked for name in reasons_missing(path)]
    assert not offenders, listed(offenders)


DOCS = PROJECT / "docs"
READ = (*ROOMS, "docs", "tests", ".ci", ".github")
SUFFIXES = {".py", ".md", ".toml", ".js", ".css", ".html", ".yml", ".yaml", ".cff", ""}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the repository by its name."""
    folders = [path for folder in READ for path in (PROJECT / folder).rglob("*") if path.is_file()]
    for path in sorted([*folders, *(path for path in PROJECT.iterdir() if path.is_file())]):
        made = {"__pycache__", "node_modules", "_build"} & set(path.parts)
        if not made and path.suffix in SUFFIXES and path.name != ".git":
            yield name_of(path), path.read_text(encoding="utf-8")


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """The anchors of a page: its headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#{1,6} +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings)


def dead_citations(text: str, page: Path | None = None) -> Iterator[str]:
    """Citations in a text (of a page, if it is one) whose page has no such heading."""
    pages = {path.stem: path for path in DOCS.glob("*.md")}
    for name, anchor in re.findall(rf"(?<![\w/-])({'|'.join(pages)})(?:\.md)?#([\w-]+)", text):
        if anchor not in anchors_of(pages[name]):
            yield f"{name}#{anchor}"
    for anchor in re.findall(r"\]\(#([\w-]+)\)", text) if page else ():
        if anchor not in anchors_of(page):
            yield f"#{anchor}"


def test_every_citation_can_be_opened() -> None:
    """``page#anchor`` is a heading of a page in docs/ (docs/sources.md tells how to cite)."""
    offenders = []
    for name, text in texts():
        page = DOCS / Path(name).name if Path(name).parent == Path("docs") and name.endswith(".md") else None
        offenders += [f"{name}: {citation}" for citation in dead_citations(text, page)]
    assert not offenders, listed(offenders)


# written so that this line is none of them
OUTSIDE = re.compile(
    r"\b[D]ESIGN\b|\bbio[m]echanics \d|\bsignal-[p]rocessing (reference|[A-G0]\b)|\b[d]evices \d|"
    r"\breference/(bio|signal|devices|data|ble)|\.\./[s]hared"
)


def test_nothing_points_outside_the_repository() -> None:
    """No citation of notes that only its authors had, and no path beside the checkout."""
    offenders = [f"{name}: {found.group()}" for name, text in texts() for found in OUTSIDE.finditer(text)]
    assert not offenders, listed(offenders)


def test_places_named_in_the_design_notes_are_there() -> None:
    """The table "Where is ...?" names files and folders as they are."""
    table = (DOCS / "design.md").read_text(encoding="utf-8").partition("## Where is ...?")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:app|sensors|analysis|recordings)/[\w./]*)`", table)
    assert len(named) > 15
    assert not [place for place in named if not (PROJECT / place).exists()]


CITES = re.compile(r"\bsources#[\w-]+")
FOR_ALL = re.compile(r"\b([Aa]ll|[Bb]oth)\b[^.]*\bsources#")
ASKED = [path for path in ANALYSED if "simulated" not in path.parts]


def is_chosen(value: ast.expr | None) -> bool:
    """Whether a number is written in an expression that somebody chose; 0 and a count of 1 are beginnings."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        value = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    constants = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)] if value else []
    return any(type(each) in NUMBERS and each != 0 and not (type(each) is int and each == 1) for each in constants)


def names_only(node: ast.ClassDef) -> bool:
    """Whether a class is an enumeration, or names the bits of an integer from the lowest on: nobody chose a number."""
    values = [item.value for item in node.body if isinstance(item, ast.AnnAssign) and item.value is not None]
    bits = [str(1 << place) for place in range(len(values))]
    return any("Enum" in ast.unparse(base) for base in node.bases) or (
        len(bits) > 2 and list(map(ast.unparse, values)) == bits
    )


class Uncited:
    """The numbers of one module that cite no entry of docs/sources.md where they stand."""

    def __init__(self, path: Path, parameter_names: set[str]) -> None:
        self.comments = comments_of(path)
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.parameter_names = parameter_names
        self.found: list[str] = []
        self._body("", parsed(path).body, "")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not names_only(node):
                self._body(f"{node.name}.", node.body, ast.get_docstring(node) or "")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(node)

    def _written(self, first: int, last: int) -> str:
        """The comments in these lines and in the block above them, which has lines of its own."""
        while first > 1 and self.lines[first - 2].lstrip().startswith("#"):
            first -= 1
        return " ".join(self.comments.get(line, "") for line in range(first, last + 1))

    def _body(self, of: str, body: list[ast.stmt], docstring: str) -> None:
        """Constants of a module, or fields of a class; a comment above a block of them speaks for the block."""
        above = ""
        for index, node in enumerate(body):
            if not index or body[index - 1].end_lineno != node.lineno - 1:
                above = self._written(node.lineno, node.lineno - 1)
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not is_chosen(node.value):
                continue
            name = ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
            below = body[index + 1] if index + 1 < len(body) else None
            said = above + self._written(node.lineno, node.end_lineno or node.lineno)
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                said += str(below.value.value)
            in_docstring = CITES.search(docstring) and (name in docstring or FOR_ALL.search(docstring))
            if not CITES.search(said) and not in_docstring:
                self.found.append(of + name)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Defaults of a function's parameters, and numbers handed to a class of parameters."""
        defaults = [each for each in [*node.args.defaults, *node.args.kw_defaults] if is_chosen(each)]
        calls = [call for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
        handed = [
            call
            for call in calls
            if call.func.id in self.parameter_names  # type: ignore[attr-defined]
            and any(map(is_chosen, [*call.args, *(keyword.value for keyword in call.keywords)]))
        ]
        for place in (*defaults, *handed):
            assert place is not None
            said = self._written(place.lineno, place.end_lineno or place.lineno) + (ast.get_docstring(node) or "")
            if not CITES.search(said):
                self.found.append(f"{node.name}: {ast.unparse(place)}")


def numbered_classes() -> set[str]:
    """Frozen dataclasses in which a field has a number for its default: limits, settings, rules."""
    found = set()
    for path in ASKED:
        for node in parsed(path).body:
            frozen = isinstance(node, ast.ClassDef) and "frozen=True" in " ".join(map(ast.unparse, node.decorator_list))
            if frozen and any(isinstance(item, ast.AnnAssign) and is_chosen(item.value) for item in node.body):
                found.add(node.name)
    return found


def test_every_number_cites_its_source() -> None:
    """A limit, a hold, a default: beside it stands which entry of docs/sources.md it comes from."""
    names = numbered_classes()
    assert {"Limits", "FloorLimits", "HullSettings", "RepSettings", "SlipSettings", "SetSettings", "HipPath"} <= names
    offenders = [f"{name_of(path)}: {number}" for path in ASKED for number in Uncited(path, names).found]
    assert not offenders, listed(offenders)


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
