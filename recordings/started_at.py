"""When a session began, as its fact ``started_at`` says; a file from elsewhere may say anything."""

from __future__ import annotations

from datetime import datetime
from typing import Final

YEARS: Final = range(1970, 2262)
"""Those whose every nanosecond has a number of 64 bits (Unix time), as exports count it (judgement)."""


def moment_of(started_at: str) -> datetime | None:
    """The date and time of an ISO 8601 text; None where it is none, or of a year in which there are no sessions."""
    try:
        moment = datetime.fromisoformat(started_at)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None
