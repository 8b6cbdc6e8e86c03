"""Which version every row says it was made by."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dowel.settings import version

WHEEL = '{"archive_info": {}, "url": "file:///dowel_rod.whl"}'
EDITABLE = '{"dir_info": {"editable": true}, "url": "file:///code/dowel"}'


@pytest.mark.parametrize(
    ("installed", "origin", "told"),
    [
        ("0.1.0", None, "0.1.0"),
        ("0.1.0", WHEEL, "0.1.0"),
        ("0.1.1.dev3+g1a2b3c4", '{"dir_info": {}, "url": "file:///code/dowel"}', "0.1.1.dev3+g1a2b3c4"),
        ("0.1.1.dev3+g1a2b3c4", EDITABLE, "0.1.1.dev3+g1a2b3c4.editable"),
        ("0.1.0", EDITABLE, "0.1.0+editable"),
    ],
)
def test_the_version_says_what_code_ran(
    installed: str, origin: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(version=installed, read_text={"direct_url.json": origin}.get)
    monkeypatch.setattr(version, "distribution", {"dowel-rod": found}.__getitem__)
    assert version.program_version.__wrapped__() == told


def test_the_installed_program_has_a_version() -> None:
    assert version.program_version()[0].isdigit()
