"""What is taken for a phone's address, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import UsageError
from dowel.sensors.phones.addresses import PhoneAddress, phone_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F0:12:34:56:78:9A", None),
        ("5C9C0B4E-1111-2222-3333-444455556666", None),
        ("phyphox://192.168.1.7:8080", PhoneAddress("phyphox", "192.168.1.7", 8080)),
        ("phyphox://192.168.1.7", PhoneAddress("phyphox", "192.168.1.7", 80)),
        ("Phyphox://phone.local/", PhoneAddress("phyphox", "phone.local", 80)),
        ("sensorserver://192.168.1.7", PhoneAddress("sensorserver", "192.168.1.7", 8080)),
        ("sensorserver://[fe80::1]:81", PhoneAddress("sensorserver", "fe80::1", 81)),
        ("sensorlogger:", PhoneAddress("sensorlogger")),
        ("phone:", PhoneAddress("phone")),
    ],
)
def test_addresses(text: str, expected: PhoneAddress | None) -> None:
    assert phone_address(text) == expected


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert PhoneAddress("phyphox", "fe80::1", 81).authority == "[fe80::1]:81"
    assert PhoneAddress("phyphox", "192.168.1.7", 81).authority == "192.168.1.7:81"


@pytest.mark.parametrize(
    "text",
    [
        *("phyphox:192.168.1.7", "phyphox://", "phyphox://:80", "phyphox://a:99999", "phyphox://a:0", "phyphox://a/b"),
        *("phyphox://a?b", "phyphox://u@a", "phyphox://[::1", "phypox://a", "http://192.168.1.7:8080", "phone:sacrum"),
        *("sensorlogger:8080",),
    ],
)
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--sensor: "):
        phone_address(text)


@pytest.mark.slow
@given(st.text(max_size=30).map(lambda text: f"phyphox:{text}"))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = phone_address(text)
    except UsageError:
        return
    assert found is not None
    assert found.host
