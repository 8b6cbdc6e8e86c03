"""The computer's speaker, by PortAudio (the ``sound`` extra)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from types import ModuleType, TracebackType
from typing import Any, Final, Self

import numpy as np

from dowel.cues.cue import Cue, CueKind, CueOutput
from dowel.cues.mixer import Mixer
from dowel.cues.sounds import Sounds
from dowel.cues.voice import Voice, voice_command
from dowel.recordings.types import FloatArray
from dowel.settings.preferences import CuePreferences
from dowel.text.sanitise import plain

WORD_WITHIN_S: Final = 3.0
"""A number or a point that waited longer belongs to another rep."""
SENTENCE_WITHIN_S: Final = 12.0
"""A summary is as true in the rest."""
_INSTALL: Final = {
    "linux": "Install it, on Debian and Ubuntu with: sudo apt install libportaudio2.",
    "darwin": "Install it with: brew install portaudio.",
}


class NoSpeaker(Exception):
    """Cues cannot be played on this computer; the text says why and how to fix it."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where the sound goes: its name, the rate and channels it is given."""

    name: str
    rate_hz: float
    channels: int


def default_device() -> Device:
    """The output that the system plays on. Raises ``NoSpeaker``."""
    portaudio = _portaudio()
    try:
        found: Any = portaudio.query_devices(kind="output")
    except (portaudio.PortAudioError, ValueError) as error:
        raise NoSpeaker(
            "This computer has no sound output that can be used. Plug one in or switch it on in the system's settings."
        ) from error
    return Device(plain(found["name"]), float(found["default_samplerate"]), min(int(found["max_output_channels"]), 2))


def _portaudio() -> ModuleType:
    try:
        import sounddevice
    except ImportError as error:
        raise NoSpeaker("Sounds need the sound extra: pip install 'dowel-rod[sound]'.") from error
    except OSError as error:  # the package is there, the system's library is not
        raise NoSpeaker(f"The PortAudio library is missing. {_INSTALL.get(sys.platform, 'Install it.')}") from error
    module: ModuleType = sounddevice
    return module


class Speaker:
    """``with Speaker(cues, instead) as speaker``: an output on the default device. Raises ``NoSpeaker``.

    A thread of PortAudio asks for the sound; :meth:`sound` and :meth:`tone` only leave word for it. When the device is
    gone in mid-session, cues go to ``instead``.
    """

    def __init__(self, cues: CuePreferences, instead: CueOutput) -> None:
        portaudio = _portaudio()
        self.device = default_device()
        self._instead = instead
        command = voice_command()
        self._voice = Voice(command, self.device.rate_hz) if command is not None else None
        self._hushes = 0
        self._mixer = Mixer(Sounds(self.device.rate_hz), cues.volume)
        try:
            self._stream: Any = portaudio.OutputStream(
                samplerate=self.device.rate_hz,
                channels=self.device.channels,
                dtype="float32",
                latency="low",
                callback=self._fill,
            )
        except portaudio.PortAudioError as error:
            raise NoSpeaker(_refused(self.device, error)) from error
        self._error = portaudio.PortAudioError

    def __enter__(self) -> Self:
        try:
            self._stream.start()
        except self._error as error:
            self._stream.close()
            raise NoSpeaker(_refused(self.device, error)) from error
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close(ignore_errors=True)
        if self._voice is not None:
            self._voice.close()

    @property
    def latency_s(self) -> float:
        """What the device says of the time from here to the air."""
        return float(self._stream.latency)

    def use(self, cues: CuePreferences) -> None:
        """Take over a new volume."""
        self._mixer.volume = cues.volume

    def sound(self, cue: Cue) -> None:
        """Play a cue."""
        try:
            playing = bool(self._stream.active)
        except self._error:
            playing = False
        (self._mixer if playing else self._instead).sound(cue)
        if playing and cue.spoken and cue.text and self._voice is not None:
            within_s = SENTENCE_WITHIN_S if cue.kind in (CueKind.SUMMARY, CueKind.SAID) else WORD_WITHIN_S
            self._voice.say(cue.text, partial(self._say, self._hushes, within_s))

    def tone(self, level: float | None) -> None:
        """Hold the tone at this level; None: none."""
        self._mixer.tone(level)

    def hush(self) -> None:
        """End every word, also those that are still being made."""
        self._hushes += 1
        self._mixer.hush()

    def _say(self, hushes: int, within_s: float, sound: FloatArray) -> None:
        if hushes == self._hushes:
            self._mixer.say(sound, within_s)

    def _fill(self, out: Any, count: int, time: Any, status: Any) -> None:  # noqa: ARG002
        """PortAudio asks for the next samples, (count, channels)."""
        out[:] = self._mixer.render(count).astype(np.float32)[:, None]


def _refused(device: Device, error: Exception) -> str:
    reason = str(error.args[0] if error.args else error)
    return f"The sound output {device.name} cannot be used ({plain(reason)}). Close whatever else is playing on it."
