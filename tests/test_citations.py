"""Every number says where it comes from, and every citation can be opened."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house import MODULES, PROJECT, ROOMS, listed, name_of, parsed, room_of


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
