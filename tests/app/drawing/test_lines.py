"""The lines of the drawn lifter: they are those of the figure, and stand where its points are."""

from __future__ import annotations

import re

import pytest

from dowel.drawing.figures import drawn
from dowel.drawing.lines import as_lines, away_from_body, circle, curves_of, smooth, straight
from dowel.drawing.standing import Pose

SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
STANDING, LYING = Pose(60.0, 68.0, 8.0), Pose(0.0, 0.0, -8.0, figure="lying")


def ends_of(path: str) -> list[tuple[float, float]]:
    """The points that a path goes through, y up."""
    parts = [[float(number) for number in part.split()] for part in re.split("[MLC]", path.rstrip("Z"))[1:]]
    return [(part[-2], -part[-1] + 0.0) for part in parts]


def test_smooth_lines_go_through_their_points() -> None:
    assert [end for _, _, end in curves_of(SQUARE, True)] == [*SQUARE[1:], SQUARE[0]]
    assert [end for _, _, end in curves_of(SQUARE, False)] == SQUARE[1:]
    assert ends_of(smooth(SQUARE)) == [*SQUARE, SQUARE[0]]
    assert ends_of(straight(SQUARE)) == SQUARE
    assert circle((0.5, 0.25, 0.1)) == "M0.4000 -0.2500a0.1 0.1 0 1 0 0.2 0a0.1 0.1 0 1 0 -0.2 0Z"


@pytest.mark.parametrize("pose", [STANDING, LYING])
def test_the_lines_are_those_of_the_figure(pose: Pose) -> None:
    figure = drawn(pose)
    told = as_lines(figure)
    paths = {line["name"]: line["path"] for line in told["lines"]}
    assert list(paths) == ["foot", "leg", "torso", "head", "face", "arm", "rod"]
    for name, points in (("torso", figure.torso), ("leg", figure.leg_outline), ("face", figure.face)):
        assert ends_of(paths[name])[:-1] == [pytest.approx(point, abs=1e-4) for point in points]
    for name, points in (("arm", figure.arm), ("rod", figure.rod)):
        assert ends_of(paths[name]) == [pytest.approx(point, abs=1e-4) for point in points]
    assert [line["name"] for line in told["lines"] if line["width"]] == ["arm", "rod"], "the others are filled"
    assert told["centred"] == (pose.figure == "lying")


@pytest.mark.parametrize("pose", [STANDING, LYING])
def test_away_is_away(pose: Pose) -> None:
    """From the body over the rod and on: the way that the gap goes."""
    figure = drawn(pose)
    (x, y), touch = away_from_body(figure), next(iter(figure.points.values()))
    across = (touch.rod[0] - touch.body[0]) * x + (touch.rod[1] - touch.body[1]) * y
    assert x * x + y * y == pytest.approx(1.0)
    assert across > 0.005
