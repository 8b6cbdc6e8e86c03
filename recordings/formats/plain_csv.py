"""Plain CSV, this project's own exchange format: SI units in the column names, any column order, session time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.refusals import no_gyroscope, one_recording_only
from dowel.recordings.formats.streams import read_stream, without_arrival_times
from dowel.recordings.formats.table import TextFile, find_table
from dowel.recordings.types import Samples

TIME: Final = "time_s"
ACC: Final = ("acc_x_m_s2", "acc_y_m_s2", "acc_z_m_s2")
GYR: Final = ("gyr_x_rad_s", "gyr_y_rad_s", "gyr_z_rad_s")


def decode(files: Sequence[TextFile]) -> Recording | None:
    """Decode plain CSV; `None` if no file has its header. Other columns are ignored."""
    tables = [table for file in files if (table := find_table(file, lambda names: {TIME, *ACC} <= set(names)))]
    if not tables:
        return None
    table = one_recording_only(tables)
    if not set(GYR) <= set(table.columns):
        raise no_gyroscope(files, table.name, "accelerometer columns", f"also write the columns {', '.join(GYR)}")
    findings: list[str] = []
    columns = [table.index(name) for name in (*ACC, *GYR)]
    stream = without_arrival_times(read_stream(table, table.index(TIME), columns, findings), findings)
    samples = Samples(stream.time_s, stream.xyz[:, :3], stream.xyz[:, 3:])
    return finish("plain_csv", table.name, samples, session_clock=True, findings=findings)
