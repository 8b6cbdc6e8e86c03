"""What a ``truth`` mark says in its detail: one reader and one writer for marks files, practices and studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dowel.recordings.types import CONTACTS, WATCHED, Mark, MarkKind

WHATS: Final = (*CONTACTS, WATCHED)


@dataclass(frozen=True, slots=True)
class TruthDetail:
    """What was told of a rod.

    Parameters
    ----------
    what
        One of the three contacts, or ``watched``: that somebody looked at all.
    off
        Of a moment: whether the contact was lost (true) or found again (false) there, or looking began or ended.
        None where the mark spans the time of a contact's absence, or of looking.
    by
        Who or what told it; empty where nothing says.
    reacts
        Whether that was a person on the spot, whose times are late by a reaction.
    """

    what: str
    off: bool | None = None
    by: str = ""
    reacts: bool = False

    def to_json(self) -> dict[str, Any]:
        """The detail as a mark keeps it."""
        moment = {} if self.off is None else {"off": self.off}
        return {"what": self.what, "by": self.by, **moment, **({"reacts": True} if self.reacts else {})}


def told_by(mark: Mark) -> TruthDetail | None:
    """What a mark tells of a rod; None where it is no truth, or about nothing that is known."""
    detail = mark.detail
    if mark.kind is not MarkKind.TRUTH or detail.get("what") not in WHATS:
        return None
    off = detail.get("off")
    return TruthDetail(
        str(detail["what"]),
        off if isinstance(off, bool) else None,
        str(detail.get("by", "")),
        bool(detail.get("reacts")),
    )


def what_named(text: str) -> str | None:
    """The contact, or ``watched``, that somebody wrote as a word; None if it is none of them."""
    word = text.strip().lower().replace(" ", "_").replace("-", "_")
    return word if word in WHATS else None
