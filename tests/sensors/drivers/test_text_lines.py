"""Lines of text: our own format, other people's columns, cuts anywhere, lost links, and every kind of damage."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.types import Notifications
from dowel.sensors.drivers import DRIVERS, decoder_for
from dowel.sensors.drivers.base import Notify
from dowel.sensors.drivers.text_lines import DATA, DEFAULT_COLUMNS, DRIVER, LONGEST_LINE_BYTES, NAME, TextLines
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, mangled, notifications_of, sizes_of_chunks
from tests.sensors.drivers.units import in_g_and_deg_s, sensor
from tests.streams import one_by_one

BEGIN = b"\n"
"""Listening begins in the middle of a line; this ends it."""
SIX = ("acc_x_g", "acc_y_g", "acc_z_g", "gyr_x_deg_s", "gyr_y_deg_s", "gyr_z_deg_s")


def decoder(*columns: str, **others: object) -> TextLines:
    return TextLines(sensor(NAME, **({"columns": columns} if columns else {}), **others))


def line(number: int) -> bytes:
    return b"%d,%d,%d.5,-0.25,9.8,0.1,-.2,3e-1\n" % (number % 65536, number * 20_000 % 2**32, number % 20)


def test_the_documented_format() -> None:
    found = decoder().decode(notifications_of([BEGIN, line(3) + line(4)]))
    assert found.count.tolist() == [0, 2]
    np.testing.assert_array_equal(found.values, [[3.5, -0.25, 9.8, 0.1, -0.2, 0.3], [4.5, -0.25, 9.8, 0.1, -0.2, 0.3]])
    np.testing.assert_allclose(found.device_time_s, [0.06, 0.08])
    assert (found.bad_frames, decoder().time_base) == (0, "device_time")


def test_the_line_under_way_at_the_beginning_is_left_out() -> None:
    """Its first number may have lost digits, so that it looks whole."""
    found = decoder().decode(notifications_of([line(12)[1:], line(13)]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 1], 0)


def test_a_line_lost_with_the_link_is_not_filled_up_from_the_next() -> None:
    """After more than a second of silence neither the old half nor the new first line is used."""
    payloads = [BEGIN, line(1), b"2,40000,1,2,", b"1,2,3,4\n", line(4)]
    arrival_ns = (np.array([0.0, 0.02, 0.04, 1.2, 1.22]) * 1e9).astype(np.int64)
    plain = notifications_of(payloads)
    silent = Notifications(plain.sequence, arrival_ns, plain.length, plain.payload)
    found = decoder().decode(silent)
    assert (found.count.tolist(), found.bad_frames) == ([0, 1, 0, 0, 1], 0)
    assert decoder().decode(plain).count.tolist() == [0, 1, 0, 1, 1]
    made = decoder()
    assert [int(made.decode(part).count[0]) for part in one_by_one(silent, [1])] == [0, 1, 0, 0, 1]


def test_times_go_on_when_the_counter_begins_again() -> None:
    numbers = range(214_747, 214_752)  # 2^32 us lie between
    found = decoder().decode(notifications_of([BEGIN, *map(line, numbers)]))
    np.testing.assert_allclose(found.device_time_s, np.array(numbers) * 0.02)


@pytest.mark.parametrize(
    ("columns", "text", "time_s", "time_base"),
    [
        (SIX, "0,0,1,10,20,30", [0.0, 0.02], "count"),
        (("time_ms", *SIX), "1500,0,0,1,10,20,30", [1.5, 1.5], "device_time"),
        (("time_s", *SIX), "1.25, 0, 0, 1, 10, 20, 30 ", [1.25, 1.25], "device_time"),
        (("seq", *SIX), "7,0,0,1,10,20,30", [0.14, 0.14], "count"),
        (("skip", *reversed(SIX), "skip"), "9,30,20,10,1,0,0,9", [0.0, 0.02], "count"),
    ],
)
def test_columns_of_other_sketches(columns: tuple[str, ...], text: str, time_s: list[float], time_base: str) -> None:
    made = decoder(*columns)
    found = made.decode(notifications_of([BEGIN, (text + "\r\n").encode() * 2]))
    np.testing.assert_allclose(in_g_and_deg_s(found), [[0, 0, 1, 10, 20, 30]] * 2)
    np.testing.assert_allclose(found.device_time_s, time_s)
    assert made.time_base == time_base


def test_the_number_of_a_line_shows_a_lost_one_and_begins_again() -> None:
    lines = [f"{number % 65536},0,0,1,0,0,0\n".encode() for number in (65_534, 65_535, 65_537, 65_538)]
    found = decoder("seq", *SIX).decode(notifications_of([BEGIN, *lines]))
    np.testing.assert_allclose(np.diff(found.device_time_s), [0.02, 0.04, 0.02])


def test_json_lines() -> None:
    row = dict(zip(DEFAULT_COLUMNS, (3, 60_000, 3.5, -0.25, 9.8, 0.1, -0.2, 0.3), strict=True))
    mixed = dict(reversed(row.items())) | {"battery": "low", "seq": 4, "time_us": 80_000}
    found = decoder().decode(notifications_of([BEGIN, (json.dumps(row) + "\r\n" + json.dumps(mixed) + "\n").encode()]))
    np.testing.assert_array_equal(found.values, [[3.5, -0.25, 9.8, 0.1, -0.2, 0.3]] * 2)
    np.testing.assert_allclose(found.device_time_s, [0.06, 0.08])
    assert found.bad_frames == 0


def test_the_switches_of_a_rod_come_after_the_eight() -> None:
    """Also without the setting; a board without them, and a line with nonsense in their place, tell nothing."""
    plain = line(3)[:-1]
    payloads = [BEGIN, plain + b",1,0,1\n", plain + b"\n", plain + b",1,2,0\r\n", plain + b",1,0\n"]
    found = decoder().decode(notifications_of(payloads))
    np.testing.assert_array_equal(found.contacts, [[1, 0, 1], [np.nan] * 3, [1, 2, 0]])
    assert (found.count.tolist(), found.bad_frames) == ([0, 1, 1, 1, 0], 1)
    row = dict(zip(DEFAULT_COLUMNS, (3, 60_000, 3.5, -0.25, 9.8, 0.1, -0.2, 0.3), strict=True))
    as_json = [json.dumps(row | more).encode() + b"\n" for more in ({"contact_sacrum": 0}, {"contact_head": "on"})]
    found = decoder().decode(notifications_of([BEGIN, *as_json]))
    np.testing.assert_array_equal(found.contacts, [[np.nan, np.nan, 0], [np.nan] * 3])
    one = decoder("time_ms", "contact_sacrum", *SIX).decode(notifications_of([BEGIN, b"10,1,0,0,1,0,0,0\n"]))
    np.testing.assert_array_equal(one.contacts, [[np.nan, np.nan, 1]])
    assert decoder("time_ms", *SIX).decode(notifications_of([BEGIN])).contacts is None


def test_counts_of_the_chip_and_signs_of_a_phone() -> None:
    columns = [f"acc_{axis}_counts" for axis in "xyz"] + [f"gyr_{axis}_counts" for axis in "xyz"]
    made = decoder(*columns, acc_m_s2_per_count=0.01, gyr_rad_s_per_count=0.002, acc_flip=True)
    found = made.decode(notifications_of([BEGIN, b"1,2,-980,10,20,30\n"]))
    np.testing.assert_allclose(found.values, [[-0.01, -0.02, 9.8, 0.02, 0.04, 0.06]])


def test_clipping_by_the_range_in_the_settings() -> None:
    made = decoder(*SIX, acc_range_m_s2=19.6, gyr_range_rad_s=4.36)
    found = made.decode(notifications_of([BEGIN, b"0,0,1,0,0,0\n0,0,-2,0,0,0\n0,0,1,0,250,0\n"]))
    assert found.clipped.tolist() == [False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        *(
            b">",
            b"1,2,3",
            b"1,2,3,4,5,6,7,8,9",
            b"1,2,3,4,5,6,7,x",
            b"1,2,3,4,5,6,7,nan",
            b"1,2,,4,5,6,7,8",
            b"\xff\x00",
        ),
        *(b"1,1e60,0,0,9.8,0,0,0", b"1,2,1e9,0,9.8,0,0,0", b"{", b"{}", b"[" * 400, b'{"seq":' * 60, b"9" * 600),
        *(b'{"seq": true}', b'{"seq": 1' + b"0" * 400 + b"}"),
    ],
)
def test_anything_else_is_counted(text: bytes) -> None:
    found = decoder().decode(notifications_of([BEGIN, line(1), text + b"\n", b"\r\n", line(2)]))
    assert (found.count.tolist(), found.bad_frames) == ([0, 1, 0, 0, 1], 1)


ROW = dict(zip(DEFAULT_COLUMNS, (3, 60_000, 3.5, -0.25, 9.8, 0.1, -0.2, 0.3), strict=True))
PRINTED = st.one_of(
    st.integers(0, 9).map(line),
    st.sampled_from(
        [
            *(b"# Anna 2026\n", b"Anna,2,3,4,5,6,7,8\n", b"\r\n", b"1,2,3", b"\0Anna\n", b"\n", b"9" * 600 + b"Anna\n"),
            json.dumps(ROW | {"who": "Anna", "seq": 5}).encode() + b"\r\n",
            json.dumps(ROW | {"acc_x_m_s2": "Anna"}).encode() + b"\n",
            json.dumps(ROW | {"contact_head": "Anna", "contact_sacrum": 1}).encode() + b"\n",
            json.dumps(ROW).replace("9.8", "980E-2").replace("3.5", "1e999").encode() + b"\n",
            "\ufeff".encode() + json.dumps(ROW).encode() + b"\n",
            json.dumps(ROW | {"who": "Anna" * 200}).encode() + b"\n",
            b'{"who": "Anna"}\n',
            b'["Anna"]\n',
        ]
    ),
)


@examples(100)
@given(st.lists(PRINTED, max_size=12), st.sampled_from([(), ("skip", "time_us", *DEFAULT_COLUMNS[2:])]), st.data())
def test_without_words_the_samples_are_the_same(
    printed: list[bytes], columns: tuple[str, ...], data: st.DataObject
) -> None:
    whole = b"".join(printed) + b"Ann"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    payloads = [whole[begin:end] for begin, end in pairwise([0, *cuts, len(whole)])]
    sent = notifications_of(payloads)
    told = decoder(*columns).without_words(sent)
    before, after = decoder(*columns).decode(sent), decoder(*columns).decode(told)
    assert (told.length.tolist(), before.bad_frames) == (sent.length.tolist(), after.bad_frames)
    np.testing.assert_array_equal(before.count, after.count)
    np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(before.device_time_s, after.device_time_s)
    np.testing.assert_array_equal(before.contacts, after.contacts)
    assert b"Ann" not in told.payload
    assert b"2026" not in told.payload


def test_an_endless_line_is_not_kept() -> None:
    made = decoder()
    for _ in range(50):
        made.decode(notifications_of([b"1," * 100]))
    assert len(made._rest) <= LONGEST_LINE_BYTES + 200


@pytest.mark.parametrize(
    ("given_settings", "told"),
    [
        ({"columns": ["ax", "ay", "az", "gx", "gy", "gz"]}, "'ax' is not known"),
        ({"columns": SIX[:5]}, "must be there once"),
        ({"columns": [*SIX, "acc_x_m_s2"]}, "must be there once"),
        ({"columns": ["time_s", "time_us", *SIX]}, "at most one time"),
        ({"columns": ["acc_x_counts", *SIX[1:]]}, "acc_m_s2_per_count"),
        ({"columns": ["time_s", "contact_head", "contact_head", *SIX]}, "one contact_ of each point"),
        ({"columns": ["seq", "contact_head", *SIX]}, "contacts without a time"),
    ],
)
def test_settings_that_cannot_be_understood(given_settings: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        TextLines(sensor(NAME, **given_settings))


def test_start_only_listens() -> None:
    assert DRIVER.start(100.0) == (Notify(DATA),)
    assert DRIVER.stop() == ()
    with pytest.raises(ValueError, match="not used at 1 Hz"):
        DRIVER.start(1.0)


def test_who_is_recognised() -> None:
    assert DRIVER.recognises(None, ["6E400001-B5A3-F393-E0A9-E50E24DCCA9E"])
    assert not DRIVER.recognises("UART", [])
    assert DRIVER in DRIVERS
    assert isinstance(decoder_for(sensor(NAME)), TextLines)


GOOD = [BEGIN, line(1), line(2)[:20], line(2)[20:], line(3) + line(4), b"0,0,1,10,20,30\n", b"\0", b"{}", b"1" * 300]


@pytest.mark.slow
@given(
    payloads=mangled(GOOD),
    sizes=sizes_of_chunks,
    columns=st.sampled_from([DEFAULT_COLUMNS, SIX, ("seq", *DEFAULT_COLUMNS[2:])]),
)
@examples(300)
def test_any_bytes_in_any_chunks(payloads: list[bytes], sizes: list[int], columns: tuple[str, ...]) -> None:
    keeps_its_promises(lambda: decoder(*columns), payloads, sizes)


@given(cuts=st.lists(st.integers(0, 300), max_size=20).map(sorted), sizes=sizes_of_chunks)
@examples(100)
def test_lines_survive_any_split_and_merge(cuts: list[int], sizes: list[int]) -> None:
    stream = BEGIN + b"".join(map(line, range(9)))
    payloads = [stream[low:high] for low, high in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = keeps_its_promises(decoder, payloads, sizes)
    np.testing.assert_array_equal(found.values[:, 0], np.arange(9) + 0.5)
    assert found.bad_frames == 0
