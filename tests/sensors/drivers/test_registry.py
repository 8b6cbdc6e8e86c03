"""What must hold for every driver alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.sensors.drivers import DECODERS, DRIVERS, PHONE_DRIVERS, decoder_for, usual_latency_s
from dowel.sensors.drivers.base import BluetoothDriver, Change, Driver, Notify, Pause, Read, Write
from tests.conftest import PROJECT
from tests.depth import examples
from tests.sensors.drivers.payloads import keeps_its_promises, sizes_of_chunks
from tests.sensors.drivers.units import sensor

every_driver = pytest.mark.parametrize("driver", [*DRIVERS, *PHONE_DRIVERS], ids=lambda driver: driver.name)
each_driver = pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)


def test_names_are_unique_and_known() -> None:
    names = [driver.name for driver in (*DRIVERS, *PHONE_DRIVERS)]
    assert len(set(names)) == len(names)
    assert set(DECODERS) == {"decoded", *names}
    with pytest.raises(InputError, match="driver 'other', which this version does not know"):
        decoder_for(sensor("other"))


@each_driver
def test_it_starts_at_each_of_its_rates_or_says_why_not(driver: BluetoothDriver) -> None:
    assert not driver.tried_on_hardware
    assert driver.refusal or driver.rates_hz
    for rate_hz in driver.rates_hz:
        steps = driver.start(rate_hz)
        assert steps.count(Notify(driver.data_characteristic)) == 1
        for step in (*steps, *driver.stop(), *driver.poll):
            match step:
                case Pause(seconds, reason):
                    assert 0 < seconds <= 5
                    assert reason
                case Write(uuid) | Change(uuid) | Read(uuid) | Notify(uuid):
                    assert len(uuid) == 36
                    assert uuid == uuid.lower()
    if driver.rates_hz:
        with pytest.raises(ValueError, match="Hz"):
            driver.start(0.123)


@every_driver
def test_it_is_documented(driver: Driver) -> None:
    assert f"`{driver.name}`" in (PROJECT / "docs" / "drivers.md").read_text("utf-8")


@pytest.mark.parametrize("driver", PHONE_DRIVERS, ids=lambda driver: driver.name)
def test_the_table_of_phones_is_true(driver: Driver) -> None:
    lines = (PROJECT / "docs" / "drivers.md").read_text("utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| `{driver.name}` |")]
    assert row.endswith(f" {driver.latency_s:.2f} s |")
    assert not driver.tried_on_hardware
    assert driver.note


@each_driver
def test_it_recognises_its_services_and_not_nothing(driver: BluetoothDriver) -> None:
    assert not driver.recognises(None, [])
    assert not driver.recognises("", ["0000180f-0000-1000-8000-00805f9b34fb"])
    for uuid in driver.service_uuids:
        assert driver.recognises(None, [uuid.upper()])


@pytest.mark.slow
@every_driver
@given(payloads=st.lists(st.binary(max_size=70), max_size=8), sizes=sizes_of_chunks)
@examples(40)
def test_nothing_but_garbage(driver: Driver, payloads: list[bytes], sizes: list[int]) -> None:
    keeps_its_promises(lambda: decoder_for(sensor(driver.name)), payloads, sizes)
    for payload in payloads if isinstance(driver, BluetoothDriver) else ():
        for characteristic in (driver.data_characteristic, driver.control_characteristic or ""):
            driver.facts(characteristic, payload)


def test_a_measured_latency_is_taken_before_the_usual_one() -> None:
    assert usual_latency_s(sensor("phyphox")) == 0.1
    assert usual_latency_s(sensor("sensor_logger", latency_s=0.5)) == 0.5
    assert usual_latency_s(sensor("decoded")) == 0.0
