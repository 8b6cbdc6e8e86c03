"""The Thingy:52: one captured reading, the layout of its firmware, and any bytes at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Notify, Write
from dowel.sensors.drivers.thingy52 import DRIVER, MOTION_CONFIGURATION, RAW, Thingy52
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks

# The first six bytes were captured at rest (a question to Nordic's forum); the rest follows the firmware's layout.
AT_REST = bytes.fromhex("fafff4fff603 2000c0ff1000 a000b0ff8002")
G = 9.80665


def thingy(rate_hz: float = 100.0) -> Thingy52:
    return Thingy52(Sensor(Placement.SACRUM, "thingy52", asked_rate_hz=rate_hz))


def test_a_captured_reading() -> None:
    """(-6, -12, 1014)/1024 g and (1, -2, 0.5) deg/s; the accelerometer is turned over, as the firmware turned it."""
    found = thingy().decode(notifications_of([AT_REST]))
    np.testing.assert_allclose(found.values[0, :3], [6 / 1024 * G, 12 / 1024 * G, -1014 / 1024 * G], rtol=1e-14)
    np.testing.assert_allclose(found.values[0, 3:], np.radians([1.0, -2.0, 0.5]), rtol=1e-14)
    assert (found.count.tolist(), found.bad_frames, found.clipped.tolist()) == ([1], 0, [False])


def test_it_counts_samples_over_all_notifications() -> None:
    decoder = thingy(50.0)
    first = decoder.decode(notifications_of([AT_REST, AT_REST[:-1], AT_REST]))
    second = decoder.decode(notifications_of([AT_REST]))
    assert first.count.tolist() == [1, 0, 1]
    assert first.bad_frames == 1
    np.testing.assert_allclose([*first.device_time_s, *second.device_time_s], [0.0, 0.02, 0.04], rtol=1e-14)


@pytest.mark.parametrize(("counts", "clipped"), [(2047, True), (-2048, True), (2045, False), (-2045, False)])
def test_it_is_clipped_at_2_g(counts: int, clipped: bool) -> None:
    frame = counts.to_bytes(2, "little", signed=True) + AT_REST[2:]
    assert thingy().decode(notifications_of([frame])).clipped.tolist() == [clipped]


def test_start_sets_the_rate() -> None:
    assert DRIVER.start(100.0) == (Write(MOTION_CONFIGURATION, bytes.fromhex("E803F401F401640001")), Notify(RAW))
    assert DRIVER.stop() == ()
    with pytest.raises(ValueError, match="60"):
        DRIVER.start(60.0)


def test_recognised_by_service_or_name() -> None:
    assert DRIVER.recognises(None, ["EF680100-9B35-4933-9B10-52FFA9740042"])
    assert DRIVER.recognises("Thingy", [])
    assert not DRIVER.recognises("Thingy53 Wearable", [])


@given(payloads=st.one_of(mangled([AT_REST]), st.lists(st.binary(max_size=40))), sizes=sizes_of_chunks)
@examples(120)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int]) -> None:
    found = keeps_its_promises(thingy, payloads, sizes)
    assert found.bad_frames == sum(len(payload) != 18 for payload in payloads)
