"""The Nordic UART service as a device offers it: a pipe of bytes in each direction.

Source: sources#nordic-uart. Names are from the device's side: it receives on ``RX`` and sends on ``TX``.
"""

from __future__ import annotations

from typing import Final

from dowel.sensors.simulated.peripherals.base import Characteristic, Peripheral, Service

UUID: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
RX: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
TX: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

SERVICE: Final = Service(
    UUID, (Characteristic(RX, ("write", "write-without-response")), Characteristic(TX, ("notify",)))
)

ATT_HEADER_BYTES: Final = 3
"""What of the MTU a notification cannot use; Bluetooth Core, vol. 3 F 3.4.7.1."""


def send(device: Peripheral, data: bytes, longest_bytes: int | None = None) -> None:
    """Send bytes in pieces that the MTU lets through, or in shorter ones: lines are cut wherever that falls."""
    room = device.mtu - ATT_HEADER_BYTES
    size = room if longest_bytes is None else min(room, longest_bytes)
    for first in range(0, len(data), size):
        device.notify(TX, data[first : first + size])
