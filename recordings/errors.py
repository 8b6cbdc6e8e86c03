"""The errors a person can meet, each with the exit code of its command."""

from __future__ import annotations

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
        raise InputError(
            f"The {kind} mark at {end_s:.1f} s cannot be understood ({type(error).__name__}: {error}). "
            "The file may be damaged or made by another program; ask where it came from."
        ) from error
