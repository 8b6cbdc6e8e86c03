"""What the tests of all drivers share: notifications from payloads, mangled payloads, and the promises of a decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

from dowel.recordings.types import Notifications
from dowel.sensors.drivers.base import Decoded, Decoder
from tests.streams import canonical, one_by_one

sizes_of_chunks = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def notifications_of(payloads: Sequence[bytes]) -> Notifications:
    """These payloads, 10 ms apart."""
    index = np.arange(len(payloads))
    return Notifications(index, index * 10_000_000, np.array([len(p) for p in payloads], np.int64), b"".join(payloads))


def bytes_of(text: str) -> bytes:
    """Bytes from hexadecimal text over several lines."""
    return bytes.fromhex("".join(text.split()))


@st.composite
def mangled(draw: st.DrawFn, good: Sequence[bytes], at_most: int = 25) -> list[bytes]:
    """Good frames in any order and number, some of them changed, cut, split or merged, with nonsense in between."""
    payloads: list[bytes] = []
    for _ in range(draw(st.integers(0, at_most))):
        frame = draw(st.sampled_from(good))
        match draw(st.sampled_from(["good", "good", "good", "good", "change", "cut", "split", "merge", "nonsense"])):
            case "change":
                where, bit = draw(st.integers(0, len(frame) - 1)), draw(st.integers(0, 7))
                frame = frame[:where] + bytes([frame[where] ^ 1 << bit]) + frame[where + 1 :]
            case "cut":
                frame = frame[: draw(st.integers(0, len(frame)))]
            case "split":
                where = draw(st.integers(0, len(frame)))
                payloads.append(frame[:where])
                frame = frame[where:]
            case "merge":
                frame = frame + draw(st.sampled_from(good))
            case "nonsense":
                frame = draw(st.binary(max_size=60))
        payloads.append(frame)
    return payloads


def keeps_its_promises(make: Callable[[], Decoder], payloads: Sequence[bytes], sizes: Sequence[int]) -> Decoded:
    """Nothing raises, only numbers come out, and the samples are bitwise the same however the stream is cut."""
    notifications = notifications_of(payloads)
    whole = make().decode(notifications)
    assert len(whole.count) == len(payloads)
    assert len(whole.device_time_s) == len(whole.values) == len(whole.clipped) == whole.count.sum()
    assert whole.values.shape[1:] == (6,)
    assert np.isfinite(whole.values).all()
    assert np.isfinite(whole.device_time_s).all()
    assert whole.bad_frames >= 0
    decoder = make()
    parts = [decoder.decode(part) for part in one_by_one(notifications, sizes)]
    if parts:
        for name in ("count", "device_time_s", "values", "clipped"):
            assert canonical(np.concatenate([getattr(p, name) for p in parts])) == canonical(getattr(whole, name))
        assert sum(part.bad_frames for part in parts) == whole.bad_frames
    empty = make().decode(Notifications.none())
    assert (len(empty.count), empty.values.shape, empty.bad_frames) == (0, (0, 6), 0)
    return whole
