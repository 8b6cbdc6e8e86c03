"""Which parameters an analysis runs with: the defaults of their classes, or others that a researcher gives it.

Each algorithm has its numbers in one frozen class and asks here for the one in force when it is made. Nothing but
:func:`given` changes what it gets, and only for what runs inside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

Kind = TypeVar("Kind")

_GIVEN: ContextVar[Mapping[type, Any]] = ContextVar("parameters given", default=MappingProxyType({}))


def in_force(kind: type[Kind], otherwise: Kind | None = None) -> Kind:
    """The parameters of a kind for what is made now.

    Parameters
    ----------
    kind
        Their class.
    otherwise
        Those without any given ones; the class's defaults where it is None.
    """
    found: Kind | None = _GIVEN.get().get(kind, otherwise)
    return kind() if found is None else found


@contextmanager
def given(parameters: Mapping[type, Any]) -> Iterator[None]:
    """Inside, what is made gets these, by their class, in place of the defaults."""
    token = _GIVEN.set(parameters)
    try:
        yield
    finally:
        _GIVEN.reset(token)
