"""The rig itself is not run here: ``python -m tests.bluez.real`` does that."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from tests.bluez.real.packages import AbsentError, check_host


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AbsentError, match="apt-get install apt dpkg libc-bin gcc libc6-dev util-linux"):
        check_host()


def test_another_kind_of_computer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(AbsentError, match="this one is aarch64"):
        check_host()
