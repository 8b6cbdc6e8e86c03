"""``python -m tests.mutation [PATH ...] [--processes 2] [--survivors]``: how many small faults the tests notice.

Each mutant of ``mutants.py`` (of all rooms, or of the paths named) is put into a copy of the project, and the tests of
its room that run its line run there until the first fails, the quickest first. Which those are is found once, by a run
of the room's tests. What came of each mutant is kept in ``build/mutation``, so a run goes on where the last one was
ended; ``--survivors`` tries again, with all tests that could tell, what no test noticed. Ends with 1 where less than
nine of ten were noticed. Not on Windows.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from tests.mutation.harmless import reason_of
from tests.mutation.mutants import Mutant, files, room_of, sample
from tests.mutation.workshop import Workshop, parts_of

PROJECT: Final = Path(__file__).parents[2]
KEPT: Final = PROJECT / "build" / "mutation"
ENOUGH: Final = 0.9
BUDGET_S: Final = 20.0
"""CPU of the tests for one mutant: the many that run a line of the engine's loop are not all tried at first."""


class Results:
    """What came of each mutant so far, in a file that only grows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._path, self._lock = path, threading.Lock()
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.killer: dict[str, str] = {row["key"]: row["failed"] for row in rows}
        """By mutant, the test that failed; empty where none did."""

    def keep(self, mutant: Mutant, failed: str) -> None:
        row = {"key": mutant.key, "failed": failed, "path": mutant.path, "line": mutant.line, "diff": mutant.diff}
        with self._lock:
            self.killer[mutant.key] = failed
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{'killed  ' if failed else 'SURVIVED'} {mutant.path}:{mutant.line} {failed}", flush=True)


def summary(mutants: list[Mutant], results: Results) -> tuple[str, bool]:
    """What is known so far, by room, with the survivors; and whether enough were noticed."""
    rooms: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        rooms[room_of(mutant.path)].append(mutant)
    lines, counts = [], {True: 0, False: 0}
    for room, all_of_it in rooms.items():
        tried = [mutant for mutant in all_of_it if mutant.key in results.killer]
        alive = [mutant for mutant in tried if not results.killer[mutant.key]]
        killed = len(tried) - len(alive)
        counts[True], counts[False] = counts[True] + killed, counts[False] + len(alive)
        lines.append(f"{room}: {killed} of {len(tried)} killed ({len(all_of_it)} in the sample)")
        for mutant in alive:
            lines.append(f"  {mutant.path}:{mutant.line} {mutant.operator}: {reason_of(mutant) or 'NOT NOTICED'}")
            lines += [f"      {row}" for row in mutant.diff]
    tried_in_all = sum(counts.values())
    share = counts[True] / tried_in_all if tried_in_all else 0.0
    lines.append(f"In all {counts[True]} of {tried_in_all} killed: {100.0 * share:.1f} %")
    return "\n".join(lines), share >= ENOUGH


def drained(queue: SimpleQueue[Any]) -> Iterator[Any]:
    """What is left in a queue from which others take too."""
    with suppress(Empty):
        while True:
            yield queue.get_nowait()


def main() -> int:
    """Run what has not run yet, and say what is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", help="files or folders, as analysis/contact")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--survivors", action="store_true", help="try again what no test noticed")
    options: Any = parser.parse_args()
    wanted = tuple(path.rstrip("/") for path in options.paths)
    paths = [path for path in files(PROJECT) if not wanted or path.startswith(wanted)]
    mutants = [mutant for path in paths for mutant in sample(PROJECT, path)]
    results = Results(KEPT / "results.jsonl")
    todo: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in random.Random(0).sample(mutants, len(mutants)):  # what is known of some is true of all
        if mutant.key not in results.killer or (options.survivors and not results.killer[mutant.key]):
            todo.put(mutant)
    parts: SimpleQueue[str] = SimpleQueue()
    for room in dict.fromkeys(room_of(mutant.path) for mutant in mutants):
        for tests in parts_of(PROJECT, room):
            parts.put(tests)
    all_found = threading.Barrier(options.processes)
    budget_s = math.inf if options.survivors else BUDGET_S

    def work() -> None:
        with Workshop(PROJECT, KEPT) as workshop:
            for tests in drained(parts):
                workshop.find_reach(tests)
            all_found.wait()
            reach = {room: workshop.reach(room) for room in {room_of(mutant.path) for mutant in mutants}}
            for mutant in drained(todo):
                results.keep(mutant, workshop.killer_of(mutant, reach[room_of(mutant.path)], budget_s))

    with ThreadPoolExecutor(options.processes) as pool:
        for done in [pool.submit(work) for _ in range(options.processes)]:
            done.result()
    told, enough = summary(mutants, results)
    print(told)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
