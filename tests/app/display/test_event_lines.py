"""The lines that tell a session: every kind of mark and event in words, and how they fit a terminal."""

from __future__ import annotations

import io
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact import verdict
from dowel.analysis.contact.limits import limits_for
from dowel.analysis.events import (
    Calibrated,
    ContactPassed,
    RowVoided,
    SensorCameOff,
    SensorSlipped,
    StandChanged,
    StepRefused,
)
from dowel.analysis.rows import NAN, Rep, SetSummary
from dowel.display.event_lines import event_line, mark_line, print_lines
from dowel.recordings.types import Mark, MarkKind
from dowel.text.progress import Progress
from dowel.text.unjudged import REASONS
from dowel.text.wording import clock, summary_words, why

STANCE = Calibration("stance", {})

FRAME = np.eye(3)


@pytest.mark.parametrize(
    ("event", "tag", "said"),
    [
        (
            Calibrated(3.0, STANCE, limits_for(STANCE, 0.0)),
            "ready",
            "stance calibration: lost over 16° rounding or 18°",
        ),
        (StepRefused(3.0, "rod_hold", "sacrum", "not still", False), "refused", "rod hold (sacrum): not still"),
        (
            SensorSlipped(3.0, "upper_back", 5.04, 5.04, True, FRAME),
            "slip",
            "the sensor on the upper back turned by 5.0°",
        ),
        (SensorSlipped(3.0, "sacrum", 5.0, 9.0, False, FRAME), "slip", "calibrate again"),
        (StandChanged(3.0, "upper_back", 6.04, False), "slip", "the upper back stands 6.0° differently"),
        (StandChanged(3.0, "upper_back", 6.04, True), "slip", "reps are judged again"),
        (StandChanged(3.0, "", 22.4, False), "slip", "ways 22° apart"),
        (StandChanged(3.0, "", 0.0, True), "slip", "bend the same way again"),
        (SensorCameOff(3.0, "sacrum", 2.0), "came off", "the sensor on the sacrum came off or was turned over"),
        (RowVoided(9.0, 63.0), "voided", "the row at 1:03.0 is taken back"),
        (ContactPassed(3.0, 2.9, "lost", "head", "chin_up", math.nan, 12.6, 0.0), "lost", "head, chin up +13°"),
    ],
)
def test_events_in_words(event: Calibrated, tag: str, said: str) -> None:
    line = event_line(event)
    assert line is not None
    assert line.tag.plain.strip() == tag
    assert said in line.told.plain
    assert "nan" not in line.told.plain


@pytest.mark.parametrize("kind", list(MarkKind))
@pytest.mark.parametrize("detail", [{}, {"load_kg": "\x1b[1mx", "placement": "a\x07", "text": "\x1b[2J", "step": 3}])
def test_every_mark_is_told_or_silent_whatever_it_holds(kind: MarkKind, detail: dict[str, object]) -> None:
    line = mark_line(Mark(0, kind, 1.0, 2.0, detail))
    assert line is None or (line.told.plain.isprintable() and line.told.plain)


@pytest.mark.parametrize("width", [30, 80])
def test_long_lines_go_on_below_their_text_on_a_terminal_and_stay_whole_in_a_pipe(width: int) -> None:
    note = Mark(0, MarkKind.NOTE, 1.0, 1.0, {"text": "word " * 40})
    screen, pipe = io.StringIO(), io.StringIO()
    print_lines(Console(file=screen, force_terminal=True, color_system=None, width=width), [note], [])
    print_lines(Console(file=pipe, width=width), [note], [])
    first, *others = screen.getvalue().splitlines()
    assert first.startswith("  0:01.0  note     word")
    assert others
    assert all(line.startswith(" " * 19 + "word") for line in others)
    assert width < 40 or max(map(len, [first, *others])) <= width
    assert len(pipe.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    ("time_s", "text"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (63.04, "1:03.0"), (-0.5, "-0:00.5"), (3725.0, "62:05.0")]
)
def test_clock(time_s: float, text: str) -> None:
    assert clock(time_s) == text


def test_progress_is_for_terminals_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, pipe = Screen(), io.StringIO()
    monkeypatch.setattr("dowel.text.progress.SILENT_S", 0.0)
    for stream in (screen, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress() as progress:
            progress.tell("reading a\x1b[31m")
    assert "reading a" in screen.getvalue()
    assert "\x1b[31m" not in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[2K")
    assert pipe.getvalue() == ""


def summary(**counts: int) -> SetSummary:
    verdicts = {name: counts.get(name, 0) for name in ("half", "held", "warned", "lost", "not_judged")}
    reps = sum(count for name, count in verdicts.items() if name != "half")
    return SetSummary(1, "dowel_hinge", 0.0, NAN, reps, **verdicts, **REST_OF_SET)


REST_OF_SET = {
    "worst_contact": "",
    "flexion_peak_median_deg": NAN,
    "drift_deg": NAN,
    "rest_before_s": NAN,
    "advice": "",
}


def lost_rep(number: int, contact: str = "sacrum", hinge_deg: float = 52.3, tap: str = "") -> Rep:
    """A row of which only that matters."""
    values = dict.fromkeys(Rep.__slots__, NAN)
    own = {"set": 1, "rep": number, "kind": "rep", "verdict": "lost", "contact_lost": contact, "tap": tap}
    return Rep(**{**values, **own, "first_lost_hinge_deg": hinge_deg})


def unjudged_rep(number: int, reasons: str) -> Rep:
    return replace(lost_rep(number, ""), verdict="not_judged", verdict_reason=reasons)


@pytest.mark.parametrize(
    ("counts", "rows", "said"),
    [
        ({"held": 5, "lost": 1}, [lost_rep(5)], "6 reps: 5 held, 1 lost; rep 5: sacrum off at 52 degrees"),
        ({"held": 5, "lost": 1}, [], "6 reps: 5 held, 1 lost"),
        (
            {"lost": 2},
            [lost_rep(1, tap="tapped"), lost_rep(2, tap="unsure")],
            "2 reps: none held, 2 lost; 1 tapped; rep 1: sacrum off at 52 degrees; rep 2: sacrum off at 52 degrees",
        ),
        ({"held": 1}, [], "1 rep: 1 held"),
        (
            {"warned": 2, "held": 1, "not_judged": 1, "half": 1},
            [],
            "4 reps: 1 held, 2 close, 1 not judged; plus 1 half rep",
        ),
        ({"lost": 1}, [lost_rep(1, "sacrum+head", NAN)], "1 rep: none held, 1 lost; rep 1: sacrum + head off"),
        (
            {"lost": 4},
            [lost_rep(number, "upper_back", 40.0) for number in (1, 2, 3, 4)],
            "4 reps: none held, 4 lost; rep 1: upper back off at 40 degrees; rep 2: upper back off at 40 degrees; "
            "rep 3: upper back off at 40 degrees; and 1 more",
        ),
        ({"not_judged": 2}, [], "2 reps: 2 not judged"),
        (
            {"held": 1, "not_judged": 3},
            [unjudged_rep(2, "gap+sync"), unjudged_rep(3, "sync"), unjudged_rep(4, "one_sensor+sync")],
            "4 reps: 1 held, 3 not judged; not judged: the sensors' clocks were too far apart; wait a minute and move "
            "slowly, or restart the sensors",
        ),
        ({}, [], "0 reps"),
    ],
)
def test_a_set_in_one_sentence(counts: dict[str, int], rows: list[Rep], said: str) -> None:
    assert summary_words(summary(**counts), rows) == said


def test_every_reason_for_no_verdict_is_told_in_words() -> None:
    assert set(REASONS) == set(verdict.REASONS.values())
    for reason in REASONS:
        assert "_" not in why({"verdict": "not_judged", "verdict_reason": reason, "depth_before_rounding_deg": NAN})
    told = {"verdict": "not_judged", "verdict_reason": "gap+sync", "depth_before_rounding_deg": NAN}
    assert why(told) == "data missing, clocks apart"
