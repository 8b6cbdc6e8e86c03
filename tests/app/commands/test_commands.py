"""The command line as a whole: help, docs, exit codes, pipes, start-up."""

from __future__ import annotations

import contextlib
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from dowel import commands

Run = Callable[..., tuple[int, str, str]]

DOCS = Path(__file__).parents[3] / "docs"
NAMES = (
    *("demo", "doctor", "scan", "trim", "practice", "replay", "report"),
    *("mark", "repair", "import", "export", "history", "batch", "validate"),
)


def started(*arguments: str | Path, **options: object) -> subprocess.Popen[bytes]:
    """The program in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "DOWEL_DEBUG"} | {"COLUMNS": "80"}
    command = [sys.executable, "-m", "dowel", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options  # type: ignore[call-overload]
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------- help and docs


def test_help_lists_the_commands_in_order(dowel: Run) -> None:
    code, out, _ = dowel("--help")
    assert code == 0
    assert re.findall(r"^  ([a-z]+) {2,}\S", out.partition("Commands:")[2], re.MULTILINE) == list(NAMES)
    assert "..." not in out.partition("Commands:")[2], "every summary fits"
    assert "not injury prediction" in out


@pytest.mark.parametrize("name", NAMES)
def test_help_of_each_command_tells_every_option(name: str, dowel: Run) -> None:
    code, out, _ = dowel(name, "--help")
    assert code == 0
    for option in options_of(name):
        (told,) = re.findall(rf"^  {option}\b(.*(?:\n {{6,}}.*)*)", out, re.MULTILINE)
        assert len(told.split()) > 2, f"{option} is not explained"


def options_of(name: str) -> list[str]:
    command = commands.app.get_command(click.Context(commands.app), name)
    assert command is not None
    return [
        option
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    ]


def test_docs_list_the_commands_and_their_options() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    assert tuple(re.findall(r"^\| `(\w+)` \|", head, re.MULTILINE)) == NAMES
    documented = dict(zip(sections[::2], sections[1::2], strict=True))
    assert tuple(documented) == NAMES
    for name, section in documented.items():
        assert re.findall(r"^\| `(--[\w-]+)` \|", section, re.MULTILINE) == options_of(name)


def test_docs_list_the_columns() -> None:
    """If not: python docs/make_tables.py."""
    tables = runpy.run_path(str(DOCS / "make_tables.py"))
    text = (DOCS / "tables.md").read_text(encoding="utf-8")
    assert text == tables["page"](text)
    for heading, columns in tables["TABLES"].items():
        section = text.partition(f"## {heading}\n")[2].partition("\n##")[0]
        assert re.findall(r"^\| `(\w+)` ", section, re.MULTILINE) == [column.name for column in columns]


# ------------------------------------------------------------------------------------------------- codes, pipes, errors


@pytest.mark.slow
def test_exit_codes_and_sentences_of_the_real_program(session: Path, tmp_path: Path) -> None:
    for arguments, code, said in (
        (["report", session, "--csv", "-"], 0, b""),
        (["report", "--csv"], 2, b"--csv"),
        (["practise"], 2, b"there is no command practise. Did you mean practice?"),
        (["report", tmp_path / "none.dowel"], 3, b"dowel: There is no file"),
    ):
        with started(*arguments) as process:
            _, err = process.communicate()
        assert process.returncode == code
        assert said in err
        assert b"Traceback" not in err


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_error(session: Path) -> None:
    with started("replay", session, "--speed", "max") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert err == b""
    assert process.returncode in (0, 1)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="another shell on Windows")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_who_begins_it_may_have_closed_what_it_writes_to(session: Path, tmp_path: Path, closed: str) -> None:
    table = tmp_path / "reps.csv"
    for arguments in (f"report {session} --csv {table}", f"report {session}", f"report {session} --json"):
        line = f"exec '{sys.executable}' -m dowel {arguments} {closed}"
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
        assert b"Written" not in done.stdout, "what is told besides is no part of a table"
        assert b"went wrong" not in done.stdout + done.stderr
    assert table.is_file()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent in another way on Windows")
def test_interrupted_is_130(session: Path) -> None:
    with started("replay", session, "--speed", "1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()  # it is under way
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.slow
def test_output_for_a_program_is_utf_8_with_carriage_returns(session: Path) -> None:
    with started("report", session, "--csv", "-") as process:
        out, _ = process.communicate()
    assert out.count(b"\r\n") == 9
    assert b"\r\r\n" not in out


@pytest.mark.slow
def test_a_terminal_without_the_letters_gets_substitutes(session: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-m", "dowel", "report", session], capture_output=True, env=environment)
    assert done.returncode == 0
    assert b"sacrum at hinge" in done.stdout


@pytest.mark.slow
def test_starting_and_tables_load_only_what_they_need(session: Path, tmp_path: Path) -> None:
    parquet = ["export", str(session), "--format", "parquet", "--to", str(tmp_path / "exported")]
    for arguments, unwanted in (
        (["--help"], {"numpy", "scipy", "pandas", "matplotlib", "vqf", "rich", "asyncio", "starlette", "httpx"}),
        (["batch", "--help"], {"numpy", "distributed", "dask", "fsspec", "pyarrow", "multiprocessing"}),
        (["export", "--help"], {"numpy", "pyarrow", "foxglove"}),
        (["report", str(session), "--csv", "-"], {"scipy", "pandas", "matplotlib", "rich", "asyncio", "pyarrow"}),
        (parquet, {"scipy", "pandas", "matplotlib", "asyncio"}),
    ):
        script = (
            "import sys; from dowel.commands import run; run(sys.argv[1:]); "
            "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=True)
        assert not unwanted & set(done.stderr.decode().split())


def test_a_fault_in_the_program_is_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Path) -> None:
        raise ZeroDivisionError("a\x1b[31mb")

    monkeypatch.delenv("DOWEL_DEBUG", raising=False)
    monkeypatch.setattr("dowel.recordings.session_file.session_reader.open_session", broken)
    assert commands.run(["report", "x.dowel"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("dowel: Something went wrong inside dowel (ZeroDivisionError")
    assert "\x1b" not in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [(PermissionError(13, "Permission denied", "x.csv"), "x.csv: Permission denied"), (MemoryError(), "memory")],
)
def test_errors_of_the_computer_are_sentences(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Path) -> None:
        raise error

    monkeypatch.setattr("dowel.recordings.session_file.session_reader.open_session", broken)
    assert commands.run(["report", "x.dowel"]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_colour_on_a_terminal_only(session: Path) -> None:
    pty = pytest.importorskip("pty")
    for extra, coloured in (({"TERM": "xterm-256color"}, True), ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | extra
        with subprocess.Popen(
            [sys.executable, "-m", "dowel", "report", session], stdout=theirs, env=environment
        ) as process:
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # the other end is closed
                while part := os.read(ours, 4096):
                    shown += part
            os.close(ours)
        assert process.returncode == 0
        assert (b"\x1b[94m" in shown) is coloured


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sizes are limited in another way on Windows")
def test_a_full_disk_leaves_nothing_behind(recordings: Path, tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    limited = f"{limit}; from dowel.commands import main; main()"
    command = [sys.executable, "-c", limited, "import", f"--sensor=sacrum={recordings / 'sacrum.csv'}"]
    done = subprocess.run([*command, f"--out={tmp_path / 'x.dowel'}"], capture_output=True)
    assert done.returncode == 3
    assert b"could not be written, and nothing was left behind" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there is no such device")
def test_a_device_is_written_to_and_not_replaced(session: Path, dowel: Run, tmp_path: Path) -> None:
    assert dowel("report", session, "--csv", "/dev/null")[0] == 0
    assert not Path("/dev/null").is_file()
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert dowel("report", session, "--csv", tmp_path / "link.csv")[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("session,")
