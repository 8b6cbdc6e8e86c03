"""The MbientLab MetaMotion boards, simulated: R, RL and C with chip BMI160, S with chip BMI270.

Everything is ``module, register, data``; with 0x80 added to the register it asks, and the answer has it too. Source:
sources#metamotion, and the unit tests of MetaWear-SDK-Cpp for revisions and battery. Left out: fusion, logging,
processors and magnetometer (said to be absent); and that a board loses the link when it is reset.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.simulated.peripherals.base import Characteristic, Packet, Peripheral, Service, in_steps

SERVICE: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"

ACC, SETTINGS, GYRO, DEBUG = 0x03, 0x11, 0x13, 0xFE  # modules
INFO, START, ENABLE, CONFIG = 0x00, 0x01, 0x02, 0x03  # registers of the two sensors' modules
BATTERY, RESET = 0x0C, 0x01  # registers of the settings and of the debug module
ASK: Final = 0x80  # added to a register
PACKED_SAMPLES: Final = 3  # sources#metamotion
READING_S: Final = {ACC: 0.0, GYRO: 1e-4}  # our guess; it decides the order when both are due at one moment
CELL_EMPTY_MV, CELL_FULL_MV = 3400.0, 4200.0  # usual for a lithium cell; the board's own curve is not published


@dataclass(frozen=True, slots=True)
class Chip:
    """One of the two sensors: its module and what sets its chip apart.

    ``single`` and ``packed`` are the data registers. ``steps`` holds the size of a count in m/s2 or rad/s by
    range code.
    """

    module: int
    implementation: int
    single: int
    packed: int
    steps: Mapping[int, float]
    first_config: bytes


def _acc_steps(codes: bytes) -> Mapping[int, float]:
    """Codes of 2, 4, 8 and 16 g: 16384 counts per g at 2 g, half as many with each doubling."""
    return {code: GRAVITY_M_S2 * 2.0**doubled / 16384.0 for doubled, code in enumerate(codes)}


# 2000, 1000, 500, 250, 125 deg/s: 16.4 counts per deg/s at 2000, twice as many with each halving (sources#metamotion)
_GYRO_STEPS: Final = {code: float(np.deg2rad(0.5**code / 16.4)) for code in range(5)}


class MetaMotion(Peripheral):
    """MetaMotion R, RL or C.

    Both sensors stand at 100 Hz, 2 g and 2000 deg/s until they are configured. With single and packed data of one
    sensor subscribed, only the single ones are sent.
    """

    usual_name = "MetaWear"
    paced_by_chip = True
    advertised_services = (SERVICE,)
    services = (
        Service(
            SERVICE,
            (Characteristic(COMMAND, ("write", "write-without-response")), Characteristic(NOTIFY, ("notify",))),
        ),
    )
    measures_unheard = True
    chips: ClassVar[tuple[Chip, Chip]] = (
        Chip(ACC, 1, 0x04, 0x1C, _acc_steps(b"\x03\x05\x08\x0c"), b"\x28\x03"),
        Chip(GYRO, 0, 0x05, 0x07, _GYRO_STEPS, b"\x28\x00"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._forget()

    def write(self, characteristic: str, value: bytes) -> None:
        """A command. What the board does not know it does not answer."""
        if characteristic != COMMAND or len(value) < 2:
            return
        module, register, data = value[0], value[1], value[2:]
        if register & ASK:
            self._answer(module, register)
        elif (module, register) == (DEBUG, RESET):
            self.stop_all()
            self._forget()
        else:
            for chip in self.chips:
                if chip.module == module and data:
                    self._set(chip, register, data)

    def _forget(self) -> None:
        """As after a reset."""
        self._config = {chip.module: chip.first_config for chip in self.chips}
        self._started: set[int] = set()  # modules
        self._enabled: set[int] = set()
        self._wanted: set[tuple[int, int]] = set()  # module and data register

    def _answer(self, module: int, register: int) -> None:
        revisions = {ACC: 1, SETTINGS: 3, GYRO: 1, DEBUG: 2}  # a MetaMotion R of the SDK's tests
        implementations = {chip.module: chip.implementation for chip in self.chips}
        answer = bytes([module, register])
        if register == INFO | ASK:
            if module in revisions:
                answer += bytes([implementations.get(module, 0), revisions[module]])
        elif register == CONFIG | ASK and module in self._config:
            answer += self._config[module]
        elif (module, register) == (SETTINGS, BATTERY | ASK):
            cell_mv = CELL_EMPTY_MV + (CELL_FULL_MV - CELL_EMPTY_MV) * self.battery_pct / 100.0
            answer += struct.pack("<BH", round(self.battery_pct), round(cell_mv))
        else:
            return
        self.later(0.0, lambda: self.notify(NOTIFY, answer))

    def _set(self, chip: Chip, register: int, data: bytes) -> None:
        module = chip.module
        if register == CONFIG and len(data) == len(chip.first_config) and data[1] in chip.steps:
            self._config[module] = data
        elif register == START:
            (self._started.add if data[0] else self._started.discard)(module)
        elif register == ENABLE and len(data) == 2:  # bits to set, bits to clear
            on = (module in self._enabled or bool(data[0] & 1)) and not data[1] & 1
            (self._enabled.add if on else self._enabled.discard)(module)
        elif register in (chip.single, chip.packed):
            (self._wanted.add if data[0] else self._wanted.discard)((module, register))
        else:
            return
        self._arrange(chip)

    def _arrange(self, chip: Chip) -> None:
        """Begin the chip's stream anew, or end it."""
        stream = f"module {chip.module:#04x}"
        single, packed = ((chip.module, register) in self._wanted for register in (chip.single, chip.packed))
        if chip.module in self._started and chip.module in self._enabled and (single or packed):
            # Bosch codes the rate in the low four bits: 8 is 100 Hz, and each step doubles it
            rate_hz = 100.0 * 2.0 ** ((self._config[chip.module][0] & 0x0F) - 8)
            self.sample(stream, rate_hz, 1 if single else PACKED_SAMPLES, lambda packet: self._hand_over(chip, packet))
        else:
            self.stop(stream)

    def _hand_over(self, chip: Chip, packet: Packet) -> None:
        values = packet.acc_m_s2 if chip.module == ACC else packet.gyr_rad_s
        counts = in_steps(values, chip.steps[self._config[chip.module][1]])
        register = chip.single if len(values) == 1 else chip.packed
        payload = bytes([chip.module, register]) + counts.astype("<i2").tobytes()
        self.later(READING_S[chip.module], lambda: self.notify(NOTIFY, payload))


class MetaMotionS(MetaMotion):
    """MetaMotion S."""

    chips = (
        Chip(ACC, 4, 0x04, 0x05, _acc_steps(b"\x00\x01\x02\x03"), b"\xa8\x00"),
        Chip(GYRO, 1, 0x04, 0x05, _GYRO_STEPS, b"\x28\x00"),
    )
