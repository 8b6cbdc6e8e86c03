"""What the loudspeaker is given: cues and the steady tone, mixed as it asks for them."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from dowel.cues.cue import Cue, CueKind
from dowel.cues.sounds import ATTACK_S, TONE_PEAK, Sounds, harmonics, ramp, tone_pitch_hz
from dowel.recordings.types import FloatArray

GLIDE_S: Final = 0.030
"""The tone takes this to reach a new pitch: a step between two packets of a sensor is not heard as one."""
WAITING: Final = 2
"""A cue waits for the one before it to end, as rhythms on top of each other say nothing; more than so many are not
waited for: the oldest is dropped."""
QUIET_S: Final = 0.12
"""Words begin so long after the last tone or cue, and a word after the one before."""
CUT_S: Final = 0.015
"""A word that a tone or a cue meets fades within this: the tone takes 10 ms to swell, so it is never covered."""
MOST_WORDS: Final = 4


class Word(NamedTuple):
    """Something to be spoken: its sound (n,), and until which sample it may begin."""

    sound: FloatArray
    until: int


class Mixer:
    """An output without a device: :meth:`render` gives the next piece of sound.

    Words (:meth:`say`) are heard only where nothing else is: they wait for tone and cues to end, and break off where
    one begins. The tick of a rep, which is as short as a knock, is no reason to.

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
        self._words: deque[Word] = deque(maxlen=MOST_WORDS)
        self._word = np.empty(0)
        self._rendered = 0
        self._quiet_from = 0
        self._hushed = False

    def say(self, sound: FloatArray, within_s: float) -> None:
        """Let a word be heard as soon as it is quiet, if that is within some seconds."""
        self._words.append(Word(sound, self._rendered + round(within_s * self._sounds.rate_hz)))

    def hush(self) -> None:
        """No word from the next piece on."""
        self._hushed = True

    def sound(self, cue: Cue) -> None:
        """Play a cue from the next piece on."""
        self._asked.append(cue)

    def tone(self, level: float | None) -> None:
        """Hold the tone at this level from the next piece on; None: none."""
        self._level = level

    def render(self, count: int) -> FloatArray:
        """The next samples (count,), between -1 and 1."""
        self._take_asked()
        busy = self._level is not None or self._strength > 0.0
        mixed = self._tone(count)
        self._ticking = _add(mixed, self._ticking)
        at = 0
        while at < count and (len(self._playing) or self._waiting):
            if not len(self._playing):
                self._playing = self._waiting.popleft()
            length = min(count - at, len(self._playing))
            self._playing = _add(mixed[at : at + length], self._playing)
            at += length
        self._speak(mixed, count, busy=busy or at > 0)
        self._rendered += count
        mixed *= np.linspace(self._loudness, self.volume, count)  # a new volume is no click
        self._loudness = self.volume
        return mixed

    def _speak(self, mixed: FloatArray, count: int, *, busy: bool) -> None:
        """Words where it is quiet; ``busy``: a tone or a cue sounds in this piece."""
        rate_hz = self._sounds.rate_hz
        if self._hushed:
            self._hushed, busy = False, True
            self._words.clear()
        if busy:
            self._quiet_from = self._rendered + count
            fading = min(round(CUT_S * rate_hz), len(self._word))
            self._word = self._word[:fading] * _fall(self._word, CUT_S * rate_hz)
        elif not len(self._word) and self._rendered >= self._quiet_from + QUIET_S * rate_hz:
            while self._words and not len(self._word):
                word = self._words.popleft()
                self._word = word.sound if self._rendered <= word.until else self._word
        if len(self._word):
            self._quiet_from = self._rendered + min(count, len(self._word))
        self._word = _add(mixed, self._word)

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


def _fall(sound: FloatArray, count: float) -> FloatArray:
    """A fall from 1 to 0 over so many samples, or over the sound where it is shorter."""
    return ramp(min(round(count), len(sound)))[::-1]


def _add(into: FloatArray, sound: FloatArray) -> FloatArray:
    """Add as much of a sound as there is room for; returns the rest of it."""
    length = min(len(into), len(sound))
    into[:length] += sound[:length]
    return sound[length:]
