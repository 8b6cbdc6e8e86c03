"""Gyroscopes that turn by themselves, in imports whose marks tell no still step: the verdicts are those without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange import import_stance
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import MarkKind
from dowel.reports.notebook import analyse

Run = Callable[..., tuple[int, str, str]]
Biased = Callable[[float, bool], tuple[Path, str]]


@pytest.fixture
def biased(recordings: Path, dowel: Run, tmp_path: Path) -> Biased:
    """Import the simulated session with this bias (deg/s), with its marks but the still step, or with none."""

    def run(bias_deg_s: float, marked: bool) -> tuple[Path, str]:
        folder = tmp_path / f"{bias_deg_s}"
        folder.mkdir()
        turns = np.deg2rad(bias_deg_s) * np.array([0.5, -0.7, 0.5])
        for place, sign in (("upper_back", 1.0), ("sacrum", -1.0)):
            values = np.loadtxt(recordings / f"{place}.csv", delimiter=",", skiprows=1)
            values[:, 4:] += sign * turns
            header = (recordings / f"{place}.csv").read_text().split("\n", 1)[0]
            np.savetxt(folder / f"{place}.csv", values, "%.6f", ",", header=header, comments="")
        lines = (recordings / "marks.csv").read_text().splitlines()
        (folder / "marks.csv").write_text("\n".join(line for line in lines if not line.startswith("still")) + "\n")
        sensors = [f"--sensor={place}={folder / f'{place}.csv'}" for place in ("upper_back", "sacrum")]
        marks = ["--marks", folder / "marks.csv"] if marked else []
        code, said, err = dowel("import", *sensors, *marks, "--out", folder / "x.dowel")
        assert (code, err) == (0, "")
        return folder / "x.dowel", " ".join(said.split())

    return run


@pytest.mark.parametrize("marked", [True, False], ids=["marked hinges", "no marks"])
def test_a_bias_changes_no_verdict(biased: Biased, marked: bool) -> None:
    found = []
    for bias_deg_s in (0.0, 8.0):
        session, said = biased(bias_deg_s, marked)
        rows = analyse(session, keep_all=False).rep_rows
        found.append([(row.kind, row.verdict, row.calibration) for row in rows])
        assert ("turn by themselves" in said) == (marked and bias_deg_s > 0.0)
    assert found[0] == found[1]
    assert {calibration for _, _, calibration in found[1]} == {"rod" if marked else "stance"}
    with open_session(session) as file:
        (calibration,) = [mark for mark in file.marks if mark.kind is MarkKind.CALIBRATION]
    for bias in calibration.detail["bias_rad_s"].values():
        assert np.rad2deg(np.linalg.norm(bias)) == pytest.approx(8.0, abs=0.5)


def test_a_bias_that_does_not_settle_is_no_calibration(biased: Biased, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look, from no bias on, which the stand contradicts."""
    monkeypatch.setattr(import_stance, "MOST_ROUNDS", 1)
    monkeypatch.setattr(import_stance, "biases_at_rest", lambda *_: {})
    session, said = biased(5.0, False)
    assert "No calibration: where the person stood and what the gyroscopes show there do not fit each other" in said
    assert {row.verdict for row in analyse(session, keep_all=False).rep_rows} == {"not_judged"}
