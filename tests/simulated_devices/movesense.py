"""The Movesense sensor, simulated: the maker's GATT SensorData protocol with IMU6 at 13 to 104 Hz.

Source: sources#movesense. Not in the text, and so a choice: a path that it does not have is answered with status 404,
and a reference of 0 or an unknown command is ignored. Left out: IMU9, other sensors, the log, and that it sleeps until
its studs are bridged.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.simulated.peripherals.base import Characteristic, Packet, Peripheral, Service

SERVICE: Final = "34802252-7185-4d5d-b431-630e7050e8f0"
SHORT_SERVICE: Final = "0000fdf3-0000-1000-8000-00805f9b34fb"
COMMAND: Final = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA: Final = "34800002-7185-4d5d-b431-630e7050e8f0"

HELLO, SUBSCRIBE, UNSUBSCRIBE = 0, 1, 2  # commands: sources#movesense
RESULT, PART_1, PART_2 = 1, 2, 3  # responses: sources#movesense
PATHS: Final = {
    b"/Meas/IMU6/13": (13.0, 1),
    b"/Meas/IMU6/26": (26.0, 2),
    b"/Meas/IMU6/52": (52.0, 4),
    b"/Meas/IMU6/104": (104.0, 8),
}
"""Rate and samples per packet of each path; sources#movesense."""

PART_BYTES: Final = 150  # of a payload in its first part: sources#movesense
SLOTS: Final = 4  # subscriptions at once: sources#movesense
NOT_FOUND: Final = struct.pack("<H", 404)
NO_SLOT: Final = struct.pack(">H", 507)  # big-endian, as in the maker's sample
ACC_RANGE_M_S2: Final = 8.0 * GRAVITY_M_S2  # a guess: one of 2, 4, 8, 16 g (sources#movesense)
GYR_RANGE_RAD_S: Final = float(np.deg2rad(2000.0))  # a guess: one of 245, 500, 1000, 2000 deg/s


class Movesense(Peripheral):
    """One sensor. Every subscription takes a slot, also a second one under the same reference: then all comes twice."""

    usual_name = "Movesense 174630000192"
    advertised_services = (SERVICE, SHORT_SERVICE)
    services = (
        Service(
            SERVICE,
            (Characteristic(COMMAND, ("write", "write-without-response")), Characteristic(DATA, ("notify",))),
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._slots: dict[str, int] = {}  # reference by name of the stream

    def disconnected(self) -> None:
        """Subscriptions die with the link, and only with it."""
        super().disconnected()
        self._slots.clear()

    def write(self, characteristic: str, value: bytes) -> None:
        """A command: what, under which reference, and its data."""
        if characteristic != COMMAND or len(value) < 2 or value[1] == 0:
            return
        command, reference, data = value[0], value[1], value[2:]
        if command == HELLO:
            self._answer(reference, b"Hello")
        elif command == SUBSCRIBE:
            self._subscribe(reference, data)
        elif command == UNSUBSCRIBE:
            for slot in [slot for slot, its in self._slots.items() if its == reference]:
                del self._slots[slot]
                self.stop(slot)

    def _subscribe(self, reference: int, path: bytes) -> None:
        free = [slot for slot in map(str, range(SLOTS)) if slot not in self._slots]
        if path not in PATHS:
            self._answer(reference, NOT_FOUND)
        elif not free:
            self._answer(reference, NO_SLOT)
        else:
            self._slots[free[0]] = reference
            rate_hz, samples = PATHS[path]
            self.sample(free[0], rate_hz, samples, lambda packet: self._hand_over(reference, packet))

    def _hand_over(self, reference: int, packet: Packet) -> None:
        # whole milliseconds that have passed, by a clock that has more digits than it is worth
        time_ms = int(round(packet.device_time_s[0] * 1e3, 3)) & 0xFFFFFFFF
        acc = np.clip(packet.acc_m_s2, -ACC_RANGE_M_S2, ACC_RANGE_M_S2)
        gyr = np.clip(packet.gyr_rad_s, -GYR_RANGE_RAD_S, GYR_RANGE_RAD_S)
        payload = struct.pack("<I", time_ms) + acc.astype("<f4").tobytes() + np.rad2deg(gyr).astype("<f4").tobytes()
        self.notify(DATA, bytes([PART_1, reference]) + payload[:PART_BYTES])
        if len(payload) > PART_BYTES:
            self.notify(DATA, bytes([PART_2, reference]) + payload[PART_BYTES:])

    def _answer(self, reference: int, data: bytes) -> None:
        self.notify(DATA, bytes([RESULT, reference]) + data)
