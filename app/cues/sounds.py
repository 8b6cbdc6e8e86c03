"""The sounds, made in numpy: short, told apart by rhythm as well as by pitch, and audible in a noisy gym.

What a lifter hears head-down comes from a small speaker somewhere in the room. So every sound has most of its power in
harmonics between 500 and 3000 Hz, where such speakers are loud and people hear best, and none depends on the lowest
note. Attacks are quick enough to be placed in the movement and slow enough not to startle; nothing is louder than its
peak here, times the volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.cues.cue import Cue, CueKind
from dowel.recordings.types import FloatArray

RATE_HZ: Final = 48_000
"""What most sound devices run at; another rate makes the same sounds."""
ATTACK_S: Final = 0.010
"""Raised cosine. Shorter ones click and startle, longer ones are hard to place in a movement."""
RELEASE_S: Final = 0.020
HARMONICS: Final = (0.6, 1.0, 0.8, 0.5, 0.25)
"""Of a note: the second is the strongest, so that a speaker without low notes loses nothing."""

SOUND_PEAK: Final = 0.45
TICK_PEAK: Final = 0.2
TONE_PEAK: Final = 0.25
"""Of full scale. One of each may sound together; their sum stays below 1."""

TONE_LOW_HZ: Final = 330.0
TONE_HIGH_HZ: Final = 880.0
LOUDEST_LEVEL: Final = 1.25
"""The tone rises from the low note at level 0 to the high one at level 1, and so much further at most."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat of a rhythm: its pitch, how long it sounds, and the pause after it."""

    pitch_hz: float
    length_s: float
    pause_s: float = 0.0
    end_hz: float | None = None
    """Where the pitch glides to, if it does."""


POINT_BEATS: Final[dict[str, tuple[Beat, ...]]] = {
    "sacrum": (Beat(440.0, 0.13, 0.07), Beat(440.0, 0.13)),
    "upper_back": (Beat(660.0, 0.06, 0.04), Beat(660.0, 0.06, 0.04), Beat(660.0, 0.06, 0.04), Beat(660.0, 0.06)),
    "head": (Beat(990.0, 0.40),),
}
"""The sound of each point of the rod: two low, four quick in the middle, one long high."""
SOUNDS_AS: Final = {"floor": "sacrum"}
"""Lying it is the low back that is lost, too."""
REP_BEATS: Final = (Beat(1000.0, 0.12, 0.10, 500.0),)
"""A falling note: this rep lost contact. The sound of the point follows."""


def tone_pitch_hz(level: float) -> float:
    """The pitch of the steady tone: equal steps of the deviation are equal steps to the ear."""
    held = min(max(level, 0.0), LOUDEST_LEVEL)
    return float(TONE_LOW_HZ * (TONE_HIGH_HZ / TONE_LOW_HZ) ** held)


def harmonics(phase: FloatArray) -> FloatArray:
    """A note (n,) from the phase of its lowest part, in turns; its peak is at most 1."""
    wave = np.zeros_like(phase)
    for number, weight in enumerate(HARMONICS, start=1):
        wave += weight * np.sin(2.0 * np.pi * number * phase)
    wave /= _WAVE_PEAK
    return wave


_WAVE_PEAK: Final = float(
    np.max(
        sum(
            weight * np.sin(2.0 * np.pi * number * np.linspace(0.0, 1.0, 4001))
            for number, weight in enumerate(HARMONICS, start=1)
        )
    )
)


def ramp(count: int) -> FloatArray:
    """A rise (count,) from 0 to 1 without a corner."""
    return 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(count, 1))


def _beat(beat: Beat, rate_hz: float) -> FloatArray:
    count = round(beat.length_s * rate_hz)
    end_hz = beat.pitch_hz if beat.end_hz is None else beat.end_hz
    pitch_hz = np.geomspace(beat.pitch_hz, end_hz, count)
    wave = harmonics(np.cumsum(pitch_hz) / rate_hz)
    attack, release = round(ATTACK_S * rate_hz), round(RELEASE_S * rate_hz)
    wave[:attack] *= ramp(attack)
    wave[count - release :] *= ramp(release)[::-1]
    return np.concatenate([wave, np.zeros(round(beat.pause_s * rate_hz))])


def rhythm(beats: Sequence[Beat], rate_hz: float) -> FloatArray:
    """Beats one after the other, (n,) between -SOUND_PEAK and SOUND_PEAK."""
    return SOUND_PEAK * np.concatenate([_beat(beat, rate_hz) for beat in beats])


def _tick(rate_hz: float) -> FloatArray:
    """A knock on wood: it begins quickly and dies away by itself."""
    time_s = np.arange(round(0.06 * rate_hz)) / rate_hz
    wave = np.sin(2.0 * np.pi * 1600.0 * time_s) + 0.5 * np.sin(2.0 * np.pi * 2400.0 * time_s)
    wave *= np.exp(-time_s / 0.012)
    attack = round(0.002 * rate_hz)
    wave[:attack] *= ramp(attack)
    wave[-attack:] *= ramp(attack)[::-1]
    return TICK_PEAK * wave / float(np.abs(wave).max())


class Sounds:
    """All sounds at one rate, ready before the session."""

    def __init__(self, rate_hz: float = RATE_HZ) -> None:
        self.rate_hz = rate_hz
        self.tick = _tick(rate_hz)
        self.contact = {point: rhythm(beats, rate_hz) for point, beats in POINT_BEATS.items()}
        self.verdict = {point: rhythm((*REP_BEATS, *beats), rate_hz) for point, beats in POINT_BEATS.items()}
        self._anywhere = rhythm(REP_BEATS, rate_hz)

    def of(self, cue: Cue) -> FloatArray | None:
        """The sound of a cue (n,); None for what is only shown."""
        if not cue.sounds:
            return None
        point = SOUNDS_AS.get(cue.point, cue.point)
        match cue.kind:
            case CueKind.TICK:
                return self.tick
            case CueKind.CONTACT:
                return self.contact.get(point, self._anywhere)
            case CueKind.VERDICT:
                return self.verdict.get(point, self._anywhere)
            case CueKind.SUMMARY | CueKind.SAID:
                return None
