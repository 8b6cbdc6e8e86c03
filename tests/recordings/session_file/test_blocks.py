"""One block: what goes in comes out, and nothing that was changed is believed."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.session_file.blocks import (
    BLOCK_BYTES,
    CRC_BYTES,
    HEADER_BYTES,
    NOTIFICATION_BYTES,
    BlockKind,
    Blocks,
    NotificationRun,
    decode_document,
    document_body,
    encode_document,
    is_intact,
)
from dowel.recordings.session_file.sensor_record import SensorRecord

IDENTITY = bytes(range(16))
# What one sensor sent: (step of the sequence number, arrival, payload) for each notification.
SENT = st.lists(
    st.tuples(
        st.integers(1, 70_000),
        st.integers(-(2**40), 2**40),
        st.binary(max_size=40) | st.binary(min_size=NOTIFICATION_BYTES, max_size=NOTIFICATION_BYTES),
    ),
    min_size=1,
    max_size=30,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def sealed(sent: list[tuple[int, int, bytes]], sensor: int = 0) -> list[bytes]:
    """The blocks of these notifications."""
    run = NotificationRun(sensor, IDENTITY)
    blocks: list[bytes] = []
    sequence = -1
    for step, arrival_ns, payload in sent:
        sequence += step
        if not run.fits(sequence, arrival_ns, payload):
            blocks.append(run.seal(len(blocks)))
        run.add(sequence, arrival_ns, payload)
    return [*blocks, run.seal(len(blocks))]


def with_crc(block: bytes) -> bytes:
    """The block with a CRC that agrees, as a forger would write it."""
    body = block[:-CRC_BYTES]
    return body + struct.pack("<I", zlib.crc32(body))


@given(SENT)
def test_notifications_come_back_as_they_were(sent: list[tuple[int, int, bytes]]) -> None:
    blocks = sealed(sent, sensor=3)
    assert all(is_intact(block) and len(block) <= BLOCK_BYTES for block in blocks)
    stored = Blocks.of(blocks)
    assert (stored.sensors(), stored.missing) == ([3], 0)
    read = SensorRecord.of(stored, 3).all()
    assert read.sequence.tolist() == (np.cumsum([step for step, _, _ in sent]) - 1).tolist()
    assert read.arrival_ns.tolist() == [arrival_ns for _, arrival_ns, _ in sent]
    assert read.length.tolist() == [len(payload) for _, _, payload in sent]
    assert read.payload == b"".join(payload for _, _, payload in sent)


def test_a_run_of_small_notifications_fills_a_page() -> None:
    blocks = sealed([(1, index, bytes(20)) for index in range(1000)])
    assert all(BLOCK_BYTES - 28 < len(block) <= BLOCK_BYTES for block in blocks[:-1])


@given(st.dictionaries(st.text(), JSON, max_size=4), st.sampled_from([b"", IDENTITY]))
def test_documents_come_back_as_they_were(document: dict[str, object], identity: bytes) -> None:
    block = encode_document(BlockKind.MARK, 7, document_body(document), identity)
    assert is_intact(block)
    assert decode_document(block) == document


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_document_holds_no_number_that_is_none(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        document_body({"time_s": number})
    for text in (b'{"time_s":NaN}', b'{"time_s":1e999}', b"[1]", b"{", b"[" * 100_000, b'{"a":"\xff"}'):
        with pytest.raises(ValueError):  # noqa: PT011 - the decoder's own words differ
            decode_document(encode_document(BlockKind.MARK, 0, text, IDENTITY))


@given(SENT, st.data())
def test_a_changed_block_is_not_believed(sent: list[tuple[int, int, bytes]], data: st.DataObject) -> None:
    block = sealed(sent)[0]
    bit = data.draw(st.integers(0, 8 * len(block) - 1))
    changed = bytearray(block)
    changed[bit // 8] ^= 1 << bit % 8
    cut = block[: data.draw(st.integers(0, len(block) - 1))]
    for damaged in (bytes(changed), cut, block + b"\0"):
        assert not is_intact(damaged)
        assert not Blocks.of([damaged]).blocks


@given(st.lists(st.binary(max_size=200)))
def test_noise_is_no_block(noise: list[bytes]) -> None:
    assert not Blocks.of([*noise, *map(with_crc, noise)]).blocks


@given(SENT, st.lists(st.tuples(st.integers(12, HEADER_BYTES + 8 * 8), st.binary(min_size=1, max_size=8)), max_size=4))
def test_forged_blocks_never_make_columns_that_disagree(
    sent: list[tuple[int, int, bytes]], patches: list[tuple[int, bytes]]
) -> None:
    """Header fields and rows are overwritten and the CRC made to agree: what is left must still be consistent."""
    blocks = []
    for block in sealed(sent):
        forged = bytearray(block)
        for at, patch in patches:
            end = min(at + len(patch), len(block) - CRC_BYTES)
            if end > at:
                forged[at:end] = patch[: end - at]
        blocks.append(with_crc(bytes(forged)))
    stored = Blocks.of(blocks)
    for sensor in stored.sensors():
        record = SensorRecord.of(stored, sensor)
        read = record.all()
        assert len(read.sequence) == len(read.arrival_ns) == len(read.length) == record.count.sum()
        assert (np.diff(read.sequence) > 0).all()
        assert read.length.sum() == len(read.payload)


def test_a_block_whose_sequence_runs_back_is_left_out() -> None:
    """Its samples go on where those before end; only the places that it claims in the stream were given already."""
    blocks = sealed([(10 + index, index * 10**10, bytes([index])) for index in range(4)])
    forged = bytearray(blocks[2])
    forged[24:32] = (3).to_bytes(8, "little")  # where a header has the sequence of its first notification
    record = SensorRecord.of(Blocks.of([*blocks[:2], with_crc(bytes(forged)), blocks[3]]), 0)
    assert record.all().payload == bytes([0, 1, 3])


def test_blocks_are_sorted_and_each_is_kept_once() -> None:
    blocks = sealed([(1, index * 10**10, bytes([index])) for index in range(10)])
    shuffled = [blocks[index] for index in (3, 1, 0, 1, 2, 9, 8, 3, 7)]
    stored = Blocks.of(shuffled)
    assert SensorRecord.of(stored, 0).all().payload == bytes([0, 1, 2, 3, 7, 8, 9])
    assert stored.missing == 3


def test_the_largest_notification_fills_a_page_exactly() -> None:
    (block,) = sealed([(1, 0, bytes(NOTIFICATION_BYTES))])
    assert len(block) == BLOCK_BYTES
