"""A sensor for a driver, and its samples in the units of data sheets."""

from __future__ import annotations

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Placement, Sensor
from dowel.sensors.drivers.base import Decoded


def sensor(driver: str, rate_hz: float = 50.0, **settings: object) -> Sensor:
    """A sensor of this driver on the sacrum."""
    return Sensor(Placement.SACRUM, driver, asked_rate_hz=rate_hz, settings=settings)


def in_g_and_deg_s(decoded: Decoded) -> FloatArray:
    """The samples (n, 6), acceleration in g and angular rate in deg/s."""
    return np.asarray(decoded.values * np.repeat([1.0 / GRAVITY_M_S2, 180.0 / np.pi], 3))
