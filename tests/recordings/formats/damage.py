"""Damaged recordings of every format: nothing crashes or hangs, and damage does not spread from where it is.

``python -m tests.recordings.formats.damage --inputs 2000`` tries so many damaged files of each format, in one process a
core. Accepted samples must be the original's, with their times, but for the rows that were touched; how many hold a
number that is wrong and that nothing showed is counted. A file tells nobody that a 3 in it was a 7, so a digit is never
turned into another digit here.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Told, decode
from dowel.recordings.types import Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged
from tests.recordings.formats import suit_files as suits

Files = Mapping[str, bytes]


def _never_twice(samples: Samples) -> Samples:
    """No two samples alike, so that each can be known again."""
    trend = 0.05 * samples.time_s[:, None]
    return Samples(samples.time_s, samples.acc_m_s2 + trend, samples.gyr_rad_s + trend)


SHORT: Final = _never_twice(written.motion(3.0))
SLOW: Final = _never_twice(written.motion(5.0, 50.0))

EXPORTS: Final[Mapping[str, Callable[[], Files]]] = {
    "plain_csv": lambda: written.plain_csv(SHORT),
    "sensor_logger": lambda: written.sensor_logger(SHORT, platform="ios"),
    "sensor_logger_watch": lambda: written.sensor_logger_watch(SHORT),
    "phyphox": lambda: written.phyphox(SHORT, separator=";", decimal=","),
    "movella_dot": lambda: written.movella_dot(SHORT, sdk=True, sync="Synced"),
    "metamotion": lambda: written.metamotion(SHORT, _never_twice(written.motion(3.0, 80.0))),
    "x_imu3": lambda: written.x_imu3(SHORT),
    "qsense": lambda: written.qsense(SLOW),
    "witmotion": lambda: written.witmotion(SHORT, app=True),
    "xsens_mt_manager": lambda: logged.mt_manager(SHORT),
    "shimmer": lambda: logged.shimmer(SHORT),
    "shimmer_connect": lambda: logged.shimmer_connect(SHORT),
    "blue_trident": lambda: logged.blue_trident(SHORT),
    "sensor_log": lambda: logged.sensor_log(SHORT),
    "physics_toolbox": lambda: logged.physics_toolbox(SHORT),
    "axivity": lambda: logged.axivity(SHORT),
    "polar": lambda: logged.polar(SHORT),
    "movesense": lambda: logged.movesense(SHORT),
    "movesense_recorder": lambda: logged.movesense_recorder(SHORT),
    "andro_sensor": lambda: logged.andro_sensor(SHORT),
    "x_io_table": lambda: logged.x_io_table(SHORT),
    "home_made": lambda: logged.home_made(SHORT),
    "delsys_discover": lambda: suits.delsys_discover(SHORT),
    "delsys_emgworks": lambda: suits.delsys_emgworks(SHORT),
    "mvnx": lambda: suits.mvnx(SHORT),
    "opal": lambda: suits.opal(SHORT),
    "opal_first_version": lambda: suits.opal_first_version(SHORT),
    "lsl_xdf": lambda: suits.xdf(SHORT),
}
TOLD: Final = {
    "delsys_emgworks": Told(sensor="Avanti sensor 2"),
    "home_made": Told(columns="t,ax,ay,az,gx,gy,gz", units="ms, g, deg/s"),
}
COUNTED: Final = ("qsense", "xsens_mt_manager")
"""Times are counted, so a lost row cannot be seen."""
BINARY: Final = ("opal", "opal_first_version", "lsl_xdf")
"""A flipped bit in their numbers is what a changed digit is in a text."""

UNSEEN: Final = "wrong and not seen"
_ALIKE: Final = 3e-3
"""So far is a value that is interpolated over a row that is missing from what stood there, m/s2."""

_SLOWEST_S: Final = 10.0
_TELLING: Final = (
    *(b"\n", b"\r", b",", b"\t", b";", b'"', b"'", b"-", b"e99", b"e300", b"nan", b"inf", b"\0", b"\xff\xfe", b"\xc2"),
    *(b":", b" ", b"<", b">", b"&", b"#", b"(g)", b"ms", b"x"),
)


@dataclass(frozen=True)
class Damage:
    """Damaged files, and how many rows were touched at most."""

    files: Files
    rows: int


@cache
def original(name: str) -> tuple[Files, Samples]:
    """The files of a format and what they decode to."""
    files = EXPORTS[name]()
    return files, decode(Bundle("export", dict(files), TOLD.get(name, Told(sensor="sacrum")))).samples


def damaged(name: str, rng: np.random.Generator) -> Damage:
    """The format's files with one to three damages."""
    files, rows = dict(original(name)[0]), 0
    for _ in range(int(rng.integers(1, 4))):
        target = str(rng.choice(sorted(files)))
        kind = _KINDS[int(rng.integers(len(_KINDS)))]
        files[target], touched = kind(files[target], rng)
        rows += touched
    if len(files) > 1 and rng.random() < 0.05:
        del files[str(rng.choice(sorted(files)))]
    return Damage(files, rows)


def verdict(name: str, damage: Damage) -> str:
    """``refused``, ``equal``, ``wrong and not seen`` (in the touched rows), or what must not be."""
    begun_s = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a user would see them
            samples = decode(Bundle("export", dict(damage.files), TOLD.get(name, Told(sensor="sacrum")))).samples
    except InputError as error:
        return "refused" if str(error).strip() else "WRONG: a refusal without words"
    except Exception as error:  # whatever else is raised is what is looked for
        return f"WRONG: {type(error).__name__}: {error}"
    if time.monotonic() - begun_s > _SLOWEST_S:
        return "WRONG: hangs"
    return _compared(name, samples, original(name)[1], damage.rows)


def _compared(name: str, samples: Samples, whole: Samples, rows: int) -> str:
    six, all_six = (np.hstack([each.acc_m_s2, each.gyr_rad_s]) for each in (samples, whole))
    if not (np.isfinite(six).all() and np.isfinite(samples.time_s).all() and (np.diff(samples.time_s) > 0).all()):
        return "WRONG: no samples in order"
    near = cKDTree(all_six).query(np.clip(six, -1e6, 1e6), distance_upper_bound=_ALIKE)[1]
    known = near < len(all_six)
    allowed = 6 * rows + 4  # an interpolated accelerometer touches its neighbours, a doubled row two
    other = int((~known).sum())
    if name in BINARY:
        return "equal" if not other else UNSEEN
    if other > allowed:
        return f"WRONG: {other} of {len(six)} samples are not the original's, and {rows} rows were touched"
    if name in COUNTED or not known.any():
        return "equal" if not other else UNSEEN
    late_s = samples.time_s[known] - whole.time_s[near[known]]
    moved = int((np.abs(late_s - np.median(late_s)) > 2e-3).sum())
    if moved > allowed:
        return f"WRONG: {moved} of {len(six)} samples are at another time, and {rows} rows were touched"
    return "equal" if not other and not moved else UNSEEN


def _flipped(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
    place = int(rng.integers(len(data)))
    new = int(rng.integers(256))
    if chr(data[place]).isdigit() and chr(new).isdigit():
        return data, 0
    return data[:place] + bytes([new]) + data[place + 1 :], 2


def _flipped_above(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
    place = int(rng.integers(min(len(data), 400)))
    return data[:place] + bytes([int(rng.integers(33, 127))]) + data[place + 1 :], 2


def _inserted(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
    place = int(rng.integers(len(data)))
    return data[:place] + _TELLING[int(rng.integers(len(_TELLING)))] + data[place:], 2


def _cut_out(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
    place, length = int(rng.integers(len(data))), int(rng.choice([1, 2, 10, 100]))
    return data[:place] + data[place + length :], 2


def _ended(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
    return data[: int(rng.integers(1, len(data) + 1))], 1


def _lines(change: Callable[[list[bytes], int], None], touched: int) -> Callable[..., tuple[bytes, int]]:
    def changed(data: bytes, rng: np.random.Generator) -> tuple[bytes, int]:
        lines = data.split(b"\n")
        if len(lines) > 2:
            change(lines, int(rng.integers(len(lines) - 1)))
        return b"\n".join(lines), touched

    return changed


def _swap(lines: list[bytes], line: int) -> None:
    lines[line], lines[line + 1] = lines[line + 1], lines[line]


def _without_a_cell(lines: list[bytes], line: int) -> None:
    for separator in (b"\t", b";", b","):
        if separator in lines[line]:
            lines[line] = lines[line].partition(separator)[2]
            return


_KINDS: Final = (
    _flipped,
    _flipped,
    _flipped_above,
    _inserted,
    _cut_out,
    _ended,
    _lines(lambda lines, line: lines.insert(line, lines[line]), 2),
    _lines(lambda lines, line: lines.__delitem__(line), 2),
    _lines(_swap, 2),
    _lines(_without_a_cell, 1),
)


def tried(name: str, inputs: int, seed: int) -> Counter[str]:
    """How many damaged files of a format ended how; what is wrong has its seed."""
    counts: Counter[str] = Counter()
    for number in range(inputs):
        found = verdict(name, damaged(name, np.random.default_rng([seed, number])))
        counts[f"{found} (seed {seed}, input {number})" if found.startswith("WRONG") else found] += 1
    return counts


def main() -> int:
    """Print a line per format; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int)
    parser.add_argument("--only", choices=sorted(EXPORTS), nargs="*", default=sorted(EXPORTS))
    options = parser.parse_args()
    failed = False
    with ProcessPoolExecutor(options.processes) as pool:
        futures = {name: pool.submit(tried, name, options.inputs, options.seed) for name in options.only}
        for name, future in futures.items():
            counts = future.result()
            wrong = [found for found in counts if found.startswith("WRONG")]
            failed |= bool(wrong)
            usual = ", ".join(f"{counts[found]} {found}" for found in ("refused", "equal", UNSEEN))
            print(f"{name:20} {usual}, {len(wrong)} wrong", *(f"\n    {found}" for found in wrong[:5]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
