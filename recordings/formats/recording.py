"""What every importer hands over: the samples of one sensor on one rising time base, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.lost_digits import LEAST_ACC_M_S2, LEAST_GYR_RAD_S, lone_cells
from dowel.recordings.types import FloatArray, SampleRows, Samples

MAX_REPEATED_STAMPS: Final = 0.05
"""Above this share of different samples with the same stamp the time column is too coarse to integrate a rate."""

MAX_DURATION_S: Final = 86400.0
"""No practice lasts a day; a jump of the clock would otherwise make grids without end."""

_IMPOSSIBLE: Final = 1e5  # m/s2 and rad/s: 50 times any sensor's range, so a broken number, not a movement
_MAX_TIME_S: Final = 1e10  # Unix time in seconds is 1.8e9; milliseconds or finer in a column of seconds are above this


RateFrom = Literal["measured", "told by the file", "told by you", "assumed"]
"""Whence a recording's rate is, in the words that are shown."""


@dataclass(frozen=True)
class Recording:
    """One sensor's recording, decoded.

    ``samples`` (of ``decode`` a ``Samples``): time from the first sample (plain CSV: its own ``time_s``), strictly
    increasing; specific force in
    m/s2, +9.8 along the axis that points up at rest; angular rate in rad/s; axes as the vendor prints them.
    ``epoch_s``: Unix time of the first sample, where the file has it. ``session_clock``: ``time_s`` is session time
    (plain CSV only). ``stated_rate_hz``: what the file says of its own rate. ``findings``: sentences for the user.
    ``epoch_uncertainty_s``: how far the epoch may be off (one standard deviation). ``sync_clock_s``: time of the first
    sample on a clock that the maker's synchronisation shares between sensors of one ``sync_group``. ``rate_from``:
    whence the rate is; where it is not ``measured`` by time stamps, ``time_s`` is counted by ``stated_rate_hz``.
    ``sensor``: which of several sensors in the file this is. ``local_start``: date and time of the first sample by a
    clock that names no time zone, so that it dates the session and aligns nothing. ``files``: the names of those that
    all this was read from, that of the gyroscope first.
    """

    format: str
    samples: SampleRows
    epoch_s: float | None
    session_clock: bool
    stated_rate_hz: float | None
    findings: tuple[str, ...]
    epoch_uncertainty_s: float = 0.0
    sync_clock_s: float | None = None
    sync_group: str = ""
    rate_from: RateFrom = "measured"
    sensor: str = ""
    local_start: datetime | None = None
    files: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether no clock told the times, so that lost samples cannot be seen."""
        return self.rate_from != "measured"


def finish(
    format: str,
    file: str,
    samples: Samples,
    *,
    beside: Iterable[str] = (),
    epoch_s: float | None = None,
    epoch_uncertainty_s: float = 0.0,
    sync_clock_s: float | None = None,
    sync_group: str = "",
    session_clock: bool = False,
    stated_rate_hz: float | None = None,
    rate_from: RateFrom = "measured",
    sensor: str = "",
    local_start: datetime | None = None,
    findings: Sequence[str] = (),
) -> Recording:
    """Make the time base rise strictly and start it at zero (unless it is the session's).

    ``beside``: the names of what was read beside ``file``.
    ``epoch_s`` and ``sync_clock_s`` are what those clocks showed at ``time_s = 0``. Raises `InputError` if fewer than
    two samples are left, if time goes backwards or jumps by a day, or if stamps repeat so often that the sampling
    times are unknown.
    """
    found = list(findings)
    parts, least = (samples.acc_m_s2, samples.gyr_rad_s), (LEAST_ACC_M_S2, LEAST_GYR_RAD_S)
    time_s, (acc_m_s2, gyr_rad_s) = rising(file, samples.time_s, parts, least, found)
    if len(time_s) < 2:
        raise InputError(f"{file} holds no usable samples. Record and export it again.")
    if (duration_s := float(time_s[-1] - time_s[0])) > MAX_DURATION_S:
        raise InputError(f"{file} lasts {duration_s / 3600:.0f} h by its time stamps. Import one unbroken practice.")
    start_s = 0.0 if session_clock else float(time_s[0])
    return Recording(
        format=format,
        samples=Samples(time_s - start_s, acc_m_s2, gyr_rad_s),
        epoch_s=None if epoch_s is None else epoch_s + start_s,
        session_clock=session_clock,
        stated_rate_hz=stated_rate_hz,
        findings=tuple(found),
        epoch_uncertainty_s=epoch_uncertainty_s,
        sync_clock_s=None if sync_clock_s is None else sync_clock_s + start_s,
        sync_group=sync_group,
        rate_from=rate_from,
        sensor=sensor,
        local_start=local_start,
        files=(file, *beside),
    )


def rising(
    file: str, time_s: FloatArray, parts: Sequence[FloatArray], least: Sequence[float], findings: list[str]
) -> tuple[FloatArray, list[FloatArray]]:
    """The rows of parts (n, k) with strictly increasing time: of rows with one stamp the first is kept, and told.

    ``least``: so far a number of each part jumps at least where a digit may be lost.
    """
    if not all(np.isfinite(values).all() for values in (time_s, *parts)):
        raise InputError(f"{file} has missing or infinite values. Record and export it again.")
    most = max(parts, key=_largest)
    if _largest(most) > _IMPOSSIBLE:
        row = int(np.abs(most).max(axis=1).argmax())
        raise InputError(
            f"{file}: sample {row + 1} has the value {np.abs(most[row]).max():.3g}, which no sensor measures. "
            "Export the file again."
        )
    if len(time_s) and np.abs(time_s).max() > _MAX_TIME_S:
        raise InputError(f"{file}: a time of {np.abs(time_s).max():.3g} s is too large. Write it in seconds.")
    step_s = np.diff(time_s)
    if (step_s < 0).any():
        row = int((step_s < 0).argmax())
        raise InputError(
            f"{file}: time goes backwards by {-step_s[row]:.3f} s after sample {row + 1} "
            f"(at {time_s[row] - time_s[0]:.3f} s). Import one unbroken recording."
        )
    if (step_s > 0).all():
        return without_lone_cells(file, time_s, parts, least, findings)
    repeated = np.concatenate([[False], step_s == 0])
    rows = np.flatnonzero(repeated)
    same_values = np.all([(each[rows] == each[rows - 1]).all(axis=1) for each in parts], axis=0)
    differing = int((~same_values).sum())
    if differing > MAX_REPEATED_STAMPS * len(time_s):
        raise InputError(
            f"{file}: {differing} of {len(time_s)} time stamps repeat the one before, so the sampling times are "
            "unknown. Export with finer time stamps."
        )
    findings.append(f"{file}: left out for a repeated time stamp: {int(repeated.sum())} of {len(time_s)} samples.")
    return without_lone_cells(file, time_s[~repeated], [values[~repeated] for values in parts], least, findings)


def _largest(values: FloatArray) -> float:
    """The largest size of a number; an hour's sizes are not made for it."""
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))


def without_lone_cells(
    file: str, time_s: FloatArray, parts: Sequence[FloatArray], least: Sequence[float], findings: list[str]
) -> tuple[FloatArray, list[FloatArray]]:
    """Leave out samples (parts (n, k)) of which one number jumps by ``least`` or more, alone of all near it."""
    alone = lone_cells(parts, least)
    if not alone.any():
        return time_s, list(parts)
    when = ", ".join(f"{at_s:.2f}" for at_s in (time_s[alone] - time_s[0])[:5].tolist())
    count = int(alone.sum())
    which, they_were = ("1 sample", "it was") if count == 1 else (f"{count} samples", "they were")
    findings.append(
        f"{file}: in {which} (at {when} s) one number alone jumps and comes back, many times as far as those near it, "
        f"as where a digit is lost; {they_were} left out."
    )
    return time_s[~alone], [values[~alone] for values in parts]
