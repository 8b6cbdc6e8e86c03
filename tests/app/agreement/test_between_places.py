"""Studies of several places: against a published meta-analysis, and whole made studies."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from dowel.agreement.between_places import pool
from dowel.agreement.made_people import MadePeople
from dowel.agreement.observations import Observed
from dowel.agreement.page import study_page
from dowel.agreement.study import Agreement, study_of
from dowel.agreement.supported_limits import Rule
from dowel.agreement.tables import AGREEMENT_COLUMNS, agreement_rows
from dowel.agreement.terminal import print_study
from dowel.session.tables import CsvForm, to_csv
from tests.app.agreement.made_studies import Making, made_study

BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    np.float64,
)
"""Trials of a vaccine (G. A. Colditz and others, JAMA 271:698-702, 1994), the example of R's metafor: ill and well of
the vaccinated, and of the others."""


def test_it_is_what_metafor_finds() -> None:
    """``rma(yi, vi, data=dat.bcg, method="DL")`` of metafor, and with ``test="knha"`` its interval."""
    ill, well, ill_without, well_without = BCG.T
    log_ratio = np.log(ill / (ill + well)) - np.log(ill_without / (ill_without + well_without))
    variance = 1 / ill - 1 / (ill + well) + 1 / ill_without - 1 / (ill_without + well_without)
    found = pool(log_ratio, variance)
    assert found.value == pytest.approx(-0.7141, abs=1e-4)
    assert found.between_sd**2 == pytest.approx(0.3088, abs=1e-4)
    assert found.q == pytest.approx(152.2330, abs=1e-3)
    assert found.i2 == pytest.approx(0.9212, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((-1.1081, -0.3202), abs=0.01)


def test_alike_by_chance_is_no_certainty() -> None:
    found = pool(np.array([1.0, 1.0, 1.001]), np.full(3, 0.04))
    assert found.between_sd == found.i2 == 0.0
    assert found.high - found.low == pytest.approx(2 * 4.3027 * np.sqrt(0.04 / 3), rel=1e-3)
    assert np.isnan(pool(np.array([1.0, 2.0]), np.full(2, 0.04)).next_low)


def sets_of(**places: MadePeople) -> list[Observed]:
    """A made study at each place; people and helpers have the same codes everywhere."""
    making = Making(people=10, reps=20)
    return [
        each.at(name)
        for number, (name, made) in enumerate(places.items())
        for each in made_study(40 + number, replace(making, made=made))
    ]


@pytest.fixture(scope="module")
def differing() -> Agreement:
    """In Oslo the rod leaves at 5 degrees, five before the program says so."""
    places = {"bergen": MadePeople(), "oslo": MadePeople(off_deg=5.0), "tromso": MadePeople(), "voss": MadePeople()}
    return study_of(sets_of(**places), rule=Rule())


@pytest.mark.slow
def test_a_place_that_differs_is_seen_and_others_are_not(differing: Agreement) -> None:
    assert differing.people == 40  # the same codes at each place are other people
    found = {each.figure: each for each in differing.places if each.contact == "sacrum"}
    assert found["sensitivity"].places == 4
    assert found["sensitivity"].pooled.i2 > 0.6
    assert found["sensitivity"].pooled.p < 0.01
    assert found["sensitivity"].pooled.next_low < found["sensitivity"].found[0]
    alike = study_of(sets_of(bergen=MadePeople(), oslo=MadePeople(), tromso=MadePeople()), rule=Rule())
    assert all(each.pooled.p > 0.01 for each in alike.places)
    assert study_of(made_study(40, Making(people=6, reps=6)), rule=Rule()).places == ()


def test_every_output_shows_it(differing: Agreement) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(list(agreement_rows(differing)), AGREEMENT_COLUMNS, CsvForm()))))
    kinds = {(row["kind"], row["name"]) for row in rows}
    assert {("place", "bergen"), ("place", "oslo"), ("place", "tromso"), ("pooled", "4 places")} <= kinds
    pooled = next(row for row in rows if (row["kind"], row["contact"]) == ("pooled", "sacrum"))
    assert float(pooled["sensitivity_i2"]) > 0.6
    told = io.StringIO()
    print_study(Console(file=told, width=100), differing)
    assert "How places differ" in told.getvalue()
    page = study_page(differing, [])
    assert "How places differ" in page
    assert "place oslo" in page


def test_a_place_of_few_people_is_named() -> None:
    few = [each.at("hamar") for each in made_study(50, Making(people=3, reps=20))]
    study = study_of([*sets_of(bergen=MadePeople(), oslo=MadePeople()), *few], rule=Rule())
    assert any(problem.startswith("hamar: under 5 people") for problem in study.problems)
    assert {each.places for each in study.places} == {2}
