"""Limits that somebody gives: what holds then, and what is no limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.given_limits import GIVEN_DEG, GivenLimits
from dowel.analysis.contact.limits import Limits, floor_limits_for, limits_for

ROD = Limits("rod", 6.0, 10.0, 8.0, 12.0)


def test_a_limit_takes_the_place_of_the_programs_and_its_warning_follows() -> None:
    found = GivenLimits("coach", rounding=15.0).instead_of(ROD)
    assert found == replace(ROD, basis="coach", lost_deg=15.0, warn_deg=pytest.approx(9.0))


def test_all_three_points_and_their_evidence() -> None:
    found = GivenLimits("personal", 8.0, 9.0, 6.0, "40 reps").instead_of(ROD)
    assert (found.lost_deg, found.arching_lost_deg, found.head_lost_deg) == (8.0, 9.0, 6.0)
    assert (found.arching_warn_deg, found.head_warn_deg) == pytest.approx((6.0, 4.0))
    assert (found.basis, found.evidence) == ("personal", "40 reps")


@pytest.mark.parametrize("load_kg", [0.0, 16.0])
@pytest.mark.parametrize(("zero_sd_deg", "wider_deg"), [(0.0, 6.0), (3.0, 6.0), (5.0, 10.0)])
def test_without_a_rod_a_given_limit_is_as_much_wider_as_the_programs(
    load_kg: float, zero_sd_deg: float, wider_deg: float
) -> None:
    """The program's own are 10 with a rod and 16 without; a zero that is known worse makes both wider still."""
    stance = limits_for(Calibration("stance", {}, zero_sd_deg=zero_sd_deg), load_kg)
    found = GivenLimits("coach", rounding=12.0, arching=13.0).instead_of(stance)
    assert (found.lost_deg, found.arching_lost_deg) == (12.0 + wider_deg, 13.0 + wider_deg)
    assert limits_for(Calibration("stance", {}, zero_sd_deg=zero_sd_deg), 0.0).lost_deg == ROD.lost_deg + wider_deg


def test_with_a_rod_a_given_limit_holds_as_it_is() -> None:
    for load_kg in (0.0, 16.0):
        assert (
            GivenLimits("coach", rounding=12.0).instead_of(limits_for(Calibration("rod", {}), load_kg)).lost_deg == 12.0
        )


def test_who_lies_has_the_limits_of_the_floor() -> None:
    floor = floor_limits_for(None, 0.0)
    assert GivenLimits("coach", rounding=12.0, arching=14.0).instead_of(floor) == floor


ANY = st.none() | st.floats(*GIVEN_DEG)


@given(st.sampled_from(["coach", "personal"]), ANY, ANY, ANY, st.text(max_size=9))
def test_what_is_written_is_read(
    basis: str, rounding: float | None, arching: float | None, head: float | None, evidence: str
) -> None:
    limits = GivenLimits(basis, rounding, arching, head, evidence)
    assert GivenLimits.from_json(limits.to_json()) == limits


def test_nothing_is_the_programs_own() -> None:
    assert GivenLimits.from_json({}) is None


@pytest.mark.parametrize(
    "detail",
    [
        {"basis": "nobody", "rounding": 10.0},
        {"rounding": 10.0},
        *({"basis": "coach", "rounding": value} for value in (2.9, 41, "12", True, float("nan"), 10**400, [])),
        {"basis": "coach", "evidence": 3},
    ],
)
def test_what_is_no_limit_is_refused(detail: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"limit"):
        GivenLimits.from_json(detail)
