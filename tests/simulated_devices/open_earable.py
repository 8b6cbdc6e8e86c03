"""The OpenEarable 2, simulated: its inertial sensor over the sensor service.

Source: sources#openearable. Left out: its other sensors (asked for, they send nothing), the card, and setting the
clock. Above 100 Hz it streams nothing: the text gives that as the most over Bluetooth, not what happens beyond it.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.simulated.peripherals.base import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    AttError,
    Characteristic,
    Packet,
    Peripheral,
    Service,
)

SENSOR_SERVICE: Final = "34c2e3bb-34aa-11eb-adc1-0242ac120002"
DATA: Final = "34c2e3bc-34aa-11eb-adc1-0242ac120002"
CONFIG: Final = "34c2e3be-34aa-11eb-adc1-0242ac120002"
STATUS: Final = "34c2e3bf-34aa-11eb-adc1-0242ac120002"
RECORDING_NAME: Final = "34c2e3c0-34aa-11eb-adc1-0242ac120002"
SCHEME_SERVICE: Final = "caa25cb7-7e1b-44f2-adc9-e8c06c9ced43"
SENSORS: Final = "caa25cb9-7e1b-44f2-adc9-e8c06c9ced43"
SCHEME_REQUEST: Final = "caa25cba-7e1b-44f2-adc9-e8c06c9ced43"
SCHEME: Final = "caa25cbb-7e1b-44f2-adc9-e8c06c9ced43"

IMU: Final = 0
SENSOR_IDS: Final = bytes([IMU, 1, 2, 4, 6, 7])  # sources#openearable
RATES_HZ: Final = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0)  # by index
FASTEST_STREAM_HZ: Final = 100.0  # over Bluetooth
FIRST_RATE: Final = 1  # 50 Hz
STREAM: Final = 0x01  # option; 0x02 is the card
WRONG_LENGTH, WRONG_VALUE = 0x0D, 0x13  # of ATT; which ones the firmware takes is not in our source

PACKET: Final = struct.Struct("<BBQ9f")
VALUES_SIZE: Final = 36  # nine f32
ACC_RANGE_G: Final = 2.0  # set by the firmware on starting
FIRMWARE_G_M_S2: Final = 9.81  # EARTH_ACC
GYR_RANGE_DPS: Final = 2000.0
MAGNETIC_FIELD_UT: Final = (20.0, -5.0, 40.0)  # that of the constructed vector


class OpenEarable(Peripheral):
    """One earpiece. Another sensor id than the inertial sensor's is accepted and kept, and sends nothing."""

    usual_name = "OpenEarable-5A17"
    advertised_services = (SENSOR_SERVICE,)
    services = (
        Service(
            SENSOR_SERVICE,
            (
                Characteristic(DATA, ("notify",)),
                Characteristic(CONFIG, ("write",)),
                Characteristic(STATUS, ("read", "notify")),
                Characteristic(RECORDING_NAME, ("read", "write")),
            ),
        ),
        Service(
            SCHEME_SERVICE,
            (
                Characteristic(SENSORS, ("read",)),
                Characteristic(SCHEME_REQUEST, ("write",)),
                Characteristic(SCHEME, ("read", "notify")),
            ),
        ),
        Service(BATTERY_SERVICE, (Characteristic(BATTERY_LEVEL, ("read", "notify")),)),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._configs = {sensor: bytes([sensor, FIRST_RATE, 0]) for sensor in SENSOR_IDS}

    def read(self, characteristic: str) -> bytes:
        """All configurations, the list of sensors, or the battery."""
        if characteristic == STATUS:
            return b"".join(self._configs.values())
        if characteristic == SENSORS:
            return bytes([len(SENSOR_IDS)]) + SENSOR_IDS
        return super().read(characteristic)

    def write(self, characteristic: str, value: bytes) -> None:
        """A sensor's configuration: its id, the index of its rate, what becomes of the data."""
        if characteristic != CONFIG:
            return
        if len(value) != 3:
            raise AttError(WRONG_LENGTH)
        sensor, rate, options = value
        if sensor not in self._configs or rate >= len(RATES_HZ):
            raise AttError(WRONG_VALUE)
        self._configs[sensor] = value
        if sensor == IMU:
            if options & STREAM and RATES_HZ[rate] <= FASTEST_STREAM_HZ:
                self.sample("imu", RATES_HZ[rate], 1, self._hand_over)
            else:
                self.stop("imu")
        self.later(0.0, lambda: self.notify(STATUS, self.read(STATUS)))

    def _hand_over(self, packet: Packet) -> None:
        acc_m_s2 = np.clip(packet.acc_m_s2[0] / GRAVITY_M_S2, -ACC_RANGE_G, ACC_RANGE_G) * FIRMWARE_G_M_S2
        gyr_dps = np.clip(np.rad2deg(packet.gyr_rad_s[0]), -GYR_RANGE_DPS, GYR_RANGE_DPS)
        time_us = round(packet.device_time_s[0] * 1e6)
        self.notify(DATA, PACKET.pack(IMU, VALUES_SIZE, time_us, *acc_m_s2, *gyr_dps, *MAGNETIC_FIELD_UT))
