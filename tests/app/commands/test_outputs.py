"""Where commands write: no file is named like one of another kind, and a folder is no session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("report", "--html", "r.pdf"), "Write r.html, open it in the browser and print it as a PDF."),
        (("report", "--html", "r.csv"), "--html r.csv: it writes a page. Let the name end in .html."),
        (("report", "--csv", "r.xlsx"), "--csv r.xlsx: it writes a table as CSV. Let the name end in .csv."),
        (("report", "--sets", "r.html"), "Let the name end in .csv."),
        (("history", "--html", "h.PDF"), "Write h.html, open it in the browser"),
        (("validate", "--json", "v.csv"), "--json v.csv: it writes JSON. Let the name end in .json."),
    ],
)
def test_a_name_of_another_kind_of_file_is_refused(
    options: tuple[str, ...], told: str, tmp_path: Path, dowel: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *rest = options
    code, _, err = dowel(command, "a.dowel" if command == "report" else tmp_path, *rest)
    assert (code, told in err) == (2, True), err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", [".", "/"])
@pytest.mark.parametrize("options", [(), ("--html",)])
def test_a_folder_without_a_name_is_no_session(folder: str, options: tuple[str, ...], dowel: Run) -> None:
    code, _, err = dowel("report", folder, *options)
    assert code == 3
    assert f"{folder} is a folder. Name a session file in it" in err
