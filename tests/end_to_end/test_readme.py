"""README and docs say what is so: commands exist, links lead somewhere, the picture is the report."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path

import pytest
import typer

from dowel import commands

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
PAPERS = [PROJECT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md")]


def command_lines(page: Path) -> list[str]:
    """Lines of code blocks that call the program, without what stands before it."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [found[1] for line in lines if (found := re.search(r"(?:^|[\s/])dowel ((?:[a-z]+)(?: .*)?)$", line))]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    known = typer.main.get_command(commands.app).commands  # type: ignore[attr-defined]
    text = page.read_text(encoding="utf-8")
    called = [line.split("|")[0] for line in [*command_lines(page), *re.findall(r"`dowel ([a-z][^`]*)`", text)]]
    for line in called:
        name, *rest = line.split()
        assert name in known, f"there is no dowel {name}"
        options = {option for parameter in known[name].params for option in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, line


def test_the_readme_calls_the_program() -> None:
    assert {line.split()[0] for line in command_lines(PAGES[0])} >= {"demo", "import", "report", "export"}


@pytest.mark.parametrize("page", [*PAGES, *PAPERS], ids=[page.name for page in [*PAGES, *PAPERS]])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_what_contributors_are_sent_to_is_there() -> None:
    """Files and folders that CONTRIBUTING.md names, but for those that a build or a reader makes."""
    named = re.findall(r"`([a-z_.]+/[\w./]*)`", PAPERS[0].read_text(encoding="utf-8"))
    assert len(named) > 20
    for place in named:
        assert place.startswith("build/") or (PROJECT / place).exists(), place


def test_the_index_has_every_page() -> None:
    listed = re.findall(r"^\[[^]]+\]\((\S+\.md)\)", (PROJECT / "docs" / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == [page.name for page in PAGES[1:] if page.name != "README.md"]


def test_ci_runs_the_commands_of_the_readme() -> None:
    """It looks for the lines by how they end; there must be one of each."""
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for ending in ("dowel demo", "-m pytest"):
        assert len(re.findall(rf"^python3 -m venv \.venv && .*{ending}$", README, re.MULTILINE)) == 1
        assert f"readme_line '{ending}'" in script


def test_the_picture_is_the_report_as_it_is() -> None:
    """Numbers aside, which another processor may round otherwise. If not: python docs/make_pictures.py."""
    report = runpy.run_path(str(PROJECT / "docs" / "make_pictures.py"))["report"]()
    assert letters("".join(shown_in("report.svg", "dowelreportdemodowel"))) == letters(report.export_text())


def test_the_picture_of_a_practice_is_as_it_is() -> None:
    """If not: python docs/make_pictures.py."""
    screen = runpy.run_path(str(PROJECT / "docs" / "make_pictures.py"))["screen"]()
    assert letters("".join(shown_in("practice.svg", "dowelpractice"))) == letters(screen.export_text())


def shown_in(picture: str, title: str) -> list[str]:
    """The texts of a picture, under its title."""
    svg = (PROJECT / "docs" / picture).read_text(encoding="utf-8")
    assert "@font-face" not in svg, "a picture that loads a font from the network tells who looks at it"
    first, *shown = (html.unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", svg))
    assert letters(first) == title
    return shown


def letters(text: str) -> str:
    return re.sub(r"[\s\d.+-]", "", text)
