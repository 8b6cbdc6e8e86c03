"""Which version every row says it was made by."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

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
    installed: str, origin: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"dowel_rod-{installed}.dist-info"
    folder.mkdir()
    if origin is not None:
        (folder / "direct_url.json").write_text(origin, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere"), str(tmp_path)])
    assert version.program_version.__wrapped__() == told


def test_the_installed_program_has_the_version_that_its_installer_tells() -> None:
    assert version.program_version().startswith(metadata.version(version.DISTRIBUTION))


def test_a_program_that_was_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(RuntimeError, match="not installed"):
        version.program_version.__wrapped__()
