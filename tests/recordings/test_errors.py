"""Exit codes are promises to scripts: each kind of error has its own."""

from __future__ import annotations

import pytest

from dowel.recordings.errors import DowelError, InputError, LinkError, UsageError


@pytest.mark.parametrize(("kind", "code"), [(DowelError, 1), (UsageError, 2), (InputError, 3), (LinkError, 4)])
def test_exit_codes(kind: type[DowelError], code: int) -> None:
    assert kind("what, where, and what to do next").exit_code == code
