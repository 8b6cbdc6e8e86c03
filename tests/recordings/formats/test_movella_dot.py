"""Movella DOT exports: rates, clocks, start times of every version, restarts."""

from __future__ import annotations

import pytest

from dowel.exchange.plausibility import check
from dowel.recordings.errors import InputError
from dowel.recordings.formats import decode
from tests.recordings.formats import format_files as written

MOTION = written.motion()
EPOCH_S = written.EPOCH_S


def test_dot_states_its_rate_and_the_measured_one_is_told() -> None:
    recording = decode(written.bundle(written.movella_dot(written.motion(rate_hz=30.0), rate=60)))
    assert recording.stated_rate_hz == 60
    assert any("30.0 Hz measured" in line for line in check(recording.samples, 60).findings)


def test_synchronised_dots_share_a_clock() -> None:
    assert decode(written.bundle(written.movella_dot(MOTION, sync="Synced"))).sync_clock_s == 5.0
    assert decode(written.bundle(written.movella_dot(MOTION))).sync_clock_s is None


@pytest.mark.parametrize(
    ("text", "epoch_s"),
    [
        ("2023-11-15_06:13:20_135 GMT+8", EPOCH_S + 0.135),
        ("2023-11-14_22:13:20_135 GMT", EPOCH_S + 0.135),
        ("2023-11-14 23:13:20.135 +0100", EPOCH_S + 0.135),
        ("2023-11-14 23:13:20.135 +01:00,,,,,", EPOCH_S + 0.135),
        ("2023-11-14T22:13:20.135Z", EPOCH_S + 0.135),
        ('"2023-11-14T17:13:20.135-05:00"', EPOCH_S + 0.135),
        ("11/14/2023 10:13:20 PM GMT", EPOCH_S),
        ("11/15/2023 12:13:20 AM UTC+2", EPOCH_S),
        ("14.11.2023 23:13:20 +1", EPOCH_S),
        ("2023/11/15 03:43:20 +0530", EPOCH_S),
        ("", None),
    ],
)
def test_dot_start_times_of_every_version(text: str, epoch_s: float | None) -> None:
    [(name, data)] = written.movella_dot(MOTION).items()
    recording = decode(written.bundle({name: data.replace(b"2023-11-15_06:13:20_000 GMT+8", text.encode())}))
    assert recording.epoch_s == pytest.approx(epoch_s, abs=1e-6)
    assert recording.findings == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2023-11-14 23:13:20.135", "names no time zone"),
        ("11/12/2023 23:13:20 +0100", "cannot be read"),
        ("2023-02-30 23:13:20 +0100", "cannot be read"),
        ("2023-11-14 23:13:20 +99", "names no time zone"),
        ("yesterday", "cannot be read"),
    ],
)
def test_dot_start_time_that_says_too_little_is_reported(text: str, words: str) -> None:
    [(name, data)] = written.movella_dot(MOTION).items()
    recording = decode(written.bundle({name: data.replace(b"2023-11-15_06:13:20_000 GMT+8", text.encode())}))
    assert recording.epoch_s is None
    assert (recording.local_start is not None) is (words == "names no time zone")
    [finding] = recording.findings
    assert words in finding


def test_xsens_tables_without_lines_above_are_refused() -> None:
    [(name, data)] = written.movella_dot(MOTION).items()
    with pytest.raises(InputError, match="may be of Movella DOT or of Xsens MT Manager"):
        decode(written.bundle({name: data[data.index(b"PacketCounter") :]}))


def test_dot_restart_is_no_wrap() -> None:
    files = written.movella_dot(MOTION, start_us=500_000_000)
    [(name, data)] = files.items()
    again = written.movella_dot(MOTION)[name].split(b"Gyr_Z\n")[1]
    with pytest.raises(InputError, match="time goes backwards"):
        decode(written.bundle({name: data + again}))


def test_the_clock_of_a_dot_stands_first_or_second() -> None:
    """In another column it is another program's table, which writes its own units."""
    [(name, data)] = written.movella_dot(MOTION).items()
    heading = data.index(b"PacketCounter")
    rows = b"".join(b"0," + line for line in data[heading:].splitlines(keepends=True))
    assert decode(written.bundle({name: data})).format == "movella_dot"
    with pytest.raises(InputError):
        decode(written.bundle({name: data[:heading] + rows.replace(b"0,PacketCounter", b"Row,PacketCounter")}))
