"""A replay that is paused and moved: every moment is the practice's, its rows are the report's, bit by bit."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from dowel.display.glyphs import ASCII, UNICODE
from dowel.display.player import LEAD_S, Player, Span, Timeline, play
from dowel.recordings.errors import UsageError
from dowel.recordings.session_file.session_reader import open_session
from dowel.replay.pace import Pace
from dowel.replay.playing import Playing
from dowel.replay.strip import KEYS, Strip, foot
from dowel.reports.notebook import AnalysedSession, analyse
from dowel.session.following import Followed
from dowel.session.results import SessionResults

FASTEST = Pace(float("inf"))


class Ear:
    """Hears a replay, and does one thing after the other when as much of it was told."""

    def __init__(self, *plan: tuple[float, Callable[[Playing], None]]) -> None:
        self.plan, self.player = list(plan), None
        self.told: list[str] = []
        self.silent = self.begun = self.arrivals = self.ends = 0
        self.still: list[bool] = []
        self.states: list[tuple[float, str]] = []
        self.results: SessionResults

    def begin(self, results: SessionResults) -> None:
        self.begun += 1
        self.results = results

    def hear(self, part: Followed, *, told: bool) -> None:
        self.silent += not told
        if told:
            self.told += map(repr, part.events)
        player: Playing | None = self.player
        if told and player is not None and self.plan and part.now_s >= self.plan[0][0]:
            self.plan.pop(0)[1](player)

    def hold(self, *, still: bool) -> None:
        self.still.append(still)

    def leave(self) -> None:
        pass

    def arrived(self) -> None:
        self.arrivals += 1
        self.states.append((self.results.analysed_until_s, repr(self.results.now.angles)))

    def end(self) -> None:
        self.ends += 1
        if self.player is not None and not self.plan:
            self.player.stop()
        elif self.player is not None:
            self.plan.pop(0)[1](self.player)


@pytest.fixture(scope="module")
def whole(session: Path) -> AnalysedSession:
    return analyse(session)


def told_again(session: Path, whole: AnalysedSession, ear: Ear) -> Playing:
    async def run() -> Playing:
        with open_session(session) as opened:
            ear.player = player = Playing(opened, Timeline.of(whole), FASTEST, [ear], ["tuesday.dowel"])
            await asyncio.wait_for(player.run(), 60.0)
            return player

    return asyncio.run(run())


def test_wherever_it_goes_its_rows_and_states_are_those_of_the_report(session: Path, whole: AnalysedSession) -> None:
    end_s = whole.analysed_until_s
    goals_s = (0.9 * end_s, 0.3 * end_s, 0.6 * end_s, 0.95 * end_s, 0.0)
    from_s = (5.0, *goals_s[:-1])
    ear = Ear(*((at_s, partial(Playing.move, to_s=to_s)) for at_s, to_s in zip(from_s, goals_s, strict=True)))
    player = told_again(session, whole, ear)
    assert repr(ear.results.rep_rows) == repr(whole.rep_rows), "repr, as NaN differs from itself"
    assert repr(ear.results.events) == repr(whole.events)
    assert (ear.arrivals, ear.begun, player.over) == (5, 3, True), "backwards it begins again, onwards it goes on"
    assert ear.silent > 0
    for (at_s, angles), goal_s in zip(ear.states, goals_s, strict=True):
        assert at_s <= goal_s + 0.02
        assert at_s == pytest.approx(goal_s, abs=1.0)
        if at_s:
            assert angles == repr(whole.angles_at(at_s - 0.01))


def test_paused_it_stands_still_and_at_the_end_it_can_begin_again(session: Path, whole: AnalysedSession) -> None:
    stood_at_s: list[float] = []

    def rest(player: Playing) -> None:
        player.pause()
        loop = asyncio.get_running_loop()
        loop.call_later(0.02, lambda: stood_at_s.append(player.at_s))
        loop.call_later(0.04, lambda: (stood_at_s.append(player.at_s), player.pause()))

    ear = Ear((20.0, rest), (1e9, Playing.pause))
    told_again(session, whole, ear)
    assert stood_at_s[0] == stood_at_s[1] >= 20.0
    assert ear.still[:2] == [True, False]
    assert (ear.ends, ear.begun) == (2, 2)
    assert ear.told[: len(ear.told) // 2] == ear.told[len(ear.told) // 2 :]


def test_another_session_of_the_folder_can_be_chosen(session: Path, whole: AnalysedSession) -> None:
    player = told_again(session, whole, Ear((1.0, lambda player: play(player, "other", session="tuesday.dowel"))))
    assert player.chosen == "tuesday.dowel"
    with pytest.raises(UsageError, match="no such session"):
        play(player, "other", session="../elsewhere.dowel")
    with pytest.raises(UsageError, match="no action"):
        play(player, "rewind")


def test_the_timeline_is_that_of_the_report(whole: AnalysedSession) -> None:
    timeline = Timeline.of(whole)
    assert [rep.verdict for rep in timeline.reps] == [row.verdict for row in whole.rep_rows]
    assert [span.name for span in timeline.sets] == ["1"]
    assert [loss.name for loss in timeline.losses] == ["sacrum", "upper_back"]
    (first, second), starts_s = timeline.losses, [rep.start_s - LEAD_S for rep in timeline.reps]
    assert timeline.goal_s("loss", 0.0) == first.start_s - LEAD_S
    assert timeline.goal_s("loss", first.start_s) == second.start_s - LEAD_S
    assert timeline.goal_s("loss", second.start_s) is None
    at_s = [timeline.began_s]
    while (goal_s := timeline.goal_s("rep_after", at_s[-1])) is not None:
        at_s.append(goal_s)
    assert at_s[1:] == starts_s
    assert [timeline.goal_s("rep_before", late_s) for _, late_s in pairwise(at_s)] == at_s[:-1]
    assert timeline.goal_s("rep_before", starts_s[2] + 3.0) == starts_s[2], "the rep under way once more"
    assert timeline.goal_s("back", 2.0) == timeline.began_s
    assert timeline.goal_s("on", timeline.ended_s) == timeline.ended_s


class Still:
    """A replay that stands, to be drawn."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline, self.at_s = timeline, 42.0
        self.playing, self.over, self.moving = False, False, False
        self.others: Sequence[str] = ()


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_foot_fits_the_terminal_and_names_every_key(width: int, glyphs: object) -> None:
    spans = [Span(str(each), 10.0 * each, 10.0 * each + 4.0, "lost" if each == 3 else "held") for each in range(1, 9)]
    timeline = Timeline(0.0, 100.0, (Span("1", 10.0, 84.0),), tuple(spans), (Span("sacrum", 32.0, 33.0),))
    player: Player = Still(timeline)  # type: ignore[assignment]
    lines = foot(player, width, UNICODE if glyphs is UNICODE else ASCII)
    assert all(line.cell_len <= width for line in lines)
    text = "\n".join(line.plain for line in lines)
    assert "0:42 of 1:40  paused" in text
    assert "space  play" in text
    assert (text.count(UNICODE.lost), text.count("X")) == ((1, 0) if glyphs is UNICODE else (0, 1))
    assert all(f" {key} " in text for key in KEYS if key != " ")


def test_a_key_that_only_looks_like_a_number_chooses_nothing() -> None:
    """French keyboards have a key for it."""
    strip = Strip(Console(file=io.StringIO()))
    strip.lead(Still(Timeline(0.0, 1.0, (), (), ())))  # type: ignore[arg-type]
    strip._pressed("\u00b2")
