"""Several recordings onto one clock: every method against a known offset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.align import CLEAR, PLAIN_UNCERTAINTY_S, Alignment, align
from dowel.exchange.clocks_by_movement import low_passed
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Recording, decode, read_bundle
from dowel.recordings.types import FloatArray, Samples
from dowel.sensors.simulated import Stand, set_of_hinges, simulate
from dowel.sensors.stream.replay import AS_IT_IS, TimeLine
from tests.depth import examples
from tests.recordings.formats import format_files as written
from tests.streams import ideal_sensors

NAMES = ("upper_back", "sacrum")


STARTS_S = np.array([3.0, 7.1, 10.2, 15.9, 19.0, 24.7, 28.1, 33.5])


def bends(time_s: FloatArray) -> FloatArray:
    """Pitch rate of irregular bends (rad/s) at session times."""
    lengths_s = np.array([3.0, 2.2, 3.6, 2.5, 4.1, 2.8, 3.3, 2.4])
    phase = (time_s[:, None] - STARTS_S) / lengths_s
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
    tilt = gyr[:, 1].cumsum() / rate_hz
    gyr += rng.normal(0, 0.02, gyr.shape)
    acc = 9.8 * np.column_stack([-np.sin(tilt), np.zeros(len(tilt)), np.cos(tilt)])
    return Recording("test", Samples(time_s * (1 + drift), acc, gyr), None, False, None, ())


def plain(recording: Recording, offset_s: float = 0.0) -> Recording:
    """The same as plain CSV, whose times are so late."""
    samples = replace(recording.samples, time_s=recording.samples.time_s + offset_s)
    return replace(recording, samples=samples, session_clock=True)


def offsets_s(found: Alignment) -> tuple[float, ...]:
    """What is added to the recordings' times, where no rate was corrected."""
    assert all(line.rate == 1.0 for line in found.lines)
    return tuple(line.offset_s for line in found.lines)


@pytest.mark.parametrize("frequency_hz", [0.5, 3.0, 6.0, 9.0])
def test_what_is_faster_than_movement_is_taken_out(frequency_hz: float) -> None:
    wave = np.sin(2 * np.pi * frequency_hz * np.arange(1000) / 100.0)
    gain = np.exp(-((frequency_hz / 6.0) ** 2))
    assert low_passed(wave, 6.0, 100.0)[100:900] == pytest.approx(gain * wave[100:900], abs=1e-9)


def test_one_recording_needs_nothing() -> None:
    assert align([worn(0.0)], ["sacrum"]).lines == (AS_IT_IS,)


# ------------------------------------------------------------------------------------------------- plain CSV


def test_plain_csv_that_the_movement_confirms_keeps_its_time() -> None:
    found = align([plain(worn(0.0)), plain(worn(0.0, seed=2))], NAMES)
    assert (found.method, found.lines, found.source) == ("session_time", (AS_IT_IS,) * 2, ("measured",) * 2)
    assert found.uncertainty_ms[0] == 0.0
    assert 5.0 < found.uncertainty_ms[1] < 20.0
    assert found.findings == ()


@pytest.mark.parametrize("method", [None, "motion"])
@pytest.mark.parametrize("late_s", [0.06, 0.15, 0.3, -0.3, 2.5])
def test_plain_csv_of_two_clocks_is_corrected(late_s: float, method: Literal["motion"] | None) -> None:
    found = align([plain(worn(0.0)), plain(worn(0.0, seed=2), late_s)], NAMES, method)
    assert offsets_s(found) == (0.0, pytest.approx(-late_s, abs=0.004))
    assert found.source == ("measured", "measured")
    assert found.uncertainty_ms[1] < 20.0
    if method is None:
        words = "late" if late_s > 0 else "early"
        assert f"sacrum: by the movement its times are {abs(late_s) * 1e3:.0f} ms {words}" in found.findings[0].replace(
            "59 ms", "60 ms"
        )


@examples(20)
@given(st.floats(-0.3, 0.3), st.floats(0.002, 0.01), st.booleans())
def test_a_drift_is_corrected(late_s: float, drift: float, slow: bool) -> None:
    drift = -drift if slow else drift
    first, second = plain(worn(0.0)), plain(worn(0.0, seed=2, drift=drift), late_s)
    found = align([first, second], NAMES)
    true_s = second.samples.time_s - late_s
    error_s = found.lines[1].at(second.samples.time_s) - true_s / (1 + drift)
    assert np.abs(error_s).max() * 1e3 < 2 * found.uncertainty_ms[1]
    assert found.lines[1].rate == pytest.approx(1 / (1 + drift), abs=5e-4)
    assert found.lines[0] == AS_IT_IS


def taken_off(recording: Recording, at_s: float, lasts_s: float = 6.0, *, seed: int) -> Recording:
    """The same, but from a moment on in somebody's hands, where it turns three times as fast as in bends."""
    rng = np.random.default_rng(seed)
    time_s, samples = recording.samples.time_s, recording.samples
    held = (time_s >= at_s) & (time_s < at_s + lasts_s)
    hertz, phase = rng.uniform(0.2, 2.5, (2, 8, 3)) * [[[1.0]], [[3.0]]]
    handled = 0.7 * np.sin(2 * np.pi * hertz * time_s[held, None, None] + phase).sum(axis=1)
    gyr = samples.gyr_rad_s.copy()
    gyr[held], gyr[time_s >= at_s + lasts_s] = handled, 0.0
    return replace(recording, samples=replace(samples, gyr_rad_s=gyr))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sensors_in_the_hands_after_the_set_say_nothing_of_the_clocks(seed: int) -> None:
    quick = set_of_hinges(6, lowering_s=2.5, rising_s=1.2)
    worn_once = simulate((Stand(6.0), *quick, Stand(20.0)), ideal_sensors(soft_tissue_deg=3.0), seed=seed)
    sensors = []
    for place, run in enumerate(worn_once.sensors):
        whole = Recording("test", run.samples, None, False, None, ())
        sensors.append(plain(taken_off(whole, worn_once.duration_s - 18.0 + 3.0 * place, seed=10 * seed + place)))
    found = align(sensors, NAMES)
    assert (found.lines, found.findings) == ((AS_IT_IS,) * 2, ())


def test_where_nothing_moves_plain_csv_is_only_declared() -> None:
    found = align([plain(worn(200.0)), plain(worn(200.0, seed=2))], NAMES)
    assert (found.lines, found.source) == ((AS_IT_IS,) * 2, ("declared", "declared"))
    assert np.hypot(*found.uncertainty_ms) == pytest.approx(1e3 * 2**0.5 * PLAIN_UNCERTAINTY_S)


def test_sensors_that_do_not_bend_as_one_keep_what_their_clocks_say() -> None:
    """Of a head or of somebody who lies down it is not known how much of a lag is the body's."""
    both = [plain(worn(0.0)), plain(worn(0.0, seed=2), 0.15)]
    found = align(both, ("pelvis_front", "sternum"), trunk=())
    assert (found.lines, found.source, found.findings) == ((AS_IT_IS,) * 2, ("declared",) * 2, ())
    assert offsets_s(align(both, ("upper_back", "head"), "motion", trunk=(0,)))[1] == pytest.approx(-0.15, abs=0.004)


@pytest.mark.parametrize("late_s", [0.0, 0.15, 0.6])
def test_even_reps_leave_plain_csv_its_time(late_s: float) -> None:
    """Every second lag fits, but only one of them is near to what the files say; the half of it has up for down."""
    found = align([plain(regular(1)), plain(regular(2), late_s)], NAMES)
    assert offsets_s(found) == (0.0, pytest.approx(-late_s, abs=0.004)) or found.source == ("declared", "declared")


def that_jumps(jump_s: float) -> Recording:
    second = plain(worn(0.0, seed=2))
    time_s = second.samples.time_s
    return replace(second, samples=replace(second.samples, time_s=time_s + np.where(time_s > 19.0, jump_s, 0.0)))


@pytest.mark.parametrize("jump_s", [0.1, 0.15, 0.3])
def test_a_small_jump_of_a_clock_is_no_drift(jump_s: float) -> None:
    found = align([plain(worn(0.0)), that_jumps(jump_s)], NAMES)
    assert "its clock jumps against that of upper_back" in found.findings[0]
    assert found.lines == (AS_IT_IS, AS_IT_IS)
    assert found.uncertainty_ms[1] == pytest.approx(1e3 * jump_s, abs=15.0)
    asked = align([plain(worn(0.0)), that_jumps(jump_s)], NAMES, "motion")
    assert "its clock jumps against that of upper_back" in asked.findings[0]
    assert asked.lines[1].rate == 1.0
    assert 0.6 < asked.uncertainty_ms[1] / (1e3 * jump_s) < 1.2


def test_a_clock_that_jumps_is_told_and_no_number_is_made_of_it() -> None:
    found = align([plain(worn(0.0)), that_jumps(1.2)], NAMES)
    assert "its clock jumps against that of upper_back" in found.findings[0]
    assert found.lines == (AS_IT_IS, AS_IT_IS)
    assert found.uncertainty_ms[1] > 300.0


def test_two_people_who_do_the_same_are_told_and_no_clock_is_blamed() -> None:
    """The bends of the one, and those of another who begins each up to 0.15 s sooner or later."""
    one, other = plain(worn(0.0)), plain(worn(0.0, seed=2))
    time_s = other.samples.time_s
    sooner_s = np.repeat([0.1, -0.125, 0.05, 0.15, -0.1, -0.05, 0.125, -0.15], 2)
    begins = np.interp(time_s, np.stack([STARTS_S - 0.3, STARTS_S + 2.5], axis=1).ravel(), sooner_s)
    pitch = np.interp(time_s + begins, time_s, other.samples.gyr_rad_s[:, 1])
    tilt = pitch.cumsum() / 100.0
    acc = 9.8 * np.column_stack([-np.sin(tilt), np.zeros(len(tilt)), np.cos(tilt)])
    gyr = np.column_stack([other.samples.gyr_rad_s[:, 0], pitch, other.samples.gyr_rad_s[:, 2]])
    second = replace(other, samples=Samples(time_s, acc, gyr))
    for found in (align([one, second], NAMES), align([one, second], NAMES, "motion")):
        assert "sacrum and upper_back do not move as one body" in found.findings[0]
        assert found.uncertainty_ms[1] > 100.0
        assert found.lines[1].rate == 1.0


@pytest.mark.parametrize("late_s", [0.0, 0.3])
def test_slow_reps_of_a_back_that_rounds_are_of_one_body(late_s: float) -> None:
    """Going down it leads, coming up it follows: a window must hold both ways, or the lag seems to wander."""
    reps = set_of_hinges(6, lowering_s=7.0, pause_s=0.3, rising_s=5.0, peaks_deg=[15.0])
    runs = simulate((Stand(5.0), *reps, Stand(5.0)), ideal_sensors(), seed=0).sensors
    both = [Recording("test", run.samples, None, False, None, ()) for run in runs]
    found = align([plain(both[0]), plain(both[1], late_s)], NAMES)
    assert not any("do not move as one body" in each or "jumps" in each for each in found.findings)
    assert abs(found.lines[1].offset_s + late_s) * 1e3 < 2.0 * found.uncertainty_ms[1] < 150.0


# ---------------------------------------------------------------------------------------------- clocks that files share


def test_epoch() -> None:
    """Two phones' clocks: where the movement agrees it is the better judge, and says how far they may be apart."""
    a = replace(worn(1.5), epoch_s=1000.0 + 1.5, epoch_uncertainty_s=0.05)
    b = replace(worn(0.25, seed=2), epoch_s=1000.0 + 0.25, epoch_uncertainty_s=0.02)
    found = align([a, b], NAMES)
    assert found.method == "epoch"
    assert offsets_s(found) == pytest.approx((1.25, 0.0))
    assert found.source == ("measured", "measured")
    assert found.uncertainty_ms == (0.0, pytest.approx(11.0, abs=4.0))
    still = align([replace(worn(200.0), epoch_s=0.0, epoch_uncertainty_s=0.05)] * 2, NAMES)
    assert (np.hypot(*still.uncertainty_ms), *still.source) == (pytest.approx(70.7, abs=0.1), "declared", "declared")


@pytest.mark.parametrize("wrong_s", [0.08, 2.0])
def test_a_wrong_clock_is_corrected_and_told(wrong_s: float) -> None:
    a = replace(worn(0.0), epoch_s=1000.0, epoch_uncertainty_s=0.05)
    b = replace(worn(0.0, seed=2), epoch_s=1000.0 + wrong_s, epoch_uncertainty_s=0.05)
    found = align([a, b], NAMES)
    assert found.method == "epoch"
    assert offsets_s(found) == (0.0, pytest.approx(0.0, abs=0.004))
    assert len(found.findings) == 1
    assert "ms late, against those of upper_back" in found.findings[0]
    assert "This was corrected" in found.findings[0]


def test_makers_synchronised_clock_comes_first() -> None:
    a = replace(worn(0.0), epoch_s=1000.0, sync_clock_s=50.0)
    b = replace(worn(0.5, seed=2), epoch_s=1000.53, sync_clock_s=50.5)
    found = align([a, b], NAMES)
    assert found.method == "sync"
    assert offsets_s(found) == pytest.approx((0.0, 0.5))
    # The movement confirms it, and no more exactly than it says itself.
    assert found.source == ("declared", "declared")
    assert np.hypot(*found.uncertainty_ms) == pytest.approx(1.4, abs=0.1)
    # Counters of two different synchronisations tell nothing.
    assert align([a, replace(b, sync_clock_s=4000.0)], NAMES).method == "epoch"
    assert align([a, b], NAMES, "epoch").method == "epoch"
    # A counter that the movement contradicts is not believed.
    wrong = align([a, replace(b, sync_clock_s=50.7)], NAMES)
    assert offsets_s(wrong) == (0.0, pytest.approx(0.5, abs=0.004))
    assert wrong.source == ("measured", "measured")


def test_start() -> None:
    found = align([worn(200.0), worn(200.0, rate_hz=50.0)], NAMES, "start")
    assert (found.method, offsets_s(found)) == ("start", (0.0, 0.0))
    assert np.hypot(*found.uncertainty_ms) == pytest.approx(22.4, abs=0.1)
    late = plain(worn(0.0), 7.0)
    assert offsets_s(align([late, worn(0.0)], NAMES, "start")) == (0.0, 7.0)
    # they did not begin together
    wrong = align([worn(0.0), worn(0.4, seed=2)], NAMES, "start")
    assert offsets_s(wrong) == (0.0, pytest.approx(0.4, abs=0.004))
    assert "400 ms early" in wrong.findings[0].replace("399", "400")


def test_offsets_given_by_the_user_are_obeyed_and_checked() -> None:
    a, b = replace(worn(0.0), epoch_s=1000.0), replace(worn(0.0, seed=2), epoch_s=1002.0)
    right = align([a, b], NAMES, "epoch", [0.0, 0.0])
    assert (right.method, offsets_s(right), right.findings) == ("offset", (0.0, 0.0), ())
    wrong = align([a, b], NAMES, "epoch", [0.0, 0.15])
    assert offsets_s(wrong) == (0.0, 0.15)
    assert "The offsets you gave are kept; check them." in wrong.findings[0]
    assert wrong.uncertainty_ms[1] > 140.0
    with pytest.raises(InputError, match="2 recordings need 2 offsets"):
        align([a, b], NAMES, None, [1.0])


# ------------------------------------------------------------------------------------------------------ by the movement


@pytest.mark.slow
@examples(40)
@given(
    st.floats(-2, 2.5),
    st.sampled_from([50.0, 99.3, 100.0, 208.0]),
    st.sampled_from([0.4, 1.0, 2.0]),
    st.integers(0, 1000),
)
def test_motion_finds_the_lag(lag_s: float, rate_hz: float, gain: float, seed: int) -> None:
    first = worn(0.0, seed=seed)
    second = worn(lag_s, rate_hz=rate_hz, gain=gain, seed=seed + 5000)
    found = align([first, second], NAMES, "motion")
    assert found.method == "motion"
    assert offsets_s(found) == (0.0, pytest.approx(lag_s, abs=0.004 if gain >= 1 else 0.02))
    assert found.uncertainty_ms[0] == 0.0
    assert 10.0 <= found.uncertainty_ms[1] < 40.0


def test_rest_before_and_after_does_not_count_as_uncertainty() -> None:
    found = align([worn(0.0, length_s=120.0), worn(0.0, length_s=120.0, seed=2)], NAMES, "motion")
    assert found.uncertainty_ms[1] < 15.0


def test_motion_aligns_to_plain_csv_where_there_is_one() -> None:
    found = align([worn(2.0, seed=2), plain(worn(0.0), 100.0)], NAMES, "motion")
    assert offsets_s(found) == (pytest.approx(102.0, abs=0.004), 0.0)


def test_the_reference_is_believed() -> None:
    found = align([plain(worn(0.0)), plain(worn(0.0, seed=2), 0.15)], NAMES, reference=1)
    assert offsets_s(found) == (pytest.approx(0.15, abs=0.004), 0.0)


@pytest.mark.parametrize("method", [None, "epoch"])
def test_no_way_to_align_names_the_choices(method: Literal["epoch"] | None) -> None:
    with pytest.raises(InputError, match=r"^sacrum: .*--align motion .*--align start .*--offset-s"):
        align([replace(worn(0.0), epoch_s=1.0), worn(0.0)], NAMES, method)


def test_recordings_that_do_not_overlap_are_refused() -> None:
    a, b = replace(worn(0.0), epoch_s=1000.0), replace(worn(200.0), epoch_s=1100.0)
    with pytest.raises(InputError, match=r"sacrum starts 62\.0 s after upper_back has ended \(aligned by epoch\)"):
        align([a, b], NAMES)


def test_movement_that_tells_nothing_is_refused() -> None:
    still = worn(200.0)
    with pytest.raises(InputError, match="do not move alike"):
        align([worn(0.0), still], NAMES, "motion")
    flat = replace(still, samples=replace(still.samples, gyr_rad_s=np.zeros_like(still.samples.gyr_rad_s)))
    with pytest.raises(InputError, match="do not move alike"):
        align([worn(0.0), flat], NAMES, "motion")


def regular(seed: int) -> Recording:
    """Reps of 2 s, one like the other."""
    time_s = worn(0.0, seed=seed, length_s=120.0).samples.time_s
    tilt, nothing = 0.5 - 0.5 * np.cos(np.pi * time_s), np.zeros(len(time_s))
    acc = 9.8 * np.column_stack([-np.sin(tilt), nothing, np.cos(tilt)])
    gyr = np.column_stack([nothing, 0.5 * np.pi * np.sin(np.pi * time_s), nothing])
    return Recording("test", Samples(time_s, acc, gyr), None, False, None, ())


def test_regular_movement_is_refused() -> None:
    with pytest.raises(InputError, match="so regular that several lags fit"):
        align([regular(1), regular(2)], NAMES, "motion")


@pytest.mark.parametrize("folder", ["seated-bends", "lifting-virtual"])
def test_people_keep_their_lag(real_recordings: Path, folder: str) -> None:
    """People's upper back leads their sacrum, by up to 60 ms in seated bends: that is not corrected as a clock's."""
    for place in sorted((real_recordings / folder).iterdir()):
        both = [decode(read_bundle(place / f"{name}.csv")) for name in NAMES]
        assert align(both, NAMES).lines == (AS_IT_IS, AS_IT_IS)
        late = align([both[0], plain(both[1], 0.3)], NAMES)
        if late.source[1] == "measured":
            assert abs(late.lines[1].offset_s + 0.3) * 1e3 < CLEAR * late.uncertainty_ms[1]


def test_a_line_and_back() -> None:
    line = TimeLine(2.0, 1.01)
    assert line.back(line.at(np.array([3.0, 7.0]))) == pytest.approx([3.0, 7.0])


def test_formats_with_epoch_align_end_to_end() -> None:
    first = decode(written.bundle(written.metamotion(written.motion())))
    late = written.motion_at(written.motion().time_s + 1.25)
    second = decode(written.bundle(written.phyphox(late)))
    found = align([first, second], NAMES)
    assert found.method == "epoch"
    assert offsets_s(found) == pytest.approx((0.0, 1.25), abs=2e-3)
