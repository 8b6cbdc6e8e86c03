"""The bell and the speaker: real PortAudio against a device that swallows everything, and what is said without one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dowel.cues.bell import Bell
from dowel.cues.cue import Cue, CueKind
from dowel.cues.cue_outputs import open_output
from dowel.cues.cue_settings import Choices
from dowel.cues.speaker import NoSpeaker, Speaker, default_device
from dowel.settings.preferences import CuePreferences

LOST = Cue(CueKind.CONTACT, 1.0, "sacrum")
NULL_DEVICE = "pcm.!default { type null }\nctl.!default { type null }\n"


def test_the_bell_rings_for_what_was_lost_only() -> None:
    rung: list[int] = []
    bell = Bell(lambda: rung.append(1))
    for kind in CueKind:
        bell.sound(Cue(kind, 1.0))
    bell.tone(1.0)
    assert len(rung) == 2
    bell.sound(Cue(CueKind.CONTACT, 1.0, sounds=False))
    assert len(rung) == 2


class Device:
    """Stands in for the sounddevice module."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *, channels: int = 8, refuses: bool = False) -> None:
        self.refuses = refuses
        self.active = False
        self.options: dict[str, Any] = {}
        self.channels = channels

    def query_devices(self, kind: str) -> dict[str, Any]:
        if not self.channels:
            raise self.PortAudioError("Error querying device -1")
        return {"name": "Lautsprecher\x1b", "default_samplerate": 44_100.0, "max_output_channels": self.channels}

    def OutputStream(self, **options: Any) -> Any:
        if self.refuses:
            raise self.PortAudioError("Device unavailable", -9985)
        self.options = options
        self.latency = 0.012
        return self

    def start(self) -> None:
        self.active = True

    def close(self, ignore_errors: bool) -> None:
        self.active = False

    def ask(self, count: int) -> Any:
        out = np.zeros((count, self.options["channels"]), np.float32)
        self.options["callback"](out, count, None, None)
        return out


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    device = Device()
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    return device


def test_the_speaker_plays_on_every_channel_at_the_devices_own_rate(device: Device) -> None:
    rung: list[int] = []
    with Speaker(CuePreferences(volume=0.5), Bell(lambda: rung.append(1))) as speaker:
        assert (device.options["samplerate"], device.options["channels"]) == (44_100.0, 2)
        assert device.options["latency"] == "low"
        assert speaker.latency_s == 0.012
        assert not device.ask(512).any()
        speaker.sound(LOST)
        out = device.ask(4410)
        assert np.abs(out).max() > 0.1
        assert (out[:, 0] == out[:, 1]).all()
        speaker.use(CuePreferences(volume=0.0))
        device.ask(64)
        speaker.tone(1.0)
        assert not device.ask(512).any()
    assert not rung


def test_when_the_device_is_gone_the_bell_rings(device: Device) -> None:
    rung: list[int] = []
    with Speaker(CuePreferences(), Bell(lambda: rung.append(1))) as speaker:
        device.active = False
        speaker.sound(LOST)
        speaker.tone(0.3)
    assert rung == [1]


def opened(told: list[str]) -> Any:
    with ExitStack() as stack:
        return open_output(stack, Choices(CuePreferences()), lambda: None, told.append)


def test_a_new_volume_reaches_the_speaker(device: Device) -> None:
    with ExitStack() as stack:
        choices = Choices(CuePreferences())
        output = open_output(stack, choices, lambda: None, pytest.fail)
        assert isinstance(output, Speaker)
        choices.use(CuePreferences(volume=0.0))
        device.ask(64)
        output.sound(LOST)
        assert not device.ask(2000).any()


def test_without_a_device_the_bell_rings_and_it_is_said_once(device: Device) -> None:
    device.channels = 0
    told: list[str] = []
    assert isinstance(opened(told), Bell)
    assert told == [
        "Cues are the terminal's bell. This computer has no sound output that can be used. Plug one in or switch it on "
        "in the system's settings."
    ]


def test_a_device_that_refuses(device: Device) -> None:
    device.refuses = True
    told: list[str] = []
    assert isinstance(opened(told), Bell)
    assert "(Device unavailable)" in told[0]
    assert told[0].isprintable()


def test_without_the_extra_or_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(NoSpeaker, match=r"pip install 'dowel-rod\[sound\]'"):
        default_device()

    class NoLibrary:
        def find_spec(self, name: str, *_: Any) -> Any:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(NoSpeaker, match="apt install libportaudio2"):
        default_device()


REALLY = """
import time
from dowel.cues.bell import Bell
from dowel.cues.cue import Cue, CueKind
from dowel.cues.speaker import Speaker
from dowel.settings.preferences import CuePreferences

with Speaker(CuePreferences(), Bell(lambda: print("rung"))) as speaker:
    speaker.sound(Cue(CueKind.CONTACT, 1.0, "sacrum"))
    speaker.tone(0.5)
    until_s = time.monotonic() + 20.0
    while time.monotonic() < until_s and (speaker._mixer._asked or not speaker._mixer._strength):
        time.sleep(0.01)
    assert not speaker._mixer._asked and speaker._mixer._strength > 0.0
    print(speaker.device.name, speaker.latency_s > 0.0)
"""


def test_real_portaudio_asks_for_the_sound(tmp_path: Path) -> None:
    """Linux only, as there the null device of ALSA stands in for a loudspeaker."""
    pytest.importorskip("sounddevice", reason="the sound extra, or PortAudio itself, is missing", exc_type=OSError)
    if sys.platform != "linux":
        pytest.skip("no null device on this system")
    (tmp_path / "asound.conf").write_text(NULL_DEVICE)
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    done = subprocess.run([sys.executable, "-c", REALLY], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["default", "True"]
