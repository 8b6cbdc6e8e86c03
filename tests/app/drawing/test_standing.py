"""The drawn lifter: the rod touches where contact is kept, gaps are those that the deviation means, and it stands."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.analysis.contact.limits import GAP_HEAD_MM_PER_DEG, GAP_SACRUM_MM_PER_DEG, GAP_UPPER_BACK_MM_PER_DEG
from dowel.drawing.lines import as_lines
from dowel.drawing.standing import ANKLE_HEIGHT, SHANK, THIGH, Figure, Pose, figure_of

LEANS = st.floats(-20.0, 100.0)
MAYBE = st.none() | st.just(math.nan)


def gap_mm(figure: Figure, point: str, height_m: float = 1.7) -> float:
    touch = figure.points[point]
    return 1000.0 * height_m * math.dist(touch.body, touch.rod)


def lean_deg(low: tuple[float, float], high: tuple[float, float]) -> float:
    return math.degrees(math.atan2(high[0] - low[0], high[1] - low[1]))


@given(lean=LEANS, unknown=MAYBE)
def test_at_deviation_0_all_three_points_touch(lean: float, unknown: float | None) -> None:
    figure = figure_of(Pose(lean, lean, 0.0, unknown, unknown, unknown))
    assert all(gap_mm(figure, point) < 0.01 for point in ("sacrum", "upper_back", "head"))
    assert lean_deg(*figure.rod) == pytest.approx(lean, abs=1e-6)


@given(hinge=LEANS, deviation=st.floats(0.1, 45.0), height_m=st.floats(1.4, 2.1))
def test_rounding_takes_the_sacrum_off_by_what_it_means(hinge: float, deviation: float, height_m: float) -> None:
    figure = figure_of(Pose(hinge, hinge + deviation, deviation, height_m=height_m))
    assert gap_mm(figure, "sacrum", height_m) == pytest.approx(GAP_SACRUM_MM_PER_DEG * deviation, abs=0.1)
    assert gap_mm(figure, "upper_back", height_m) < 0.01
    assert gap_mm(figure, "head", height_m) < 0.01


@given(hinge=LEANS, deviation=st.floats(-45.0, -0.1))
def test_arching_takes_the_upper_back_off(hinge: float, deviation: float) -> None:
    figure = figure_of(Pose(hinge, hinge + deviation, deviation))
    assert gap_mm(figure, "upper_back") == pytest.approx(-GAP_UPPER_BACK_MM_PER_DEG * deviation, abs=0.1)
    assert gap_mm(figure, "sacrum") < 0.01
    assert gap_mm(figure, "head") < 0.01


def test_body_and_rod_never_cross_at_a_point() -> None:
    """A gap is between skin and rod, not through the skin: the rod is behind."""
    for deviation in (20.0, -15.0):
        figure = figure_of(Pose(0.0, deviation, deviation))
        for touch in figure.points.values():
            assert touch.rod[0] <= touch.body[0] + 1e-9


def test_the_person_s_own_lever_is_drawn() -> None:
    assert gap_mm(figure_of(Pose(50.0, 60.0, 10.0, gap_sacrum_mm=41.0)), "sacrum") == pytest.approx(41.0, abs=0.1)
    arched = figure_of(Pose(50.0, 40.0, -10.0, gap_sacrum_mm=41.0))
    assert gap_mm(arched, "sacrum") < 0.01, "a gap that does not belong to the deviation is not drawn"


def test_the_head_leaves_the_rod_and_pushes_it_off() -> None:
    down = figure_of(Pose(50.0, 50.0, 0.0, 15.0))
    assert gap_mm(down, "head") == pytest.approx(15.0 * GAP_HEAD_MM_PER_DEG, abs=0.1)
    assert gap_mm(down, "upper_back") < 0.01
    up = figure_of(Pose(50.0, 50.0, 0.0, -15.0))
    assert gap_mm(up, "head") < 0.01
    assert gap_mm(up, "sacrum") < 0.01
    assert gap_mm(up, "upper_back") > 5.0
    nose = [max(figure.face, key=lambda point: point[1])[1] - figure.head[1] for figure in (down, up)]
    assert nose[0] < nose[1]


@given(hinge=LEANS, deviation=st.floats(-40.0, 40.0))
def test_it_stands_and_its_bones_keep_their_lengths(hinge: float, deviation: float) -> None:
    figure = figure_of(Pose(hinge, hinge + deviation, deviation))
    ankle, knee, hip = figure.leg
    assert math.dist(ankle, knee) == pytest.approx(SHANK)
    assert math.dist(knee, hip) == pytest.approx(THIGH)
    assert min(y for _, y in figure.foot) == pytest.approx(-ANKLE_HEIGHT)
    assert -0.3 < hip[0] < 0.1
    assert knee[0] > hip[0] - 0.05, "knees bend forward"


def test_the_hips_go_back_as_in_a_hinge() -> None:
    """sources#model-postures: a hinge to 45 and 70 deg has a thigh inclined by 22 and 32 deg."""
    for lean, thigh in ((45.0, 22.0), (70.0, 32.0)):
        _, knee, hip = figure_of(Pose(lean, lean, 0.0)).leg
        assert -lean_deg(knee, hip) == pytest.approx(thigh, abs=3.0)
    assert lean_deg(*figure_of(Pose(0.0, 0.0, 0.0)).leg[::2]) == pytest.approx(0.0, abs=4.0)


def test_measured_legs_are_drawn_as_measured() -> None:
    ankle, knee, hip = figure_of(Pose(40.0, 40.0, 0.0, thigh_lean_deg=-90.0, shank_lean_deg=25.0)).leg
    assert lean_deg(ankle, knee) == pytest.approx(25.0)
    assert lean_deg(knee, hip) == pytest.approx(-90.0)
    squat = figure_of(Pose(40.0, 40.0, 0.0, thigh_lean_deg=-90.0)).leg
    assert 10.0 < lean_deg(*squat[:2]) < 40.0, "the shin goes forward so that the lifter does not fall"


def test_one_trunk_lean_is_drawn_straight_and_none_upright() -> None:
    for pose in (Pose(50.0, None), Pose(None, 50.0), Pose(math.nan, 50.0)):
        assert lean_deg(*figure_of(pose).rod) == pytest.approx(50.0, abs=1e-6)
    assert lean_deg(*figure_of(Pose(None, None)).rod) == pytest.approx(0.0, abs=1e-6)
    bent = figure_of(Pose(40.0, 60.0))
    assert gap_mm(bent, "sacrum") > 50.0, "not judged, but drawn as it is"


@given(
    hinge=st.floats(-180.0, 180.0),
    trunk=st.floats(-180.0, 180.0),
    deviation=MAYBE | st.floats(-180.0, 180.0),
    head=MAYBE | st.floats(-180.0, 180.0),
    thigh=MAYBE | st.floats(-180.0, 180.0),
    shank=MAYBE | st.floats(-180.0, 180.0),
)
def test_whatever_comes_it_can_be_drawn(
    hinge: float, trunk: float, deviation: float | None, head: float | None, thigh: float | None, shank: float | None
) -> None:
    figure = figure_of(Pose(hinge, trunk, deviation, head, thigh, shank))
    told = as_lines(figure)
    json.dumps(told, allow_nan=False)
    assert not any("nan" in line["path"] or "inf" in line["path"] for line in told["lines"])
    assert len(figure.back) == 13
    assert set(told["points"]) == {"sacrum", "upper_back", "head"}


def test_it_moves_smoothly() -> None:
    """Half a degree more never makes anything jump: no point moves by more than 1 % of the height."""
    for poses in (
        [Pose(lean / 2, lean / 2, 0.0) for lean in range(-20, 200)],
        [Pose(60.0, 60.0 + d / 2, d / 2) for d in range(-80, 80)],
        [Pose(60.0, 60.0, 0.0, d / 2) for d in range(-80, 80)],
    ):
        for before, after in pairwise(figure_of(pose) for pose in poses):
            for one, other in zip(
                before.torso + before.leg + before.rod, after.torso + after.leg + after.rod, strict=True
            ):
                assert math.dist(one, other) < 0.01
