"""The Movella DOT, simulated: payload modes 21 and 26.

Source: sources#movella-dot. Not in the text, and so a choice: what it is told while it measures, except to stop,
changes nothing, and other modes never start. The quaternion is the shortest turn that makes the specific force point
up. Left out: recording, synchronisation, messages, firmware update, power saving.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from dowel.sensors.simulated.peripherals.base import AttError, Characteristic, Packet, Peripheral, Service


def _uuid(short: int) -> str:
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


# characteristics: sources#movella-dot
INFO, CONTROL, REPORT = _uuid(0x1001), _uuid(0x1002), _uuid(0x1004)
MEASUREMENT, LONG, MEDIUM, SHORT = _uuid(0x2001), _uuid(0x2002), _uuid(0x2003), _uuid(0x2004)
HEADING, HEADING_STATUS = _uuid(0x2006), _uuid(0x2007)
BATTERY = _uuid(0x3001)
MESSAGE, ACKNOWLEDGE, MESSAGE_NOTIFICATION = _uuid(0x7001), _uuid(0x7002), _uuid(0x7003)

RATE_QUANTITIES, CUSTOM_5 = 21, 26  # sources#movella-dot
PAYLOADS: Final = {RATE_QUANTITIES: (MEDIUM, 40), CUSTOM_5: (LONG, 63)}
"""Characteristic and length of each mode's payload; sources#movella-dot."""

RATES_HZ: Final = (1, 4, 10, 12, 15, 20, 30, 60)  # sources#movella-dot; 120 is for recording only
FIELDS: Final = {0x01: (1, 2), 0x02: (2, 3), 0x04: (3, 7), 0x08: (7, 24), 0x10: (24, 26), 0x20: (26, 27)}
"""Where the field of each bit of the visit mask begins and ends; sources#movella-dot."""

RATE_BIT: Final = 0x10  # the one of the output rate, and where that is
RATE_AT: Final = slice(*FIELDS[RATE_BIT])
CONTROL_BYTES, MEASUREMENT_BYTES = 32, 3  # sources#movella-dot
WRONG_LENGTH: Final = 0x0D  # of ATT
ACC_RANGE_M_S2: Final = 16.0 * GRAVITY_M_S2  # sources#movella-dot, with the next
GYR_RANGE_DPS: Final = 2000.0
ADDRESS: Final = bytes.fromhex("ccbbaacd22d4")  # D4:22:CD:AA:BB:CC reversed, that of the vectors
BUILT: Final = (2023, 3, 14, 9, 26, 53)  # any date
SERIAL: Final = 0x0000D422CDAABBCC  # any number


class MovellaDot(Peripheral):
    """One sensor. ``has_custom_5``: whether its firmware knows mode 26; old ones send nothing in it."""

    usual_name = "Movella DOT"
    measures_unheard = True
    services = (
        Service(
            _uuid(0x1000),
            (
                Characteristic(INFO, ("read",)),
                Characteristic(CONTROL, ("read", "write")),
                Characteristic(REPORT, ("notify",)),
            ),
        ),
        Service(
            _uuid(0x2000),
            (
                Characteristic(MEASUREMENT, ("read", "write")),
                Characteristic(LONG, ("notify",)),
                Characteristic(MEDIUM, ("notify",)),
                Characteristic(SHORT, ("notify",)),
                Characteristic(HEADING, ("read", "write")),
                Characteristic(HEADING_STATUS, ("read",)),
            ),
        ),
        Service(_uuid(0x3000), (Characteristic(BATTERY, ("read", "notify")),)),
        Service(
            _uuid(0x7000),
            (
                Characteristic(MESSAGE, ("write",)),
                Characteristic(ACKNOWLEDGE, ("read",)),
                Characteristic(MESSAGE_NOTIFICATION, ("notify",)),
            ),
        ),
    )

    def __init__(self, *args: Any, has_custom_5: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self._has_custom_5 = has_custom_5
        self._control = bytearray(CONTROL_BYTES)
        struct.pack_into("<4B", self._control, 3, 10, 0, 30, 0)  # time-outs: sources#movella-dot
        struct.pack_into("<H", self._control, RATE_AT.start, max(RATES_HZ))
        self._measuring: int | None = None
        self._mode = 0

    def read(self, characteristic: str) -> bytes:
        """What it is, how it is set, whether it measures, and its battery."""
        measures = self._measuring is not None
        values = {
            INFO: struct.pack("<6s3BH5BIQ6s", ADDRESS, 2, 3, 1, *BUILT, 0, SERIAL, b"XS-T02"),
            CONTROL: bytes(self._control),
            MEASUREMENT: bytes([1, measures, self._mode]),
            HEADING: bytes([8, 0]),
            HEADING_STATUS: bytes([measures]),
            BATTERY: bytes([round(self.battery_pct), 0]),
        }
        return values.get(characteristic, b"")

    def write(self, characteristic: str, value: bytes) -> None:
        """Settings, and start and stop."""
        if characteristic == CONTROL:
            if len(value) != CONTROL_BYTES:
                raise AttError(WRONG_LENGTH)
            if self._measuring is None:
                self._set(value)
        elif characteristic == MEASUREMENT:
            if len(value) != MEASUREMENT_BYTES:
                raise AttError(WRONG_LENGTH)
            kind, start, mode = value
            if kind == 1 and start == 0:
                self._measuring = None
                self.stop("measurement")
            elif kind == 1 and start == 1 and self._measuring is None and mode in PAYLOADS:
                self._start(mode)

    def _set(self, value: bytes) -> None:
        for bit, (first, end) in FIELDS.items():
            if not value[0] & bit:
                continue
            if bit == RATE_BIT and int.from_bytes(value[RATE_AT], "little") not in RATES_HZ:
                continue
            self._control[first:end] = value[first:end]

    def _start(self, mode: int) -> None:
        self._measuring = self._mode = mode
        if mode != CUSTOM_5 or self._has_custom_5:
            rate_hz = int.from_bytes(self._control[RATE_AT], "little")
            self.sample("measurement", rate_hz, 1, self._hand_over)

    def _hand_over(self, packet: Packet) -> None:
        time_us = round(packet.device_time_s[0] * 1e6) & 0xFFFFFFFF
        acc_m_s2 = np.clip(packet.acc_m_s2[0], -ACC_RANGE_M_S2, ACC_RANGE_M_S2)
        gyr_dps = np.clip(np.rad2deg(packet.gyr_rad_s[0]), -GYR_RANGE_DPS, GYR_RANGE_DPS)
        attitude = upright(acc_m_s2) if self._mode == CUSTOM_5 else ()
        values = (*attitude, *acc_m_s2, *gyr_dps)
        characteristic, length = PAYLOADS[self._mode]
        self.notify(characteristic, struct.pack(f"<I{len(values)}f", time_us, *values).ljust(length, b"\0"))


def upright(acc_m_s2: FloatArray) -> tuple[float, ...]:
    """The shortest turn (quaternion, scalar first) that makes a specific force point up."""
    x, y, z = acc_m_s2 / (float(np.linalg.norm(acc_m_s2)) or 1.0)
    turn = np.array([1.0 + z, y, -x, 0.0])
    length = float(np.linalg.norm(turn))
    if length == 0.0:  # it points straight down: half a turn about any level axis
        return (0.0, 1.0, 0.0, 0.0)
    return tuple((turn / length).tolist())
