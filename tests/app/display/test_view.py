"""The live view: fits, says everything without colour, and cannot be rewritten by a name."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from dowel.analysis.contact.limits import Limits
from dowel.display.actions import Action
from dowel.display.big_letters import big
from dowel.display.glyphs import ASCII, UNICODE
from dowel.display.sensor_health import SensorHealth
from dowel.display.terminal_drawing import draw, minutes
from dowel.display.view import Contact, Message, RepView, StepView, Told, View
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState
from dowel.text.unjudged import REASONS
from dowel.text.wording import words

LIMITS = Limits("rod", 6.0, 10.0, 8.0, 12.0)
LONG = "Hinge three times, slowly, to full depth, and keep head, upper back and sacrum on the rod all the way. " * 2
STREAMING = LinkState.STREAMING
UPPER_BACK = SensorHealth(Placement.UPPER_BACK, "WT901BLE67", STREAMING, 100.0, 99.2, 80.0, -58, clock_ms=4.2)
SACRUM = SensorHealth(Placement.SACRUM, "WT901BLE67", STREAMING, 100.0, 91.0, 9.0, -79, losses=2, clock_ms=5.1)
HEAD = SensorHealth(Placement.HEAD, "Movella DOT", LinkState.SILENT, 60.0)
BENDS = (
    RepView("1", "held"),
    RepView("2", "warned", "rounded at hinge 52°"),
    RepView("half", "not_judged", "half depth"),
    RepView("3", "lost", "sacrum at hinge 61°"),
)
SET = View(
    "dowel_hinge",
    "P1",
    "2026-11-23_0916_dowel_hinge.dowel",
    754.2,
    (UPPER_BACK, SACRUM),
    StepView("Set 2", "Hinge at your own pace."),
    3,
    2,
    BENDS,
    7.3,
    LIMITS,
    (("sacrum", Contact.NEAR), ("upper_back", Contact.HELD), ("head", Contact.UNKNOWN)),
    (Message("sacrum: the battery is at 9 %", warning=True), Message("sacrum: back after 3.2 s")),
    actions=(Action("set", "space", "set"), Action("stop", "q", "finish")),
)
CALIBRATION = View(
    "dowel_hinge",
    "",
    "x.dowel",
    12.0,
    (UPPER_BACK, SACRUM),
    StepView("rod hinges", LONG, 3, 4, 0.5, LONG),
    actions=SET.actions,
)
CROWDED = replace(
    SET,
    person="P" * 90,
    sensors=(
        UPPER_BACK,
        SACRUM,
        HEAD,
        replace(HEAD, placement=Placement.THIGH_LEFT),
        replace(HEAD, placement=Placement.SHANK),
    ),
    step=CALIBRATION.step,
    reps=188,
    last=BENDS * 3,
    deviation_deg=-45.0,
    messages=(Message(LONG), Message(LONG, warning=True), Message(LONG)),
    actions=tuple(Action(letter, letter, "does something") for letter in "abcdefgh"),
)
EMPTY = View("", "", "", 0.0)
VIEWS = {"set": SET, "calibration": CALIBRATION, "crowded": CROWDED, "empty": EMPTY}


def shown(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def printed(lines: list[Text], width: int) -> list[str]:
    """The lines as they come out of a terminal's console, without colour."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    for line in lines:
        console.print(line)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().split("\n")[:-1]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("height", [8, 16, 24, 50])
@pytest.mark.parametrize("width", [20, 60, 80, 120])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_it_fits(view: View, width: int, height: int, glyphs: object) -> None:
    lines = draw(view, width, height, glyphs)  # type: ignore[arg-type]
    assert len(lines) <= height
    assert max(line.cell_len for line in lines) <= width
    assert len(printed(lines, width)) == len(lines), "no line wraps or holds a line break"


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_address_of_the_page_is_whole_on_any_terminal(width: int) -> None:
    address = "http://127.0.0.1:8642/?token=" + "x" * 32
    lines = [line.plain for line in draw(replace(SET, addresses=(("page", address),)), width, 50)]
    assert address in "".join(line.removeprefix("  page  ") for line in lines)


def test_a_long_word_of_a_message_is_not_cut() -> None:
    address = "https://192.168.178.23:8643/phone?token=" + "x" * 32
    text = shown(draw(replace(SET, messages=(Message(address),)), 40, 50))
    assert address in text.replace("\n", "").replace(" ", "")


def test_everything_is_said_at_80_by_24_in_words() -> None:
    text = shown(draw(SET, 80, 24))
    for said in (
        *("dowel hinge", "P1", "12:34", "upper back   ● streaming  99.2/100", "80 %", "9 % low", "-58 dBm strong"),
        *("91.0/100 !", "-79 dBm weak", "4 ms", "SET 2", "at your own pace", "set 2", "reps", "3 ✗ lost", "1 ● held"),
        *("2 ▲ close", "rounded at hinge 52°", "half ▬ not judged", "sacrum ▲ close", "upper back ● held"),
        *("head ▬ not judged", "+7.3°", "arching", "rounding", "6", "10", "8", "12", "battery is at 9 %", "3.2 s"),
        *("space", "finish"),
    ):
        assert said in text, said
    assert "space" in draw(SET, 80, 24)[-1].plain
    assert len(draw(SET, 80, 24)) == 24


def test_limits_that_reach_to_the_ends_leave_the_signs_their_names() -> None:
    text = shown(draw(replace(SET, limits=Limits("stance", 10.0, 16.0, 12.0, 18.0)), 80, 24))
    assert "+7.3°  - arching, + rounding" in text


IN_ALL_ITS_WORDS = replace(
    SET,
    file="",
    person="",
    load_kg=16.0,
    reps=10,
    sensors=(UPPER_BACK, SACRUM, replace(HEAD, placement=Placement.PELVIS_FRONT, state=LinkState.CONNECTING)),
    last=(*BENDS, RepView("10", "not_judged", REASONS["sync"].brief, movement="hinge")),
    told=Told(REASONS["slipped"].now, REASONS["slipped"].now_do),
)


@pytest.mark.parametrize(("width", "height"), [(40, 24), (72, 24), (80, 24), (105, 30)])
def test_nothing_but_names_is_cut(width: int, height: int) -> None:
    longest = max((each.then_do for each in REASONS.values()), key=len)
    summary = (
        f"Set 2: 8 reps: 1 held, 3 lost, 4 not judged; rep 3: upper back off at 69 degrees; not judged: {longest}."
    )
    warning = "The sacrum sensor sends 93 Hz instead of 100. Bring the computer nearer, or use fewer sensors."
    for view in (
        replace(IN_ALL_ITS_WORDS, messages=(Message(summary),)),
        replace(IN_ALL_ITS_WORDS, step=None, messages=(Message(warning, warning=True),)),
        replace(CALIBRATION, file="", step=replace(CALIBRATION.step, problem=warning)),  # type: ignore[type-var]
    ):
        text = shown(draw(view, width, height))
        assert "…" not in text
        said = re.sub(r"\s+", " ", text)
        for message in view.messages:
            assert message.text in said
    roomy = shown(draw(IN_ALL_ITS_WORDS, width, 30))
    assert "10 ▬ not judged" in roomy
    assert "clocks apart, hinge" in roomy, "why, also where there is no room beside the count"
    assert "2 gaps" in shown(draw(IN_ALL_ITS_WORDS, width, height)) or width >= 80


def test_where_a_reason_finds_no_room_what_follows_it_stands_without_a_comma() -> None:
    bend = RepView("5", "lost", "sacrum and upper back at hinge 52° and at hinge 66°", movement="hinge or squat?")
    text = shown(draw(replace(SET, last=(bend,)), 80, 24))
    assert "hinge or squat?" in text
    assert ", hinge" not in text


def test_the_latest_bend_is_on_top_and_the_count_is_large() -> None:
    lines = shown(draw(SET, 80, 24)).splitlines()
    assert next(line for line in lines if "lost" in line).startswith("  ██████"), "the first row of the digit 3"
    bends = [line for line in lines if re.search(r"(held|close|not judged|lost) ", line) and "sacrum ▲" not in line]
    assert [re.search(r"(\w+) [●▲✗▬]", line)[1] for line in bends] == ["3", "half", "2", "1"]  # type: ignore[index]


def test_a_step_shows_its_place_progress_and_problem() -> None:
    text = shown(draw(CALIBRATION, 80, 24))
    assert all(row.rstrip() in text for row in big("ROD HINGES", "█")), "to be read from across a room"
    assert "ROD HINGES" in shown(draw(CALIBRATION, 80, 14)), "where there is no room for that"
    assert "3 of 4" in text
    assert "50 %" in text
    assert text.count("Hinge three times") >= 2
    assert "reps" not in text, "nothing is counted yet"


@pytest.mark.parametrize(("deviation_deg", "filled"), [(10.0, "right"), (-10.0, "left"), (0.0, "none")])
def test_the_bar_points_the_way_of_the_sign(deviation_deg: float, filled: str) -> None:
    view = replace(SET, deviation_deg=deviation_deg, limits=None)
    bar = next(line.plain for line in draw(view, 81, 24) if line.plain.count("─") > 20 and "█" in line.plain)
    middle = 40
    left, right = bar[:middle].count("█"), bar[middle + 1 :].count("█")
    assert {"right": left == 0 and right > 15, "left": right == 0 and left > 15, "none": left == right == 0}[filled]


def test_the_limits_stand_where_they_are() -> None:
    lines = [line.plain for line in draw(replace(SET, deviation_deg=None), 81, 24)]
    row = next(index for index, line in enumerate(lines) if "┃" in line)
    bar = lines[row][2:79]
    assert [index for index, letter in enumerate(bar) if letter in "╎┃"] == [
        round((angle / 20 + 1) / 2 * 76) for angle in (-12, -8, 6, 10)
    ]
    assert "not known" in lines[row - 1]


_SAID = {
    "unknown": "head ▬ not judged",
    "unmeasured": "head ▬ not measured",
    "near": "head ▲ close",
    "lost": "head ✗ LOST",
}


@pytest.mark.parametrize("contact", list(Contact))
@pytest.mark.parametrize("state", list(LinkState))
@pytest.mark.parametrize("verdict", ["held", "warned", "lost", "not_judged", "something new"])
def test_every_state_has_a_word(contact: Contact, state: LinkState, verdict: str) -> None:
    view = replace(
        SET,
        sensors=(replace(HEAD, state=state),),
        contacts=(("head", contact),),
        last=(RepView("1", verdict),),
    )
    text = shown(draw(view, 80, 24))
    assert str(state) in text
    assert _SAID.get(contact, f"{contact}") in text
    assert words(verdict)[:9] in text


def test_in_ascii_there_is_nothing_else_but_degrees() -> None:
    text = shown(draw(SET, 80, 24, ASCII))
    assert {letter for letter in text if ord(letter) > 126} <= {"°"}


EVIL = "\x1b[2J\x1b]0;x\x07[red]bold[/red] \u202ename\nnext\r\t\x9b1m"


def test_names_cannot_rewrite_the_terminal() -> None:
    sensor = replace(UPPER_BACK, name=EVIL)
    bend = RepView(EVIL, "held", EVIL)
    step = StepView(EVIL, EVIL, 1, 4, 0.5, EVIL)
    view = View(
        EVIL,
        EVIL,
        EVIL,
        0.0,
        (sensor,),
        step,
        1,
        1,
        (bend,),
        0.0,
        LIMITS,
        ((EVIL, Contact.HELD),),
        (Message(EVIL), Message(EVIL, warning=True)),
        actions=(Action(EVIL, EVIL, EVIL),),
    )
    lines = draw(view, 120, 24)
    text = shown(lines)
    assert not set(text) & set("\x1b\x07\r\t\x9b\u202e")
    assert "[red]bold[/red]" in text, "shown as it is, not as markup"
    assert len(printed(lines, 120)) == len(lines)


def test_wide_letters_are_measured_as_they_are_shown() -> None:
    view = replace(
        SET, person="選手" * 30, sensors=(replace(UPPER_BACK, name="背中" * 20),), messages=(Message("注意" * 90),)
    )
    for width in (60, 80, 120):
        assert max(line.cell_len for line in draw(view, width, 24)) <= width


def test_on_a_low_terminal_older_things_go_first() -> None:
    lines = shown(draw(CROWDED, 80, 24)).splitlines()
    assert any("LOST" in line or "close" in line for line in lines), "contact stays"
    lower = shown(draw(SET, 80, 19))
    assert "3 reps, set 2" in lower
    assert "back after 3.2 s" in lower
    assert "battery is at" not in lower


@pytest.mark.parametrize(("seconds", "said"), [(0.0, "0:00"), (59.99, "0:59"), (754.2, "12:34"), (6000.0, "100:00")])
def test_minutes(seconds: float, said: str) -> None:
    assert minutes(seconds) == said
