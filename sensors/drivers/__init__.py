"""A driver per device family: bytes of notifications to samples.

Adding a driver means adding one module and one line to ``DRIVERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dowel.recordings.errors import InputError
from dowel.recordings.types import Sensor
from dowel.sensors.drivers import (
    already_decoded,
    capture2go,
    device_motion,
    droidpad,
    meta_motion,
    movella_dot,
    movesense,
    open_earable,
    phyphox,
    polar,
    puck_js,
    sensor_logger,
    sensor_server,
    text_lines,
    thingy52,
    witmotion,
)
from dowel.sensors.drivers.base import BluetoothDriver, Decoder, Driver

DRIVERS: Final[tuple[BluetoothDriver, ...]] = (
    witmotion.DRIVER,
    movella_dot.DRIVER,
    movesense.DRIVER,
    droidpad.DRIVER,
    puck_js.DRIVER,
    text_lines.DRIVER,
    meta_motion.DRIVER,
    meta_motion.DRIVER_S,
    polar.DRIVER,
    polar.NO_GYRO_DRIVER,
    open_earable.DRIVER,
    thingy52.DRIVER,
    capture2go.DRIVER,
)
"""Every family of Bluetooth sensors, in the order in which an advertisement is compared with them."""

PHONE_DRIVERS: Final[tuple[Driver, ...]] = (
    phyphox.DRIVER,
    sensor_logger.DRIVER,
    sensor_server.DRIVER,
    device_motion.DRIVER,
)
"""Apps that make a phone a sensor over the network; how each is reached is in ``sensors.phones``."""

_ALL: Final[tuple[Driver, ...]] = (*DRIVERS, *PHONE_DRIVERS)

DECODERS: Final[dict[str, Callable[[Sensor], Decoder]]] = {
    already_decoded.NAME: already_decoded.DecodedSamples,
    **{driver.name: driver.decoder for driver in _ALL},
}

_LATENCY_S: Final = {driver.name: driver.latency_s for driver in _ALL}


def usual_latency_s(sensor: Sensor) -> float:
    """How long this sensor's samples usually take to arrive; 0 for those that came from a file.

    The setting ``latency_s`` holds what was measured where the person chooses it (a phone's batch period).
    """
    return float(sensor.settings.get("latency_s", _LATENCY_S.get(sensor.driver, 0.0)))


def decoder_for(sensor: Sensor) -> Decoder:
    """A new decoder for this sensor's notifications; ``InputError`` when no driver has that name."""
    try:
        decoder = DECODERS[sensor.driver]
    except KeyError:
        known = ", ".join(sorted(DECODERS))
        raise InputError(
            f"The {sensor.placement} sensor was recorded with driver {sensor.driver!r}, which this version does not "
            f"know (it knows {known}). Update dowel and try again."
        ) from None
    return decoder(sensor)
