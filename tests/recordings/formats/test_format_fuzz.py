"""Whatever the bytes are, decoding ends in a recording that keeps its promises or in one clear error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Recording, Told, decode
from tests.recordings.formats import damage

NAMES = sorted(damage.EXPORTS)
INPUTS = 12
"""Damaged files of each format in every run; `damage` tries thousands at night."""


def recording_or_refusal(files: Mapping[str, bytes], name: str = "") -> Recording | None:
    try:
        recording = decode(Bundle("export", dict(files), damage.TOLD.get(name, Told(sensor="sacrum"))))
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


@given(st.sampled_from(NAMES), st.text(alphabet="0123456789.,;:\t\n\r-e \"'ax", max_size=300))
def test_random_table_under_a_valid_header(export: str, text: str) -> None:
    files = {}
    for name, data in damage.original(export)[0].items():
        lines = data.split(b"\n")
        header = max(range(min(14, len(lines))), key=lambda number: sum(chr(c).isalpha() for c in lines[number]))
        files[name] = b"\n".join(lines[: header + 1]) + b"\n" + text.encode()
    recording_or_refusal(files, export)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_damage_does_not_spread(name: str) -> None:
    """Accepted samples are the original's at their times, but for the rows that were touched."""
    counts = damage.tried(name, INPUTS, seed=1)
    assert not [found for found in counts if found.startswith("WRONG")], counts


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_cut_anywhere(name: str) -> None:
    """A cut file gives the samples of its whole rows, never a wrong last number."""
    export, whole = damage.original(name)
    for share in np.linspace(0.05, 0.95, 7):
        files = {file: data if "Meta" in file else data[: int(len(data) * share)] for file, data in export.items()}
        recording = recording_or_refusal(files, name)
        if recording is not None and recording.format != "metamotion":
            count = len(recording.samples)
            np.testing.assert_allclose(recording.samples.gyr_rad_s, whole.gyr_rad_s[:count], atol=1e-12)
            np.testing.assert_allclose(recording.samples.acc_m_s2, whole.acc_m_s2[:count], atol=1e-6)
