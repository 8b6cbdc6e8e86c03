"""Each drill shown by the simulated lifter: judged as it was, and told in the drill's own words."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dowel.analysis.drills.drills import DRILLS, drill_named
from tests.app.reports.pages import Page
from tests.depth import at_night

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]

TOLD = {
    "dowel_hinge": ("rod hold", "lost", "set over", "Technique feedback"),
    "dead_bug": (
        "pelvis front and sternum",
        "Press the low back flat into the floor",
        "rep 5: off the floor",
        "band: red",
        "In 1 of 6 reps the band under your low back would have slipped",
        "1 of 6 reps came close.",
        "Lying, seen from the side",
    ),
    "wall_tap": ("25 cm from the wall", "4 tapped", "The wall was tapped in 4 of 6 reps.", "no tap", "is no pass"),
    "kettlebell": ("16 kg", "lifted from hand", "pick up", "set down", "Back to the stick", "14 instead of 16 kg"),
    "barbell": ("40 kg", "lifted from floor", "set down", "5 reps", "Put the load down", "Back to the stick"),
}
IN_EVERY_RUN = ("dead_bug", "kettlebell")
"""One that lies and one that is loaded; the README's own demo is a hinge, and is run by CI."""


@pytest.mark.parametrize("drill", [drill for drill in TOLD if at_night() or drill in IN_EVERY_RUN])
def test_a_drill_is_shown_and_judged_as_it_was(drill: str, dowel: Run, tmp_path: Path) -> None:
    session = tmp_path / "shown.dowel"
    code, out, err = dowel("demo", "--drill", drill, "--out", session)
    assert (code, err) == (0, "")
    assert "(not the same)" not in out
    page = session.with_suffix(".html").read_text(encoding="utf-8")
    for said in TOLD[drill]:
        assert said in " ".join(out.split()) or said in page, said
    assert {path.name for path in tmp_path.iterdir()} == {"shown.dowel", "shown.csv", "shown.html"}
    assert dowel("report", session, "--html", "-")[1] == page
    assert dowel("report", session, "--csv", "-")[1].replace("\r\n", "\n") == session.with_suffix(".csv").read_text()
    assert str(session.with_suffix(".csv")) in out
    before = session.with_suffix(".csv").read_bytes()
    assert dowel("demo", "--out", session)[0] == 3
    assert session.with_suffix(".csv").read_bytes() == before
    words = drill_named(drill).words
    assert words.title in out
    assert words.title in page
    for sentence in words.not_sensed:
        assert sentence in " ".join(page.split())
    with session.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["drill"] for row in rows} == {drill}
    assert {extra.name for extra in DRILLS[drill].extras} <= set(rows[0])
    assert {"held", "lost"} <= {row["verdict"] for row in rows}
    if not DRILLS[drill].rounds:
        text = Page(page).text.lower()
        for elsewhere in ("sacrum", "rod", "hinge", "rounding"):
            assert not re.search(rf"\b{elsewhere}\b", text), elsewhere


@pytest.mark.parametrize(
    ("folder", "told"), [("nowhere", "Create it or choose another."), ("file", "Choose a folder you may write to.")]
)
def test_a_folder_that_takes_no_file_is_told_before_anything_is_played(
    folder: str, told: str, dowel: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = dowel("demo", "--out", tmp_path / folder / "x.dowel")
    assert (code, out) == (3, "")
    assert told in err
