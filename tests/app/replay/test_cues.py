"""A session told again in its own time sounds the cues of the practice, at the same session times."""

from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

from dowel.cues.cue import Cue, CueKind
from dowel.cues.cueing import HEARD_CUE, Cueing
from dowel.practice.live_session import LiveSession
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.replay.cues import ReplayedCues
from dowel.replay.pace import Pace, print_session
from dowel.sensors.simulated import Simulation, set_of_hinges
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences, Preferences, write_preferences
from tests.app.cues.cued import Heard
from tests.app.cues.test_cueing import QUICK, in_four_sets, simulated
from tests.app.practice.played import play

pytestmark = pytest.mark.slow


def practised(simulation: Simulation, path: Path, cues: CuePreferences) -> Heard:
    """What sounded live, in virtual time; the session is at the path."""
    heard = Heard()

    def prepare(live: LiveSession) -> None:
        for mark in simulation.marks:
            if mark.kind is not MarkKind.TICK:
                live._loop.call_at(
                    live.origin_ns * 1e-9 + mark.end_s,
                    lambda mark=mark: live.mark(mark.kind, mark.start_s, mark.end_s, **dict(mark.detail)),
                )
        cueing = Cueing(live.results, live.origin_ns, cues, [heard], keep=live.writer.heard)
        live.listeners.append(cueing.hear)

    play(simulation, path, prepare)
    return heard


def told_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, mode: CueMode | None = None, fact: str | None = None
) -> tuple[list[Cue], list[float], str]:
    """The cues of the replay, when each of them sounded by the clock that it is told by, and what was said."""
    out, now_s = io.StringIO(), [0.0]
    found: list[Cue] = []
    when_s: list[float] = []

    class Output:
        def sound(self, cue: Cue) -> None:
            found.append(cue)
            when_s.append(now_s[0])

        def tone(self, level: float | None) -> None:
            pass

        def hush(self) -> None:
            pass

    monkeypatch.setattr("dowel.replay.cues.open_output", lambda *_: Output())

    def sleep(for_s: float) -> None:
        now_s[0] += for_s

    with open_session(path) as session, ExitStack() as stack:
        if fact is not None:
            session.facts = {**session.facts, "cue": fact}
        results = SessionResults.of(session)
        console = Console(file=out, width=100)
        again = ReplayedCues(session, results, console, stack, mode, None)
        print_session(console, session, results, Pace(1.0, lambda: now_s[0], sleep), again.hear)
    return found, when_s, out.getvalue()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Heard]:
    path = tmp_path_factory.mktemp("live") / "live.dowel"
    return path, practised(in_four_sets(), path, CuePreferences())


@pytest.fixture(scope="module")
def one_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice with one set, which loses contact once."""
    path = tmp_path_factory.mktemp("one") / "one.dowel"
    practised(simulated(*set_of_hinges(2, peaks_deg=(0.0, 20.0), **QUICK)), path, CuePreferences())
    return path


def test_the_same_cues_at_the_same_times(live: tuple[Path, Heard], monkeypatch: pytest.MonkeyPatch) -> None:
    path, heard = live
    found, when_s, said = told_again(path, monkeypatch, fact="by load")
    assert found == heard.cues
    assert {cue.kind for cue in found} == set(CueKind) - {CueKind.SAID}
    lags = [at_s - cue.time_s for cue, at_s in zip(found, when_s, strict=True) if cue.kind is not CueKind.SUMMARY]
    assert max(lags) - min(lags) < 0.15
    assert said.count("These reps are fast") == 1


def test_what_sounded_is_kept_and_a_replay_keeps_nothing(
    live: tuple[Path, Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, heard = live
    before = path.read_bytes()
    told_again(path, monkeypatch)
    assert path.read_bytes() == before
    with open_session(path) as session:
        kept = [row for row in session.heard_rows if row.kind == HEARD_CUE and row.detail["sounded"]]
    assert len(kept) == sum(cue.kind is not CueKind.SUMMARY for cue in heard.cues)


def test_another_mode_can_be_asked_for(one_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _, _ = told_again(one_set, monkeypatch, CueMode.REP, fact="live")
    assert {cue.kind for cue in found} == {CueKind.TICK, CueKind.VERDICT, CueKind.SUMMARY}


@pytest.mark.parametrize(
    ("fact", "kind"), [("by load", CueKind.CONTACT), ("rep", CueKind.VERDICT), (None, CueKind.VERDICT)]
)
def test_the_mode_is_that_of_the_practice_else_what_the_person_chose(
    one_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fact: str | None, kind: CueKind
) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    write_preferences(Preferences(cues=CuePreferences(CueMode.REP)))
    found, _, _ = told_again(one_set, monkeypatch, fact=fact)
    assert kind in {cue.kind for cue in found}
    assert (CueKind.CONTACT in {cue.kind for cue in found}) == (kind is CueKind.CONTACT)


def test_the_command_says_what_is_wrong_with_the_choices(
    one_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[cues]\nvolume = 7\n")
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    _, _, said = told_again(one_set, monkeypatch)
    assert "line 2: volume must be a number from 0 to 1" in said
