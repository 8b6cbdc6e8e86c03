"""The Puck.js v2, simulated: a JavaScript console over the Nordic UART service, and its inertial sensor.

Source: sources#puckjs. No JavaScript is interpreted: lines are recognised that install a handler of ``accel``
which prints, that switch the sensor on or off, that reset the board or switch its echo off; other lines do nothing.
Whatever the handler says, it prints milliseconds since it was installed and the six raw numbers. From general knowledge
of the board and not from the text: its prompt and its answer ``=undefined``, that it hears nothing while it resets, and
that a program goes on without a listener.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.simulated.peripherals.base import Packet, Peripheral, in_steps
from tests.simulated_devices import nordic_uart

ACC_STEP_M_S2: Final = GRAVITY_M_S2 / 8192.0  # sources#puckjs, with the next two
GYR_STEP_RAD_S: Final = math.radians(8.75e-3)
RATES_HZ: Final = (12.5, 26.0, 52.0, 104.0, 208.0)  # 1.6 Hz has no gyroscope, more is not recommended
PIECE_BYTES: Final = 20  # BLE_NUS_MAX_DATA_LEN of its firmware: sources#nordic-uart
RESET_S: Final = 0.5  # a guess
CTRL_C, QUIET = "\x03", "\x10"

PRINTS: Final = re.compile(r"Puck\.on\(\s*['\"]accel['\"].*Bluetooth\.println\(.*\)\s*;?\s*$")
ACCEL_ON: Final = re.compile(r"Puck\.accelOn\(\s*([0-9.]*)\s*\)")


class PuckJs(Peripheral):
    """One board. ``fastest_hz``: at most so many lines a second leave it, further samples are missed.

    Users saw 45 to 50 however fast the chip ran, by means that are not known; without a figure there is no limit here.
    """

    usual_name = "Puck.js 5a17"
    advertised_services = (nordic_uart.UUID,)
    services = (nordic_uart.SERVICE,)
    measures_unheard = True

    def __init__(self, *args: Any, fastest_hz: float = math.inf, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shortest_s = 1.0 / fastest_hz
        self._deaf_until_s = self._loop.time()
        self._restart()

    def write(self, characteristic: str, value: bytes) -> None:
        """Characters typed into the console."""
        if characteristic != nordic_uart.RX or self._loop.time() < self._deaf_until_s:
            return
        for character in value.decode("latin-1"):
            if self._loop.time() < self._deaf_until_s:
                return
            self._typed(character)

    def _restart(self) -> None:
        """As after power-on: no program, and the console echoes."""
        self.stop_all()
        self._line, self._quiet, self._echo = "", False, True
        self._began_s: float | None = None
        self._printed_s = -math.inf

    def _typed(self, character: str) -> None:
        if character == CTRL_C:
            self._line, self._quiet = "", False
        elif character == QUIET and not self._line:
            self._quiet = True
        elif character in "\r\n":
            line, loud = self._line, self._echo and not self._quiet
            self._line, self._quiet = "", False
            self._run(line)
            if loud:
                self._print("\r\n=undefined\r\n>" if line else "\r\n>")
        else:
            self._line += character
            if self._echo and not self._quiet:
                self._print(character)

    def _run(self, line: str) -> None:
        accel_on = ACCEL_ON.search(line)
        if line.startswith("reset()"):
            self._restart()
            self._deaf_until_s = self._loop.time() + RESET_S
            self.later(RESET_S, lambda: self._print("\r\n>"))
        elif line.startswith("echo(false)"):
            self._echo = False
        elif PRINTS.search(line):
            self._began_s = self.device_time_s
        elif accel_on:
            self._accel_on(accel_on[1])
        elif line.startswith("Puck.accelOff()"):
            self.stop("accel")

    def _accel_on(self, rate: str) -> None:
        rates_hz = {f"{rate_hz:g}": rate_hz for rate_hz in RATES_HZ} | {"": RATES_HZ[0]}
        if rate in rates_hz:
            self.sample("accel", rates_hz[rate], 1, self._hand_over)
        else:
            self._print("Uncaught Error: Invalid sample rate\r\n")

    def _hand_over(self, packet: Packet) -> None:
        now_s = float(packet.device_time_s[0])
        if self._began_s is None or now_s - self._printed_s < self._shortest_s:
            return
        self._printed_s = now_s
        raw = (*in_steps(packet.acc_m_s2[0], ACC_STEP_M_S2), *in_steps(packet.gyr_rad_s[0], GYR_STEP_RAD_S))
        self._print(",".join([f"{(now_s - self._began_s) * 1e3:.1f}", *map(str, raw)]) + "\r\n")

    def _print(self, text: str) -> None:
        nordic_uart.send(self, text.encode("latin-1"), PIECE_BYTES)
