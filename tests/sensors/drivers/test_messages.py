"""Messages of any length as notifications of a session file, and back."""

from __future__ import annotations

from zlib import MAX_WBITS, compressobj, crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.session_file.blocks import NOTIFICATION_BYTES
from dowel.sensors.drivers.messages import (
    HEAD,
    KNOWN,
    MESSAGE_BYTES,
    PIECE_BYTES,
    Messages,
    json_object,
    number,
    pieces,
)
from tests.depth import examples
from tests.sensors.drivers.payloads import mangled, notifications_of


def noise(count: int) -> bytes:
    """What cannot be compressed."""
    return np.random.default_rng(1).bytes(count)


NOISE = noise(9000)


def test_what_phones_send_takes_less_room_than_it_has() -> None:
    event = (
        b'{"accuracy":3,"timestamp":100504843537,"values":[0.31892395,-0.97802734,10.049896],'
        b'"type":"android.sensor.accelerometer"}'
    )
    assert sum(map(len, pieces(event))) < 0.6 * len(event)


def test_what_would_grow_without_end_is_bad() -> None:
    """A few kilobytes that say they are many megabytes."""
    deflate = compressobj(wbits=-MAX_WBITS, zdict=KNOWN)
    packed = deflate.compress(bytes(3_000_000)) + deflate.flush()
    assert len(packed) < PIECE_BYTES
    payload = HEAD.pack(crc32(bytes(3_000_000)), 0, 1) + packed
    assert Messages().read(notifications_of([payload])) == ([], 1)


def test_a_long_message_fits_and_comes_back() -> None:
    message = noise(16_384)
    parts = list(pieces(message))
    assert len(parts) == 5
    assert max(len(part) for part in parts) == NOTIFICATION_BYTES
    assert Messages().read(notifications_of(parts)) == ([(4, message)], 0)
    assert Messages().read(notifications_of(list(pieces(b"")))) == ([(0, b"")], 0)
    longest = noise(MESSAGE_BYTES)
    assert [found for _, found in Messages().read(notifications_of(list(pieces(longest))))[0]] == [longest]
    with pytest.raises(ValueError, match="too long"):
        list(pieces(bytes(MESSAGE_BYTES + 1)))


@pytest.mark.parametrize("lost", range(4))
def test_a_lost_piece_never_joins_two_messages(lost: int) -> None:
    """Both halves of either message would give JSON that looks whole."""
    one, other = (list(pieces(each + noise(PIECE_BYTES + 500))) for each in (b"1", b"2"))
    assert len(one) == len(other) == 2
    parts = [*one, *other]
    del parts[lost]
    found, bad = Messages().read(notifications_of(parts))
    assert [message[:1] for _, message in found] == [b"2" if lost < 2 else b"1"]
    assert bad == (0 if lost == 3 else 1)  # the last one may still come


@pytest.mark.slow
@given(payloads=mangled([piece for text in (b"a", NOISE, b"{}") for piece in pieces(text)]))
@examples(200)
def test_whatever_comes_only_whole_messages_are_read(payloads: list[bytes]) -> None:
    found, bad = Messages().read(notifications_of(payloads))
    assert {message for _, message in found} <= {b"a", NOISE, b"{}"}
    assert len(found) + bad <= len(payloads), "none is counted twice"


@given(st.binary(max_size=80))
def test_no_bytes_raise(message: bytes) -> None:
    assert json_object(message) is None or isinstance(json_object(message), dict)


def test_only_numbers_are_numbers() -> None:
    assert json_object(b"[" * 100_000) is None
    assert json_object(b'{"n":' + b"9" * 5000 + b"}") is None
    assert json_object(b'{"n":1698501144401773001}') == {"n": 1698501144401773001}
    assert number(3) == 3.0
    for value in (None, True, "3", [3], 10**400):
        assert number(value) != number(value)
