"""The sounds: loud where a gym and a small speaker let them through, told apart, without clicks, never too loud."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.signal import periodogram

from dowel.cues.cue import POINTS, Cue, CueKind
from dowel.cues.mixer import Mixer
from dowel.cues.sounds import (
    LOUDEST_LEVEL,
    RATE_HZ,
    SOUND_PEAK,
    TICK_PEAK,
    TONE_HIGH_HZ,
    TONE_LOW_HZ,
    TONE_PEAK,
    Sounds,
    tone_pitch_hz,
)
from dowel.recordings.types import FloatArray

SOUNDS = Sounds()
ALL = {
    "tick": SOUNDS.tick,
    **{f"contact {point}": sound for point, sound in SOUNDS.contact.items()},
    **{f"verdict {point}": sound for point, sound in SOUNDS.verdict.items()},
}
AUDIBLE_STEP = 0.25
"""Of full scale between two samples: a note of 3 kHz at the peak moves by less, a jump from silence to it by more."""


def band_share(sound: FloatArray, low_hz: float = 500.0, high_hz: float = 3000.0) -> float:
    hz, power = periodogram(sound, RATE_HZ, detrend=False)
    return float(power[(hz >= low_hz) & (hz <= high_hz)].sum() / power.sum())


def strongest_hz(sound: FloatArray) -> float:
    """The lowest strong part of a note."""
    hz, power = periodogram(sound, RATE_HZ, window="hann", detrend=False)
    return float(hz[np.flatnonzero(power > 0.25**2 * power.max())[0]])


def beats(sound: FloatArray) -> list[float]:
    """How long each beat of a rhythm is, in s: stretches in which something sounds."""
    window = round(0.005 * RATE_HZ)
    loud = np.array([np.abs(part).max() > 0.02 for part in np.array_split(sound, len(sound) // window)])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int)))
    return [(stop - start) * window / RATE_HZ for start, stop in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("name", ALL)
def test_most_of_the_power_is_where_it_is_heard(name: str) -> None:
    assert band_share(ALL[name]) > 0.7


@pytest.mark.parametrize("name", ALL)
def test_short_within_its_peak_and_without_a_click(name: str) -> None:
    sound = ALL[name]
    assert len(sound) / RATE_HZ < 0.8
    assert np.abs(sound).max() == pytest.approx(TICK_PEAK if name == "tick" else SOUND_PEAK, rel=1e-3)
    assert abs(sound[0]) < 0.01
    assert abs(sound[-1]) < 0.01
    assert np.abs(np.diff(sound)).max() < AUDIBLE_STEP
    if name != "tick":
        rise_s = np.flatnonzero(np.abs(sound) > 0.5 * np.abs(sound).max())[0] / RATE_HZ
        assert 0.002 < rise_s < 0.015


def test_the_points_are_told_apart_without_pitch_and_without_rhythm() -> None:
    assert set(SOUNDS.contact) == set(POINTS)
    rhythms = {point: beats(sound) for point, sound in SOUNDS.contact.items()}
    assert {point: len(rhythm) for point, rhythm in rhythms.items()} == {"sacrum": 2, "upper_back": 4, "head": 1}
    lengths = {point: np.mean(rhythm) for point, rhythm in rhythms.items()}
    assert min(max(a, b) / min(a, b) for a, b in combinations(lengths.values(), 2)) > 1.5
    pitches = [strongest_hz(SOUNDS.contact[point]) for point in POINTS]
    assert min(high / low for low, high in pairwise(pitches)) > 1.4, "about a fifth apart"


def test_the_verdict_is_another_sound_that_names_the_same_point() -> None:
    for point in POINTS:
        contact, verdict = SOUNDS.contact[point], SOUNDS.verdict[point]
        assert np.allclose(verdict[-len(contact) :], contact)
        head = verdict[: len(verdict) - len(contact)]
        assert beats(head)[0] > 0.1
        third = round(0.04 * RATE_HZ)
        assert strongest_hz(head[:third]) > 1.3 * strongest_hz(head[third * 2 : third * 3]), "it falls"


def test_the_sound_of_a_cue() -> None:
    assert SOUNDS.of(Cue(CueKind.TICK, 1.0)) is SOUNDS.tick
    assert SOUNDS.of(Cue(CueKind.CONTACT, 1.0, "head")) is SOUNDS.contact["head"]
    assert SOUNDS.of(Cue(CueKind.VERDICT, 1.0, "sacrum")) is SOUNDS.verdict["sacrum"]
    assert SOUNDS.of(Cue(CueKind.SUMMARY, 1.0, text="6 reps")) is None
    assert SOUNDS.of(Cue(CueKind.TICK, 1.0, sounds=False)) is None
    assert SOUNDS.of(Cue(CueKind.CONTACT, 1.0, "floor")) is not None


# --- the mixer: what the device is given


def played(mixer: Mixer, seconds: float, block: int = 256) -> FloatArray:
    return np.concatenate([mixer.render(block) for _ in range(round(seconds * RATE_HZ / block))])


def test_silence_until_something_is_asked_for() -> None:
    assert not played(Mixer(SOUNDS, 1.0), 0.5).any()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, LOUDEST_LEVEL])
def test_the_pitch_of_the_tone(level: float) -> None:
    mixer = Mixer(SOUNDS, 1.0)
    mixer.tone(level)
    sound = played(mixer, 1.5)[RATE_HZ // 2 :]
    assert strongest_hz(sound) == pytest.approx(tone_pitch_hz(level), rel=0.01)
    assert np.abs(sound).max() == pytest.approx(TONE_PEAK, rel=1e-2)
    assert band_share(sound) > 0.55
    assert tone_pitch_hz(0.0) == TONE_LOW_HZ
    assert tone_pitch_hz(1.0) == pytest.approx(TONE_HIGH_HZ)
    assert tone_pitch_hz(-1.0) == TONE_LOW_HZ
    assert tone_pitch_hz(9.0) == tone_pitch_hz(LOUDEST_LEVEL)


def test_the_tone_glides_and_ends_without_a_click() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    pieces = []
    for level in (0.0, 0.5, 0.1, 1.25, None, 0.8, None):
        mixer.tone(level)
        pieces.append(played(mixer, 0.2, block=96))
    sound = np.concatenate(pieces)
    steady = Mixer(SOUNDS, 1.0)
    steady.tone(LOUDEST_LEVEL)
    for order in (1, 2):  # a jump of phase or strength would move faster than the highest note does by itself
        assert np.abs(np.diff(sound, order)).max() < 1.05 * np.abs(np.diff(played(steady, 0.5), order)).max()
    assert not pieces[-1][round(0.05 * RATE_HZ) :].any()


def test_whatever_the_size_of_the_pieces_it_sounds_the_same() -> None:
    def sound(block: int) -> FloatArray:
        mixer = Mixer(SOUNDS, 1.0)
        mixer.tone(0.6)
        mixer.sound(Cue(CueKind.CONTACT, 1.0, "sacrum"))
        mixer.sound(Cue(CueKind.TICK, 1.0))
        return played(mixer, 0.512, block)

    whole = sound(512)
    for block in (64, 96, 128):
        assert np.allclose(sound(block)[: len(whole) - 1000], whole[: len(whole) - 1000], atol=1e-9)


def test_everything_at_once_stays_in_range_and_follows_the_volume() -> None:
    for volume in (1.0, 0.5, 0.0):
        mixer = Mixer(SOUNDS, volume)
        mixer.tone(1.0)
        mixer.sound(Cue(CueKind.TICK, 1.0))
        for point in POINTS:
            mixer.sound(Cue(CueKind.CONTACT, 1.0, point))
            mixer.sound(Cue(CueKind.VERDICT, 1.0, point))
        peak = np.abs(played(mixer, 3.0)).max()
        assert peak <= volume * (SOUND_PEAK + TICK_PEAK + TONE_PEAK) <= 0.9 * volume
        assert peak > 0.6 * volume or volume == 0.0


def test_rhythms_follow_each_other_and_the_newest_are_kept() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    for point in POINTS:
        mixer.sound(Cue(CueKind.CONTACT, 1.0, point))
    sound = played(mixer, 1.5)
    expected = np.concatenate([SOUNDS.contact["upper_back"], SOUNDS.contact["head"]])
    assert np.allclose(sound[: len(expected)], expected)
    assert not sound[len(expected) :].any()


def test_a_new_volume_is_no_click() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    mixer.tone(0.0)
    before = played(mixer, 0.2)
    mixer.volume = 0.1
    after = played(mixer, 0.2)
    assert np.abs(np.diff(np.concatenate([before[-256:], after[:512]]), 2)).max() < 0.03
    assert np.abs(after[-RATE_HZ // 10 :]).max() == pytest.approx(0.1 * TONE_PEAK, rel=1e-2)
