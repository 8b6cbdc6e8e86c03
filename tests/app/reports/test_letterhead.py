"""Title, coach, comment and logo at the head of a page: what is taken, what is refused, and that they stay."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.recordings.errors import InputError
from dowel.reports.letterhead import Letterhead
from dowel.reports.logo import MOST_BYTES, logo_uri
from dowel.reports.page import html_page
from dowel.settings.preferences import Preferences, write_preferences
from tests.app.reports.pages import Page

Run = Callable[..., tuple[int, str, str]]


def png(width: int = 2, height: int = 2, pixels: bytes | None = None) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)) if pixels is None else pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def svg(inside: str, attributes: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} viewBox="0 0 9 9" {attributes}>{inside}</svg>'.encode()


DRAWN = svg('<defs><path id="p" d="M0 0h9"/></defs><use xlink:href="#p" style="fill:url(#g)"/><text>Gym</text>')


@pytest.mark.parametrize(("data", "kind"), [(png(), "png"), (DRAWN, "svg+xml")])
def test_a_picture_is_taken_whole(data: bytes, kind: str, tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(data)
    head, _, held = logo_uri(tmp_path / "logo").partition(",")
    assert head == f"data:image/{kind};base64"
    assert base64.b64decode(held) == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither a PNG nor an SVG"),
        (b"\xff\xd8\xff\xe0JFIF", "neither a PNG nor an SVG"),
        (png()[:-30], "damaged PNG"),
        (png(2, 2, b"\0"), "damaged PNG"),
        (png(5000, 1, b"\0"), "5000 x 1 pixels"),
        (png() + b"\0" * MOST_BYTES, "at most 512 kB"),
        (b"<html><script>1</script></html>", "no SVG"),
        (b'<!DOCTYPE svg [<!ENTITY x "y">]>' + DRAWN, "document type"),
        (b'<?xml-stylesheet href="http://x/"?>' + DRAWN, "style sheet"),
        ("\ufeff".encode("utf-16") + DRAWN.decode().encode("utf-16"), "UTF-8"),
        (svg("<script>alert(1)</script>"), "<script>"),
        (svg("<ScRiPt/>"), "<script>"),
        (svg('<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>'), "<script>"),
        (svg("<foreignObject/>"), "<foreignobject>"),
        (svg('<rect onclick="1"/>'), "onclick"),
        (svg("", 'onload="1"'), "onload"),
        (svg('<a href="javascript:1"/>'), "<a>"),
        (svg('<use href="http://x/#a"/>'), "loads something else"),
        (svg('<image xlink:href="data:image/svg+xml;base64,AAAA"/>'), "loads something else"),
        (svg('<rect style="fill:url(http://x/)"/>'), "style loads"),
        (svg("<style>@import 'http://x/';</style>"), "style loads"),
        (svg('<set attributeName="href" to="javascript:1"/>'), "<set>"),
    ],
)
def test_what_does_more_than_draw_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(data)
    with pytest.raises(InputError) as refused:
        logo_uri(tmp_path / "logo")
    assert said in str(refused.value)


def test_a_page_has_it_escaped_and_gives_it_back() -> None:
    hostile = "<img src=x onerror=boom()>\"'&"
    given = Letterhead(hostile, "A. Coach", f"one\n{hostile}", "data:image/png;base64,AAAA")
    text = html_page([], given)
    page = Page(text)
    assert page.tags.count("img") == 1
    assert ("src", "data:image/png;base64,AAAA") in page.attributes
    assert f"{hostile} A. Coach one {hostile}" in page.text
    assert Letterhead.of_page(text) == given
    assert Letterhead.of_page(html_page([])) == Letterhead()


def test_a_report_has_the_config_s_and_what_is_given(
    tmp_path: Path, session: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "logo.svg").write_bytes(DRAWN)
    write_preferences(Preferences(coach="A. Coach", logo=str(tmp_path / "absent.png")))
    code, out, err = dowel("report", session, "--html", "-", "--title", "First month")
    assert (code, "The logo of the config is left out" in err) == (0, True)
    assert Letterhead.of_page(out) == Letterhead("First month", "A. Coach")
    code, _, err = dowel("report", session, "--html", "-", "--logo", tmp_path / "absent.png")
    assert (code, "absent.png" in err) == (3, True)
    code, _, err = dowel("report", session, "--comment", "x")
    assert (code, "Add --html" in err) == (2, True)


@pytest.mark.parametrize("content", ["[1]", "3", "{", "[" * 5000])
def test_a_page_that_was_changed_by_hand_has_none(content: str) -> None:
    assert Letterhead.of_page(f'<meta name="dowel-letterhead" content="{content}">') == Letterhead()
