"""A session told again on the live page shows what the practice showed."""

from __future__ import annotations

import asyncio
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from dowel.display.sensor_health import HEARD_LINK
from dowel.recordings.session_file.documents import Heard
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind, Placement
from dowel.replay.pace import Pace
from dowel.replay.session_view import ReplayedSession
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import set_of_hinges
from dowel.session.following import follow
from dowel.session.results import SessionResults
from tests.live.__main__ import worn
from tests.live.rig import practise

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "monday.dowel"
    practise(path, worn("witmotion"), seed=5, set_pieces=set_of_hinges(3, set_marks=False))
    return path


def told_on_page(path: Path, speed: float, *asked: dict[str, Any]) -> list[tuple[str, Any]]:
    """What somebody sees who opens the address that is told, and asks for these things at the end, one by one."""
    out = io.StringIO()
    seen: list[tuple[str, Any]] = []
    to_ask = [*asked, {"action": "stop"}]

    async def watch() -> None:
        while not (found := re.search(r"http://\S+", out.getvalue())):
            await asyncio.sleep(0.01)
        page = found[0].split("?")[0]
        async with httpx.AsyncClient(timeout=30.0, headers={"Origin": page.rstrip("/")}) as viewer:
            assert (await viewer.get(found[0])).status_code == 200
            async with viewer.stream("GET", f"{page}live") as stream:
                name, over = "", False
                async for line in stream.aiter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        seen.append((name, json.loads(line.removeprefix("data: "))))
                        was_over, over = over, over if name != "state" else (seen[-1][1]["player"] or {}).get("over")
                        if over and not was_over and to_ask:
                            seen.append(("timeline", (await viewer.get(f"{page}timeline")).json()))
                            answer = await viewer.post(f"{page}play", json=to_ask.pop(0))
                            assert answer.status_code == 204, answer.text

    async def both() -> None:
        from dowel.replay import replay as replaying

        console = Console(file=out, width=300)
        told = replaying._lead(console, path, replaying.ReplayOptions(Pace(speed), page=True))
        await asyncio.gather(told, watch())

    asyncio.run(both())
    return seen


def test_the_page_shows_the_session_to_its_end_and_again_from_a_rep(practised: Path) -> None:
    whole = analyse(practised)
    third = whole.rep_rows[2]
    seen = told_on_page(practised, 40.0, {"action": "move", "to_s": third.start_s})
    assert seen[-1] == ("end", {})
    states = [data for name, data in seen if name == "state"]
    assert states[-1]["session"]["replay"]
    assert states[-1]["over"]
    assert states[-1]["commands"] == []
    overs = [data for data in states if data["player"] and data["player"]["over"]]
    for state in (overs[0], overs[-1]):
        assert [bend["verdict"] for bend in state["last"]] == [row.verdict for row in whole.rep_rows]
    timeline = next(data for name, data in seen if name == "timeline")
    assert [rep["verdict"] for rep in timeline["reps"]] == [row.verdict for row in whole.rep_rows]
    moments = [data for name, data in seen if name == "now"]
    assert moments
    assert not any(isinstance(moment.get("progress"), float) for moment in moments), "nobody leads through a replay"
    titles = [state["step"]["title"] for state in states if state["step"]]
    steps = ["Getting ready", "Stand still", "Rod hold", "Rod hinges"]
    seen_steps = list(dict.fromkeys(titles))  # a machine that is busy elsewhere skips what lasted a moment
    assert seen_steps == [step for step in steps if step in seen_steps]
    assert seen_steps[0] in steps[:2]
    assert [sensor["battery_pct"] for sensor in states[-1]["sensors"]] == [75.0, 75.0]
    times_s = [data["t"] for name, data in seen if name == "now"]
    assert times_s[-1] == pytest.approx(whole.analysed_until_s, abs=0.02)
    (back,) = (at for at, (before, after) in enumerate(pairwise(times_s)) if after < before)
    assert times_s[back] == pytest.approx(whole.analysed_until_s, abs=0.02)
    assert third.start_s - 1.0 < times_s[back + 1] < third.end_s + 10.0, "a busy machine skips some frames"


def test_another_session_is_told_on_the_same_page(practised: Path, tmp_path: Path) -> None:
    monday, tuesday = (tmp_path / f"{name}.dowel" for name in ("monday", "tuesday"))
    for path in (monday, tuesday):
        path.write_bytes(practised.read_bytes())
    link = tmp_path / "links" / "monday.dowel"
    link.parent.mkdir()
    link.symlink_to(monday)
    seen = told_on_page(link, 1e4, {"action": "other", "session": "tuesday.dowel"})
    files = [data["session"]["file"] for name, data in seen if name == "state" and data["session"]["file"]]
    assert list(dict.fromkeys(files)) == ["monday.dowel", "tuesday.dowel"]
    assert [data["others"] for name, data in seen if name == "timeline"] == [["tuesday.dowel"], ["monday.dowel"]]


def test_a_session_that_cannot_be_read_leads_back_to_the_one_before(practised: Path, tmp_path: Path) -> None:
    """And the page says why."""
    monday, bad = tmp_path / "monday.dowel", tmp_path / "bad.dowel"
    monday.write_bytes(practised.read_bytes())
    bad.write_bytes(b"no session")
    seen = told_on_page(monday, 1e4, {"action": "other", "session": "bad.dowel"})
    assert [data["others"] for name, data in seen if name == "timeline"] == [["bad.dowel"]] * 2
    states = [data for name, data in seen if name == "state"]
    assert {data["session"]["file"] for data in states} == {"", "monday.dowel"}
    assert any("bad.dowel" in message["text"] for data in states for message in data["messages"])


def test_it_waits_until_somebody_looks(practised: Path) -> None:
    """And Ctrl-C ends that."""
    out = io.StringIO()

    async def main() -> None:
        from dowel.replay import replay as replaying

        options = replaying.ReplayOptions(Pace(float("inf")), page=True)
        telling = asyncio.create_task(replaying._lead(Console(file=out, width=300), practised, options))
        while "begins when" not in out.getvalue():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert not telling.done()
        telling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await telling

    asyncio.run(main())
    assert "count" not in out.getvalue()


def test_what_a_file_says_of_its_sensors_is_taken_only_where_it_can_be(practised: Path) -> None:
    with open_session(practised) as session:
        told: list[Any] = [
            None,
            [],
            [1, 2],
            [{"state": "streaming", "rate_hz": "x", "battery_pct": True}, {"state": "?"}],
        ]
        session.heard_rows = tuple(Heard(1.0 + at, HEARD_LINK, {"sensors": each}) for at, each in enumerate(told))
        results = SessionResults.of(session)
        shown = ReplayedSession(session, results)
        for part in follow(session, results):
            shown.follow(part)
    first, second = shown.sensors_now
    assert (first.placement, first.state, first.rate_hz, first.battery_pct) == (
        Placement.UPPER_BACK,
        "streaming",
        None,
        None,
    )
    assert second.rate_hz == session.sensors[1].measured_rate_hz


def test_sets_and_steps_are_seen_while_they_last(practised: Path) -> None:
    in_set, steps = [], []
    with open_session(practised) as session:
        results = SessionResults.of(session)
        shown = ReplayedSession(session, results)
        for part in follow(session, results, notifications_per_slice=20):
            shown.follow(part)
            in_set.append(shown.in_set)
            steps.append(shown.instruction.step if shown.instruction else None)
        marks = [mark.kind for mark in session.marks]
    assert (in_set[0], True in in_set, in_set[-1]) == (False, True, MarkKind.SET_END not in marks)
    assert list(dict.fromkeys(steps)) == [None, MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES]
