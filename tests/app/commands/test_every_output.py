"""Every output for every kind of session: nothing crashes, and what is not there is said."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shutil
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest
from rich.console import Console

from dowel.commands import run
from dowel.display.display_state import Board
from dowel.recordings.errors import InputError
from dowel.recordings.session_file.session_reader import open_session
from dowel.replay.cues import ReplayedCues
from dowel.replay.session_view import ReplayedSession
from dowel.reports.notebook import analyse
from dowel.session.following import follow
from dowel.session.results import SessionResults
from dowel.web.frames import Around, Frames
from tests.app.commands.kinds_of_session import KINDS
from tests.depth import at_night


class Refused(Exception):
    """A command said that the session cannot be used."""


@dataclass(frozen=True)
class Asked:
    """One session, asked for one output: ``folder`` is empty."""

    session: Path
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> str:
        """What a command prints; ``Refused`` for exit code 3, any other than 0 is a fault."""
        self.capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self.capsys.readouterr()
        if code == 3:
            assert err.startswith("dowel: ")
            assert err.count("\n") == 1
            raise Refused(err)
        assert code == 0, err
        return str(out + err)


Output = Callable[[Asked], str]
"""What is shown of a session."""


def files(*options: str) -> Output:
    """What a command writes to the files that these options ask for."""

    def shown(asked: Asked) -> str:
        command, source = options[0], asked.session.parent if options[0] == "history" else asked.session
        written = [asked.folder / option.strip("-") for option in options[1:]]
        asked.run(command, source, *chain(*zip(options[1:], written, strict=True)))
        return "\n".join(file.read_text(encoding="utf-8") for file in written)

    return shown


def export(*options: str) -> Output:
    """What is text of an export."""

    def shown(asked: Asked) -> str:
        folder = asked.folder / "export"
        asked.run("export", asked.session, "--to", folder, *options)
        texts = (file for file in sorted(folder.rglob("*")) if file.suffix in (".csv", ".json", ".tsv", ".md"))
        return "\n".join(file.read_text(encoding="utf-8") for file in texts)

    return shown


def batch(asked: Asked) -> str:
    asked.run(
        "batch", asked.session, "--out", asked.folder / "reps.csv", "--signals", asked.folder / "all", "--jobs", "1"
    )
    return "\n".join((asked.folder / name).read_text() for name in ("reps.csv", "reps.provenance.json"))


def notebook(asked: Asked) -> str:
    try:
        results = analyse(asked.session)
    except InputError as error:
        raise Refused(str(error)) from error
    results.plot().draw_without_rendering()
    assert len(results.reps) == len(results.rep_rows)
    assert len(results.sets) == len(results.set_rows)
    assert len(results.signals.columns) > 5
    return ""


def page(asked: Asked) -> str:
    """Everything that the live page is sent of a session that is told again, and its cues."""

    async def shown() -> str:
        with open_session(asked.session) as opened, ExitStack() as stack:
            results, board = SessionResults.of(opened), Board()
            frames, told = Frames(board, lambda: Around(replay=True)), ReplayedSession(opened, results)
            cues = ReplayedCues(opened, results, Console(file=io.StringIO()), stack, None, 0.0)
            seen = [json.dumps(frames.state(over=False), allow_nan=False), frames.now(0, None)[0]]
            for part in follow(opened, results, notifications_per_slice=400):
                told.follow(part)
                board.begin(told)
                board.hear(part.marks, part.events)
                cues.hear(part)
                seen.append(frames.now(0, None)[0])
                seen.append(json.dumps(frames.state(over=False), allow_nan=False))
            return "\n".join([*seen, json.dumps(frames.state(over=True), allow_nan=False)])

    try:
        return asyncio.run(shown())
    except InputError as error:
        raise Refused(str(error)) from error


def mark(asked: Asked) -> str:
    copy = Path(shutil.copytree(asked.session.parent, asked.folder / "copy"), asked.session.name)
    return asked.run("mark", copy, "--at", "0", "--kind", "note", "--text", "x")


OUTPUTS: dict[str, Output] = {
    "report": lambda asked: asked.run("report", asked.session),
    "report --csv --sets": files("report", "--csv", "--sets"),
    "report --json": lambda asked: asked.run("report", asked.session, "--json"),
    "report --html": files("report", "--html"),
    "plot": notebook,
    "export --raw --anonymous": export("--raw", "--anonymous"),
    "replay": lambda asked: asked.run("replay", asked.session, "--speed", "max"),
    "page": page,
    "history": lambda asked: asked.run("history", asked.session.parent),
    "history --csv --html": files("history", "--csv", "--html"),
    "mark": mark,
}
EXPORTS: dict[str, Output] = {
    "export --format parquet": export("--format", "parquet", "--raw"),
    "export --format mcap": export("--format", "mcap"),
    "export --format motion-bids": export("--format", "motion-bids", "--anonymous"),
    "batch --signals": batch,
}
"""At night all of them; in every run every third kind of session is asked for one, in turn."""
TOLD = ("report", "report --html")
"""Where a person is told what the session is, and what is not in it: asked of every kind in every run."""


def outputs_of(name: str) -> dict[str, Output]:
    """What a kind of session is asked for: everything at night, a third of it in every run, in turn."""
    if at_night():
        return {**OUTPUTS, **EXPORTS}
    number = list(KINDS).index(name)
    turn, rest = divmod(number, 3)
    others = [output for output in OUTPUTS if output not in TOLD][rest::3]
    exports = [list(EXPORTS)[turn % len(EXPORTS)]] * (rest == 0)
    return {output: {**OUTPUTS, **EXPORTS}[output] for output in (*TOLD, *others, *exports)}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_every_output_of_a_kind_of_session(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_DEBUG", "1")
    monkeypatch.setenv("COLUMNS", "200")
    kind, session = KINDS[name], tmp_path / "kind" / "session.dowel"
    session.parent.mkdir()
    kind.make(session)
    wrong = []
    for number, (output, show) in enumerate(outputs_of(name).items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        refused = kind.refused or (kind.no_mark if output == "mark" else "")
        try:
            shown = show(Asked(session, folder, capsys))
        except Refused as error:
            if not refused or refused not in str(error):
                wrong.append(f"{output} was refused: {error}")
            continue
        except Exception:
            wrong.append(f"{output} ended in {traceback.format_exc()}")
            continue
        said = " ".join(shown.split())
        if refused:
            wrong.append(f"{output} was not refused")
        wrong += [f"{output} shows {word[0]}" for word in re.finditer(r"\b(nan|None|inf)\b", said)]
        if output in TOLD:
            wrong += [f"{output} does not say {words!r}" for words in kind.said if words not in said]
    assert not wrong, "\n".join(wrong)
