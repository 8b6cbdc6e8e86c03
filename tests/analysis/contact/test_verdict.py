"""The verdict of one rep: precedence, reasons, contacts, and what is never made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact import verdict as verdicts
from dowel.analysis.contact.limits import FloorLimits, Limits, floor_limits_for
from dowel.analysis.contact.verdict import (
    REASONS,
    Fault,
    Verdict,
    came_off_from,
    disbelieved,
    gaps_mm,
    in_doubt,
    judge,
    stands,
)
from dowel.analysis.orientation.posture import Posture
from dowel.analysis.rows import Rep
from dowel.recordings.grid_points import Status
from dowel.recordings.types import TRUNK, FloatArray, IntArray
from tests.depth import examples
from tests.reference.contact import slow_verdict

ROD = Limits("rod", 6.0, 10.0, 8.0, 12.0)


def verdict(
    deviation_deg: FloatArray, head_deg: FloatArray | None = None, faults: IntArray | None = None, **more: Any
) -> Verdict:
    count = len(deviation_deg)
    return judge(
        deviation_deg,
        np.full(count, np.nan) if head_deg is None else head_deg,
        np.zeros(count, np.int64) if faults is None else faults,
        ROD,
        deeper_than_calibrated=more.get("deeper", False),
        range_pct=more.get("range_pct", np.nan),
    )


def bump(peak_deg: float, count: int = 300) -> FloatArray:
    """A deviation that grows to a plateau and goes back."""
    return peak_deg * np.clip(2.0 * np.sin(np.linspace(0.0, np.pi, count)), 0.0, 1.0)


@st.composite
def signals(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, IntArray]:
    """Deviation, head deviation and faults of one rep."""
    levels = st.lists(st.tuples(st.sampled_from([-13.0, -9.0, -5.0, 0.0, 5.0, 7.0, 11.0]), st.integers(1, 40)))
    deviation, head = (
        np.concatenate([np.zeros(12), *(np.full(count, value) for value, count in draw(levels))]) for _ in range(2)
    )
    count = max(len(deviation), len(head))
    deviation, head = np.resize(deviation, count), np.resize(head, count)
    if draw(st.booleans()):
        head = np.full(count, np.nan)
    faults = np.zeros(count, np.int64)
    for fault, first, length in draw(
        st.lists(
            st.tuples(st.sampled_from([*REASONS, Fault.MISSING]), st.integers(0, count), st.integers(1, 15)), max_size=4
        )
    ):
        faults[first : first + length] |= fault
    deviation[faults != 0] = np.nan
    head[faults != 0] = np.nan
    return deviation, head, faults


@pytest.mark.slow
@given(what=signals(), deeper=st.booleans(), range_pct=st.sampled_from([np.nan, 69.9, 70.0, 70.1]))
@examples(300)
def test_it_is_the_slow_one(what: tuple[FloatArray, FloatArray, IntArray], deeper: bool, range_pct: float) -> None:
    deviation, head, faults = what
    found = verdict(deviation, head, faults, deeper=deeper, range_pct=range_pct)
    expected = slow_verdict(
        deviation.tolist(), head.tolist(), faults.tolist(), ROD, deeper_than_calibrated=deeper, range_pct=range_pct
    )
    assert (found.verdict, found.reason, found.contact_lost, found.first_lost, found.lost_points) == expected


@pytest.mark.parametrize(
    ("peak_deg", "expected", "reason", "contact"),
    [
        (0.0, "held", "", ""),
        (5.9, "held", "", ""),
        (6.1, "warned", "rounded", ""),
        (10.1, "lost", "rounded", "sacrum"),
        (-7.9, "held", "", ""),
        (-8.1, "warned", "arched", ""),
        (-12.1, "lost", "arched", "upper_back"),
    ],
)
def test_rounding_and_arching(peak_deg: float, expected: str, reason: str, contact: str) -> None:
    found = verdict(bump(peak_deg))
    assert (found.verdict, found.reason, found.contact_lost) == (expected, reason, contact)
    assert found.flexion_peak_deg == pytest.approx(max(peak_deg, 0.0))
    assert found.extension_peak_deg == pytest.approx(min(peak_deg, 0.0))


@pytest.mark.parametrize(("peak_deg", "reason"), [(12.1, "chin_down"), (-12.1, "chin_up")])
def test_the_head(peak_deg: float, reason: str) -> None:
    found = verdict(bump(0.0), bump(peak_deg))
    assert (found.verdict, found.reason, found.contact_lost) == ("lost", reason, "head")
    assert found.head_peak_deg == pytest.approx(12.1)
    assert np.isnan(verdict(bump(0.0)).head_peak_deg)


def test_lost_twice_names_both_and_counts_each_point_once() -> None:
    found = verdict(bump(11.0), bump(13.0))
    assert (found.reason, found.contact_lost) == ("rounded+chin_down", "sacrum+head")
    alone = verdict(bump(11.0))
    assert alone.lost_points <= found.lost_points <= 300
    assert found.first_lost <= alone.first_lost


@pytest.mark.parametrize("limits", [ROD, floor_limits_for(None, 0.0)])
def test_each_way_to_lose_contact_has_the_sign_of_its_signal(limits: Limits) -> None:
    one = np.ones(1)
    found = verdicts.signals(one, one, 90.0 * one if isinstance(limits, FloorLimits) else None)
    assert {name: np.sign(values[0]) for name, values in found.items()} == {
        name: direction.sign for name, direction in verdicts.directions(limits).items()
    }


@pytest.mark.parametrize("fault", [fault for fault in REASONS if fault != Fault.COME_OFF])
def test_more_than_100_ms_that_cannot_be_judged(fault: int) -> None:
    """A fault makes a rep not judged, names itself, and gives way to a loss on valid data; coming off lasts."""
    faults = np.zeros(300, np.int64)
    faults[:11] = fault
    for peak_deg, expected in ((0.0, "not_judged"), (7.0, "not_judged"), (11.0, "lost")):
        deviation = bump(peak_deg)
        deviation[faults != 0] = np.nan
        found = verdict(deviation, faults=faults)
        assert found.verdict == expected
        assert found.reason.split("+")[-1] == REASONS[fault]
    faults[10] = 0
    assert verdict(bump(0.0), faults=faults).verdict == "held"


def test_what_is_not_judged_has_no_peak_of_the_head_either() -> None:
    faults = np.zeros(300, np.int64)
    faults[:11] = Fault.GAP
    found = verdict(bump(9.0), bump(9.0), faults)
    assert found.verdict == "not_judged"
    assert np.isnan([found.flexion_peak_deg, found.extension_peak_deg, found.head_peak_deg]).all()


def test_a_tenth_of_a_second_may_be_missing() -> None:
    """The number that the page of the limits gives, whatever the code calls it."""
    for points, expected in ((10, "held"), (11, "not_judged")):
        faults = np.zeros(300, np.int64)
        faults[:points] = Fault.GAP
        assert verdict(bump(0.0), faults=faults).verdict == expected


@pytest.mark.parametrize(
    "word", ["one_sensor", "sync", "gap", "clipped", "no_calibration", "slipped", "frozen", "come_off"]
)
def test_each_fault_has_its_own_word(word: str) -> None:
    faults = np.full(300, getattr(Fault, word.upper()), np.int64)
    assert verdict(np.full(300, np.nan), faults=faults).reason == word


def test_what_either_sensor_does_not_tell_is_not_judged() -> None:
    posture, status = Posture(TRUNK), np.zeros((2, 5), np.uint8)
    posture.use(Calibration("rod", {str(place): np.eye(3) for place in TRUNK}))
    status[0, 1:3] = Status.MISSING, Status.CLIPPED
    status[1, 3:5] = Status.SETTLING, Status.FROZEN
    told = [0, Fault.GAP | Fault.MISSING, Fault.CLIPPED, Fault.GAP, Fault.FROZEN]
    assert posture.faults(status).tolist() == told


def test_faults_that_only_together_last_too_long_are_all_named() -> None:
    faults = np.zeros(300, np.int64)
    faults[:6], faults[100:106] = Fault.GAP, Fault.CLIPPED
    found = verdict(bump(0.0), faults=faults)
    assert (found.verdict, found.reason) == ("not_judged", "gap+clipped")


def test_the_order_of_reasons() -> None:
    faults = np.full(300, Fault.SLIPPED | Fault.ONE_SENSOR | Fault.CLIPPED, np.int64)
    faults[:200] = 0
    found = verdict(bump(11.0), bump(13.0), faults, deeper=True, range_pct=71.0)
    assert found.reason == "rounded+chin_down+near_end_range+deeper_than_calibrated+one_sensor+clipped+slipped"


def test_nothing_is_made_up_where_nothing_was_measured() -> None:
    found = verdict(np.full(300, np.nan), faults=np.full(300, Fault.NO_CALIBRATION))
    assert (found.verdict, found.reason) == ("not_judged", "no_calibration")
    assert np.isnan([found.flexion_peak_deg, found.extension_peak_deg, found.head_peak_deg]).all()
    assert np.isnan(gaps_mm(found, None)).all()


def test_gaps_at_the_rod() -> None:
    """Sacrum 3.0 mm/deg or the personal lever, upper back 1.3, head 2.4 (sources#rod-gap); never negative."""
    assert gaps_mm(verdict(bump(10.0), bump(5.0)), None) == pytest.approx((30.0, 0.0, 12.0))
    assert gaps_mm(verdict(bump(-10.0)), None)[1] == pytest.approx(13.0)
    assert gaps_mm(verdict(bump(10.0)), 0.20)[0] == pytest.approx(1000 * 0.20 * np.deg2rad(10.0))
    assert gaps_mm(verdict(bump(10.0)), None)[1] == 0.0


@given(peak_deg=st.floats(-20.0, 20.0), rounder_deg=st.floats(-15.0, 15.0), part=st.sampled_from([1.0, 0.6, 0.3]))
@examples(50)
def test_a_verdict_that_stands_is_the_same_in_both_readings(peak_deg: float, rounder_deg: float, part: float) -> None:
    """Whether a sensor slid, from the beginning of the rep or within it, or did not."""
    deviation_deg = bump(peak_deg)
    as_told = row_of(verdict(deviation_deg))
    slid_deg = np.where(np.arange(len(deviation_deg)) >= (1.0 - part) * len(deviation_deg), rounder_deg, 0.0)
    seemed_deg = (min(rounder_deg, 0.0), max(rounder_deg, 0.0))
    if stands(as_told, ROD, seemed_deg):
        assert verdict(deviation_deg - slid_deg).verdict == as_told.verdict


@pytest.mark.parametrize(("peak_deg", "verdict_then"), [(-2.0, "held"), (3.0, "not_judged"), (20.0, "lost")])
def test_of_a_back_in_doubt_only_what_stands_is_told(peak_deg: float, verdict_then: str) -> None:
    row = in_doubt(row_of(verdict(bump(peak_deg))), ROD, (-4.0, 4.0))
    reason = "rounded+slipped" if verdict_then == "lost" else "slipped"
    assert (row.verdict, row.verdict_reason) == (verdict_then, reason)
    assert np.isnan([row.flexion_peak_deg, row.extension_peak_deg, row.deviation_bottom_deg]).all()
    assert (row.contact_lost == "") == np.isnan(row.lost_s) == (verdict_then == "not_judged") or verdict_then == "held"
    assert in_doubt(row, ROD, (-4.0, 4.0)).verdict == "not_judged", "nothing is known of it a second time"


@pytest.mark.parametrize(
    ("peak_deg", "since_s", "verdict_then", "reason"),
    [
        (2.0, 3.0, "held", ""),
        (2.0, 2.9, "not_judged", "come_off"),
        (20.0, 2.0, "lost", "rounded+come_off"),  # a loss that was there before
        (20.0, 1.05, "not_judged", "come_off"),
    ],
)
def test_what_is_left_of_a_row_once_a_sensor_is_not_believed(
    peak_deg: float, since_s: float, verdict_then: str, reason: str
) -> None:
    row = row_of(verdict(bump(peak_deg)))
    left = disbelieved(row, ROD, since_s, Fault.COME_OFF)
    assert (left.verdict, left.verdict_reason) == (verdict_then, reason)
    assert np.isnan(left.flexion_peak_deg) == (left is not row)


def row_of(judged: Verdict) -> Rep:
    return Rep(
        set=1,
        rep=1,
        kind="rep",
        drill="",
        load_kg=0.0,
        start_s=0.0,
        bottom_s=1.0,
        end_s=3.0,
        rest_before_s=0.0,
        verdict=judged.verdict,
        verdict_reason=judged.reason,
        contact_lost=judged.contact_lost,
        first_lost_s=1.0,
        lost_s=0.5,
        flexion_peak_deg=judged.flexion_peak_deg,
        extension_peak_deg=judged.extension_peak_deg,
        deviation_bottom_deg=0.0,
        lowering_peak_deg_s=90.0,
        rising_peak_deg_s=90.0,
        smoothness_lowering=-1.5,
        smoothness_rising=-1.5,
        calibration="rod",
        sync_ms=1.0,
        missing_pct=0.0,
    )


def test_a_crooked_trunk_is_not_called_a_sensor_that_came_off() -> None:
    faults = np.zeros(300, np.int64)
    faults[100:160] = Fault.COME_OFF | Fault.BENT_SIDEWAYS
    assert verdict(bump(3.0), faults=faults).reason == "bent_sideways"
    faults[155:180] = Fault.COME_OFF
    assert verdict(bump(3.0), faults=faults).reason == "come_off+bent_sideways"


@pytest.mark.parametrize(
    ("usual", "since"),
    [
        ([(0, 100)], 69),  # 0.3 s before the last usual angle, which is that of point 99
        ([(0, 100), (120, 150)], 119),
        ([(0, 100), (120, 149)], 69),  # it swung through them, and did not sit there
        ([(0, 30)], 0),
        ([], 0),
    ],
)
def test_a_sensor_comes_off_before_its_angles_are_unusual(usual: list[tuple[int, int]], since: int) -> None:
    angle_deg = np.full(300, -20.0)
    for start, stop in usual:
        angle_deg[start:stop] = 5.9
    assert came_off_from(angle_deg, 200) == since
