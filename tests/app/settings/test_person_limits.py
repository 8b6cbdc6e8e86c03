"""Limits that are kept for a person: given on a command line, edited by hand, and in every output."""

from __future__ import annotations

from pathlib import Path

import pytest

from dowel.analysis.contact.given_limits import GivenLimits
from dowel.recordings.errors import InputError, UsageError
from dowel.settings.person_limits import keep_limits, limits_from, limits_of, limits_path


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))


def test_what_was_given_is_kept_for_the_person_alone() -> None:
    given = limits_from("rounding=12, arching=14")
    assert given == GivenLimits("coach", 12.0, 14.0)
    assert limits_of("P1") is None, "to read them keeps nothing"
    keep_limits("P1", given)
    assert limits_of("P1") == given
    assert limits_of("P2") is None
    assert limits_of("") is None
    assert limits_from("") is None
    assert limits_path().stat().st_mode & 0o077 == 0


def test_others_and_comments_stay() -> None:
    keep_limits("P1", GivenLimits("coach", 12.0))
    limits_path().write_text(limits_path().read_text() + "# by hand\n")
    keep_limits("P 2", GivenLimits("personal", 8.0, evidence="40 reps"))
    assert limits_of("P1") == GivenLimits("coach", 12.0)
    assert limits_of("P 2") == GivenLimits("personal", 8.0, evidence="40 reps")
    assert "# by hand" in limits_path().read_text()


@pytest.mark.parametrize(
    "text", ["12", "rounding=", "rounding=x", "bending=12", "rounding=12,rounding=13", "rounding=1"]
)
def test_what_cannot_be_meant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="--limits"):
        limits_from(text)


@pytest.mark.parametrize("written", ["P1 = 3", "[P1]\nbasis = 'coach'\nrounding = 'wide'", "[P1"])
def test_a_file_that_was_spoilt_names_itself(written: str) -> None:
    keep_limits("P1", GivenLimits("coach", 12.0))
    limits_path().write_text(written)
    with pytest.raises(InputError, match=r"limits\.toml"):
        limits_of("P1")
