"""What a page may send with a request: objects of JSON, numbers and choices. Each raises ``UsageError``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from starlette.requests import Request

from dowel.recordings.errors import UsageError
from dowel.recordings.numbers import is_number
from dowel.recordings.types import Placement
from dowel.web.access import Pass

Choice = TypeVar("Choice", bound=StrEnum)

MOST_DIGITS: Final = 20
"""Of a whole number: times are sent in ms or s, loads in kg."""


async def json_of(request: Request) -> dict[str, Any]:
    """What a page sent: numbers that are numbers, and texts that can be written."""
    try:
        found = json.loads(await request.body(), parse_int=_whole_number, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate is no letter
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError("What was sent is not a JSON object.")
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


def _no_number(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no JSON


def number_of(asked: Mapping[str, Any], name: str, otherwise: str) -> float:
    """The number of that name, NaN where there is none."""
    if not is_number(value := asked.get(name, math.nan)):
        raise UsageError(otherwise)
    return float(value)


def one_of(kind: type[Choice], value: object) -> Choice:
    """The member that was sent by its value."""
    found = next((each for each in kind if each == value), None)
    if found is None:
        raise UsageError(f"It is one of {', '.join(kind)}.")
    return found


def placement_of(request: Request) -> Placement:
    """Where the phone that sends this was invited to be a sensor."""
    holder: Pass = request.scope["dowel.pass"]
    if holder.placement is None:
        raise UsageError("This page was not invited as a sensor. Scan the code for a sensor.")
    return holder.placement
