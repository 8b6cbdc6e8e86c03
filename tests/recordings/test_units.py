"""What units are worth, by the words that are written for them."""

from __future__ import annotations

import math

import pytest

from dowel.recordings import units
from dowel.recordings.types import GRAVITY_M_S2


def test_every_spelling_is_of_one_unit() -> None:
    tables = (units.TIME_S, units.ACC_M_S2, units.GYR_RAD_S)
    for word, unit in units._UNIT_OF.items():
        assert [units.worth(word.upper() if word.isascii() else word, table) for table in tables].count(None) == 2, word
        assert unit not in units._UNIT_OF


@pytest.mark.parametrize(
    ("word", "table", "value"),
    [
        ("G", units.ACC_M_S2, GRAVITY_M_S2),
        ("mg", units.ACC_M_S2, GRAVITY_M_S2 / 1000.0),
        ("m/s²", units.ACC_M_S2, 1.0),
        ("mdps", units.GYR_RAD_S, math.radians(1e-3)),
        ("°/s", units.GYR_RAD_S, math.radians(1.0)),
        ("µs", units.TIME_S, 1e-6),  # micro
        ("\u03bcs", units.TIME_S, 1e-6),  # mu
        ("deg", units.GYR_RAD_S, None),
        ("ms", units.ACC_M_S2, None),
    ],
)
def test_what_a_word_is_worth(word: str, table: dict[str, float], value: float | None) -> None:
    assert units.worth(word, table) == (value if value is None else pytest.approx(value, rel=1e-12))


def test_units_in_the_names_of_columns() -> None:
    assert set(units.in_names(units.GYR_RAD_S)) == {"rad_s", "deg_s", "mdeg_s"}
