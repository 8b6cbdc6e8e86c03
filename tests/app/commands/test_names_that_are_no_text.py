"""A file whose name is no UTF-8 goes through every command that writes its name down."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.exports.export_format import ExportFormat

Run = Callable[..., tuple[int, str, str]]


ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have names of text only")


@ONLY_LINUX
@pytest.mark.parametrize(
    "command",
    [("report", "{0}", "--csv", "-"), ("report", "{0}", "--json"), ("export", "{0}", "--to", "{1}")],
    ids=" ".join,
)
def test_a_name_that_is_no_text(dowel: Run, session: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    odd = tmp_path / os.fsdecode(b"a\xff.dowel")
    shutil.copyfile(session, odd)
    code, out, _ = dowel(*(part.format(odd, tmp_path / os.fsdecode(b"to\xff")) for part in command))
    assert code == 0
    tables = [out, *(file.read_text(encoding="utf-8") for file in tmp_path.rglob("reps.csv"))]
    assert any("a?" in table for table in tables)


@ONLY_LINUX
@pytest.mark.parametrize("form", list(ExportFormat))
def test_each_format_takes_such_a_name(dowel: Run, session: Path, tmp_path: Path, form: str) -> None:
    odd, to = tmp_path / os.fsdecode(b"a\xff.dowel"), tmp_path / "to"
    shutil.copyfile(session, odd)
    code, _, err = dowel("export", odd, "--format", form, "--to", to)
    assert (code, err) == (0, "")
    assert any(to.rglob("*.*"))
