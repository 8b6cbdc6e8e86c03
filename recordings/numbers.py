"""Numbers in what files, pages and sensors send."""

from __future__ import annotations

from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value of a JSON or TOML document is a number. Python takes true and false for integers."""
    return isinstance(value, int | float) and not isinstance(value, bool)
