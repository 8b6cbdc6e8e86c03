"""What the tests of the phones' drivers share: messages as notifications, and mangled messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from dowel.sensors.drivers.messages import pieces
from tests.sensors.drivers.payloads import mangled


def as_json(value: object) -> bytes:
    """A message."""
    return json.dumps(value).encode()


def payloads_of(messages: Sequence[bytes]) -> list[bytes]:
    """The notifications that hold these messages."""
    return [piece for message in messages for piece in pieces(message)]


_odd: Any = st.sampled_from(
    [None, True, "x", "", [], {}, [[]], -1, 0, 1e308, -1e308, 10**30, float("nan"), float("inf"), 2**63, "\ud83d"]
)


def _spoilt(value: Any, draw: st.DrawFn) -> Any:
    """A value with something else at a place in it."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _spoilt(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _spoilt(value[at], draw), *value[at + 1 :]]
    return draw(_odd)


@st.composite
def spoilt(draw: st.DrawFn, good: Sequence[Any]) -> list[bytes]:
    """Notifications of good messages in any order, some of them with odd values in them or damaged as bytes."""
    if draw(st.booleans()):
        return draw(mangled(payloads_of([as_json(each) for each in good])))
    chosen = draw(st.lists(st.sampled_from(good), max_size=15))
    return payloads_of([as_json(_spoilt(each, draw) if draw(st.integers(0, 2)) == 0 else each) for each in chosen])
