"""What the program sends is what ``static/frames.js`` tells the page's scripts of it: name by name, type by type."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dowel.cues.cue import Cue, CueKind
from dowel.cues.cue_settings import Choices
from dowel.display.player import Timeline
from dowel.display.view import Ending, NextCommand
from dowel.drawing.figures import drawn
from dowel.drawing.lines import as_lines
from dowel.drawing.standing import Pose
from dowel.recordings.session_file.session_reader import open_session
from dowel.replay.pace import Pace
from dowel.replay.playing import Playing
from dowel.replay.session_view import ReplayedSession
from dowel.session.following import follow
from dowel.session.results import SessionResults
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import CuePreferences
from dowel.web.access import Role
from tests.app.web.served import served

SCRIPT = resources.files("dowel.web").joinpath("static", "frames.js").read_text(encoding="utf-8")
PLAIN: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "null": type(None),
    "unknown": object,
}
NEVER_SEEN = {
    ("Invitation", "placement"),
    ("Now", "head_deg"),
    ("Now", "progress"),
    ("Sensor", "battery_pct"),
    ("Sensor", "clock_ms"),
    ("Sensor", "rate_hz"),
    ("Sensor", "rssi_dbm"),
    ("State", "invitation"),
    ("State", "wall_cm"),
}
"""Only their names are compared here: this session has no such sensor, no wall, no phone, and nobody who leads."""
FRAMES_EVERY = 10
"""Slices of the replay, of a tenth of a second."""


class Types:
    """The typedefs of the script. ``seen`` are the fields that had a value other than null somewhere."""

    def __init__(self, script: str) -> None:
        self.fields: dict[str, dict[str, str]] = {}
        self.optional: set[tuple[str, str]] = set()
        self.aliases = {name: kind for kind, name in re.findall(r"@typedef \{((?!object).+)\} (\w+)", script)}
        for block in re.findall(r"@typedef \{object\} (\w+)(.*?)\*/", script, re.DOTALL):
            fields = re.findall(r"@property \{(.+)\} (\[?)(\w+)", block[1])
            self.fields[block[0]] = {name: kind for kind, _, name in fields}
            self.optional |= {(block[0], name) for _, bracket, name in fields if bracket}
        self.seen: set[tuple[str, str]] = set()

    def check(self, value: Any, kind: str, where: str) -> None:
        """Raise ``AssertionError`` where a value is not of a type."""
        assert any(self._is(value, each, where) for each in split(kind, " | ")), f"{where} is {value!r}, no {kind}"

    def _is(self, value: Any, kind: str, where: str) -> bool:
        if kind in self.fields:
            return isinstance(value, dict) and self._has_fields(value, kind, where)
        if kind in self.aliases:
            self.check(value, self.aliases[kind], where)
            return True
        if kind.endswith("[]"):
            return isinstance(value, list) and all(self._is(each, kind[:-2], f"{where}[]") for each in value)
        if match := re.fullmatch(r"Record<string, (.+)>", kind):
            return isinstance(value, dict) and all(self._is(each, match[1], f"{where}.*") for each in value.values())
        if kind.startswith("["):
            parts = split(kind[1:-1], ", ")
            assert isinstance(value, list)
            assert len(value) == len(parts), where
            for each, part in zip(value, parts, strict=True):
                self.check(each, part, where)
            return True
        if kind.startswith("{"):
            return isinstance(value, dict) and set(value) == set(re.findall(r"(\w+):", kind))
        if kind.startswith('"'):
            return bool(value == json.loads(kind))
        return isinstance(value, PLAIN[kind]) and (isinstance(value, bool) == (kind == "boolean") or kind == "unknown")

    def _has_fields(self, value: dict[str, Any], name: str, where: str) -> bool:
        fields = self.fields[name]
        must = {field for field in fields if (name, field) not in self.optional}
        assert must <= set(value) <= set(fields), f"{where}: {set(value) ^ set(fields)} of {name}"
        for field, found in value.items():
            self.check(found, fields[field], f"{name}.{field}")
            if found is not None:
                self.seen.add((name, field))
        return True


def split(kind: str, by: str) -> list[str]:
    """The parts of a type, but for what is in brackets."""
    parts, depth = [""], 0
    for piece in re.split(f"({re.escape(by)}|[\\[\\]{{}}<>])", kind):
        depth += (piece in tuple("[{<")) - (piece in tuple("]}>"))
        if piece == by and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


async def frames_of(path: Path) -> list[tuple[str, Any]]:
    """A session told again, as a page with cues and a network of its own is told of it; each with its type."""
    told: list[tuple[str, Any]] = []
    async with served(host="127.0.0.1") as place:
        viewer = place.page.feed.enter()
        assert viewer is not None
        stream = place.page.feed.events(viewer)

        async def look() -> None:
            place.page.feed.changed()
            for block in (await anext(stream)).split("\n\n"):
                if block.startswith("event: "):
                    name, data = block.removeprefix("event: ").split("\ndata: ", 1)
                    told.append((name.capitalize(), json.loads(data)))

        place.page.use_choices(Choices(CuePreferences()), lambda: CueMode.LIVE)
        place.board.ask("Move the sensor on your sacrum.")
        await look()
        await look()
        place.page.tone(0.5)
        place.page.sound(Cue(CueKind.CONTACT, 1.0, "sacrum", 0.5, "Sacrum.", 3))
        with open_session(path) as session:
            results = SessionResults.of(session)
            shown = ReplayedSession(session, results)
            for count, part in enumerate(follow(session, results, notifications_per_slice=20)):
                shown.follow(part)
                place.board.begin(shown)
                place.board.hear(part.marks, part.events)
                if count % FRAMES_EVERY == 0:
                    await look()
            place.board.warn("A warning.")
            place.page.use_player(Playing(session, Timeline.of(results), Pace(1.0), [], ["tuesday.dowel"]))
            await look()
            place.page.tell_end(Ending("Contact was kept in 1 rep.", "", (NextCommand("dowel history", "see it"),)))
            await look()
        told.append(("Timeline", place.page.timeline()))
        told.append(("Invitation", place.page.invite(Role.SCREEN, None)))
        await stream.aclose()
    return told


@pytest.mark.slow
def test_the_scripts_know_every_field_that_is_sent_and_no_other(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path))
    types = Types(SCRIPT)
    told = asyncio.run(frames_of(session))
    told.append(("Figure", as_lines(drawn(Pose(0.0, 0.0, 0.0, figure="lying", height_m=1.75)))))
    told.append(("Cue", asdict(Cue(CueKind.TICK, 1.0))))
    for name, frame in told:
        types.check(frame, name, name)
    assert {name for name, _ in told} == {"State", "Now", "Cue", "Invitation", "Figure", "Timeline"}
    never = {(name, field) for name, fields in types.fields.items() for field in fields} - types.seen
    assert never == NEVER_SEEN
