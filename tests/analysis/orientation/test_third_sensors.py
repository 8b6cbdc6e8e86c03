"""Sensors beside the two on the trunk: they may tell more, and never spoil what the trunk tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dowel.analysis.events import Calibrated, StepRefused
from dowel.recordings.types import MarkKind, Placement
from dowel.sensors.simulated import (
    Hinge,
    Link,
    Moment,
    Piece,
    SimulatedSensor,
    Stand,
    calibration_pieces,
    set_of_hinges,
)
from tests.streams import analyse, ideal_sensors, in_a_set

UPPER_BACK, SACRUM, HEAD = Placement.UPPER_BACK, Placement.SACRUM, Placement.HEAD
HINGES: tuple[Piece, ...] = (*calibration_pieces(), *set_of_hinges(6))


def worn(*placements: Placement, dropout: dict[Placement, tuple[float, float]] | None = None) -> list[SimulatedSensor]:
    """Trimmed sensors; some of them silent from a time on for so long."""
    lost = dropout or {}
    links = {place: Link(dropouts_s=(lost[place],)) if place in lost else Link() for place in placements}
    return [SimulatedSensor(place, link=links[place]) for place in placements]


@pytest.mark.slow
@pytest.mark.parametrize("lasts_s", [0.3, 1.0, 3.0])
def test_a_silent_head_sensor_loses_no_contact(lasts_s: float) -> None:
    """Neutral reps: what the filter makes of the head after a gap is neither a chin nor a gap at the rod."""
    for seed in range(3):
        sensors = worn(UPPER_BACK, SACRUM, HEAD, dropout={HEAD: (50.0, lasts_s)})
        rows = analyse(HINGES, sensors, seed=seed).rows
        assert len(rows) == 6
        assert not [row for row in rows if "chin" in row.verdict_reason or "head" in row.contact_lost]
        assert all(np.isnan(row.gap_head_mm) or row.gap_head_mm < 12.0 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("third", [HEAD, Placement.SHANK, Placement.THIGH_LEFT])
def test_a_third_sensor_that_is_silent_cancels_no_calibration(third: Placement) -> None:
    result = analyse(HINGES, worn(UPPER_BACK, SACRUM, third, dropout={third: (0.0, 45.0)}))
    (calibrated,) = result.of(Calibrated)
    assert set(calibrated.calibration.frames) == {UPPER_BACK, SACRUM}
    assert {row.verdict for row in result.rows} == {"held"}


def test_a_silent_trunk_sensor_does() -> None:
    result = analyse(HINGES, worn(UPPER_BACK, SACRUM, dropout={SACRUM: (8.0, 8.0)}))
    refused = result.of(StepRefused)
    assert refused[0].placement == SACRUM
    assert {row.verdict_reason for row in result.rows} == {"no_calibration"}


def test_the_thigh_leans_back_in_a_hinge() -> None:
    result = analyse(HINGES, ideal_sensors(UPPER_BACK, SACRUM, Placement.THIGH_LEFT))
    (calibrated,) = result.of(Calibrated)
    times_s, sacrum = result.lean_deg(SACRUM)
    after = times_s > calibrated.time_s
    sacrum, thigh = sacrum[after], result.lean_deg(Placement.THIGH_LEFT)[1][after]
    deepest = int(np.nanargmax(sacrum))
    assert sacrum[deepest] > 60.0
    assert thigh[deepest] < -10.0


def test_nothing_is_measured_of_a_lean_that_was_not_there() -> None:
    """The sacrum away for 9 s: its hinge angle is not the largest of the rest of the rep."""
    result = analyse(HINGES, worn(UPPER_BACK, SACRUM, dropout={SACRUM: (50.0, 9.0)}))
    touched = [row for row in result.rows if row.verdict == "not_judged"]
    assert touched
    assert {row.verdict_reason for row in touched} == {"gap"}
    for row in touched:
        for name in ("flexion_peak_deg", "extension_peak_deg", "gap_sacrum_mm", "twist_peak_deg"):
            assert np.isnan(getattr(row, name)), name
        assert np.isnan(row.hinge_angle_deg) or row.hinge_angle_deg > 60.0
    assert all(row.hinge_angle_deg > 60.0 for row in result.rows if row not in touched)
    assert any(np.isnan(row.hinge_angle_deg) for row in touched)


def test_one_sensor_with_the_rod_knows_how_deep_its_hinges_were() -> None:
    result = analyse(HINGES, ideal_sensors(SACRUM))
    (calibrated,) = result.of(Calibrated)
    assert calibrated.calibration.neutral.deepest_deg == pytest.approx(75.0, abs=3.0)
    assert {row.verdict_reason for row in result.rows} == {"one_sensor"}


def test_a_load_in_a_sets_mark_holds_for_that_set() -> None:
    loaded = replace(Moment(MarkKind.SET_START), detail={"load_kg": 16.0})
    pieces = (
        *calibration_pieces(),
        loaded,
        *set_of_hinges(3, set_marks=False),
        Moment(MarkKind.SET_END),
        Stand(3.0),
        Moment(MarkKind.NOTE, {"load_kg": 50.0}),
        *in_a_set(*(Hinge() for _ in range(3))),
    )
    rows = analyse(pieces, ideal_sensors(UPPER_BACK, SACRUM)).rows
    assert [(row.set, row.load_kg) for row in rows] == [(1, 16.0)] * 3 + [(2, 0.0)] * 3


def test_a_head_cue_tells_the_heads_deviation() -> None:
    from dowel.analysis.events import ContactPassed

    pieces = (*calibration_pieces(), *in_a_set(*(Hinge(chin_deg=20.0) for _ in range(3))))
    cues = analyse(pieces, ideal_sensors(UPPER_BACK, SACRUM, HEAD)).of(ContactPassed)
    lost = [cue for cue in cues if cue.reason == "chin_down" and cue.level == "lost"]
    assert lost
    assert all(cue.deviation_deg > 12.0 for cue in lost)
