"""What hands do by habit on a command line, and what a mistake is met with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dowel import commands
from dowel.commands.completion import SHELLS

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("name", list(commands.COMMANDS))
def test_help_is_had_in_every_way(name: str, dowel: Run) -> None:
    told = {dowel(*arguments) for arguments in ((name, "-h"), (name, "--help"), ("help", name))}
    assert len(told) == 1
    assert told.pop()[0] == 0


def test_help_of_all_and_the_version(dowel: Run) -> None:
    assert dowel("help") == dowel("-h") == dowel("--help")
    assert dowel("-V") == dowel("--version")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reprot",), "there is no command reprot. Did you mean report?"),
        (("help", "reprot"), "Did you mean report?"),
        (("practice", "--drill", "kettelbell"), "--drill: there is no kettelbell. Did you mean kettlebell?"),
        (("practice", "--drill", "deadbug"), "there is no deadbug. Did you mean dead_bug? It is one of dead_bug, "),
        (("practice", "--limits", "rounding=12,aching=3"), "'aching' is none of rounding, arching, head."),
        (("practice", "--limits", "head=12,head=3"), "head is given twice."),
        (("practice", "--sensor", "upper-bakc=AB"), "Did you mean upper_back?"),
        (("report", "--htlm", "x"), "there is no option --htlm. Did you mean --html?"),
        (("practice", "--load-kg", "much"), "--load-kg: 'much' is not a number."),
        (("practice", "--load-kg", "nan"), "--load-kg: nan is not a number."),
        (("practice", "--wall-cm", "0.25"), "--wall-cm: 0.25 is not from 5 to 100."),
        (("practice", "--load-kg", "601"), "--load-kg: 601 is not from 0 to 600."),
        (("mark", "x.dowel"), "--kind"),
        (("report", "--csv"), "--csv wants PATH after it. dowel report -h"),
        (("report", "--as-heard=3"), "--as-heard takes nothing after it."),
        (("history", "--compare", "A"), "--compare wants A B after it."),
        (("--completion",), "--completion wants [bash|zsh|fish|powershell] after it."),
        (("export",), "--to DIR is missing. dowel export -h"),
        (("repair",), "FILE is missing."),
        (("repair", "x.dowel"), "--out NEW is missing."),
        (("practice", "extra"), "extra is too much."),
        (("practice", "--load-kg", "16,5"), "'16,5' is not a number. Write it with a point: 16.5."),
        (("practice", "--load-kg", "1,600,5"), "'1,600,5' is not a number. dowel practice -h"),
        (("report", "--decimal", "x"), "It is one of '.' or ','."),
        (("report", "--csv="), "--csv: the name after it is empty."),
        (("history", "--html", ""), "--html: the name after it is empty."),
        (("practice", "--out", ""), "--out: the name after it is empty."),
        (("practice", "--sensor", "sacrum=F0:12"), "--sensor sacrum=F0:12: that is no sensor's address."),
        (("practice", "--sensor", "sacrum=F0:12:34:56:78:9A,upper_back=F0:12:34:56:78:9B"), "each behind a --sensor"),
        (("mark", "a.dowel", "b.dowel", "--list"), "b.dowel is too much."),
    ],
)
def test_a_mistake_is_met_with_the_right_word(arguments: tuple[str, ...], said: str, dowel: Run) -> None:
    code, _, err = dowel(*arguments)
    assert code == 2
    assert said in err
    assert err.startswith("dowel: ")
    assert err.count("\n") == 1
    assert not any(
        word in err.lower()
        for word in ("value error", "invalid value", "usage:", "parameter", "argument", "inside dowel")
    )


def test_names_take_either_dash(dowel: Run) -> None:
    for drill in ("dead-bug", "dead_bug", "Dead-Bug"):
        code, _, err = dowel("practice", "--drill", drill, "--no-rod", "--out", "never.dowel")
        assert (code, "no rod is used in the dead bug" in err) == (2, True)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_told_what_completes(shell: str, dowel: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, script, _ = dowel("--completion", shell)
    assert code == 0
    assert "dowel" in script
    monkeypatch.setenv("_DOWEL_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "dowel practice --drill de")
    monkeypatch.setenv("COMP_CWORD", "de" if shell == "fish" else "3")
    monkeypatch.setenv("DOWEL_LINE", "dowel practice --drill de")
    monkeypatch.setenv("DOWEL_WORD", "de")
    assert "dead_bug" in dowel()[1]
