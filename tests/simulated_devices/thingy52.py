"""The Nordic Thingy:52, simulated: its motion service, of which only the raw characteristic sends.

Source: sources#thingy-52, and Nordic-Thingy52-FW for two things which that leaves out: the accelerometer's axes are
turned over on their way (at rest the axis that points *down* has +1 g), and its range stays at the chip's +-2 g.
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
    in_steps,
)


def _uuid(number: int) -> str:
    return f"ef68{number:04x}-9b35-4933-9b10-52ffa9740042"


# sources#thingy-52
CONFIGURATION_SERVICE: Final = _uuid(0x0100)
MOTION_SERVICE: Final = _uuid(0x0400)
CONFIG: Final = _uuid(0x0401)
RAW: Final = _uuid(0x0406)
OTHERS: Final = tuple(_uuid(number) for number in (0x402, 0x403, 0x404, 0x405, 0x407, 0x408, 0x409, 0x40A))

FIRST_CONFIG: Final = bytes.fromhex("E803F401F4010A0001")  # sources#thingy-52: 10 Hz
CONFIG_LAYOUT: Final = struct.Struct("<4HB")  # steps ms, temperature ms, magnetometer ms, motion Hz, wake on motion
CONFIG_LIMITS: Final = ((100, 5000), (100, 5000), (100, 1000), (5, 200), (0, 1))  # sources#thingy-52
WRONG_LENGTH, WRONG_VALUE = 0x0D, 0x13  # of ATT; which ones the firmware takes is not in our source
ACC_RANGE_G: Final = 2.0  # m_motion.c leaves the chip's default
ACC_STEP_M_S2: Final = GRAVITY_M_S2 / 1024.0  # 6Q10
GYR_STEP_RAD_S: Final = float(np.deg2rad(1.0 / 32.0))  # 11Q5
MAGNETIC_FIELD: Final = np.array([10, -5, 40]) * 16  # 12Q4 uT: that of the constructed vector


class Thingy52(Peripheral):
    """A Thingy:52. Its configuration is in flash; pass ``config`` for one that was used before."""

    usual_name = "Thingy"
    paced_by_chip = True
    advertised_services = (CONFIGURATION_SERVICE,)
    services = (
        Service(
            MOTION_SERVICE,
            (
                Characteristic(CONFIG, ("read", "write")),
                Characteristic(RAW, ("notify",)),
                *(Characteristic(uuid, ("notify",)) for uuid in OTHERS),
            ),
        ),
        Service(BATTERY_SERVICE, (Characteristic(BATTERY_LEVEL, ("read", "notify")),)),
    )

    def __init__(self, *args: Any, config: bytes = FIRST_CONFIG, **options: Any) -> None:
        super().__init__(*args, **options)
        self._config = config

    def read(self, characteristic: str) -> bytes:
        """The configuration, or the battery."""
        return self._config if characteristic == CONFIG else super().read(characteristic)

    def write(self, characteristic: str, value: bytes) -> None:
        """A new configuration, at once in force."""
        if characteristic != CONFIG:
            return
        if len(value) != CONFIG_LAYOUT.size:
            raise AttError(WRONG_LENGTH)
        numbers = CONFIG_LAYOUT.unpack(value)
        if any(not low <= number <= high for number, (low, high) in zip(numbers, CONFIG_LIMITS, strict=True)):
            raise AttError(WRONG_VALUE)
        self._config = value
        self._arrange()

    def subscribe(self, characteristic: str, on: bool) -> None:
        """Notifications are what starts and ends the stream."""
        super().subscribe(characteristic, on)
        if characteristic == RAW:
            self._arrange()

    def _arrange(self) -> None:
        if RAW in self.subscribed:
            self.sample("raw", float(CONFIG_LAYOUT.unpack(self._config)[3]), 1, self._hand_over)
        else:
            self.stop("raw")

    def _hand_over(self, packet: Packet) -> None:
        range_m_s2 = ACC_RANGE_G * GRAVITY_M_S2
        turned_over = -np.clip(packet.acc_m_s2, -range_m_s2, range_m_s2)
        counts = np.hstack(
            [in_steps(turned_over[0], ACC_STEP_M_S2), in_steps(packet.gyr_rad_s[0], GYR_STEP_RAD_S), MAGNETIC_FIELD]
        )
        self.notify(RAW, counts.astype("<i2").tobytes())
