"""The Capture2Go IMU, simulated: streaming of fixed and packed samples, and its real-time channel.

Everything travels in packages with a CRC. A notification is one byte, 255 minus the number of real-time packages, then
those, then the next piece of one endless stream in which packages are cut anywhere. Source: sources#capture2go, and for
that first byte, the measurement mode, answers, status and errors the vendor's Python package capture2go 1.0.1.

Left out: recording and files, synchronisation, absolute time, LED, and packages of orientation only. The orientation
inside the packages is always that of no turn: nothing here knows a better one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from dowel.recordings.types import IntArray
from dowel.sensors.simulated.peripherals.base import Characteristic, Packet, Peripheral, Service, in_steps

SERVICE: Final = "80030001-e629-4c98-9324-aa7fc0c66de7"
COMMAND: Final = "80030002-e629-4c98-9324-aa7fc0c66de7"
DATA: Final = "80030003-e629-4c98-9324-aa7fc0c66de7"

FRAME: Final = struct.Struct("<BIBH")  # 02, CRC-32 of header and content, size of the content, header
FIRST_BYTE: Final = 0x02
CRC_FROM: Final = 6
NO_REAL_TIME: Final = 0xFF  # first byte of a notification, less the number of its real-time packages

# headers of packages: what is asked, and what is answered
GET_INFO, INFO = 0x0070, 0x0071
SET_MODE, GET_MODE, MODE = 0x0120, 0x0121, 0x0122
START, STARTED, STOP, STOPPED, STOP_AND_CLEAR, CLEARED = 0x0150, 0x0151, 0x0152, 0x0153, 0x0158, 0x0159
START_REAL_TIME, REAL_TIME_MODE, STOP_REAL_TIME, REAL_TIME_STOPPED = 0x0160, 0x0162, 0x0163, 0x0164
GET_STATUS, STATUS, ERROR = 0x0200, 0x0201, 0xFFFF
PACKED, PACKED_6D, FIXED, FIXED_6D, FIXED_REAL_TIME = 0x0220, 0x0230, 0x0240, 0x0250, 0x0247  # + code of the rate
WRONG_STATE, BAD_PACKAGE, UNKNOWN_COMMAND = 0xFB, 0xFC, 0xFD  # codes of errors

RATES_HZ: Final = {1: 200.0, 2: 100.0, 3: 50.0, 4: 25.0, 5: 10.0, 6: 1.0}  # SamplingMode
MODE_LAYOUT: Final = struct.Struct("<q8BHBQ3B")
FIXED_AT, PACKED_AT, STATUS_AT, NO_FIELD_AT = 2, 3, 7, 14  # in the measurement mode, counted in values
STATUS_LAYOUT: Final = struct.Struct("<qBB3hBBB")
INFO_LAYOUT: Final = struct.Struct("<H6s8s8s12s11s")
IDLE, STREAMING, OVER_BLUETOOTH = 1, 2, 2  # sensor and connection state
REAL_TIME_FULL: Final = 2  # RealTimeDataMode; 1 is orientation only
REAL_TIME_HZ: Final = 50  # at a rate limit of 0
PACKED_SAMPLES: Final = 8
BUFFER_BYTES: Final = 16384  # what waits while nobody listens; the device's own size is not published

GYR_STEP_RAD_S: Final = float(np.deg2rad(2000.0)) / 32768.0  # sources#capture2go
ACC_STEP_M_S2: Final = 16.0 * 9.81 / 32768.0  # the vendor's g
MAGNETIC_FIELD: Final = np.array([20, 0, -40]) * 16  # 1/16 uT; a usual field, at 63 deg of dip
GYR_CLIPPED, ACC_CLIPPED = 2, 4  # error flags
NO_TURN: Final = sum(0x80000 << shift for shift in (0, 20, 40))  # largest component is w, the others in mid-range
REST_OF_PACKAGE: Final = struct.Struct("<QhB")  # orientation, heading offset, flags


def package(header: int, content: bytes = b"") -> bytes:
    """A package, as commands and data travel."""
    checked = struct.pack("<H", header) + content
    return FRAME.pack(FIRST_BYTE, zlib.crc32(checked), len(content), header) + content


class Capture2Go(Peripheral):
    """A Capture2Go IMU. It goes on streaming when the link is lost, and keeps the latest of that for the next one."""

    usual_name = "IMU_5d17a9"
    advertised_services = (SERVICE,)
    services = (
        Service(
            SERVICE,
            (Characteristic(COMMAND, ("write", "write-without-response")), Characteristic(DATA, ("notify",))),
        ),
    )
    measures_unheard = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._mode = bytes(MODE_LAYOUT.size)
        self._streaming = False
        self._real_time = bytes(2)
        self._waiting = bytearray()  # the endless stream's bytes that have not been sent
        self._commands: Mapping[int, Callable[[bytes], tuple[int, bytes]]] = {
            GET_INFO: lambda _: (INFO, self._info()),
            SET_MODE: self._set_mode,
            GET_MODE: lambda _: (MODE, self._mode),
            START: self._start,
            STOP: lambda _: self._stop(STOPPED),
            STOP_AND_CLEAR: lambda _: self._stop(CLEARED),
            START_REAL_TIME: self._start_real_time,
            STOP_REAL_TIME: self._stop_real_time,
            GET_STATUS: lambda _: (STATUS, self._status()),
        }

    def subscribe(self, characteristic: str, on: bool) -> None:
        """The first thing to come is what has waited, and the status."""
        super().subscribe(characteristic, on)
        if on and characteristic == DATA:
            self.later(0.0, lambda: self._put(STATUS, self._status()))

    def write(self, characteristic: str, value: bytes) -> None:
        """One package with a command."""
        if characteristic != COMMAND:
            return
        header = struct.unpack_from("<H", value, CRC_FROM)[0] if len(value) >= FRAME.size else ERROR
        content = value[FRAME.size :]
        if value != package(header, content):
            answer = _error(BAD_PACKAGE, ERROR)
        elif header not in self._commands:
            answer = _error(UNKNOWN_COMMAND, header)
        else:
            answer = self._commands[header](content)
        self.later(0.0, lambda: self._put(*answer))

    # --- commands: each gives header and content of the answer

    def _set_mode(self, content: bytes) -> tuple[int, bytes]:
        if len(content) != MODE_LAYOUT.size:
            return _error(BAD_PACKAGE, SET_MODE)
        if self._streaming:
            return _error(WRONG_STATE, SET_MODE)
        self._mode = content
        return MODE, content

    def _start(self, _: bytes) -> tuple[int, bytes]:
        if self._streaming:
            return _error(WRONG_STATE, START)
        self._streaming = True
        mode = MODE_LAYOUT.unpack(self._mode)
        without_field = bool(mode[NO_FIELD_AT])
        fixed_hz, packed_hz = RATES_HZ.get(mode[FIXED_AT]), RATES_HZ.get(mode[PACKED_AT])
        if fixed_hz is not None:
            header = (FIXED_6D if without_field else FIXED) + mode[FIXED_AT]
            self.sample("fixed", fixed_hz, 1, lambda packet: self._put(header, _content(packet, without_field)))
        if packed_hz is not None:
            first = (PACKED_6D if without_field else PACKED) + mode[PACKED_AT]
            self.sample(
                "packed", packed_hz, PACKED_SAMPLES, lambda packet: self._put(first, _content(packet, without_field))
            )
        if mode[STATUS_AT]:
            self.sample("status", 1.0 / mode[STATUS_AT], 1, lambda _: self._put(STATUS, self._status()))
        return STARTED, b""

    def _stop(self, answer: int) -> tuple[int, bytes]:
        for stream in ("fixed", "packed", "status"):
            self.stop(stream)
        self._streaming = False
        if answer == CLEARED:
            self._waiting.clear()
        return answer, b""

    def _start_real_time(self, content: bytes) -> tuple[int, bytes]:
        if len(content) != len(self._real_time):
            return _error(BAD_PACKAGE, START_REAL_TIME)
        self._real_time = content
        self.stop("real time")
        if content[0] == REAL_TIME_FULL:
            rate_hz = min(content[1] or REAL_TIME_HZ, REAL_TIME_HZ)
            self.sample("real time", rate_hz, 1, self._send_now)
        return REAL_TIME_MODE, content

    def _stop_real_time(self, _: bytes) -> tuple[int, bytes]:
        self.stop("real time")
        self._real_time = bytes(2)
        return REAL_TIME_STOPPED, b""

    # --- what it says

    def _info(self) -> bytes:
        serial = self.usual_name.removeprefix("IMU_").encode()
        return INFO_LAYOUT.pack(1, serial, b"1.0", b"1.0", b"1.2.0", b"2025-06-01")

    def _status(self) -> bytes:
        time_ns, state = round(self.device_time_s * 1e9), STREAMING if self._streaming else IDLE
        return STATUS_LAYOUT.pack(time_ns, state, OVER_BLUETOOTH, 0, 0, 0, 0, round(self.battery_pct), 100)

    def _put(self, header: int, content: bytes) -> None:
        """Into the endless stream, and as much of that on the air as notifications are made for."""
        self._waiting += package(header, content)
        if DATA in self.subscribed:
            while self._waiting:
                piece = self._waiting[: self.mtu - 4]
                del self._waiting[: len(piece)]
                self.notify(DATA, bytes([NO_REAL_TIME]) + piece)
        del self._waiting[:-BUFFER_BYTES]

    def _send_now(self, packet: Packet) -> None:
        """A real-time package has a notification of its own; the endless stream is never waiting here."""
        sent = package(FIXED_REAL_TIME, _content(packet, without_field=False))
        if len(sent) <= self.mtu - 4:
            self.notify(DATA, bytes([NO_REAL_TIME - 1]) + sent)


def _error(code: int, command: int) -> tuple[int, bytes]:
    return ERROR, struct.pack("<BH", code, command)


def _content(packet: Packet, without_field: bool) -> bytes:
    """Time of the first sample, all rates, all accelerations, all fields, orientation of the first, flags."""
    gyr, acc = in_steps(packet.gyr_rad_s, GYR_STEP_RAD_S), in_steps(packet.acc_m_s2, ACC_STEP_M_S2)
    flags = (GYR_CLIPPED if _clipped(gyr) else 0) | (ACC_CLIPPED if _clipped(acc) else 0)
    columns = [gyr, acc] if without_field else [gyr, acc, np.tile(MAGNETIC_FIELD, (len(acc), 1))]
    values = b"".join(column.astype("<i2").tobytes() for column in columns)
    return struct.pack("<q", round(packet.device_time_s[0] * 1e9)) + values + REST_OF_PACKAGE.pack(NO_TURN, 0, flags)


def _clipped(counts: IntArray) -> bool:
    return bool((counts <= -32768).any() or (counts >= 32767).any())
