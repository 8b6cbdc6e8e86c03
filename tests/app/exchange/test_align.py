"""Several recordings onto one clock: every method against a known offset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.align import align, low_passed
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Recording, decode, read_bundle
from dowel.recordings.types import FloatArray, Samples
from tests.depth import examples
from tests.recordings.formats import format_files as written

NAMES = ("upper_back", "sacrum")


def bends(time_s: FloatArray) -> FloatArray:
    """Pitch rate of irregular bends (rad/s) at session times."""
    starts_s = np.array([3.0, 7.1, 10.2, 15.9, 19.0, 24.7, 28.1, 33.5])
    lengths_s = np.array([3.0, 2.2, 3.6, 2.5, 4.1, 2.8, 3.3, 2.4])
    phase = (time_s[:, None] - starts_s) / lengths_s
    inside = (phase > 0) & (phase < 1)
    rate: FloatArray = np.where(inside, 3.0 / lengths_s * np.sin(2 * np.pi * phase), 0.0).sum(axis=1)
    return rate


def worn(
    start_s: float,
    *,
    rate_hz: float = 100.0,
    gain: float = 1.0,
    seed: int = 1,
    length_s: float = 38.0,
    drift: float = 0.0,
) -> Recording:
    """A sensor that started at this session time; its own time begins at zero and may run fast."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(length_s * rate_hz)) / rate_hz
    gyr = np.zeros((len(time_s), 3))
    gyr[:, 1] = gain * bends(start_s + time_s)
    gyr += rng.normal(0, 0.02, gyr.shape)
    samples = Samples(time_s * (1 + drift), np.tile([0.0, 0.0, 9.8], (len(time_s), 1)), gyr)
    return Recording("test", samples, None, False, None, ())


@pytest.mark.parametrize("frequency_hz", [0.5, 3.0, 6.0, 9.0])
def test_what_is_faster_than_movement_is_taken_out(frequency_hz: float) -> None:
    wave = np.sin(2 * np.pi * frequency_hz * np.arange(1000) / 100.0)
    gain = np.exp(-((frequency_hz / 6.0) ** 2))
    assert low_passed(wave)[100:900] == pytest.approx(gain * wave[100:900], abs=1e-9)


def test_one_recording_needs_nothing() -> None:
    assert align([worn(0.0)], ["sacrum"]).offset_s == (0.0,)


def test_plain_csv_keeps_its_time_whatever_is_asked() -> None:
    recordings = [replace(worn(0.0), session_clock=True), replace(worn(2.0), session_clock=True)]
    for method in (None, "motion", "start", "epoch"):
        found = align(recordings, NAMES, method)  # type: ignore[arg-type]
        assert (found.method, found.offset_s, found.uncertainty_ms) == ("session_time", (0.0, 0.0), (0.0, 0.0))


def test_epoch() -> None:
    a = replace(worn(1.5), epoch_s=1000.0 + 1.5, epoch_uncertainty_s=0.05)
    b = replace(worn(0.25, seed=2), epoch_s=1000.0 + 0.25, epoch_uncertainty_s=0.02)
    found = align([a, b], NAMES)
    assert found.method == "epoch"
    assert found.offset_s == pytest.approx((1.25, 0.0))
    assert found.uncertainty_ms == pytest.approx((50.0, 20.0))
    assert found.findings == ()


def test_a_wrong_clock_is_told() -> None:
    a, b = replace(worn(0.0), epoch_s=1000.0), replace(worn(0.0, seed=2), epoch_s=1002.0)
    found = align([a, b], NAMES)
    assert len(found.findings) == 1
    assert "-2.00 s against the clocks" in found.findings[0]
    assert "--align motion" in found.findings[0]


def test_makers_synchronised_clock_comes_first() -> None:
    a = replace(worn(0.0), epoch_s=1000.0, sync_clock_s=50.0)
    b = replace(worn(0.5, seed=2), epoch_s=1000.53, sync_clock_s=50.5)
    found = align([a, b], NAMES)
    assert found.method == "sync"
    assert found.offset_s == pytest.approx((0.0, 0.5))
    # Counters of two different synchronisations tell nothing.
    assert align([a, replace(b, sync_clock_s=4000.0)], NAMES).method == "epoch"
    assert align([a, b], NAMES, "epoch").offset_s == pytest.approx((0.0, 0.53))


@examples(40)
@given(
    st.floats(-2, 2.5),
    st.sampled_from([50.0, 99.3, 100.0, 208.0]),
    st.sampled_from([0.3, 1.0, 2.5]),
    st.integers(0, 1000),
)
def test_motion_finds_the_lag(lag_s: float, rate_hz: float, gain: float, seed: int) -> None:
    first = worn(0.0, seed=seed)
    second = worn(lag_s, rate_hz=rate_hz, gain=gain, seed=seed + 5000)
    found = align([first, second], NAMES, "motion")
    assert found.method == "motion"
    assert found.offset_s[0] == 0.0
    assert found.offset_s[1] == pytest.approx(lag_s, abs=0.004 if gain >= 1 else 0.02)
    assert found.uncertainty_ms[0] == 0.0
    assert 11.0 <= found.uncertainty_ms[1] < 40.0


def test_rest_before_and_after_does_not_count_as_uncertainty() -> None:
    found = align([worn(0.0, length_s=120.0), worn(0.0, length_s=120.0, seed=2)], NAMES, "motion")
    assert found.uncertainty_ms[1] < 15.0


def test_a_drifting_clock_shows_in_the_uncertainty() -> None:
    steady = align([worn(0.0), worn(0.0, seed=2)], NAMES, "motion")
    drifting = align([worn(0.0), worn(0.0, seed=2, drift=0.004)], NAMES, "motion")
    assert drifting.uncertainty_ms[1] > 30 > steady.uncertainty_ms[1]


def test_motion_aligns_to_plain_csv_where_there_is_one() -> None:
    plain = replace(worn(0.0), session_clock=True)
    plain = replace(plain, samples=replace(plain.samples, time_s=plain.samples.time_s + 100.0))
    found = align([worn(2.0, seed=2), plain], NAMES, "motion")
    assert found.offset_s == (pytest.approx(102.0, abs=0.004), 0.0)


def test_start() -> None:
    found = align([worn(0.0), worn(0.0, rate_hz=50.0)], NAMES, "start")
    assert (found.method, found.offset_s) == ("start", (0.0, 0.0))
    assert found.uncertainty_ms == pytest.approx((10.0, 20.0))
    late = replace(worn(0.0), session_clock=True)
    late = replace(late, samples=replace(late.samples, time_s=late.samples.time_s + 7.0))
    assert align([late, worn(0.0)], NAMES, "start").offset_s == (0.0, 7.0)


def test_offsets_given_by_the_user_override() -> None:
    a, b = replace(worn(0.0), epoch_s=1000.0), replace(worn(0.0), epoch_s=1002.0)
    found = align([a, b], NAMES, "epoch", [0.0, 3.25])
    assert (found.method, found.offset_s) == ("offset", (0.0, 3.25))
    with pytest.raises(InputError, match="2 recordings need 2 offsets"):
        align([a, b], NAMES, None, [1.0])


@pytest.mark.parametrize("method", [None, "epoch"])
def test_no_way_to_align_names_the_choices(method: str | None) -> None:
    with pytest.raises(InputError, match=r"^sacrum: .*--align motion .*--align start .*--offset-s"):
        align([replace(worn(0.0), epoch_s=1.0), worn(0.0)], NAMES, method)  # type: ignore[arg-type]


def test_recordings_that_do_not_overlap_are_refused() -> None:
    a, b = replace(worn(0.0), epoch_s=1000.0), replace(worn(0.0), epoch_s=1100.0)
    with pytest.raises(InputError, match=r"sacrum starts 62\.0 s after upper_back has ended \(aligned by epoch\)"):
        align([a, b], NAMES)


def test_movement_that_tells_nothing_is_refused() -> None:
    still = worn(200.0)
    with pytest.raises(InputError, match="do not move alike"):
        align([worn(0.0), still], NAMES, "motion")
    flat = replace(still, samples=replace(still.samples, gyr_rad_s=np.zeros_like(still.samples.gyr_rad_s)))
    with pytest.raises(InputError, match="do not move alike"):
        align([worn(0.0), flat], NAMES, "motion")


def test_regular_movement_is_refused() -> None:
    def regular(seed: int) -> Recording:
        recording = worn(0.0, seed=seed, length_s=120.0)
        rate = np.abs(np.sin(np.pi * recording.samples.time_s / 2.0))[:, None] * [0.0, 1.0, 0.0]
        return replace(recording, samples=replace(recording.samples, gyr_rad_s=rate))

    with pytest.raises(InputError, match="so regular that several lags fit"):
        align([regular(1), regular(2)], NAMES, "motion")


def test_real_seated_bends(real_recordings: Path) -> None:
    """Cut the first 2 s off one sensor: the lag is found within three times its uncertainty, or refused."""
    for folder in sorted((real_recordings / "seated-bends").iterdir()):
        upper_back, sacrum = (
            replace(decode(read_bundle(folder / f"{name}.csv")), session_clock=False) for name in NAMES
        )
        samples = sacrum.samples
        cut = Samples(samples.time_s[100:] - samples.time_s[100], samples.acc_m_s2[100:], samples.gyr_rad_s[100:])
        both = [upper_back, replace(sacrum, samples=cut)]
        if folder.name == "person_b_trial_2":  # three bends so alike that two lags fit
            with pytest.raises(InputError, match="several lags fit"):
                align(both, NAMES, "motion")
        else:
            found = align(both, NAMES, "motion")
            assert abs(found.offset_s[1] - 2.0) * 1e3 < 3 * found.uncertainty_ms[1]


def test_formats_with_epoch_align_end_to_end() -> None:
    first = decode(written.bundle(written.metamotion(written.motion())))
    late = written.motion_at(written.motion().time_s + 1.25)
    second = decode(written.bundle(written.phyphox(late)))
    found = align([first, second], NAMES)
    assert found.method == "epoch"
    assert found.offset_s == pytest.approx((0.0, 1.25), abs=2e-3)
