"""``python -m tests.nothing_lost fuzz``: Hypothesis on the block reader and on each kind of document, by the clock.

What may come out is an error that says what is wrong with the input; anything else ends the study with its example.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from dowel.recordings.session_file.blocks import (
    BlockKind,
    Blocks,
    NotificationRun,
    decode_document,
    encode_document,
)
from dowel.recordings.session_file.documents import calibration_of, fact_of, heard_of, mark_of, sensor_of
from dowel.recordings.session_file.known_values import FACTS, LARGEST_INT, MARKS, SETTINGS, known
from dowel.recordings.session_file.salvage import scan
from dowel.recordings.session_file.sensor_record import SensorRecord
from dowel.recordings.types import MarkKind, Placement

IDENTITY: Final = bytes(range(16))

numbers = st.one_of(
    st.floats(), st.integers(), st.integers(-(10**400), 10**400), st.sampled_from([0, -1, 2**62, 1e308])
)
texts = st.one_of(st.text(st.characters(), max_size=20), st.sampled_from(["", "\ud800", "x" * 30_000, *Placement]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(texts, inner, max_size=5)),
    max_leaves=12,
)


def _object(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A JSON object that often has these names."""
    return st.dictionaries(st.one_of(st.sampled_from(names), texts), values, max_size=8)


settings_ = _object(list(SETTINGS))
details = st.sampled_from([*MARKS]).flatmap(lambda kind: _object([*MARKS[kind][0], "x"]))
DOCUMENTS: Final[dict[BlockKind, tuple[Callable[[dict[str, Any]], Any], st.SearchStrategy[dict[str, Any]]]]] = {
    BlockKind.FACT: (
        fact_of,
        st.fixed_dictionaries({"key": st.one_of(st.sampled_from([*FACTS]), texts), "value": values}),
    ),
    BlockKind.SENSOR: (
        sensor_of,
        st.fixed_dictionaries(
            {
                "index": st.one_of(st.integers(0, 5), values),
                "placement": st.one_of(st.sampled_from([*Placement]), values),
                **{name: st.one_of(texts, values) for name in ("driver", "name", "address", "firmware")},
                **{name: st.one_of(st.just(100.0), values) for name in ("asked_rate_hz", "measured_rate_hz")},
                "settings": st.one_of(settings_, values),
            }
        ),
    ),
    BlockKind.MARK: (
        mark_of,
        st.fixed_dictionaries(
            {
                "sequence": st.one_of(st.integers(0, 10), values),
                "kind": st.one_of(st.sampled_from([*MarkKind]), values),
                "start_s": numbers,
                "end_s": numbers,
                "detail": st.one_of(details, values),
                "added": st.booleans(),
            }
        ),
    ),
    BlockKind.CALIBRATION: (calibration_of, st.fixed_dictionaries({"time_s": numbers, "detail": values})),
    BlockKind.HEARD: (heard_of, st.fixed_dictionaries({"kind": texts, "time_s": numbers, "detail": values})),
}


def check_document(kind: BlockKind, document: dict[str, Any]) -> None:
    """It is understood, and all that it holds can be written down and is finite; or it says why it is not."""
    understand, _ = DOCUMENTS[kind]
    block = encode_document(kind, 0, json.dumps(document).encode(), IDENTITY)
    try:
        found = understand(decode_document(block))
        if kind is BlockKind.MARK:
            known(found.detail, *MARKS.get(found.kind, ({},)))
    except (KeyError, ValueError):
        return
    repr(found).encode()
    _refuse_what_cannot_be(found)


def _refuse_what_cannot_be(value: Any) -> None:
    if isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, int):
        assert abs(value) < LARGEST_INT
    elif isinstance(value, dict):
        for each in (*value, *value.values()):
            _refuse_what_cannot_be(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_what_cannot_be(each)


blocks_ = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda kind, number, body: encode_document(kind, number, body, IDENTITY),
            st.sampled_from([*BlockKind]),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=100),
        ),
    ),
    max_size=6,
)


def check_blocks(parts: list[bytes], flips: list[tuple[int, int]]) -> None:
    """Blocks that were written, among others and with flipped bits: what is found is intact, and fits together."""
    run = NotificationRun(0, IDENTITY)
    for step in range(3):
        run.add(step, step, bytes(step))
    raw = bytearray(b"".join([run.seal(1), *parts, run_of(1).seal(2)]))
    for at, bit in flips:
        raw[at % len(raw)] ^= 1 << bit
    found = Blocks.of(scan(bytes(raw)))
    assert [number for number, _ in found.numbered_from(0)] == sorted(set(found.headers["number"].tolist()))
    for sensor in found.sensors():
        record = SensorRecord.of(found, sensor)
        sent = record.all()
        assert len(sent.sequence) == len(sent.arrival_ns) == len(sent.length) == int(record.count.sum())
        assert int(sent.length.sum()) == len(sent.payload)
        assert (sent.sequence[1:] > sent.sequence[:-1]).all()


def run_of(sensor: int) -> NotificationRun:
    """A few notifications of one sensor."""
    run = NotificationRun(sensor, IDENTITY)
    for step in range(3, 6):
        run.add(step, step, bytes(step))
    return run


def rounds(number: int, examples: int, begin: int) -> None:
    """So many rounds over everything, each with new examples."""
    often = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
    flips = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 7)), max_size=4)
    for turn in range(begin, begin + number):
        for kind, (_, documents) in DOCUMENTS.items():
            seed(turn)(often(given(document=documents)(_check_of(kind))))()
        seed(turn)(often(given(parts=blocks_, flips=flips)(check_blocks)))()


def _check_of(kind: BlockKind) -> Callable[[dict[str, Any]], None]:
    def check(document: dict[str, Any]) -> None:
        check_document(kind, document)

    return check


def study(seconds: float) -> int:
    """Rounds until the time is over; 1 where something was found."""
    begin, end_s, turn = random.randrange(2**30), time.monotonic() + seconds, 0
    while time.monotonic() < end_s:
        rounds(1, 300, begin + turn)
        turn += 1
    print(f"{turn} rounds of 300 examples of the block reader and of {len(DOCUMENTS)} kinds of document: nothing found")
    return 0
