"""A logo for the head of reports: a PNG or SVG that is checked for what it is before it goes into a page.

The page shows it as a picture, in which no browser runs anything or loads anything; what would want to is refused
besides, as a page is handed on.
"""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from dowel.recordings.errors import InputError
from dowel.recordings.ordinary_file import read_ordinary

MOST_BYTES: Final = 512 * 1024
"""Larger than any logo needs to be; a page goes by mail."""
MOST_PIXELS: Final = 4000
"""In width and in height: a PNG can unpack to much more than its own size."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SVG: Final = "{http://www.w3.org/2000/svg}"
_ACTIVE: Final = re.compile(
    "script|foreignobject|iframe|object|embed|audio|video|handler|listener|a|set|animate(transform|motion|color)?"
)
_OWN_PICTURE: Final = re.compile(r"#|data:image/(png|jpeg);base64,", re.IGNORECASE)
_LOADED: Final = re.compile(r"@import|javascript:|expression\s*\(|url\(\s*['\"]?(?!#)", re.IGNORECASE)


def logo_uri(path: Path) -> str:
    """A logo as the address of a picture that holds it whole. Raises ``InputError`` for what is no such picture."""
    try:
        data = read_ordinary(path, MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"{path}: the logo cannot be read ({error.strerror or error}). Give a PNG or SVG of at most "
            f"{MOST_BYTES // 1024} kB."
        ) from error
    kind, problem = ("png", _png_problem(data)) if data.startswith(_PNG) else ("svg+xml", _svg_problem(data))
    if problem:
        raise InputError(f"{path}: {problem}. A logo is a PNG, or an SVG that only draws.")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _png_problem(data: bytes) -> str:
    """Why it is no picture, empty where it is one: it is unpacked whole."""
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        return f"it has {width} x {height} pixels, where at most {MOST_PIXELS} each are taken"
    from matplotlib.image import imread

    try:
        imread(BytesIO(data), format="png")
    except Exception as error:  # the library promises none of them
        return f"it is a damaged PNG ({type(error).__name__})"
    return ""


def _svg_problem(data: bytes) -> str:
    """Why it is no picture that only draws, empty where it is one."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "it is neither a PNG nor an SVG in UTF-8"
    if re.search(r"<!DOCTYPE|<!ENTITY|<\?xml-stylesheet", text, re.IGNORECASE):
        return "it is an SVG with a document type or a style sheet of its own, which could load something"
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return "it is neither a PNG nor an SVG"
    if root.tag != f"{_SVG}svg":
        return "it is XML, but no SVG"
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2].lower()
        if _ACTIVE.fullmatch(name):
            return f"it is an SVG with <{name}>, which does more than draw"
        if name == "style" and _LOADED.search(element.text or ""):
            return "it is an SVG whose style loads something"
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].lower()
            if plain.startswith("on"):
                return f"it is an SVG with {plain}, which runs a script"
            if plain in ("href", "src") and not _OWN_PICTURE.match(value.strip()):
                return "it is an SVG that loads something else"
            if _LOADED.search(value):
                return "it is an SVG whose style loads something"
    return ""
