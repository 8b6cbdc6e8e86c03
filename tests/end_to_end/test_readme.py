"""README and docs say what is so: commands exist, links lead somewhere, the picture is the report."""

from __future__ import annotations

import html
import re
import runpy
import shlex
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dowel import commands
from dowel.commands.options import by_placement
from dowel.commands.outputs import with_pages_beside
from dowel.practice.options import check_sensors

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SITE_ONLY = {"index.md", "CHANGELOG.md", "CONTRIBUTING.md"}
"""Pages in docs/ that only include others, for the site."""
PAGES = [
    PROJECT / "README.md",
    *(page for page in sorted((PROJECT / "docs").glob("*.md")) if page.name not in SITE_ONLY),
]
LINKED = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / ".github").rglob("*.md")])


def command_lines(page: Path) -> list[str]:
    """Lines of code blocks that call the program, without what stands before it; those of Python do not."""
    blocks = re.findall(r"^```(?!python)\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [found[1] for line in lines if (found := re.search(r"(?:^|[\s/])dowel ((?:[a-z]+)(?: .*)?)$", line))]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    known = commands.COMMANDS
    text = page.read_text(encoding="utf-8")
    called = [line.split("|")[0] for line in [*command_lines(page), *re.findall(r"`dowel ([a-z][^`]*)`", text)]]
    for line in called:
        name, *rest = line.split()
        assert name in known, f"there is no dowel {name}"
        called_command = commands.app.get_command(click.Context(commands.app), name)
        assert called_command is not None
        options = {option for parameter in called_command.params for option in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_commands_in_blocks_can_be_typed_as_they_stand(page: Path) -> None:
    """Their options, values, drills and placements are taken; what they name need not be there."""
    for line in command_lines(page):
        name, *rest = shlex.split(re.split(r" [|>] ", line)[0], comments=True)
        called = commands.app.get_command(click.Context(commands.app), name)
        assert called is not None
        given = called.make_context(name, with_pages_beside(rest)).params
        sensors = given.get("sensor") if name in ("practice", "import") else None
        places = by_placement("--sensor", sensors or [])
        if name == "practice":
            check_sensors(places, given["host"], given["drill"])


def test_the_readme_calls_the_program() -> None:
    assert {line.split()[0] for line in command_lines(PAGES[0])} >= {"demo", "import", "report", "export"}


def links(page: Path) -> list[str]:
    """Where a page's links and pictures point to."""
    found = [token for block in parsed(page) for token in block.children or ()]
    return [
        str(token.attrs.get("href", token.attrs.get("src"))) for token in found if token.type in ("link_open", "image")
    ]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub, and the site as far as the third level, give to a page's headings."""
    blocks = parsed(page)
    headings = [after for before, after in pairwise(blocks) if before.type == "heading_open"]
    words = ["".join(part.content for part in heading.children or ()).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in words}


@cache
def parsed(page: Path) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text(encoding="utf-8"))


def test_links_and_anchors_lead_somewhere() -> None:
    """Those within the repository; addresses elsewhere are not asked for."""
    offenders = []
    for page in LINKED:
        for link in links(page):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            there = target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))
            if not there and not re.match(r"\w+:", link):
                offenders.append(f"{page.relative_to(PROJECT)}: {link}")
    assert not offenders, "\n" + "\n".join(offenders)


def test_what_contributors_are_sent_to_is_there() -> None:
    """Files and folders that CONTRIBUTING.md names, but for those that a build or a reader makes."""
    named = re.findall(r"`([a-z_.]+/[\w./]*)`", (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    for place in named:
        assert place.startswith("build/") or (PROJECT / place).exists(), place


def test_the_index_has_every_page() -> None:
    listed = re.findall(r"^\[[^]]+\]\((\S+\.md)\)", (PROJECT / "docs" / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(["api/index.md", *(page.name for page in PAGES[1:] if page.name != "README.md")])


def test_ci_runs_the_commands_of_the_readme() -> None:
    """It looks for the lines by how they end; there must be one of each."""
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for ending in ("dowel demo", "-m pytest"):
        assert len(re.findall(rf"^python3 -m venv \.venv && .*{ending}$", README, re.MULTILINE)) == 1
        assert f"readme_line '{ending}'" in script


@cache
def pictures() -> dict[str, Any]:
    """What makes them, with one practice for both."""
    return runpy.run_path(str(PROJECT / "docs" / "make_pictures.py"))


@pytest.mark.slow
def test_the_picture_is_the_report_as_it_is() -> None:
    """Numbers aside, which another processor may round otherwise. If not: python docs/make_pictures.py."""
    report = pictures()["report"]()
    assert letters("".join(shown_in("report.svg", "dowelreportdemodowel"))) == letters(report.export_text())


@pytest.mark.slow
def test_the_picture_of_a_practice_is_as_it_is() -> None:
    """If not: python docs/make_pictures.py."""
    screen = pictures()["screen"]()
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
