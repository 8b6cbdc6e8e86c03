"""All kinds of sessions that a person can have on the disk, each as short as it can be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.session_file.session_writer import SessionWriter
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor
from dowel.reports.notebook import analyse
from dowel.sensors.simulated import (
    Hinge,
    LegLower,
    Lie,
    Link,
    Moment,
    Piece,
    SensorSlip,
    SimulatedSensor,
    Simulation,
    Slump,
    SpineBend,
    Stand,
    Step,
    WallHinge,
    floor_set,
    lying_calibration,
    set_of_hinges,
    simulate,
    wall_set,
)
from dowel.session.setup import SessionSetup
from tests.app.conftest import plain_csv

BACK: Final = (Placement.UPPER_BACK, Placement.SACRUM)
FRONT: Final = (Placement.PELVIS_FRONT, Placement.STERNUM)
THIGHS: Final = (Placement.THIGH_LEFT, Placement.THIGH_RIGHT)
BEND: Final = Hinge(60.0, 1.2, 0.2, 1.0, 0.6)
SET: Final = set_of_hinges(3, peaks_deg=(0.0, 16.0, -17.0), lowering_s=1.2, pause_s=0.2, rising_s=1.0, rest_s=0.6)
LOADED: Final = set_of_hinges(3, load_kg=16.0, lowering_s=1.2, pause_s=0.2, rising_s=1.0, rest_s=0.6)
BLOCK: Final = Step(MarkKind.SPACER, (SpineBend(1.0, 5.0, 1.0, 0.5, flexion_deg=7.0, sacrum_lean_deg=0.0),))


def calibration(hold: MarkKind, bends: MarkKind, hinges: int = 3, *, rod: bool = True) -> tuple[Piece, ...]:
    """A calibration in as little time as one can take."""
    slow = Hinge(75.0, 1.5, 0.3, 1.2, 0.8, rod=rod)
    return (
        Step(MarkKind.STILL, (Stand(5.0),)),
        Stand(1.0, rod=rod),
        Step(hold, (Stand(5.0),)),
        Stand(0.5),
        Step(bends, (slow,) * hinges),
        Stand(1.0),
    )


ROD: Final = calibration(MarkKind.ROD_HOLD, MarkKind.ROD_HINGES)
STANCE: Final = calibration(MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS, rod=False)
CALIBRATED_S: Final = 23.9
"""When the usual session is calibrated; its first bend is under way two seconds later."""


@dataclass(frozen=True)
class Kind:
    """One kind of session.

    Parameters
    ----------
    make
        Writes it, given its path.
    said
        What its report must say, on the terminal and on the page.
    refused
        What every command says instead of it; empty for a session that can be used.
    no_mark
        Why no mark can be added to it; empty where one can.
    """

    make: Callable[[Path], object]
    said: tuple[str, ...] = ()
    refused: str = ""
    no_mark: str = ""


def worn(*places: Placement, **links: Link) -> list[SimulatedSensor]:
    return [SimulatedSensor(place, link=links.get(place.value, Link())) for place in places]


@lru_cache(maxsize=1)
def usual() -> Simulation:
    """Calibrated with the rod, then three reps."""
    return simulate((*ROD, *SET), worn(*BACK), seed=7)


def done(*pieces: Piece, at: Sequence[Placement] = BACK, seed: int = 7, **links: Link) -> Callable[[Path], object]:
    """A session of these pieces with sensors there."""
    return lambda path: simulate(pieces, worn(*at, **links), seed=seed).write(path)


def drill(name: str, **detail: object) -> Piece:
    return Moment(MarkKind.DRILL, {"drill": name, **detail})


def written(sensors: Sequence[Placement], marks: Iterable[Mark] = ()) -> Callable[[Path], object]:
    """A session in which no sensor sent anything."""

    def make(path: Path) -> None:
        known = [Sensor(place, "decoded", asked_rate_hz=100.0, settings={"time_base": "session"}) for place in sensors]
        with SessionWriter(path, known, {"origin_ns": 0, "started_at": "2026-01-01T00:00:00+00:00"}) as writer:
            for mark in marks:
                writer.mark(mark.kind, mark.start_s, mark.end_s, mark.detail)

    return make


def killed(path: Path) -> None:
    """What is on the disk when the program is killed before the first sample, as another program would copy it."""
    whole = path.with_name("opening.dowel")
    known = [Sensor(place, "decoded", asked_rate_hz=100.0) for place in BACK]
    with SessionWriter(whole, known, {"origin_ns": 0}) as writer:
        writer.flush()
        for suffix in ("", "-wal", "-shm"):
            file = whole.with_name(whole.name + suffix)
            if file.exists():
                path.with_name(path.name + suffix).write_bytes(file.read_bytes())
    whole.unlink()


def broken(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """The usual session, after something happened to its file."""

    def make(path: Path) -> None:
        usual().write(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def imported(*, marks: bool, offset_s: float = 0.0, setup: SessionSetup | None = None) -> Callable[[Path], object]:
    """The usual session as recordings of another program."""

    def make(path: Path) -> None:
        session, folder = usual(), path.with_suffix("")
        folder.mkdir()
        sources = {}
        for each in session.sensors:
            sources[each.sensor.placement] = folder / f"{each.sensor.placement}.csv"
            sources[each.sensor.placement].write_text(plain_csv(each.samples))
        listed = folder / "marks.csv"
        with listed.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["kind", "start_s", "end_s", "detail"])
            for mark in session.marks:
                if mark.kind in (MarkKind.STILL, MarkKind.ROD_HOLD, MarkKind.ROD_HINGES):
                    writer.writerow([mark.kind, mark.start_s + offset_s, mark.end_s + offset_s, ""])
        offsets = dict.fromkeys(sources, offset_s) if offset_s else {}
        import_recordings(
            ImportOptions(sources, path, listed if marks else None, setup or SessionSetup(), offset_s=offsets)
        )

    return make


def voided(path: Path) -> None:
    usual().write(path)
    for row in analyse(path, keep_all=False).rep_rows:
        append_mark(path, MarkKind.VOID, row.bottom_s, row.bottom_s)


def until(end_s: float) -> Callable[[Path], object]:
    """The usual session, ended after so long."""

    def make(path: Path) -> None:
        session = usual()
        ends = [run.delivery.arrival_ns.searchsorted(round(1e9 * end_s)) for run in session.sensors]
        runs = [
            replace(
                run,
                delivery=replace(
                    run.delivery,
                    arrival_ns=run.delivery.arrival_ns[:end],
                    payload=run.delivery.payload[: end * run.delivery.payload_bytes],
                ),
            )
            for run, end in zip(session.sensors, ends, strict=True)
        ]
        replace(
            session,
            marks=tuple(mark for mark in session.marks if mark.end_s <= end_s),
            sensors=tuple(runs),
            sequences=tuple(each[:end] for each, end in zip(session.sequences, ends, strict=True)),
        ).write(path)

    return make


SILENT: Final = Link(dropouts_s=((0.0, 1e6),))
AWAY: Final = Link(dropouts_s=((CALIBRATED_S + 2.0, 10.0),))
SLID: Final = SensorSlip(Placement.UPPER_BACK, 6.0, duration_s=2.0)
FLOOR: Final = (drill("dead_bug"), *lying_calibration())
LEGS: Final = tuple(LegLower(side) for side in ("left", "right", "left"))
NO_REPS: Final = ("No reps were found",)
UNWRITABLE: Final = "damaged, and writing to it could lose more"

KINDS: Final[dict[str, Kind]] = {
    "rod": Kind(done(*ROD, *SET), ("rod, neutral back known",)),
    "rod and block": Kind(done(*ROD, BLOCK, *SET), ("spacer lever",)),
    "rod and slump": Kind(done(*ROD, Step(MarkKind.SLUMP, (Slump(),)), *SET), ("flexion range",)),
    "bends outside sets": Kind(done(*ROD, *SET, Stand(4.0), BEND, Stand(1.0)), ("Outside sets",)),
    "calibrated twice": Kind(done(*ROD, *SET, *ROD, *SET), ("rod, neutral back known",)),
    "slipped": Kind(done(*ROD, *SET, SensorSlip(Placement.UPPER_BACK, 6.0), Stand(1.0), *SET), ("turned by",)),
    "in doubt": Kind(
        done(*ROD, *SET, SensorSlip(Placement.UPPER_BACK, 6.0, duration_s=2.0), Stand(1.0), *SET, *SET),
        ("differently",),
    ),
    "stance": Kind(done(*STANCE, *SET), ("stance",)),
    "no calibration": Kind(done(*SET), ("none, so contact cannot be judged",)),
    "refused calibration": Kind(
        done(*calibration(MarkKind.ROD_HOLD, MarkKind.ROD_HINGES, 2), *SET), ("2 of 3 hinges found",)
    ),
    "one sensor": Kind(done(*ROD, *SET, at=(Placement.SACRUM,)), ("only one on the trunk",)),
    "one sensor above": Kind(done(*SET, at=(Placement.UPPER_BACK,)), ("only one on the trunk",)),
    "head": Kind(done(*ROD, *SET, at=(*BACK, Placement.HEAD)), ("rod, neutral back known",)),
    "thigh and shank": Kind(
        done(*ROD, *SET, at=(*BACK, Placement.THIGH_RIGHT, Placement.SHANK)), ("rod, neutral back known",)
    ),
    "no reps": Kind(done(*ROD, Stand(3.0)), NO_REPS),
    "empty set": Kind(done(*ROD, Moment(MarkKind.SET_START), Stand(2.0), Moment(MarkKind.SET_END)), NO_REPS),
    "ended as it was calibrated": Kind(until(CALIBRATED_S), NO_REPS),
    "ended in a step": Kind(until(CALIBRATED_S - 5.0), NO_REPS),
    "ended in a bend": Kind(until(CALIBRATED_S + 2.5), ("as the session ended in it",)),
    "only half reps": Kind(done(*ROD, *(replace(BEND, depth_deg=26.0),) * 4, Stand(1.0)), ("Set 1",)),
    "a single bend": Kind(done(*ROD, BEND, Stand(1.0)), ("Outside sets",)),
    "all voided": Kind(voided, ("taken back by hand: 3 bends",)),
    "held for 40 s": Kind(done(*ROD, replace(BEND, pause_s=40.0), BEND, BEND, Stand(1.0)), ("too long",)),
    "a tenth of a second": Kind(until(0.1), NO_REPS),
    "one notification": Kind(until(0.06), NO_REPS),
    "never a sample": Kind(written(BACK), ("no sensor sent anything",)),
    "never a sample, but steps": Kind(
        written(BACK, [Mark(0, MarkKind.STILL, 1.0, 6.0), Mark(0, MarkKind.ROD_HOLD, 7.0, 12.0)]),
        ("no sensor sent anything",),
    ),
    "only one sent": Kind(done(*ROD, *SET, upper_back=SILENT), ("upper back: sent nothing",)),
    "one went silent": Kind(
        done(*ROD, *SET, *SET, upper_back=AWAY), ("upper back: no data in time, 0:25.9 to 0:35.9 (10.0 s)",)
    ),
    "both went silent": Kind(done(*ROD, *SET, *SET, upper_back=AWAY, sacrum=AWAY), ("sacrum: no data in time",)),
    "killed while opening": Kind(killed, NO_REPS),
    "cut": Kind(broken(lambda data: data[: len(data) // 2]), ("damaged",), no_mark=UNWRITABLE),
    "damaged": Kind(
        broken(lambda data: data[: len(data) // 2] + bytes(4096) + data[len(data) // 2 + 4096 :]),
        ("damaged",),
        no_mark=UNWRITABLE,
    ),
    "cut to its head": Kind(broken(lambda data: data[:4096]), refused="is empty"),
    "empty": Kind(broken(lambda _: b""), refused="Where none is running it can be deleted."),
    "import with marks": Kind(imported(marks=True), ("rod, neutral back known",)),
    "import without marks": Kind(imported(marks=False), ("stance",)),
    "import before 0": Kind(imported(marks=True, offset_s=-300.0), ("rod, neutral back known",), no_mark="outside"),
    "import of a loaded set": Kind(
        imported(marks=False, setup=SessionSetup("barbell", "P1", 40.0, 180.0, lifted_from="floor")), ("P1",)
    ),
    "loaded": Kind(done(*ROD, drill("kettlebell"), *LOADED), ("16 kg",)),
    "two drills": Kind(done(*ROD, *SET, drill("kettlebell"), *LOADED), ("hip hinge with the rod, kettlebell hinge",)),
    "from the floor": Kind(done(*ROD, drill("barbell", **{"from": "floor"}), *floor_set(3)), ("set down",)),
    "wall": Kind(
        done(drill("wall_tap", wall_cm=25.0), *ROD, *wall_set([WallHinge(Hinge(50.0), 0.9)] * 3, wall_cm=25.0)),
        ("from the wall",),
    ),
    "lying": Kind(done(*FLOOR, *LEGS, Lie(1.0), at=(*FRONT, *THIGHS)), ("the low back pressed flat",)),
    "lying, told by marks": Kind(done(*FLOOR, Lie(25.0), at=FRONT), ("the low back pressed flat",)),
    "lying, no calibration": Kind(done(drill("dead_bug"), Lie(12.0), at=FRONT), ("none, so",)),
    "lying, never a sample": Kind(written(FRONT, [Mark(0, MarkKind.DRILL, 0.0, 0.0, {"drill": "dead_bug"})]), NO_REPS),
    "nothing on the trunk": Kind(done(Stand(2.0), at=(Placement.HEAD,)), refused="There is no sensor on the trunk"),
    "a mark that cannot be": Kind(done(drill("dance"), Stand(2.0)), refused="dance"),
}
