"""What viewers are told: all of it, once, in order, and each at a pace of his own."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from dowel.display.display_state import Board
from dowel.practice.practice import Practice
from dowel.recordings.grid_points import GRID_HZ
from dowel.sensors.simulated import set_of_hinges
from dowel.sensors.simulated.virtual_time import run
from dowel.web.feed import CUES_KEPT, FRAME_S, MOST_VIEWERS, STATE_EVERY, Feed
from dowel.web.frames import TRACE_POINTS, TRACE_S, Around, Frames
from tests.live.rig import any_sensors, practise


def feed_of(board: Board) -> Feed:
    return Feed(Frames(board, Around))


async def events_of(feed: Feed) -> AsyncGenerator[str, None]:
    """What one more viewer is told."""
    viewer = feed.enter()
    assert viewer is not None
    async for chunk in feed.events(viewer):
        yield chunk


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def events_in(chunk: str) -> list[tuple[str, Any]]:
    found = []
    for block in chunk.split("\n\n"):
        if block.startswith("event: "):
            name, data = block.removeprefix("event: ").split("\ndata: ", 1)
            found.append((name, json.loads(data, parse_constant=no_constant)))
    return found


async def watch(feed: Feed, pause_s: float = 0.0) -> list[tuple[str, Any]]:
    """Everything that one viewer is told, who takes so long over each piece."""
    seen = []
    async for chunk in events_of(feed):
        seen += events_in(chunk)
        await asyncio.sleep(pause_s)
    return seen


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A practice of three reps with a quick viewer, a slow one, and one who comes late."""
    found: dict[str, Any] = {}

    async def person(practice: Practice, world: Any) -> None:
        while not practice.begun:
            await asyncio.sleep(0.1)
        board = Board()
        board.begin(practice)
        feed = feed_of(board)
        practice.live.listeners.append(lambda marks, events, _: board.hear(marks, events))
        viewers = {"quick": asyncio.create_task(watch(feed)), "slow": asyncio.create_task(watch(feed, 1.7))}
        while practice.guide.busy:
            await asyncio.sleep(0.5)
        practice.toggle_set()
        while world.lifter.busy:
            await asyncio.sleep(0.5)
        viewers["late"] = asyncio.create_task(watch(feed))
        await asyncio.sleep(3.0)
        practice.toggle_set()
        await asyncio.sleep(2.0)
        feed.end()
        found.update({name: await task for name, task in viewers.items()})
        found["history"] = practice.live.engine.pipeline.history
        practice.stop()

    path = tmp_path_factory.mktemp("feed") / "x.dowel"
    pieces = set_of_hinges(3, set_marks=False)
    found["live"] = practise(path, any_sensors(), then=person, seed=5, set_pieces=pieces).live
    return found


@pytest.mark.slow
def test_a_viewer_sees_the_session_as_it_is(watched: dict[str, Any]) -> None:
    quick = watched["quick"]
    assert quick[0][0] == "state"
    assert quick[-1] == ("end", {})
    states = [data for name, data in quick if name == "state"]
    assert max(state["reps"] for state in states) == 3
    assert {state["calibrating"] for state in states} == {True, False}
    titles = [state["step"]["title"] for state in states if state["step"]]
    assert list(dict.fromkeys(titles)) == ["Stand still", "Rod hold", "Rod hinges", "Ready"]
    rows = watched["live"].results.rep_rows
    final = states[-1]
    assert final["over"]
    assert final["commands"] == []
    assert [(bend["name"], bend["verdict"]) for bend in final["last"]] == [(str(row.rep), row.verdict) for row in rows]
    assert final["summary"] == {"set": 1, "text": "3 reps: 3 held.", "advice": ""}


@pytest.mark.slow
def test_frames_come_25_times_a_second_and_say_what_is_so(watched: dict[str, Any]) -> None:
    frames = [data for name, data in watched["quick"] if name == "now"]
    seconds = frames[-1]["t"] - frames[0]["t"]
    assert len(frames) >= 20 * seconds, "at least twenty a second"
    assert len(frames) < 60 * seconds
    history, phases = watched["history"], [frame["phase"]["name"] for frame in frames if frame["phase"]]
    assert {"lowering", "bottom", "rising"} <= set(phases)
    for frame in frames[::25]:
        point = round(frame["t"] * GRID_HZ) - 1
        if point < history.first or frame["figure"] is None:
            continue
        lean = history.lean_deg(point, point + 1)[:, 0]
        told = [frame["upper_back_lean_deg"], frame["sacrum_lean_deg"]]  # the order of the sensors
        assert [math.nan if value is None else value for value in told] == pytest.approx(lean, abs=0.06, nan_ok=True)
        deviation = history.deviation_deg(point, point + 1)[0]
        if frame["deviation_deg"] is not None:
            assert frame["deviation_deg"] == pytest.approx(deviation, abs=0.06)
        assert set(frame["figure"]["points"]) == {"sacrum", "upper_back", "head"}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["quick", "slow", "late"])
def test_the_trace_has_each_point_once(watched: dict[str, Any], who: str) -> None:
    trace = [point for name, data in watched[who] if name == "now" for point in data["trace"]]
    times = [round(time_s * GRID_HZ) for time_s, _, _ in trace]
    assert times == list(range(times[0], times[-1] + 1, TRACE_POINTS))
    history = watched["history"]
    for time_s, deviation_deg, _ in trace:
        point = round(time_s * GRID_HZ)
        if point >= history.first and deviation_deg is not None:
            assert deviation_deg == pytest.approx(history.deviation_deg(point, point + 1)[0], abs=0.06)


@pytest.mark.slow
def test_who_comes_late_gets_the_last_seconds_at_once(watched: dict[str, Any]) -> None:
    first = next(data for name, data in watched["late"] if name == "now")
    assert first["trace"][-1][0] - first["trace"][0][0] == pytest.approx(TRACE_S, abs=0.1)


@pytest.mark.slow
def test_a_slow_viewer_gets_fewer_frames_and_holds_nobody_up(watched: dict[str, Any]) -> None:
    counts = {who: sum(name == "now" for name, _ in watched[who]) for who in ("quick", "slow")}
    assert counts["slow"] < counts["quick"] / 20
    assert [data for name, data in watched["slow"] if name == "state"][-1]["over"]


def test_every_viewer_hears_every_cue_once_and_at_once() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        feed = feed_of(Board())
        heard: dict[str, list[tuple[float, int]]] = {"one": [], "other": []}

        async def listen(who: str, pause_s: float) -> None:
            async for chunk in events_of(feed):
                heard[who] += [(loop.time(), data["number"]) for name, data in events_in(chunk) if name == "cue"]
                await asyncio.sleep(pause_s)

        tasks = [asyncio.create_task(listen("one", 0.0)), asyncio.create_task(listen("other", 0.3))]
        await asyncio.sleep(0.01)
        sent = []
        for number in range(10):
            feed.cue(number=number)
            sent.append(loop.time())
            await asyncio.sleep(0.05)
        feed.end()
        await asyncio.gather(*tasks)
        assert [number for _, number in heard["one"]] == [number for _, number in heard["other"]] == list(range(10))
        delays = [at - was for (at, _), was in zip(heard["one"], sent, strict=True)]
        assert max(delays) < FRAME_S / 4, "not with the next frame"

    run(main())


def test_cues_that_nobody_took_are_forgotten_in_the_end() -> None:
    async def main() -> None:
        feed = feed_of(Board())
        stream = events_of(feed)
        await anext(stream)
        await anext(stream)
        for number in range(CUES_KEPT + 30):
            feed.cue(number=number)
        cues = [data["number"] for name, data in events_in(await anext(stream)) if name == "cue"]
        assert cues == list(range(30, CUES_KEPT + 30))
        await stream.aclose()

    run(main())


def test_there_is_a_limit_to_viewers_and_those_who_leave_make_room() -> None:
    async def main() -> None:
        feed = feed_of(Board())
        viewers = [feed.enter() for _ in range(MOST_VIEWERS + 3)]
        assert [each is not None for each in viewers] == [True] * MOST_VIEWERS + [False] * 3
        assert viewers[0] is not None
        feed.leave(viewers[0])
        feed.leave(viewers[0])
        assert (feed.enter() is not None, feed.enter()) == (True, None)

    run(main())


def test_before_the_session_runs_it_shows_what_is_asked() -> None:
    async def main() -> None:
        board = Board()
        feed = feed_of(board)
        board.ask("Move the sensor on your sacrum.")
        board.warn("<b>&")
        stream = events_of(feed)
        await anext(stream)
        (name, state), (later, now) = events_in(await anext(stream))
        assert (name, later) == ("state", "now")
        assert state["step"] == {
            "title": "Which is which",
            "say": "Move the sensor on your sacrum.",
            "number": 0,
            "count": 0,
            "problem": "",
            "asking": True,
        }
        assert state["messages"] == [{"text": "<b>&", "warning": True}], "the page puts it in as text"
        assert now["trace"] == []
        assert math.isfinite(now["t"])
        await stream.aclose()

    run(main())


def test_a_name_cannot_end_an_event(tmp_path: Path) -> None:
    """Line breaks in texts would begin another event of the stream."""

    async def main() -> None:
        board = Board()
        feed = feed_of(board)
        board.say("x\n\nevent: end\ndata: {}\r\n\r\n")
        stream = events_of(feed)
        await anext(stream)
        assert [name for name, _ in events_in(await anext(stream))] == ["state", "now"]
        await stream.aclose()

    run(main())


def test_whoever_seeks_again_on_the_way_still_shows_nothing_of_it() -> None:
    async def main() -> None:
        board = Board()
        feed = feed_of(board)
        board.say("before")
        stream = events_of(feed)
        await anext(stream)
        await anext(stream)
        feed.seek()
        for said in ("on the way", "farther on the way"):
            board.say(said)
            feed.seek()
        await asyncio.sleep(2 * FRAME_S)
        assert [name for name, _ in events_in(await anext(stream))] == ["now"], "the state is as it was"
        feed.move()
        (name, state), _ = events_in(await anext(stream))
        assert (name, len(state["messages"])) == ("state", 3)
        await stream.aclose()

    run(main())


def test_what_changes_without_a_word_is_seen_within_three_frames() -> None:
    """A message that has been shown for long enough, a battery, the state of a link."""

    class Ageing:
        text = "before"

        def state(self, *, over: bool) -> dict[str, Any]:
            return {"text": self.text, "over": over}

        def now(self, trace_from: int, _tone: float | None) -> tuple[str, int]:
            return "{}", trace_from

        def point_at(self, _ago_s: float) -> int:
            return 0

    async def story() -> float:
        frames: Any = Ageing()
        feed, clock = Feed(frames), asyncio.get_running_loop().time
        changed_s = math.inf
        async for chunk in events_of(feed):
            texts = [data["text"] for name, data in events_in(chunk) if name == "state"]
            if "after" in texts:
                return clock() - changed_s
            if frames.text == "before" and texts:
                frames.text, changed_s = "after", clock()
        raise AssertionError("it was never told")

    assert run(story()) <= (STATE_EVERY + 0.5) * FRAME_S
