"""QSense (2M Engineering): text lines, then tab-separated values in g and deg/s at 50 Hz, without a time column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_gyroscope, one_recording_only
from dowel.recordings.formats.table import TextFile, find_table
from dowel.recordings.types import GRAVITY_M_S2, Samples

RATE_HZ: Final = 50.0
"""The sensor's fixed rate; the file states none."""

_ACC: Final = ("ax", "ay", "az")
_GYR: Final = ("gx", "gy", "gz")
_REFERENCE: Final = 9  # some rows carry a tenth field with the word "Reference"


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode a QSense file; `None` if no file has its header. Times are row number over 50 Hz."""
    tables = [table for file in files if (table := find_table(file, lambda names: names[:3] == _ACC))]
    if not tables:
        return None
    table = one_recording_only(tables)
    if table.columns[3:6] != _GYR:
        raise no_gyroscope(table.name, "the accelerometer", "switch the gyroscope on in the QSense app")
    findings = [
        f"{table.name} has no time stamps; {RATE_HZ:g} Hz is taken as its rate, and lost samples cannot be seen."
    ]
    values = table.numbers(range(6), findings)
    references = [row for row, text in enumerate(table.strings(_REFERENCE)) if text]
    if references:
        moments = ", ".join(f"{row / RATE_HZ:.2f}" for row in references[:5])
        findings.append(f"{table.name}: {len(references)} rows are marked as reference (at {moments} s).")
    samples = Samples(np.arange(len(values)) / RATE_HZ, values[:, :3] * GRAVITY_M_S2, np.deg2rad(values[:, 3:]))
    return finish("qsense", table.name, samples, stated_rate_hz=RATE_HZ, findings=findings)
