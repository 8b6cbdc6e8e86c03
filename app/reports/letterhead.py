"""Who hands a report on: a title, the coach's name, a comment and a logo at the head of a page."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from dowel.recordings.errors import InputError
from dowel.reports.logo import logo_uri
from dowel.settings.preferences import read_preferences
from dowel.text.sanitise import plain

_META: Final = "dowel-letterhead"
_SAID: Final = re.compile(rf'<meta name="{_META}" content="([^"]*)">')
_LOGO: Final = re.compile(r'<img class="logo" src="(data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/=]*)"')


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at the head; each may be empty. ``logo`` is the address of a picture that holds it whole."""

    title: str = ""
    coach: str = ""
    comment: str = ""
    logo: str = ""

    @property
    def given(self) -> bool:
        """Whether there is anything in it."""
        return any((self.title, self.coach, self.comment, self.logo))

    @property
    def said(self) -> str:
        """Its words as JSON: kept in a page, so that the page can be made again."""
        return json.dumps({"title": self.title, "coach": self.coach, "comment": self.comment})

    @classmethod
    def usual(cls) -> tuple[Self, list[str]]:
        """That of the config, and a sentence where its logo cannot be used."""
        kept = read_preferences().preferences
        letterhead = cls(coach=plain(kept.coach))
        if not kept.logo:
            return letterhead, []
        try:
            return replace(letterhead, logo=logo_uri(Path(kept.logo).expanduser())), []
        except InputError as error:
            return letterhead, [f"The logo of the config is left out: {error}"]

    @classmethod
    def of_page(cls, page: str) -> Self:
        """That of a page which was made before; empty where it has none."""
        said, logo = _SAID.search(page), _LOGO.search(page)
        try:
            found = json.loads(html.unescape(said[1])) if said else {}
        except (ValueError, RecursionError):
            found = {}
        words = found if isinstance(found, dict) else {}  # a page may have been changed by hand
        told = {name: plain(words[name]) for name in ("title", "coach") if isinstance(words.get(name), str)}
        comment = words.get("comment")
        return cls(**told, comment=lines(comment) if isinstance(comment, str) else "", logo=logo[1] if logo else "")


def lines(text: str) -> str:
    """A text of several lines without control characters."""
    return "\n".join(plain(line) for line in text.splitlines())
