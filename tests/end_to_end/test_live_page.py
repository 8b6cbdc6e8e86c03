"""The live page in a real browser, with a real practice of the simulated lifter behind it, in real time.

What happens is told in ``live_story.py``; each test here looks at one side of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from dowel.cues.cueing import HEARD_CUE
from dowel.recordings.session_file.session_reader import Session, open_session
from dowel.recordings.types import Mark, MarkKind
from dowel.reports.notebook import analyse
from dowel.session.results import SessionResults
from dowel.settings.preferences import CONFIG_VARIABLE, preferences_path, read_preferences
from dowel.web.feed import FRAME_S
from dowel.web.frames import TRACE_S
from tests.end_to_end.browser import ABSENT, CHROMIUM, chromium
from tests.end_to_end.live_story import MARKUP, SILENCE, Story, tell

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)

LATE_FRAMES = 4
"""Between the moment the program knows and the moment the page shows it: 150 ms, told in frames, so that a machine that
is busy elsewhere makes fewer frames and no failure."""
SHARE = 0.8
"""Of the frames that this computer had time to make, so many must come: 20 a second where it has nothing else to do."""
CLOCK_MS = 5.0
"""A browser rounds the time of day to a millisecond or so."""
BRIEF_S = 0.12
"""A state of the contact that lasts three frames is seen by people, and must be seen on the page."""
STALE_MS, CLOCK_FRAMES = 250.0, 250
"""As the page's clock has them (session-clock.js): a cue that is later is not heard."""
SURE_MS = 50.0
"""A cue that is as close as this to stale may be either."""
HEARD_MS = 400.0
"""The ear of ``watching.js`` hears so far back."""
POINT_HZ = {"sacrum": [440.0] * 2, "upper_back": [660.0] * 4}
"""Two low for the sacrum, four quick for the upper back."""
WAYS = (
    "calibrating, laptop",
    "calibrating, phone in the dark",
    "settings",
    "phone as a sensor",
    "held",
    "lost",
    "summary",
    "judged by eye",
    "sensor missing, laptop",
    "sensor missing, phone in the dark",
    "over, laptop",
    "over, phone in the dark",
)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("live")
    switch_interval_s = sys.getswitchinterval()
    with pytest.MonkeyPatch.context() as own:
        own.setenv(CONFIG_VARIABLE, str(folder / "config.toml"))
        own.setenv("DOWEL_DATA", str(folder))
        with chromium() as browser:
            told = tell(browser, folder)
        yield told
    sys.setswitchinterval(switch_interval_s)


@pytest.fixture(scope="module")
def results(story: Story) -> SessionResults:
    return analyse(story.path)


@pytest.fixture
def session(story: Story) -> Iterator[Session]:
    with open_session(story.path) as opened:
        yield opened


# --- nothing else happens


def test_no_page_complains(story: Story) -> None:
    """No error, no warning, nothing that the policy had to stop, no name that became markup."""
    assert story.complaints["main"] == story.complaints["still"] == []
    broken = [each for each in story.complaints["phone"] if "net::ERR_" not in each]  # its network was cut on purpose
    assert broken == []
    refused = [each for each in story.complaints["sensor"] if "400 (Bad Request)" not in each]  # no phone was awaited
    assert refused == []


def test_nothing_is_asked_of_another_computer(story: Story) -> None:
    assert {urlsplit(each).netloc for each in story.requests} == {urlsplit(story.live.page.local.url).netloc}


# --- what is done through the page stands in the file


def test_before_the_sensors_are_found_there_is_nothing_to_press(story: Story) -> None:
    assert story.facts["while binding"] == {"replay": False, "controls": False}


def test_the_calibration_is_led_step_by_step(story: Story) -> None:
    steps = [step.split("|") for _, step in story.main["steps"] if step]
    places = dict.fromkeys((title, place) for title, place, _, _ in steps if place)
    assert list(places) == [("Stand still", "1 of 3"), ("Rod hold", "2 of 3"), ("Rod hinges", "3 of 3")]
    for title, _ in places:
        progress = [float(share) for name, _, share, _ in steps if name == title]
        assert max(progress) > 0.6
        assert len(set(progress)) >= 3, "it grows"
    assert story.facts["disabled while calibrating"], "no set in a calibration"


def test_a_step_that_is_refused_says_why_and_can_be_given_up(story: Story, session: Session) -> None:
    problems = [step.split("|")[3] for _, step in story.main["steps"] if step]
    assert "You moved. Stand still; the step starts over." in problems
    assert story.texts["given up"].split() == ["NOT", "JUDGED", "not", "calibrated", "Calibrate", "first."]
    given_up = [mark for mark in session.marks if mark.kind is MarkKind.STEP_END]
    assert given_up, "its bends are reps again"


def test_the_file_has_what_was_clicked(session: Session, results: SessionResults) -> None:
    def of(kind: MarkKind) -> list[Mark]:
        return [mark for mark in session.marks if mark.kind is kind]

    for step in (MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, MarkKind.SET_START, MarkKind.SET_END):
        assert len(of(step)) == 1, step
    assert [mark.detail["load_kg"] for mark in of(MarkKind.LOAD)] == [5.0, 0.0]
    assert [mark.detail["text"] for mark in of(MarkKind.NOTE)] == [MARKUP]
    assert session.facts["closed"] is True
    (set_start,), (set_end,) = of(MarkKind.SET_START), of(MarkKind.SET_END)
    rows = [row for row in results.rep_rows if set_start.start_s < row.start_s < set_end.end_s]
    assert [(row.verdict, row.contact_lost) for row in rows] == [
        ("held", ""),
        ("warned", ""),
        ("lost", "sacrum"),
        ("lost", "upper_back"),
        ("lost", "sacrum"),
    ], "the sixth was taken back"
    by_eye = [results.rep_dict(row)["human_verdict"] for row in rows]
    assert by_eye == ["", "", "", "", "held"], "beside the program's verdict, which stays"
    (void,) = of(MarkKind.VOID)
    assert rows[-1].end_s < void.start_s < set_end.start_s


def test_the_summary_is_of_the_reps_that_stand(story: Story) -> None:
    whole, where = story.texts["summary"].splitlines()
    assert whole == "5\u00a0reps: 1\u00a0held, 1\u00a0close, 3\u00a0lost"
    assert [each.partition(" off")[0].lower() for each in where.split("; ")] == [
        "rep 3: sacrum",
        "rep 4: upper back",
        "rep 5: sacrum",
    ]


def test_what_is_no_load_is_refused(story: Story) -> None:
    assert story.texts["load"] == "Give the load as a number, in kg."


def test_the_end_names_the_file(story: Story) -> None:
    assert story.texts["over"] == f"The session is over. It is kept in {story.path.name}."


def test_the_end_tells_the_verdict_the_report_and_what_comes_next(story: Story) -> None:
    end = story.texts["end"]
    assert end.startswith("Contact was "), end
    assert f"dowel replay {quote(str(story.path))} --page" in end
    assert "streaming" not in end
    assert story.texts["report"].endswith("· Dowel report")


def test_a_sensor_that_is_gone_is_named(story: Story) -> None:
    word, where, todo = story.texts["missing"].split("\n\n")
    assert word == "NOT JUDGED"
    assert where.startswith("sacrum sensor ")
    assert "being reconnected" in todo


def test_names_from_anywhere_are_text(story: Story) -> None:
    assert story.texts["who"] == f"{MARKUP} · {MARKUP}.dowel"
    assert MARKUP in story.texts["sensors"]
    assert set(story.facts["pictures of names"]) == {0}


# --- how soon


def late(known: list[tuple[float, Any]], seen: list[list[Any]], frames: list[list[Any]]) -> list[tuple[float, int]]:
    """From the moment something was known (s) until it was seen: ms, and frames; 0 where it was seen all the time."""
    found = []
    for known_s, value in known:
        known_ms = 1e3 * known_s - CLOCK_MS
        before = [what for at, what in seen if at < known_ms]
        first = min((at for at, what in seen if at >= known_ms and what == value), default=np.inf)
        if before and before[-1] == value:
            found.append((0.0, 0))
        else:
            found.append((first - 1e3 * known_s, sum(known_ms <= at <= first for at, _, _ in frames)))
    return found


def told(late_ms: list[float]) -> str:
    p50, p95, most = np.percentile(late_ms, [50, 95, 100])
    return f"p50 {p50:.0f}, p95 {p95:.0f}, max {most:.0f} ms, n = {len(late_ms)}"


def test_count_and_contact_are_seen_at_once(story: Story) -> None:
    """The median is asserted, because one moment in which the machine is busy elsewhere says nothing of the page."""
    when = story.live.when
    assert [number for _, number in when.counted] == [1, 2, 3, 4, 5, 6]
    lasting = [
        (at_s, state)
        for (at_s, state, _), (end_s, _, _) in pairwise(when.contact)
        if state != "unknown" and end_s - at_s > BRIEF_S
    ]
    assert {state for _, state in lasting} == {"held", "near", "lost"}
    for who, seen, until in (("laptop", story.main, "missing"), ("phone", story.phone, "cut")):
        for what, known in (("reps", when.counted), ("contact", lasting)):
            waits = late([each for each in known if 1e3 * each[0] < story.at_ms[until]], seen[what], seen["frames"])
            print(f"\n{who}: {what} known -> shown {told([ms for ms, _ in waits])}")
            assert np.median([frames for _, frames in waits]) <= LATE_FRAMES


def share_of_frames(story: Story, seen: dict[str, list[Any]], what: str) -> float:
    """Of those that the practice had time to make from one moment of the story to another."""
    from_ms, to_ms = story.at_ms[f"{what} from"], story.at_ms[f"{what} to"]
    came = sum(from_ms <= at < to_ms for at, _, _ in seen["frames"])
    made = sum(from_ms <= 1e3 * at_s < to_ms for at_s in story.live.when.ticks)
    print(f"\n{what}: {1e3 * came / (to_ms - from_ms):.1f} frames/s come, {came} for {made}")
    return came / made


def test_it_moves_evenly(story: Story) -> None:
    assert FRAME_S <= 1 / 25
    assert share_of_frames(story, story.main, "alone") >= SHARE


def test_a_viewer_who_takes_nothing_holds_nobody_up(story: Story) -> None:
    """The story goes on only when the program has given him up, while he is still connected."""
    assert share_of_frames(story, story.main, "full") >= SHARE


# --- reload, other viewers, lost networks


def test_a_reload_in_mid_set_loses_nothing(story: Story) -> None:
    before, after = story.facts["reload"]
    assert [after[what] for what in ("reps", "set", "last")] == [before[what] for what in ("reps", "set", "last")]
    assert (before["reps"], before["set"]) == ("2", "set 1")
    _, _, first = story.main["frames"][story.facts["frames before the reload"]]
    assert first == pytest.approx(TRACE_S, abs=0.2), "the trace is whole at once"


def test_two_viewers_see_the_same(story: Story) -> None:
    """Whoever was told the same shows the same; what a picture shows is compared with what it was made of."""
    main, phone = ({state: shown for _, state, shown in seen["shown"]} for seen in (story.main, story.phone))
    both = main.keys() & phone.keys()
    assert {state: main[state] for state in both} == {state: phone[state] for state in both}
    in_set = [main[state] for state in both if main[state]["set"] == "set 1"]
    assert {"1", "2"} <= {shown["reps"] for shown in in_set}
    assert ["held", "warned", "lost"] in [shown["last"][:3] for shown in in_set]


def test_a_lost_network_is_said_and_mended(story: Story) -> None:
    assert story.texts["frozen"] == story.texts["cut"] == "Connection lost. Trying again…"
    states = story.phone["connection"]
    for cut, mended in (("frozen", "mended"), ("cut", "mended again")):
        cut_ms, mended_ms = story.at_ms[cut], story.at_ms[mended]
        assert "lost" in [state for at, state in states if cut_ms < at < mended_ms]
        assert "live" in [state for at, state in states if at > mended_ms]
    assert states[-1][1] == "over"
    assert "lost" not in [state for _, state in story.main["connection"]]
    silent_ms = next(at for at, state in states if state == "lost") - story.at_ms["frozen"]
    assert silent_ms > 2000, "a moment without frames is nothing to speak of"


# --- what is heard


def loudest(story: Story, from_ms: float, to_ms: float) -> float:
    return max(peak for at, _, peak in story.main["sound"] if from_ms <= at < to_ms)


def stale_by_ms(story: Story, at_ms: float, time_s: float) -> float:
    """How much too late a cue of this session time was when it came, as the page knows it; negative: in time."""
    begun = story.facts["frames before the reload"] if at_ms > story.at_ms["reload"] else 0
    frames = [at - 1e3 * t_s for at, t_s, _ in story.main["frames"][begun:] if at <= at_ms]
    return at_ms - 1e3 * time_s - min(frames[-CLOCK_FRAMES:], default=np.inf) - STALE_MS


def test_the_sound_runs_after_a_tap_and_comes_back_after_a_reload(story: Story) -> None:
    assert {state for _, state, _ in story.main["sound"]} == {"running"}
    assert any(at > story.at_ms["reload"] for at, _, _ in story.main["sound"])


def test_lost_contacts_are_cued_unless_known_too_late_and_heard_by_their_point(story: Story, session: Session) -> None:
    passed = [heard for heard in session.heard_rows if heard.kind == HEARD_CUE and heard.detail.get("level") == "lost"]
    groups = [(point, list(each)) for point, each in groupby(passed, lambda heard: heard.detail["point"])]
    assert [point for point, _ in groups] == ["sacrum", "upper_back", "sacrum"]
    for heard in [*groups[0][1], *groups[1][1]]:
        assert heard.detail["sounded"] is not heard.detail["late"]
    assert not any(heard.detail["sounded"] for heard in groups[2][1]), "the cues were off"
    cues = [cue for cue in story.main["cues"] if cue[1] == "contact"]
    sent = {(heard.detail["point"], round(heard.time_s, 2)) for heard in passed if heard.detail["sounded"]}
    assert sent <= {(point, round(time_s, 2)) for _, _, point, time_s, _ in cues}
    for at_ms, _, point, time_s, notes in cues:
        stale_ms = stale_by_ms(story, at_ms, time_s)
        if stale_ms < -SURE_MS:
            assert notes == POINT_HZ[point]
            assert loudest(story, at_ms, at_ms + 2 * HEARD_MS) > 0.1
        elif stale_ms > SURE_MS:
            assert notes == []


def test_held_is_silent_and_off_is_silent(story: Story) -> None:
    """Between the tap and the first tick nothing was lost; after the cues were switched off, something was."""
    first_tick = 1e3 * story.live.when.counted[0][0]
    assert loudest(story, story.at_ms["alone from"], first_tick - 50) < SILENCE
    off_ms = story.at_ms["cues off"]
    assert any(state == "lost" and 1e3 * at_s > off_ms for at_s, state, _ in story.live.when.contact)
    assert loudest(story, off_ms, story.main["sound"][-1][0]) < SILENCE


def test_what_was_chosen_is_kept(story: Story) -> None:
    assert os.environ[CONFIG_VARIABLE] == str(preferences_path())
    assert str(read_preferences().preferences.cues.mode) == "off"
    assert story.live.practice.options.cue is not None, "which held for this practice until it was chosen"


# --- for everybody


def test_it_goes_without_a_pointer(story: Story) -> None:
    assert story.texts["focused first"] == "Go on practising", "Enter by mistake ends nothing"


def test_the_theme_is_the_systems_or_the_chosen_one(story: Story) -> None:
    themes = story.facts["themes"]
    assert themes["main"] != themes["phone"] == themes["main, chosen"]


def test_who_wants_less_motion_gets_less(story: Story) -> None:
    from_ms, to_ms = story.at_ms["alone from"], story.at_ms["alone to"]
    drawn = {round(at / 50) for at in story.phone["pictures"] if from_ms <= at < to_ms}
    assert len(drawn) <= 6 * (to_ms - from_ms) / 1e3 + 1
    assert share_of_frames(story, story.phone, "alone") >= SHARE, "what is read stays prompt"


@pytest.mark.parametrize("way", WAYS)
def test_no_serious_finding_of_axe(story: Story, way: str) -> None:
    assert story.findings[way] == []


def test_every_way_was_looked_at(story: Story, tmp_path: Path) -> None:
    assert set(story.findings) == set(WAYS)
