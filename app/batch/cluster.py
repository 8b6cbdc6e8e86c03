"""Sessions analysed by the workers of a Dask cluster that is there already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from distributed import Client, as_completed
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from dowel.batch.one_session import SAME_EVERYWHERE, Outcome, Task, analyse
from dowel.batch.workers_here import died_words
from dowel.recordings.errors import InputError, UsageError
from dowel.session.results_cache import LIBRARIES
from dowel.settings.version import DISTRIBUTION

CONNECT_S: Final = 10.0
"""So long it is tried to reach a scheduler (judgement)."""


def run_on(address: str, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
    """The outcomes of tasks, as they come. The scheduler gives a session whose worker died to another one.

    Raises ``InputError`` where the scheduler cannot be reached or goes away, ``UsageError`` where a worker has another
    program.
    """
    with _connected(address) as client:
        _refuse_others(client)
        futures = client.map(analyse_there, tasks, pure=False)
        of_key = {future.key: task for future, task in zip(futures, tasks, strict=True)}
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
            task = of_key[future.key]
            try:
                outcome = future.result()
            except KilledWorker:
                outcome = Outcome(problem=died_words(task.input.name))
            except (FutureCancelledError, OSError) as error:
                raise InputError(
                    f"The scheduler at {address} went away. Start it and the same command again: what the workers did "
                    "is in their caches."
                ) from error
            yield task, outcome
            future.release()


def analyse_there(task: Task) -> Outcome:
    """On a worker: analyse a session, which may not be where it is here."""
    which = task.input
    if not which.is_url and not Path(which.place).exists():
        return Outcome(
            problem=f"{which.name} is not there for the worker: the machines of a cluster must see the same folders, "
            "under the same paths. Or give a URL that all can reach."
        )
    return analyse(task)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InputError(
            f"No scheduler answers at {address}. Start one with dask scheduler, and give the address that it prints, "
            "as in tcp://192.0.2.1:8786."
        ) from error
    with client:
        yield client


def _refuse_others(client: Client) -> None:
    """Raise ``UsageError`` where scheduler or workers have another version of the program, or of what computes."""
    for name, ours in _versions_here().items():
        workers = client.run(version, name, on_error="return")
        for theirs in [_version_of_scheduler(client, name), *workers.values()]:
            if theirs != ours:
                what = f"{name} {theirs}" if isinstance(theirs, str) else f"no {name}"
                raise UsageError(f"The cluster has {what}, and you have {name} {ours}. {SAME_EVERYWHERE}")


def _versions_here() -> dict[str, str]:
    return {name: version(name) for name in (DISTRIBUTION, *LIBRARIES)}


def _version_of_scheduler(client: Client, name: str) -> Any:
    try:
        return client.run_on_scheduler(version, name)  # type: ignore[no-untyped-call]
    except PackageNotFoundError as error:
        return error
