"""What is told of an error, alone and of one of several files."""

from __future__ import annotations

import pytest

from dowel.recordings.errors import InputError, UsageError, told_of


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("It is damaged."), "a.dowel: It is damaged."),
        (InputError("a.dowel is damaged."), "a.dowel is damaged."),
        (OSError(5, "Input/output error"), "a.dowel: Input/output error. Check the disk and its access."),
        (OSError(5, "Input/output error", "a.dowel"), "a.dowel: Input/output error. Check the disk and its access."),
        (MemoryError(), "a.dowel: There is not enough memory for this."),
        (ZeroDivisionError("x"), "a.dowel: Something went wrong inside dowel (ZeroDivisionError: x)."),
    ],
)
def test_one_of_several_files_is_left_out_by_its_name(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOWEL_DEBUG", raising=False)
    left_out: list[str] = []
    with told_of("a.dowel", left_out):
        raise error
    assert len(left_out) == 1
    assert left_out[0].startswith(said)


def test_who_asks_wrongly_is_told_so_once() -> None:
    with pytest.raises(UsageError), told_of("a.dowel", []):
        raise UsageError("Install the extra.")


def test_a_fault_is_shown_whole_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWEL_DEBUG", "1")
    with pytest.raises(ZeroDivisionError), told_of("a.dowel", []):
        raise ZeroDivisionError
