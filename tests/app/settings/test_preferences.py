"""The config file: what is chosen is read again, what a person wrote stays, what is damaged is told and never lost."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.settings.cue_mode import CueMode
from dowel.settings.preferences import (
    CuePreferences,
    Preferences,
    preferences_path,
    read_preferences,
    write_preferences,
)

CHANGED = Preferences(
    page=False, cues=CuePreferences(CueMode.REP, 0.25, 0.3, 5.0, False, False, False, False, True, False)
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "deep" / "config.toml"
    monkeypatch.setenv("DOWEL_CONFIG", str(path))
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold_and_nothing_is_made(path: Path) -> None:
    read = read_preferences()
    assert read.preferences == Preferences()
    assert read.problems == ()
    assert read.path == path
    assert not path.parent.exists()


def test_everything_that_can_be_chosen_is_read_again(path: Path) -> None:
    assert all(getattr(CHANGED.cues, f.name) != getattr(CuePreferences(), f.name) for f in fields(CuePreferences))
    assert write_preferences(CHANGED) == path
    assert read_preferences().preferences == CHANGED
    write_preferences(Preferences())
    assert read_preferences().preferences == Preferences()


def test_a_new_file_has_every_setting_with_a_comment(path: Path) -> None:
    write_preferences(CHANGED)
    lines = path.read_text(encoding="utf-8").splitlines()
    for name in (*(f.name for f in fields(CuePreferences)), "page"):
        at = next(index for index, line in enumerate(lines) if line.startswith(f"{name} = "))
        assert lines[at - 1].startswith("# ")


@pytest.mark.slow
@given(
    st.builds(
        Preferences,
        page=st.booleans(),
        cues=st.builds(
            CuePreferences,
            mode=st.sampled_from([None, *CueMode]),
            volume=st.integers(0, 1000).map(lambda n: n / 1000),
            delay_s=st.integers(0, 2000).map(lambda n: n / 1000),
            repeat_s=st.integers(0, 30).map(float),
        ),
    )
)
def test_whatever_is_written_is_read(chosen: Preferences) -> None:
    before = os.environ["DOWEL_CONFIG"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOWEL_CONFIG"] = str(Path(folder, "config.toml"))
        try:
            for preferences in (CHANGED, chosen):
                write_preferences(preferences)
                assert read_preferences().preferences == preferences
                assert read_preferences().problems == ()
        finally:
            os.environ["DOWEL_CONFIG"] = before


BY_HAND = """\
# my own words
page = false   # no page for me
colour = "red"

[cues]
volumne = 0.9
volume = 0.2

[phone]
port = 8100
"""


def test_what_a_person_wrote_stays_and_what_is_not_known_is_named(path: Path) -> None:
    write(path, BY_HAND)
    read = read_preferences()
    assert read.preferences == Preferences(page=False, cues=CuePreferences(volume=0.2))
    assert read.problems == (
        f"{path}, line 3: dowel knows no setting colour, and leaves it as it is.",
        f"{path}, line 9: dowel knows no setting phone, and leaves it as it is.",
        f"{path}, line 6: dowel knows no setting volumne, and leaves it as it is. Is volume meant?",
    )
    write_preferences(replace(read.preferences, cues=replace(read.preferences.cues, volume=0.4)))
    assert path.read_text(encoding="utf-8") == BY_HAND.replace("volume = 0.2", "volume = 0.4")


@pytest.mark.parametrize(
    ("text", "volume", "mode"),
    [
        ("page = true", 0.3, CueMode.OFF),
        ("cues.volume = 0.1\n", 0.3, CueMode.OFF),
        ("cues = { volume = 0.1 }", 0.3, CueMode.OFF),
        ("\ufeff[cues]\r\nvolume = 1\r\n", 0.3, CueMode.OFF),
        ("", 0.3, CueMode.OFF),
    ],
)
def test_any_way_to_write_toml_can_be_added_to(path: Path, text: str, volume: float, mode: CueMode) -> None:
    write(path, text)
    assert read_preferences().problems == ()
    write_preferences(Preferences(cues=CuePreferences(volume=volume, mode=mode)))
    assert read_preferences().preferences == Preferences(cues=CuePreferences(volume=volume, mode=mode))
    assert read_preferences().problems == ()


@pytest.mark.parametrize(
    ("line", "must_be"),
    [
        ('volume = "loud"', "a number from 0 to 1"),
        ("volume = 1.5", "a number from 0 to 1"),
        ("volume = nan", "a number from 0 to 1"),
        ("volume = true", "a number from 0 to 1"),
        ("tick = 1", "true or false"),
        ('mode = "loud"', '"", "off", "rep" or "live"'),
        ("mode = 3", '"", "off", "rep" or "live"'),
        ("delay_s = -1", "a number from 0 to 2"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_line_and_stays(path: Path, line: str, must_be: str) -> None:
    write(path, f"[cues]\nrepeat_s = 7\n{line}\n")
    read = read_preferences()
    assert read.preferences == Preferences(cues=CuePreferences(repeat_s=7.0))
    name = line.split(" ")[0]
    assert read.problems == (f"{path}, line 3: {name} must be {must_be}. The default is used.",)
    write_preferences(Preferences(cues=CuePreferences(repeat_s=8.0)))
    assert line in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["[cues]\nvolume = 0.5\nvolume =\n", "[cues]\na = 1\n[[[\n", "[cues]\na = 1\na = 2\n"])
def test_a_damaged_file_is_told_with_the_line_and_never_written_over(path: Path, text: str) -> None:
    write(path, text)
    read = read_preferences()
    assert read.preferences == Preferences()
    (problem,) = read.problems
    assert str(path) in problem
    assert "line 3" in problem
    assert problem.endswith("Correct that line, or move the file away. Defaults are used.")
    with pytest.raises(InputError, match="line 3"):
        write_preferences(CHANGED)
    assert path.read_text(encoding="utf-8") == text


def test_cues_that_are_no_table(path: Path) -> None:
    write(path, "cues = 3\n")
    assert read_preferences().problems == (f"{path}, line 1: cues must be a table, [cues]. Defaults are used.",)
    with pytest.raises(InputError, match="must be a table"):
        write_preferences(CHANGED)


def test_bytes_that_are_no_text(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    assert read_preferences().problems == (f"{path} is not UTF-8 text. Defaults are used.",)
    with pytest.raises(InputError):
        write_preferences(CHANGED)


def test_a_folder_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)
    assert "cannot be read" in read_preferences().problems[0]
    with pytest.raises(InputError, match="cannot be read"):
        write_preferences(CHANGED)


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOWEL_CONFIG", str(tmp_path / "file" / "config.toml"))
    assert read_preferences().preferences == Preferences()
    with pytest.raises(InputError, match="cannot be"):
        write_preferences(CHANGED)


def test_a_choice_that_cannot_be_is_refused(path: Path) -> None:
    for wrong in (CuePreferences(volume=2.0), CuePreferences(delay_s=float("nan"))):
        with pytest.raises(InputError, match="must be a number"):
            write_preferences(Preferences(cues=wrong))
    assert not path.exists()


def test_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOWEL_CONFIG")
    assert preferences_path().name == "config.toml"
    assert preferences_path().parent.name == "dowel"


@given(st.text(max_size=60))
def test_whatever_stands_there_is_read_without_a_fault(text: str) -> None:
    before = os.environ["DOWEL_CONFIG"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        os.environ["DOWEL_CONFIG"] = str(path)
        try:
            read = read_preferences()
        finally:
            os.environ["DOWEL_CONFIG"] = before
    try:
        tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    except tomllib.TOMLDecodeError:
        assert read.preferences == Preferences()
        assert read.problems


def test_the_page_on_commands_lists_every_setting_with_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| (?:`\[cues\]` )?`(\w+)` \| `([^`]*)` \|", page, re.MULTILINE))
    defaults = Preferences()
    own = {"page": defaults.page, "report": defaults.report, "coach": None, "logo": None}
    expected = {**own, **{f.name: getattr(defaults.cues, f.name) for f in fields(CuePreferences)}}
    assert table == {
        name: '""' if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in expected.items()
    }
