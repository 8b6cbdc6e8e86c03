"""Which small faults are put into the code: a sample of Cosmic Ray's, the same each time as long as a file is the same.

What no test of behaviour could notice, or should, is not broken: annotations, decorators, the sentences of errors and
whatever else is a text, and how many digits a table shows (all tables are compared byte for byte elsewhere).
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

SOURCES: Final = {
    **dict.fromkeys(("analysis", "recordings", "sensors/stream", "sensors/drivers", "app/web/access.py"), 60),
    **dict.fromkeys(("sensors/ble", "sensors/phones", "app/exchange", "app/batch"), 100),
}
"""By room, in how many lines there is a mutant; fewer where tests are slow. The tests of these stand in their folders:
what tries ``app/session`` and ``app/practice`` stands mostly with those that use them."""
FEWEST_A_FILE: Final = 1

COMPARISONS: Final = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
ARITHMETIC: Final = {
    "Add": ("Sub", "Mul"),
    "Sub": ("Add",),
    "Mul": ("Div", "Add"),
    "Div": ("Mul", "FloorDiv"),
    "FloorDiv": ("Div", "Mul"),
    "Mod": ("Mul",),
    "Pow": ("Mul",),
    "BitAnd": ("BitOr",),
    "BitOr": ("BitAnd",),
    "BitXor": ("BitOr",),
    "LShift": ("RShift",),
    "RShift": ("LShift",),
}
OPERATORS: Final = (
    *(f"ReplaceComparisonOperator_{a}_{b}" for a in COMPARISONS for b in COMPARISONS if a != b),
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    *(f"ReplaceBinaryOperator_{a}_{b}" for a, others in ARITHMETIC.items() for b in others),
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not",
    *("AddNot", "NumberReplacer", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse"),
    *("ReplaceFalseWithTrue", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ZeroIterationForLoop"),
)
"""What a slip of the pen could be; without arithmetic that means nothing for the numbers at hand."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small fault: the file, the line, what kind it is, and the file's whole text before and with it."""

    path: str
    line: int
    operator: str
    key: str
    before: str
    text: str
    diff: tuple[str, ...]
    """The lines that change: with ``-`` those that were, with ``+`` those that are."""


def files(root: Path) -> list[str]:
    """The files whose mutants are looked at."""
    found = [each for source in SOURCES for each in sorted({root / source, *(root / source).rglob("*.py")})]
    return [path.relative_to(root).as_posix() for path in found if path.suffix == ".py" and path.stem != "__init__"]


def room_of(path: str) -> str:
    """The room whose tests are to notice it."""
    return next(room for room in SOURCES if path.startswith(room))


def sample(root: Path, path: str) -> list[Mutant]:
    """Mutants of one file, at places that are drawn from all of its places."""
    source = (root / path).read_text(encoding="utf-8")
    places: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    excluded, nodes = _not_broken(source), list(ast_nodes(get_ast(source)))
    for name in OPERATORS:
        at = [start for node in nodes for start, _ in _operator(name).mutation_positions(node)]
        for occurrence, place in enumerate(at):
            if not any(start <= place < end for start, end in excluded):
                places[place].append((name, occurrence))
    drawn = random.Random(path)
    wanted = max(FEWEST_A_FILE, round(len(source.splitlines()) / SOURCES[room_of(path)]))
    chosen = sorted(drawn.sample(sorted(places), min(wanted, len(places))))
    return [_mutant(path, source, line, *drawn.choice(places[line, column])) for line, column in chosen]


def _operator(name: str) -> Any:
    return get_operator(f"core/{name}")()


def _mutant(path: str, source: str, line: int, operator: str, occurrence: int) -> Mutant:
    text = mutate_code(source, _operator(operator), occurrence)
    changed = difflib.unified_diff(source.splitlines(), text.splitlines(), n=0, lineterm="")
    rows = [row for row in changed if row[:3] not in ("---", "+++") and row[0] != "@"]
    diff = tuple(row[0] + " ".join(row[1:].split()) for row in rows)
    return Mutant(path, line, operator, hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()[:16], source, text, diff)


def _not_broken(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a file's text is left as it is: from and to, each a line and a column."""
    left: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                left += [node.returns, *node.decorator_list]
            case ast.ClassDef():
                left += node.decorator_list
            case ast.arg() | ast.AnnAssign():
                left.append(node.annotation)
            case ast.Assign(targets=[ast.Name(id=name)]) if name[0].isupper() and not name.isupper():
                left.append(node.value)  # a name for a type
            case ast.Raise():
                left.append(node.exc)
            case ast.JoinedStr():
                left.append(node)
            case ast.keyword(arg="metadata"):
                left.append(node.value)
    return [((each.lineno, each.col_offset), (each.end_lineno or 0, each.end_col_offset or 0)) for each in left if each]
