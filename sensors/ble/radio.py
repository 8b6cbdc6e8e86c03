"""The computer's Bluetooth, as the rest of the link uses it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import BaseBleakScanner


@dataclass(frozen=True)
class Radio:
    """Which backend of bleak is used, the one lock around scanning and connecting, and the arrival clock.

    Without backends it is the operating system's Bluetooth. Simulated sensors bring their own backends, so that the
    very same client code runs with them, and with a clock of virtual time where the practice need not be real time.
    """

    scanner_backend: type[BaseBleakScanner] | None = None
    client_backend: type[BaseBleakClient] | None = None
    clock_ns: Callable[[], int] = time.perf_counter_ns
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def scanner(self, **arguments: Any) -> BleakScanner:
        """A scanner on this radio; arguments as for ``BleakScanner``."""
        return BleakScanner(backend=self.scanner_backend, **arguments)

    def client(self, device: BLEDevice, **arguments: Any) -> BleakClient:
        """A client for one device; arguments as for ``BleakClient``."""
        return BleakClient(device, backend=self.client_backend, **arguments)

    async def held(self) -> list[BLEDevice]:
        """Devices that the system is connected to, which therefore do not advertise; empty where it cannot tell.

        On Linux it stays connected to a sensor whose program was killed.
        """
        if self.scanner_backend is not None:
            return []
        try:
            return await (await BleakAdapter.get()).get_connected_devices()
        except NotImplementedError:
            return []
