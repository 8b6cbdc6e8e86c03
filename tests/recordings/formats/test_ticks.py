"""How long a tick is shows what the packets make of it; rates that no sensor has are refused."""

from __future__ import annotations

import numpy as np
import pytest

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode
from dowel.recordings.types import Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged

MOTION = written.motion(6.0)


def dot(tick_us: int, *, rate: str = "100Hz", every: int = 1) -> dict[str, bytes]:
    """A DOT file whose counter counts ticks of so many microseconds; only every so many-th packet came."""
    [(name, data)] = written.movella_dot(MOTION).items()
    head, *rows = data.decode().split("PacketCounter")[0], *data.decode().split("PacketCounter")[1].split("\n")
    cells = [row.split(",") for row in rows[1:] if row][::every]
    lines = [",".join([packet, str(int(ticks) // tick_us), *rest]) for packet, ticks, *rest in cells]
    text = head.replace("OutputRate:,100Hz", f"OutputRate:,{rate}") + "\n".join(["PacketCounter" + rows[0], *lines, ""])
    return {name: text.encode()}


@pytest.mark.parametrize("tick_us", [1, 100])
@pytest.mark.parametrize("rate", ["100Hz", "60Hz", "", "nonsense"])
@pytest.mark.parametrize("every", [1, 2])
def test_ticks_of_both_lengths(tick_us: int, rate: str, every: int) -> None:
    recording = decode(written.bundle(dot(tick_us, rate=rate, every=every)))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s[::every], atol=1e-4)


def test_ticks_that_make_no_rate_are_refused() -> None:
    with pytest.raises(InputError, match="neither is the stated 100 Hz"):
        decode(written.bundle(dot(10)))


def test_wireless_xsens_sensors_are_counted_at_the_rate_they_tell() -> None:
    recording = decode(written.bundle(logged.mt_manager(MOTION)))
    assert recording.rate_from == "told by the file"
    found = check(recording.samples, recording.stated_rate_hz, rate_from=recording.rate_from).findings
    assert "100.0 Hz told by the file" in found[0]
    lost = logged.mt_manager(MOTION)["MT_00B42D4F.txt"].split(b"\n")
    with_a_hole = decode(written.bundle({"a.txt": b"\n".join(lost[:100] + lost[160:])})).samples.time_s
    assert np.diff(with_a_hole).max() == pytest.approx(0.61)  # lost packets are a gap, and do not make time shorter
    with pytest.raises(InputError, match="Tell the rate"):
        decode(written.bundle(logged.mt_manager(MOTION, rate="")))
    assert len(decode(written.bundle(logged.mt_manager(MOTION, wrong=""))).samples) == len(MOTION)


def test_a_rate_that_no_sensor_has_is_refused() -> None:
    with pytest.raises(InputError, match="6000 samples per second"):
        check(
            Samples(np.arange(20_000) / 6000, np.tile(MOTION.acc_m_s2, (34, 1))[:20_000], np.zeros((20_000, 3))), None
        )


def test_bursts_in_plain_csv_are_told_and_spread() -> None:
    arrival_s = np.ceil(MOTION.time_s * 10 + 1e-9) / 10 + 1e-4 * (np.arange(len(MOTION)) % 10)
    files = written.plain_csv(Samples(arrival_s, MOTION.acc_m_s2, MOTION.gyr_rad_s))
    recording = decode(written.bundle(files))
    assert any("arrival times in bursts" in finding for finding in recording.findings)
    step_s = np.diff(recording.samples.time_s)
    np.testing.assert_allclose(step_s, step_s[0], rtol=1e-6)
    assert step_s[0] == pytest.approx(0.01, rel=0.002)


def test_stamps_coarser_than_the_samples_are_spread() -> None:
    files = written.plain_csv(Samples(np.floor(MOTION.time_s * 20) / 20, MOTION.acc_m_s2, MOTION.gyr_rad_s))
    assert np.diff(decode(written.bundle(files)).samples.time_s) == pytest.approx(0.01, rel=0.01)


def test_a_pause_is_no_stall_and_a_row_logged_twice_no_burst() -> None:
    time_s = MOTION.time_s + 200.0 * (MOTION.time_s > 3)
    paused = Samples(time_s, MOTION.acc_m_s2, MOTION.gyr_rad_s)
    np.testing.assert_allclose(decode(written.bundle(written.plain_csv(paused))).samples.time_s, time_s, atol=1e-6)
    twice = np.sort(np.concatenate([np.arange(len(MOTION)), np.arange(0, len(MOTION), 3)]))
    doubled = Samples(MOTION.time_s[twice], MOTION.acc_m_s2[twice], MOTION.gyr_rad_s[twice])
    recording = decode(written.bundle(written.plain_csv(doubled)))
    np.testing.assert_allclose(recording.samples.time_s, MOTION.time_s, atol=1e-6)
    assert any("left out for a repeated time stamp: 200 of" in finding for finding in recording.findings)
