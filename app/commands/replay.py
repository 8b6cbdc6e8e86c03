"""``dowel replay``: a session told again, as it happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from dowel.commands.declare import Option
from dowel.commands.options import CueOption, HostOption, NewestArgument, VolumeOption


class Speed(StrEnum):
    """How fast a session is told again."""

    REAL = "1"
    TENFOLD = "10"
    MAX = "max"


def replay(
    file: NewestArgument = None,
    speed: Annotated[Speed, Option(help="Times real time, or as fast as the computer can.")] = Speed.REAL,
    cue: CueOption = None,
    volume: VolumeOption = None,
    page: Annotated[bool, Option("--page", help="Show it on the live page too.")] = False,
    host: HostOption = "",
) -> None:
    """Show a session again as it happened; pause it, move in it.

    Counts, contact close or lost, rows and calibration steps, each when it was known. In real time with its cues.
    """
    from dowel.commands.newest import session_or_newest
    from dowel.display.keys import has_keyboard
    from dowel.replay.pace import Pace
    from dowel.reports.terminal import console

    out, path = console(), session_or_newest(file)
    pace = Pace(float("inf" if speed is Speed.MAX else speed.value))
    on_page = page or bool(host)
    keyboard = has_keyboard() and out.is_terminal and (on_page or speed is not Speed.MAX)
    if keyboard or on_page:
        from dowel.replay.replay import ReplayOptions, lead_replay

        lead_replay(out, path, ReplayOptions(pace, cue, volume, on_page, host, keyboard))
        return
    from contextlib import ExitStack

    from dowel.recordings.session_file.session_reader import open_session
    from dowel.replay.cues import ReplayedCues
    from dowel.replay.pace import print_session
    from dowel.session.results import SessionResults
    from dowel.text.sanitise import plain

    with open_session(path) as session, ExitStack() as stack:
        results = SessionResults.of(session)
        for problem in results.problems:
            out.print(plain(problem), style="yellow")
        again = ReplayedCues(session, results, out, stack, cue, volume).hear if speed is Speed.REAL else None
        print_session(out, session, results, pace, again)
    if not results.rep_rows:
        out.print("No reps were found.")
