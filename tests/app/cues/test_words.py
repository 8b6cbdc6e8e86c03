"""Words are heard where nothing else is: never over a tone or a cue, never in a step of the calibration."""

from __future__ import annotations

import shutil
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from dowel.cues.cue import Cue, CueKind
from dowel.cues.cueing import ENDS_STEP
from dowel.cues.mixer import CUT_S, QUIET_S, Mixer
from dowel.cues.sounds import RATE_HZ, Sounds
from dowel.cues.voice import PEAK, Voice, samples_of, spoken, voice_command
from dowel.practice.guided_steps import STEPS
from dowel.recordings.types import FloatArray, MarkKind
from dowel.sensors.simulated import Simulation
from dowel.settings.preferences import CuePreferences
from tests.app.cues.cued import cued

PIECE = 480
WORD = np.full(round(0.5 * RATE_HZ), 0.1)
"""A word that can be told from everything else: it does not swing."""
SOUNDS = Sounds()


def rendered(mixer: Mixer, seconds: float) -> FloatArray:
    return np.concatenate([mixer.render(PIECE) for _ in range(round(seconds * RATE_HZ / PIECE))])


def without_words(mixer: Mixer, seconds: float, *, tone: float | None) -> FloatArray:
    """The same of a mixer that is told no word."""
    silent = Mixer(SOUNDS, 1.0)
    silent.tone(tone)
    return rendered(silent, seconds)


def test_a_word_waits_for_the_tone_and_is_gone_when_it_begins_again() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    mixer.tone(0.5)
    rendered(mixer, 0.1)
    mixer.say(WORD, 3.0)
    in_tone = rendered(mixer, 0.4)
    mixer.tone(None)
    ended = rendered(mixer, 0.4)
    begins = np.flatnonzero(np.isclose(ended, 0.1, atol=1e-3))
    spoken_from_s = begins[np.flatnonzero(np.diff(begins) == 1)[0]] / RATE_HZ
    assert QUIET_S <= spoken_from_s < QUIET_S + 0.06, "a piece of the tone's end, and a piece of rounding"
    alone = Mixer(SOUNDS, 1.0)
    alone.tone(0.5)
    rendered(alone, 0.1)
    assert np.array_equal(in_tone, rendered(alone, 0.4)), "not a bit of it in the tone"
    mixer.tone(0.5)
    cut = rendered(mixer, 0.3)
    again = without_words(mixer, 0.3, tone=0.5)
    covered = np.flatnonzero(np.abs(cut - again) > 1e-9)
    assert covered[-1] < CUT_S * RATE_HZ + PIECE, "it fades while the tone swells"
    assert np.abs(np.diff(cut)).max() < 0.1, "without a click"


def test_a_cue_cuts_a_word_and_what_waits_too_long_is_not_said() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    mixer.say(WORD, 1.0)
    rendered(mixer, 0.3)
    mixer.sound(Cue(CueKind.CONTACT, 0.0, "sacrum"))
    mixer.say(WORD, 0.2)
    rendered(mixer, 0.05)
    played = rendered(mixer, 1.0)
    assert not np.isclose(played[: round(0.2 * RATE_HZ)], 0.1, atol=1e-3).all()
    assert np.abs(played[-round(0.5 * RATE_HZ) :]).max() == 0.0, "the second was out of date"


def test_the_tick_of_a_rep_leaves_a_word_alone_and_hush_ends_all() -> None:
    mixer = Mixer(SOUNDS, 1.0)
    mixer.say(WORD, 1.0)
    mixer.say(WORD, 5.0)
    rendered(mixer, 0.2)
    mixer.sound(Cue(CueKind.TICK, 0.0))
    rendered(mixer, 0.08)
    assert np.isclose(rendered(mixer, 0.05), 0.1).all()
    mixer.hush()
    assert np.abs(rendered(mixer, 1.0)[round(CUT_S * RATE_HZ) + PIECE :]).max() == 0.0


def test_every_step_of_the_calibration_ends_the_silence() -> None:
    assert set(STEPS) | {MarkKind.STEP_END, MarkKind.CLAP} >= ENDS_STEP >= set(STEPS)


@pytest.mark.slow
def test_with_words_every_cue_is_spoken_and_none_in_a_step(simulated: Simulation) -> None:
    heard = cued(simulated, CuePreferences(spoken=True))
    assert [cue.text for cue in heard.of(CueKind.TICK) if cue.spoken] == [str(each) for each in range(1, 9)]
    lost = [cue for cue in heard.of(CueKind.CONTACT) if cue.spoken]
    assert {cue.text for cue in lost} == {"sacrum off", "upper back off"}
    assert all(cue.spoken for cue in heard.of(CueKind.SUMMARY))
    assert heard.hushed == sum(mark.kind is MarkKind.STEP_START for mark in simulated.marks) > 0


@pytest.mark.parametrize(
    ("there", "platform", "program"),
    [
        ({"espeak-ng"}, "linux", "espeak-ng"),
        ({"espeak"}, "linux", "espeak"),
        ({"say"}, "darwin", "say"),
        ({"powershell"}, "win32", "powershell"),
        ({"say"}, "linux", None),
    ],
)
def test_each_system_has_a_voice_of_its_own(there: set[str], platform: str, program: str | None) -> None:
    command = voice_command(lambda name: name if name in there else None, platform)
    assert (command[0] if command else None) == program


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="ESPEAK-NG ABSENT: apt-get install espeak-ng")
def test_espeak_speaks() -> None:
    command = voice_command()
    assert command is not None
    five, sentence = spoken(command, "5", RATE_HZ), spoken(command, "8 reps: 5 held, 2 lost.", RATE_HZ)
    assert 0.2 * RATE_HZ < len(five) < RATE_HZ < len(sentence)
    assert np.abs(five).max() == pytest.approx(PEAK, rel=0.02)
    assert len(spoken([sys.executable, "-c", "raise SystemExit(1)"], "5", RATE_HZ)) == 0


def test_a_word_that_could_not_be_spoken_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was spoken is kept."""
    given = iter([np.empty(0), WORD])
    monkeypatch.setattr("dowel.cues.voice.spoken", lambda *_: next(given))
    voice, heard = Voice([], RATE_HZ), []
    for _ in range(3):
        voice._render("5", heard.append)
    assert len(heard) == 2
    voice.close()


def test_another_rate_two_channels_and_silence(tmp_path: Path) -> None:
    def wav(values: FloatArray) -> bytes:
        path = tmp_path / "x.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 22050, 0, "NONE", ""))
            file.writeframes(np.repeat(values.astype("<i2"), 2).tobytes())
        return path.read_bytes()

    silence = np.zeros(5000)
    swing = 12000.0 * np.sin(np.arange(22050) * 2.0 * np.pi * 440.0 / 22050)
    found = samples_of(wav(np.concatenate([silence, swing, silence])), RATE_HZ)
    assert len(found) == pytest.approx(RATE_HZ, rel=0.01)
    assert np.abs(found).max() == pytest.approx(PEAK, rel=0.02)
    assert len(samples_of(wav(silence), RATE_HZ)) == 0
