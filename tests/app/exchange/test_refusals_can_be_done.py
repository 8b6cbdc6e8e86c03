"""What a refusal of an import says can be done: its options are filled in as a person would, and run on that very file.

Each time the import must be made, or be refused for something else, until it is made. (Refusals that name no option say
what to do in the program that recorded; they are held in ``test_format_refusals``.)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from dowel.recordings.types import GRAVITY_M_S2, Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged
from tests.recordings.formats import suit_files as suits

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]
Files = Mapping[str, bytes]
Export = Callable[[Samples], Files]

PLACES: Final = ("upper_back", "sacrum")
MOST_STEPS: Final = 4


@cache
def motion_of(place: str) -> Samples:
    """A sensor's motion; the sacrum turns a little slower than the upper back, about other axes."""
    whole = written.motion(15.0)
    if place == "upper_back":
        return whole
    slower = written.motion_at(whole.time_s * 0.93)
    return Samples(whole.time_s, slower.acc_m_s2[:, [1, 2, 0]], 0.93 * slower.gyr_rad_s[:, [1, 2, 0]])


@dataclass(frozen=True)
class Case:
    """What is given for both places, and what the person knows who recorded it: units and, where asked, columns."""

    export: Export
    units: str = "ms, g, deg/s"
    columns: str = ""
    other: Export | None = None
    options: tuple[str, ...] = ()


def log(
    headings: str,
    time: Callable[[float], str] | None = lambda time_s: f"{1e3 * time_s:.0f}",
    separator: str = ",",
) -> Export:
    """A home-made log in g and deg/s, with these headings."""

    def files(samples: Samples) -> Files:
        six = np.hstack([samples.acc_m_s2 / GRAVITY_M_S2, np.rad2deg(samples.gyr_rad_s)]).tolist()
        rows = [
            [*([time(time_s)] if time else []), *(f"{value:.6f}" for value in row)]
            for time_s, row in zip(samples.time_s.tolist(), six, strict=True)
        ]
        lines = ([headings] if headings else []) + [separator.join(row) for row in rows]
        return {"log.csv": ("\n".join(lines) + "\n").encode()}

    return files


def dated(time_s: float) -> str:
    """A date and time of day."""
    return f"2024-05-01 10:00:{time_s:06.3f}"


def apart(acc: str, gyr: str) -> Export:
    """The same in two tables with these headings."""

    def files(samples: Samples) -> Files:
        lines = log("")(samples)["log.csv"].decode().splitlines()
        cells = [line.split(",") for line in lines]
        return {
            "one.csv": "\n".join([acc, *(",".join(row[:4]) for row in cells), ""]).encode(),
            "two.csv": "\n".join([gyr, *(",".join([row[0], *row[4:]]) for row in cells), ""]).encode(),
        }

    return files


def half_as_far(export: Export) -> Export:
    """The same with a gyroscope that turns half as far as it should."""
    return lambda samples: export(Samples(samples.time_s, samples.acc_m_s2, 0.5 * samples.gyr_rad_s))


def below_heading(export: Export) -> Export:
    """The same without what stands above the heading."""

    def files(samples: Samples) -> Files:
        [(name, data)] = export(samples).items()
        lines = data.decode().split("\n")
        first = next(number for number, line in enumerate(lines) if re.search(r"acc_x|^ax", line, re.IGNORECASE))
        return {name: "\n".join(lines[first:]).encode()}

    return files


KNOWN: Final[Mapping[str, Export]] = {
    "plain_csv": written.plain_csv,
    "sensor_logger": lambda samples: written.sensor_logger(samples, platform="ios"),
    "phyphox": written.phyphox,
    "movella_dot": written.movella_dot,
    "metamotion": written.metamotion,
    "witmotion": lambda samples: written.witmotion(samples, app=True),
    "shimmer": logged.shimmer,
    "polar": logged.polar,
    "mvnx": suits.mvnx,
}
"""One for each way in which formats are read."""
HOME_MADE: Final = log("t,ax,ay,az,gx,gy,gz")

CASES: Final[Mapping[str, Case]] = {
    **{f"{name} alone": Case(KNOWN[name]) for name in ("witmotion", "polar")},
    **{f"{name} beside a home-made log": Case(export, other=HOME_MADE) for name, export in KNOWN.items()},
    **{
        f"{name} of half gain": Case(half_as_far(KNOWN[name])) for name in ("plain_csv", "phyphox", "witmotion", "mvnx")
    },
    "home-made": Case(HOME_MADE),
    "home-made of half gain": Case(half_as_far(HOME_MADE)),
    "home-made, other words": Case(log("timestamp,accX,accY,accZ,gyroX,gyroY,gyroZ")),
    "home-made, many words": Case(
        log("millis,Accel X,Accel Y,Accel Z,Angular Velocity X,Angular Velocity Y,Angular Velocity Z")
    ),
    "home-made, units told": Case(log("Time (ms),Acc X (g),Acc Y (g),Acc Z (g),Gyr X (°/s),Gyr Y (°/s),Gyr Z (°/s)")),
    "home-made, slashes": Case(log("t/ms,a_x/g,a_y/g,a_z/g,w_x/(deg/s),w_y/(deg/s),w_z/(deg/s)")),
    "home-made, dollars": Case(log("$t,$ax,$ay,$az,$gx,$gy,$gz")),
    "home-made, elapsed": Case(log("elapsed,Ax,Ay,Az,Wx,Wy,Wz")),
    "home-made, tabs": Case(log("t\tax\tay\taz\tgx\tgy\tgz", separator="\t")),
    "home-made, blanks": Case(log("t ax ay az gx gy gz", separator="  ")),
    "home-made, dates": Case(log("date,ax,ay,az,gx,gy,gz", dated)),
    "home-made, dates called time": Case(log("Time,Accel X,Accel Y,Accel Z,Gyro X,Gyro Y,Gyro Z", dated)),
    "home-made, no time": Case(log("ax,ay,az,gx,gy,gz", None), units="100 Hz, g, deg/s"),
    "home-made, no heading": Case(log(""), columns="1,2,3,4,5,6,7"),
    "home-made, headings that tell nothing": Case(log("a;b;c;d;e;f;g", separator=";"), columns="a,b,c,d,e,f,g"),
    "home-made, apostrophes": Case(log("t',ax',ay',az',gx',gy',gz'"), columns="t',ax',ay',az',gx',gy',gz'"),
    "home-made, one name for two places": Case(log("t,upper_back=ax,upper_back=ay,upper_back=az,gx,gy,gz")),
    "two tables": Case(apart("time,ax,ay,az", "time,gx,gy,gz")),
    "two tables, units told": Case(
        apart("t (ms),acc_x (g),acc_y (g),acc_z (g)", "t (ms),gyr_x (dps),gyr_y (dps),gyr_z (dps)")
    ),
    "DOT without its first lines": Case(
        below_heading(written.movella_dot), "us, m/s2, deg/s", "SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
    ),
    "MT Manager without a rate": Case(lambda samples: logged.mt_manager(samples, rate="")),
    "MVNX, other names": Case(lambda samples: suits.mvnx(samples, sensors=("Foo", "Bar"))),
    "MVNX, an apostrophe": Case(lambda samples: suits.mvnx(samples, sensors=("it's the back", "Bar"))),
    "epoch is asked": Case(logged.mt_manager, options=("--align", "epoch")),
    "motion is asked": Case(written.plain_csv, options=("--align", "motion")),
}


def filled_in(arguments: Sequence[str], said: str, case: Case) -> list[str]:
    """The command with what a refusal says, as somebody types it who knows what they recorded."""
    new = list(arguments)

    def give(option: str, value: str) -> None:
        placement = value.partition("=")[0] if value.partition("=")[0] in PLACES else None
        for at in [at for at, each in enumerate(new) if each == option][::-1]:
            if placement is None or new[at + 1].startswith(f"{placement}="):
                del new[at : at + 2]
        new.extend([option, value])

    if printed := re.search(r"--columns ('[^']*'|-?[\w,]{6,}) --units '([^']*)'", said):
        give("--columns", shlex.split(printed[1])[0])
        known = [unit.strip() for unit in case.units.split(",")]
        told = [unit.strip() for unit in printed[2].split(",")]
        asked = {0: "100 Hz" if told[0] == "RATE Hz" else known[0], 1: known[1], 2: known[2]}
        give(
            "--units", ", ".join(asked[i] if " or " in unit or "RATE" in unit else unit for i, unit in enumerate(told))
        )
    elif "with --columns and --units" in said and case.columns:
        give("--columns", case.columns)
        give("--units", case.units)
    if printed := re.search(r"""--pick (\w+=(?:'[^']*'|"[^"]*"))""", said):
        give("--pick", shlex.split(printed[1])[0])
    if "--correct-gain" in said:
        new.append("--correct-gain")
    if "--align start" in said:
        give("--align", "start")
    return new


def test_two_sensors_in_one_table_are_told_apart(dowel: Run, tmp_path: Path) -> None:
    """The first refusal names one sensor's columns; with them both places read the same, and that says what to do."""
    upper, lower = (log("")(motion_of(place))["log.csv"].decode().splitlines() for place in PLACES)
    heading = "t,ax1,ay1,az1,gx1,gy1,gz1,ax2,ay2,az2,gx2,gy2,gz2"
    rows = [f"{one},{other.partition(',')[2]}" for one, other in zip(upper, lower, strict=True)]
    both = tmp_path / "both.csv"
    both.write_text("\n".join([heading, *rows, ""]))
    given = ["import", f"--sensor=upper_back={both}", f"--sensor=sacrum={both}", "--units", "ms, g, deg/s"]
    _, _, said = dowel(*given, "--columns", "t,ax1,ay1,az1,gx1,gy1,gz1", "--out", tmp_path / "one.dowel")
    assert "the same recording. Where it holds both, tell them apart with --columns upper_back=... and" in said
    apart = [
        f"--columns={place}=t,{','.join(f'{axis}{n}' for axis in ('ax', 'ay', 'az', 'gx', 'gy', 'gz'))}"
        for n, place in enumerate(PLACES, 1)
    ]
    assert dowel(*given, *apart, "--align", "start", "--out", tmp_path / "two.dowel")[0] == 0


def test_two_places_with_one_sensor_of_a_suit_are_told_apart(dowel: Run, tmp_path: Path) -> None:
    suit = tmp_path / "suit.mvnx"
    suit.write_bytes(next(iter(suits.mvnx(motion_of("sacrum")).values())))
    given = ["import", f"--sensor=upper_back={suit}", f"--sensor=sacrum={suit}", "--pick", "upper_back=Pelvis"]
    _, _, said = dowel(*given, "--out", tmp_path / "one.dowel")
    assert "tell them apart with --pick upper_back=... and --pick sacrum=..." in said


@pytest.mark.parametrize("name", CASES)
def test_what_a_refusal_says_can_be_done(name: str, dowel: Run, tmp_path: Path) -> None:
    case = CASES[name]
    command = ["import", *case.options]
    for place, export in zip(PLACES, (case.export, case.other or case.export), strict=True):
        for file, data in export(motion_of(place)).items():
            path = tmp_path / place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        command += ["--sensor", f"{place}={tmp_path / place}"]
    refusals: list[str] = []
    for step in range(MOST_STEPS + 1):
        code, _, said = dowel(*command, "--out", tmp_path / f"{step}.dowel")
        if code == 0:
            return
        assert code == 3, said
        assert said not in refusals, f"done as it was told, and refused again:\n{said}"
        refusals.append(said)
        next_command = filled_in(command, said, case)
        assert next_command != command, f"nothing of it can be done:\n{said}"
        command = next_command
    pytest.fail("\n".join(refusals))
