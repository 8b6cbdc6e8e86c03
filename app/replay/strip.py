"""The foot of a replay on a terminal: where it stands on the timeline, and the keys; the session's lines run above."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from dowel.display.glyphs import ASCII, UNICODE, VERDICT_GLYPHS, Glyphs
from dowel.display.keys import keys
from dowel.display.player import PLAYER_ACTIONS, Player, Timeline, play
from dowel.display.terminal_drawing import key_lines, minutes
from dowel.recordings.errors import UsageError
from dowel.session.following import Followed
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain

EVERY_S: Final = 0.1
KEYS: Final = {" ": "pause", **{action.key: action.name for action in PLAYER_ACTIONS}}
MOST_LISTED: Final = 9
"""Other sessions that are offered, each by a digit."""
_WORST_LAST: Final = ("not_judged", "held", "warned", "lost")
"""Where two reps share a column, the one that matters is drawn over the other."""
_MARGIN: Final = 2


class Strip:
    """``with Strip(console) as strip: strip.lead(player)``: a listener of the replay that takes its keys."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._stack = ExitStack()
        self._glyphs = UNICODE if out.encoding.lower().startswith("utf") else ASCII
        self._player: Player | None = None
        self._listed: Sequence[str] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._live = Live(console=out, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._live)
        self._stack.enter_context(keys(asyncio.get_running_loop(), self._pressed, self._closed))
        self._look()
        return self

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._live.update(Group(), refresh=True)
        self._stack.close()

    def lead(self, player: Player) -> None:
        """This replay is shown and led from here on."""
        self._player, self._listed = player, ()

    # --- what a replay tells ---

    def begin(self, results: SessionResults) -> None:
        """From the start."""

    def hear(self, part: Followed, *, told: bool) -> None:
        """The lines above tell it."""

    def hold(self, *, still: bool) -> None:  # noqa: ARG002
        """The foot says whether it goes on."""
        self._draw()

    def leave(self) -> None:
        """The foot says so."""

    def arrived(self) -> None:
        """Another moment: the lines that follow are of another time than those before."""
        if self._player is not None:
            at = minutes(self._player.at_s)
            self._out.print(Text(f"{at:>8}  {self._glyphs.rule * 3}", style="dim"), soft_wrap=True)

    def end(self) -> None:
        """The keys say what can be done next."""
        self._out.print(Text("The end. Again: a. Its report: r. Another session: o. Quit: q.", style="bold"))

    # --- keys ---

    def _closed(self) -> None:
        """The terminal is gone."""
        if self._player is not None:
            self._player.stop()

    def _pressed(self, key: str) -> None:
        player = self._player
        if player is None:
            return
        if key.isdecimal() and 0 < int(key) <= len(self._listed):
            player.choose(self._listed[int(key) - 1])
            return
        name = KEYS.get(key.lower() if len(key) == 1 else key)
        if name == "other":
            self._list(player)
        elif name is not None:
            try:
                play(player, name)
            except UsageError as error:
                self._out.print(plain(error), style="yellow")
        self._draw()

    def _list(self, player: Player) -> None:
        self._listed = player.others[:MOST_LISTED]
        if not self._listed:
            self._out.print("There is no other session in this folder.", style="yellow")
            return
        self._out.print("Other sessions, the newest first. Press a number.")
        for number, name in enumerate(self._listed, 1):
            self._out.print(f"  {number}  {plain(name)}", soft_wrap=True)

    # --- the picture ---

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._look)
        self._draw()

    def _draw(self) -> None:
        if self._player is not None and self._live.is_started:
            self._live.update(Group(*foot(self._player, self._out.width, self._glyphs)), refresh=True)


def foot(player: Player, width: int, glyphs: Glyphs) -> list[Text]:
    """The foot as lines, none wider than ``width``."""
    state = "going there" if player.moving else "the end" if player.over else "playing" if player.playing else "paused"
    timeline = player.timeline
    told = Text(" " * _MARGIN).append(minutes(player.at_s), "bold")
    told.append(f" of {minutes(timeline.ended_s)}", "dim").append(f"  {state}", "" if player.playing else "bold yellow")
    pause = replace(PLAYER_ACTIONS[0], says="pause" if player.playing else "play")
    foot_keys = key_lines([pause, *PLAYER_ACTIONS[1:]], width)
    lines = [Text(), told, *timeline_lines(timeline, player.at_s, width, glyphs), *foot_keys]
    for line in lines:
        line.no_wrap = True
        line.truncate(width)
    return lines


def timeline_lines(timeline: Timeline, at_s: float, width: int, glyphs: Glyphs) -> list[Text]:
    """The session from left to right: its reps by their verdict, where it is told now, and the sets' numbers below."""
    room = max(width - 2 * _MARGIN, 10)
    length_s = max(timeline.ended_s - timeline.began_s, 1.0)

    def column(time_s: float) -> int:
        return min(max(round((time_s - timeline.began_s) / length_s * (room - 1)), 0), room - 1)

    letters, styles = [glyphs.rule] * room, ["dim"] * room
    names = [" "] * room
    for each in timeline.sets:
        first, last = column(each.start_s), column(each.end_s)
        styles[first : last + 1] = [""] * (last + 1 - first)
        label = f"set {each.name}"[: room - first]
        if all(letter == " " for letter in names[max(first - 1, 0) : first + len(label)]):
            names[first : first + len(label)] = label
    for verdict in _WORST_LAST:
        for rep in timeline.reps:
            if rep.verdict == verdict:
                glyph, style = VERDICT_GLYPHS[verdict]
                at = column((rep.start_s + rep.end_s) / 2)
                letters[at], styles[at] = getattr(glyphs, glyph), style
    here = column(at_s)
    styles[here] = f"{styles[here]} reverse"
    bar = Text(" " * _MARGIN)
    for letter, style in zip(letters, styles, strict=True):
        bar.append(letter, style=style)
    return [bar, *([Text(" " * _MARGIN + "".join(names).rstrip(), style="dim")] if timeline.sets else [])]
