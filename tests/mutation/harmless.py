"""Mutants that no test notices and none need: what they change makes no difference, or none that anybody would mind."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutants import Mutant

HARMLESS: Final = {
    (
        "sensors/drivers/messages.py",
        "if (crc, count) != (self._crc, self._count) and number != len(self._parts):",
    ): "pieces of two messages that were joined fail the checksum, and count as bad in the same number",
}
"""The reason, by file and by the line as it is with the mutant."""


def reason_of(mutant: Mutant) -> str:
    """Why it is harmless; empty where it is not known to be."""
    return next((HARMLESS[mutant.path, row[1:]] for row in mutant.diff if (mutant.path, row[1:]) in HARMLESS), "")
