"""What is installed only when asked for, and what is said where it is missing."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from dowel.recordings.errors import UsageError
from dowel.settings import extras

PROJECT = Path(__file__).parents[3]


def test_each_extra_brings_what_the_package_says() -> None:
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    distributions = packages_distributions()
    for extra, modules in extras.MODULES.items():
        brought = {distributions[module][0] for module in modules}
        assert brought == {re.split("[>=]", each)[0] for each in told[extra]}


def test_what_is_missing_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    extras.check_extra("phone", "Phones as sensors")
    monkeypatch.setitem(extras.MODULES, "phone", ("json", "not_there_at_all"))
    with pytest.raises(UsageError, match=r"Phones as sensors need not_there_at_all, which is .*dowel-rod\[phone\]"):
        extras.check_extra("phone", "Phones as sensors")
    extras.check_extra("phone", "Phones as sensors", "json")
