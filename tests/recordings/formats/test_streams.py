"""Two streams of one recording on one time base."""

from __future__ import annotations

import numpy as np

from dowel.recordings.formats.streams import Stream, merge


def stream(file: str, time_s: np.ndarray) -> Stream:
    return Stream(file, time_s, np.column_stack([np.sin(time_s), np.cos(time_s), np.ones_like(time_s)]))


def test_streams_without_holes_are_said_to_have_none() -> None:
    findings: list[str] = []
    samples = merge(stream("a", np.arange(0.0, 4.0, 0.01)), stream("g", np.arange(0.005, 3.9, 0.01)), findings)
    assert len(samples) == 390
    assert not any("gaps" in finding for finding in findings)


def test_what_lies_in_a_hole_is_left_out_and_counted() -> None:
    acc_s = np.arange(0, 400) * 0.01
    findings: list[str] = []
    acc = stream("a", acc_s[(acc_s <= 1.0) | (acc_s >= 1.5)])
    samples = merge(acc, stream("g", np.arange(0, 390) * 0.01 + 0.005), findings)
    assert "a has gaps; 50 gyroscope samples in them were left out." in findings
    assert len(samples) == 340
    np.testing.assert_allclose(samples.acc_m_s2[:, 0], np.sin(samples.time_s), atol=1e-4)
