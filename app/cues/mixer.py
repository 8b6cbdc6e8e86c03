"""What the loudspeaker is given: cues and the steady tone, mixed as it asks for them."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from dowel.cues.cue import Cue, CueKind
from dowel.cues.sounds import ATTACK_S, TONE_PEAK, Sounds, harmonics, tone_pitch_hz
from dowel.recordings.types import FloatArray

GLIDE_S: Final = 0.030
"""The tone takes this to reach a new pitch: a step between two packets of a sensor is not heard as one."""
WAITING: Final = 2
"""A cue waits for the one before it to end, as rhythms on top of each other say nothing; more than so many are not
waited for: the oldest is dropped."""


class Mixer:
    """An output without a device: :meth:`render` gives the next piece of sound.

    :meth:`sound` and :meth:`tone` may be called by one thread while another renders: they hand over through a deque
    and one attribute, which Python changes in one step, and neither waits for the other.
    """

    def __init__(self, sounds: Sounds, volume: float) -> None:
        self.volume = volume
        self._sounds = sounds
        self._asked: deque[Cue] = deque(maxlen=16)
        self._level: float | None = None
        self._waiting: deque[FloatArray] = deque(maxlen=WAITING)
        self._playing = self._ticking = np.empty(0)
        self._phase = 0.0
        self._pitch_hz = tone_pitch_hz(0.0)
        self._strength = 0.0
        self._loudness = volume

    def sound(self, cue: Cue) -> None:
        """Play a cue from the next piece on."""
        self._asked.append(cue)

    def tone(self, level: float | None) -> None:
        """Hold the tone at this level from the next piece on; None: none."""
        self._level = level

    def render(self, count: int) -> FloatArray:
        """The next samples (count,), between -1 and 1."""
        self._take_asked()
        mixed = self._tone(count)
        self._ticking = _add(mixed, self._ticking)
        at = 0
        while at < count and (len(self._playing) or self._waiting):
            if not len(self._playing):
                self._playing = self._waiting.popleft()
            length = min(count - at, len(self._playing))
            self._playing = _add(mixed[at : at + length], self._playing)
            at += length
        mixed *= np.linspace(self._loudness, self.volume, count)  # a new volume is no click
        self._loudness = self.volume
        return mixed

    def _take_asked(self) -> None:
        while self._asked:
            cue = self._asked.popleft()
            sound = self._sounds.of(cue)
            if sound is None:
                continue
            if cue.kind is CueKind.TICK:
                self._ticking = sound
            else:
                self._waiting.append(sound)

    def _tone(self, count: int) -> FloatArray:
        level, rate_hz = self._level, self._sounds.rate_hz
        if level is None and self._strength == 0.0:
            return np.zeros(count)
        if level is not None:
            wanted_hz = tone_pitch_hz(level)
            if self._strength == 0.0:
                self._pitch_hz, self._phase = wanted_hz, 0.0
        else:
            wanted_hz = self._pitch_hz
        steps = np.arange(1, count + 1)
        pitch_hz = wanted_hz + (self._pitch_hz - wanted_hz) * np.exp(-steps / (GLIDE_S * rate_hz))
        turns = self._phase + np.cumsum(pitch_hz) / rate_hz
        slope = (1.0 if level is not None else -1.0) / (ATTACK_S * rate_hz)
        strength = np.clip(self._strength + slope * steps, 0.0, 1.0)
        self._phase, self._pitch_hz, self._strength = float(turns[-1] % 1.0), float(pitch_hz[-1]), float(strength[-1])
        wave = harmonics(turns)
        wave *= TONE_PEAK * (0.5 - 0.5 * np.cos(np.pi * strength))
        return wave


def _add(into: FloatArray, sound: FloatArray) -> FloatArray:
    """Add as much of a sound as there is room for; returns the rest of it."""
    length = min(len(into), len(sound))
    into[:length] += sound[:length]
    return sound[length:]
