"""Whatever the bytes are, decoding ends in a recording that keeps its promises or in one clear error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Recording, decode
from tests.depth import examples
from tests.recordings.formats import format_files as written

SHORT = written.motion(3.0)
EXPORTS: list[Mapping[str, bytes]] = [
    written.plain_csv(SHORT),
    written.sensor_logger(SHORT, platform="ios"),
    written.sensor_logger_watch(SHORT),
    written.phyphox(SHORT, separator=";", decimal=","),
    written.movella_dot(SHORT, sdk=True, sync="Synced"),
    written.metamotion(SHORT, written.motion(3.0, 80.0)),
    written.x_imu3(SHORT),
    written.qsense(written.motion(5.0, 50.0)),
    written.witmotion(SHORT, app=True),
    written.witmotion(SHORT, app=False),
]
# Bytes that mean something to a table, so that damage gets past the header.
TELLING = [
    b"\n",
    b"\r",
    b",",
    b"\t",
    b";",
    b'"',
    b"-",
    b"e99",
    b"e300",
    b"nan",
    b"0",
    b"9" * 25,
    b"\0",
    b"\xff\xfe",
    b"\xc2",
    b":",
]


def recording_or_refusal(files: Mapping[str, bytes]) -> Recording | None:
    try:
        recording = decode(written.bundle(files))
    except InputError:
        return None
    samples = recording.samples
    assert len(samples) >= 2
    assert samples.acc_m_s2.shape == samples.gyr_rad_s.shape == (len(samples), 3)
    assert np.isfinite(samples.acc_m_s2).all()
    assert np.isfinite(samples.gyr_rad_s).all()
    assert (np.diff(samples.time_s) > 0).all()
    assert recording.session_clock or samples.time_s[0] == 0
    try:
        seen = check(samples, recording.stated_rate_hz)
    except InputError:
        return recording
    assert np.isfinite([seen.acc_rest_m_s2, seen.measured_rate_hz, seen.missing_pct]).all()
    return recording


@given(st.dictionaries(st.sampled_from(["a.csv", "Gyroscope.csv", "b"]), st.binary(max_size=400), min_size=1))
def test_random_bytes(files: dict[str, bytes]) -> None:
    recording_or_refusal(files)


@given(st.integers(0, len(EXPORTS) - 1), st.text(alphabet="0123456789.,;:\t\n\r-e \"'ax", max_size=300))
def test_random_table_under_a_valid_header(export: int, text: str) -> None:
    files = {}
    for name, data in EXPORTS[export].items():
        lines = data.split(b"\n")
        header = max(range(min(14, len(lines))), key=lambda number: sum(chr(c).isalpha() for c in lines[number]))
        files[name] = b"\n".join(lines[: header + 1]) + b"\n" + text.encode()
    recording_or_refusal(files)


@pytest.mark.slow
@examples(400)
@given(st.integers(0, len(EXPORTS) - 1), st.data())
def test_damaged_exports(export: int, data: st.DataObject) -> None:
    files = dict(EXPORTS[export])
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(files)))
        content = files[name]
        # Damage near the top meets preamble and header; elsewhere it meets rows.
        place = data.draw(st.integers(0, min(400, len(content)) if data.draw(st.booleans()) else len(content)))
        length = data.draw(st.sampled_from([0, 0, 1, 2, 10, 100, len(content)]))
        piece = data.draw(st.sampled_from(TELLING) | st.binary(max_size=3))
        files[name] = content[:place] + piece + content[place + length :]
        if data.draw(st.integers(0, 5)) == 0 and len(files) > 1:
            del files[name]
    recording_or_refusal(files)


@pytest.mark.parametrize("export", range(len(EXPORTS)))
def test_cut_anywhere(export: int) -> None:
    """A cut file gives the samples of its whole rows, never a wrong last number."""
    whole = decode(written.bundle(EXPORTS[export])).samples
    for share in np.linspace(0.01, 0.99, 23):
        files = {name: data[: int(len(data) * share)] for name, data in EXPORTS[export].items() if "Meta" not in name}
        files |= {name: data for name, data in EXPORTS[export].items() if "Meta" in name and len(EXPORTS[export]) > 2}
        recording = recording_or_refusal(files)
        if recording is not None and recording.format != "metamotion":
            count = len(recording.samples)
            np.testing.assert_allclose(recording.samples.gyr_rad_s, whole.gyr_rad_s[:count], atol=1e-12)
            np.testing.assert_allclose(recording.samples.acc_m_s2, whole.acc_m_s2[:count], atol=1e-6)
