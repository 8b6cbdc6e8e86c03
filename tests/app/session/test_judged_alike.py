"""Row, cue and live display judge alike: for each reason that there is, in a session in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from dowel.analysis.contact.verdict import REASONS
from dowel.analysis.events import Calibrated, ContactPassed, RowWritten
from dowel.analysis.rows import Rep
from dowel.recordings.types import FloatArray, Mark, MarkKind, Notifications, Placement, StreamSlice
from dowel.sensors.simulated import (
    TRIMMED,
    Hinge,
    Link,
    Piece,
    SensorSlip,
    Simulation,
    Stand,
    calibration_pieces,
    simulate,
)
from dowel.session.current_state import Contact, Now
from dowel.session.engine import Engine
from tests.loose_sensor import loosened
from tests.streams import cut, ideal_sensors
from tests.validation.fault_kinds import samples_of, with_samples

pytestmark = pytest.mark.slow

STAND = Stand(2.0)
BEND = Hinge(60.0, 1.5, 0.3, 1.2, 1.0)
ROUNDED = replace(BEND, peak_deviation_deg=16.0)
NEARLY = replace(BEND, peak_deviation_deg=11.0)
ASIDE = replace(BEND, side_bend_deg=46.0, twist_deg=35.0)
BENDS: tuple[Piece, ...] = (STAND, BEND, ROUNDED, BEND, ROUNDED, BEND, STAND)
HELD, PASSED = {Contact.HELD}, {Contact.LOST, Contact.NEAR}
FEW = [10]
"""So many notifications at a time, of two sensors: 50 ms."""

Made = tuple[Simulation, StreamSlice]


@dataclass(frozen=True)
class Look:
    """What a display shows at a moment: why nothing is judged, how contact is where it is calibrated; and what was told
    since the look before: cues and rows."""

    time_s: float
    unjudged: set[str]
    contacts: set[Contact]
    cues: list[ContactPassed]
    rows: list[Rep]


def looks(made: Made, sync_ms: float = 0.0) -> list[Look]:
    """A session looked at every 50 ms; ``sync_ms`` is what each sensor's clock claims."""
    sensors = [replace(each, settings={**each.settings, "sync_ms": sync_ms}) for each in made[0].session_sensors()]
    engine, found = Engine(sensors, 0), []
    for part in cut(made[1], FEW):
        said, now = engine.feed(part), Now(engine.pipeline)
        cues = [event for event in said if isinstance(event, ContactPassed)]
        rows = [event.rep for event in said if isinstance(event, RowWritten)]
        contacts = set(now.contacts.values()) - {Contact.UNMEASURED}
        found.append(Look(now.time_s, set(now.unjudged), contacts, cues, rows))
    return found


def simulated(*pieces: Piece, places: tuple[Placement, ...] = (), calibrated: bool = True, **changes: Any) -> Made:
    steps = calibration_pieces() if calibrated else ()
    session = simulate((*steps, *(pieces or BENDS)), ideal_sensors(*places, **changes), seed=4)
    return session, session.stream()


def rounded_rep(session: Simulation) -> tuple[float, float]:
    """From when to when (s) the second rep of the set lasts, which is rounded."""
    begin_s = next(mark.end_s for mark in reversed(session.marks) if mark.kind is MarkKind.ROD_HINGES)
    rep = [each for each in session.truth.reps if each.start_s > begin_s][1]
    return rep.start_s, rep.end_s


def with_sacrum(change: Callable[[Simulation, Notifications], Notifications], **changes: Any) -> Made:
    """A session in which the sacrum's notifications are others than they should be."""
    session, stream = simulated(**changes)
    upper_back, sacrum = stream.notifications
    return session, replace(stream, notifications=[upper_back, change(session, sacrum)])


def late(_session: Simulation, sacrum: Notifications) -> Notifications:
    return replace(sacrum, arrival_ns=sacrum.arrival_ns + 120_000_000)


def gap(session: Simulation, sacrum: Notifications) -> Notifications:
    start, stop = np.searchsorted(sacrum.arrival_ns * 1e-9, rounded_rep(session))
    kept = [*range(start), *range(stop, len(sacrum))]
    payload = np.frombuffer(sacrum.payload, np.uint8).reshape(len(sacrum), -1)[kept].tobytes()
    return Notifications(sacrum.sequence[kept], sacrum.arrival_ns[kept], sacrum.length[kept], payload)


def frozen(session: Simulation, sacrum: Notifications) -> Notifications:
    time_s, values = samples_of(sacrum)
    start, stop = np.searchsorted(time_s, rounded_rep(session))
    values[start:stop] = values[start]
    return with_samples(sacrum, values)


def clipped(_session: Simulation, sacrum: Notifications) -> Notifications:
    _, values = samples_of(sacrum)
    turning: FloatArray = values[:, 3:]
    limit = 0.5 * np.abs(turning[len(values) // 2 :]).max()
    return with_samples(sacrum, np.column_stack([values[:, :3], np.clip(turning, -limit, limit)]))


def loose() -> Made:
    session = simulated()[0]
    found = loosened(session, 0, rounded_rep(session)[0] - 0.5, "askew", 3)
    return found, found.stream()


def turned_round() -> Made:
    """Forward lies behind, as the calibration has it."""
    session, stream = simulated()
    given = next(each for each in Engine(session.session_sensors(), 0).feed(stream) if isinstance(each, Calibrated))
    frames = {place: np.diag([-1.0, -1.0, 1.0]) @ frame for place, frame in given.calibration.frames.items()}
    wrong = replace(given.calibration, frames=frames).to_json()
    last = next(mark for mark in reversed(session.marks) if mark.kind is MarkKind.ROD_HINGES)
    told = Mark(last.sequence, MarkKind.CALIBRATION, given.time_s, given.time_s, wrong)
    return session, replace(stream, marks=(*session.marks, told))


SESSIONS: dict[str, Callable[[], Made]] = {
    "one_sensor": lambda: simulated(places=(Placement.SACRUM,)),
    "sync": lambda: with_sacrum(late, link=Link(), chip=TRIMMED, mounting="as_assumed"),
    "gap": lambda: with_sacrum(gap),
    "clipped": lambda: with_sacrum(clipped),
    "no_calibration": lambda: simulated(calibrated=False),
    "slipped": lambda: simulated(STAND, BEND, SensorSlip(Placement.UPPER_BACK, 9.0, duration_s=4.0), *BENDS),
    "frozen": lambda: with_sacrum(frozen),
    "come_off": loose,
    "bent_sideways": lambda: simulated(STAND, BEND, ASIDE, ROUNDED, BEND, STAND),
    "calibration_doubtful": turned_round,
    "too_long": lambda: simulated(STAND, BEND, replace(BEND, pause_s=33.0), ROUNDED, STAND),
}


def agree(found: list[Look]) -> list[Rep]:
    """That display, cues and rows of a session do not contradict each other; the rows."""
    for look in found:
        assert not (look.unjudged and look.contacts & HELD), look
        assert not (look.contacts - {Contact.UNKNOWN} and "no_calibration" in look.unjudged), look
        assert look.unjudged or Contact.UNKNOWN not in look.contacts, look
    rows = [(look.time_s, row) for look in found for row in look.rows]
    for written_s, row in rows:
        during = [look for look in found if row.start_s <= look.time_s <= row.end_s]
        told = {cue.level for look in during for cue in look.cues}
        shown = set[Contact]().union(*(look.contacts for look in during))
        if row.verdict == "not_judged":
            later = [look for look in found if row.start_s <= look.time_s <= written_s]
            assert set(row.verdict_reason.split("+")) & set(REASONS.values()) <= set[str]().union(
                *(look.unjudged for look in later)
            ), row
        elif "slipped" not in row.verdict_reason:
            assert ("lost" in told, Contact.LOST in shown) == (row.verdict == "lost",) * 2, row
            assert bool(told) == (row.verdict != "held"), row
    return [row for _, row in rows]


def test_every_reason_is_tried() -> None:
    assert set(SESSIONS) == set(REASONS.values())


@pytest.mark.parametrize("reason", SESSIONS)
def test_row_cue_and_display_agree(reason: str) -> None:
    rows = agree(looks(SESSIONS[reason]()))
    assert any(row.verdict == "not_judged" and reason in row.verdict_reason.split("+") for row in rows)


def test_where_nothing_is_wrong_everything_is_judged() -> None:
    rows = agree(looks(simulated()))
    assert [row.verdict for row in rows] == ["held", "lost", "held", "lost", "held"]


def test_what_clocks_may_change_is_told_by_none_of_them() -> None:
    """The clocks may be 57 ms apart: what is held in one reading and not in another is not shown as held either."""
    found = looks(simulated(STAND, BEND, NEARLY, ROUNDED, replace(BEND, lowering_s=0.7, rising_s=0.6), STAND), 40.0)
    rows = agree(found)
    assert [row.verdict for row in rows] == ["held", "not_judged", "lost", "not_judged"]
    assert any("sync" in look.unjudged for look in found)
