"""The errors a person can meet, each with the exit code of its command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


class DowelError(Exception):
    """An error whose text is one or two sentences for the user: what, where, and what to do next."""

    exit_code = 1


class UsageError(DowelError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class InputError(DowelError):
    """A file or recording cannot be used. The text names the file, what is wrong and what to do."""

    exit_code = 3


class LinkError(DowelError):
    """Bluetooth or a sensor is not available."""

    exit_code = 4


@contextmanager
def understanding_mark(kind: str, end_s: float) -> Iterator[None]:
    """Inside, what a mark's detail says is read; ``InputError`` where it says what cannot be.

    Sessions may come from somewhere else, so a detail may hold anything that JSON can.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(not_understood(kind, end_s, error)) from error


def not_understood(kind: str, end_s: float, error: Exception) -> str:
    """The sentence for a mark that says what cannot be."""
    return (
        f"The {kind} mark at {end_s:.1f} s cannot be understood ({type(error).__name__}: {error}). "
        "The file may be damaged or made by another program; ask where it came from."
    )


@contextmanager
def naming(path: object) -> Iterator[None]:
    """Inside, every ``InputError`` names this file: who reads many must know which one it is."""
    try:
        yield
    except InputError as error:
        if str(path) in str(error):
            raise
        raise InputError(f"{path}: {error}") from error


@contextmanager
def told_of(path: object, left_out: list[str]) -> Iterator[None]:
    """Inside, one of several files is read: what goes wrong is added to ``left_out``, and the others go on."""
    try:
        with naming(path):
            yield
    except InputError as error:
        left_out.append(str(error))
    except DowelError:
        raise
    except Exception as error:
        said = problem_of(error)
        left_out.append(said if str(path) in said else f"{path}: {said}")


def problem_of(error: Exception) -> str:
    """What is told of an error that ends a command, or one of several pieces of its work.

    What nobody foresaw is raised again where ``DOWEL_DEBUG`` asks for it.
    """
    if isinstance(error, DowelError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Close other programs, or give a shorter session."
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Check the disk and its access."
    if os.environ.get("DOWEL_DEBUG"):
        raise error
    return (
        f"Something went wrong inside dowel ({type(error).__name__}: {error}). Run it again with DOWEL_DEBUG=1 to see "
        "where, and report that."
    )
