"""What holds for every simulated device."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.sensors.drivers import DRIVERS
from dowel.sensors.drivers.base import BluetoothDriver
from dowel.sensors.simulated.imu import IDEAL
from dowel.sensors.simulated.peripherals.base import AttError, Characteristic
from tests.depth import examples
from tests.sensors.simulated.peripherals.bench import Swinging, on_virtual_time
from tests.simulated_devices import PERIPHERALS

BY_NAME = pytest.mark.parametrize(
    "driver", [driver for driver in DRIVERS if driver.name in PERIPHERALS], ids=lambda driver: driver.name
)


def characteristics(driver: BluetoothDriver) -> dict[str, Characteristic]:
    return {each.uuid: each for service in PERIPHERALS[driver.name].services for each in service.characteristics}


def test_every_driver_has_its_device() -> None:
    assert set(PERIPHERALS) == {driver.name for driver in DRIVERS}


@BY_NAME
@on_virtual_time
async def test_a_device_is_recognised_by_its_advert(driver: BluetoothDriver) -> None:
    """By its own driver, and before that by one only that says at connecting which one fits."""
    device = PERIPHERALS[driver.name](Swinging())
    first = next(each for each in DRIVERS if each.recognises(device.name, device.advertised_services))
    assert driver.recognises(device.name, device.advertised_services)
    assert first is driver or (first.name, driver.name) == ("meta_motion", "meta_motion_s")


@BY_NAME
def test_a_device_has_what_the_driver_uses(driver: BluetoothDriver) -> None:
    has = characteristics(driver)
    assert {"notify", "indicate"} & set(has[driver.data_characteristic].properties)
    assert driver.control_characteristic is None or driver.control_characteristic in has


@pytest.mark.slow
@BY_NAME
@examples(40)
@given(data=st.data())
@on_virtual_time
async def test_nothing_that_is_written_upsets_a_device(driver: BluetoothDriver, data: st.DataObject) -> None:
    """Whatever comes, also pieces of true commands: a refusal is an AttError, and time goes on."""
    has = characteristics(driver)
    device = PERIPHERALS[driver.name](Swinging(), chip=IDEAL)
    device.connected(lambda _characteristic, _payload: None)
    device.mtu = data.draw(st.sampled_from([23, 64, 247]))
    for uuid, characteristic in has.items():
        if {"notify", "indicate"} & set(characteristic.properties):
            device.subscribe(uuid, True)
    starts = [step.payload for rate_hz in driver.rates_hz for step in driver.start(rate_hz) if hasattr(step, "payload")]
    payloads = st.one_of(st.binary(max_size=40), *([st.sampled_from(starts)] if starts else []))
    for _ in range(data.draw(st.integers(1, 8))):
        try:
            device.write(data.draw(st.sampled_from(sorted(has))), data.draw(payloads))
            device.read(data.draw(st.sampled_from(sorted(has))))
        except AttError:
            pass
        await asyncio.sleep(data.draw(st.floats(0.0, 0.3)))
    device.disconnected()
    await asyncio.sleep(0.1)
