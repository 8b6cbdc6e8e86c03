"""The computer's own voice: words become sound by espeak-ng, or by what the system has, in a thread of their own."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray

WITHIN_S: Final = 5.0
"""A voice that takes longer for a sentence says nothing."""
MOST_LETTERS: Final = 300
PEAK: Final = 0.25
"""As loud as a cue's sound, and with the tick on top still below full scale."""
KEPT: Final = 64
"""Numbers and points come again and again."""
ESPEAK: Final = ("espeak-ng", "espeak")
_WINDOWS: Final = (
    "Add-Type -AssemblyName System.Speech; $s = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
    "$s.SetOutputToWaveFile($args[0]); $s.Speak([Console]::In.ReadToEnd()); $s.Dispose()"
)


def voice_command(which: Callable[[str], str | None] = shutil.which, platform: str = sys.platform) -> list[str] | None:
    """What speaks on this computer, to be given a WAV file's name and the words on standard input; None for nothing."""
    for name in ESPEAK:
        if found := which(name):
            return [found, "-v", "en", "-s", "165", "--stdin", "-w"]
    if platform == "darwin" and (found := which("say")):
        return [found, "--data-format=LEI16@22050", "-f", "-", "-o"]
    if platform == "win32" and (found := which("powershell")):
        return [found, "-NoProfile", "-Command", f"& {{ {_WINDOWS} }}"]
    return None


class Voice:
    """Renders words at ``rate_hz`` in a thread of its own, until :meth:`close`."""

    def __init__(self, command: list[str], rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._renderer = ThreadPoolExecutor(1, "dowel-voice")
        self._rendered = lru_cache(KEPT)(lambda text: spoken(command, text, rate_hz))

    def say(self, text: str, hand_on: Callable[[FloatArray], None]) -> None:
        """Render these words and hand on their sound (n,), between -1 and 1; nothing where the voice fails."""
        self._renderer.submit(self._render, text[:MOST_LETTERS], hand_on)

    def _render(self, text: str, hand_on: Callable[[FloatArray], None]) -> None:
        sound = self._rendered(text)
        if len(sound):
            hand_on(sound)
        else:
            self._rendered.cache_clear()  # a busy computer may have taken too long: the next time it is tried again

    def close(self) -> None:
        """No more words."""
        self._renderer.shutdown(wait=False, cancel_futures=True)


def spoken(command: list[str], text: str, rate_hz: float) -> FloatArray:
    """The sound (n,) of some words at a rate; empty where they could not be spoken."""
    with TemporaryDirectory(prefix="dowel-voice-") as folder:
        file = Path(folder) / "words.wav"
        try:
            subprocess.run(
                [*command, str(file)],
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=WITHIN_S,
                check=True,
            )
            return samples_of(file.read_bytes(), rate_hz)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError, ValueError):
            return np.empty(0)


def samples_of(wav: bytes, rate_hz: float) -> FloatArray:
    """A WAV file of 16 bit as one channel (n,) at another rate, without the silence at its ends, peak ``PEAK``."""
    with wave.open(io.BytesIO(wav)) as file:
        width, channels, own_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
        data = file.readframes(file.getnframes())
    if width != 2:
        raise ValueError("the voice gives no samples of 16 bit")
    own = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1)
    heard = np.flatnonzero(np.abs(own) > 0.01 * np.max(np.abs(own), initial=1.0))
    if not len(heard):
        return np.empty(0)
    own = own[heard[0] : heard[-1] + 1]
    count = round(len(own) * rate_hz / own_hz)
    at = np.arange(count) * (own_hz / rate_hz)
    sound: FloatArray = PEAK * np.interp(at, np.arange(len(own)), own) / np.abs(own).max()
    return sound
