"""The computer's simulated Bluetooth: one central on the air, shared by all scanners and clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError
from bumble import hci
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration
from bumble.hci import Address

from dowel.sensors.ble.radio import Radio
from dowel.sensors.simulated import virtual_time
from dowel.sensors.simulated.air.backend import SimulatedClient, SimulatedScanner
from dowel.sensors.simulated.air.controller import SimController
from dowel.sensors.simulated.air.host import SimHost
from dowel.sensors.simulated.air.medium import Air

T = TypeVar("T")

ADDRESS: Final = "F0:00:00:00:00:01"
"""The computer's own address: any static random one that no station has."""


class Adapter:
    """The computer's Bluetooth, on or off, as bleak's BlueZ backend shows it.

    ``missing`` and ``denied`` stand for a computer without Bluetooth, and one that does not let this program use it.
    """

    def __init__(self, air: Air, *, address: str = ADDRESS, missing: bool = False, denied: bool = False) -> None:
        self.powered = False
        self.missing = missing
        self.denied = denied
        self._air = air
        self._address = address
        self._controller: SimController | None = None
        self._device: Device | None = None
        self._scanners: dict[SimulatedScanner, None] = {}
        # HCI knows one pending connect at a time.
        self._connecting = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._abandoning: asyncio.Task[None] | None = None
        # bleak takes classes, so each adapter has its own
        self.scanner_backend = type("SimulatedScanner", (SimulatedScanner,), {"adapter": self})
        self.client_backend = type("SimulatedClient", (SimulatedClient,), {"adapter": self})

    async def power_on(self) -> None:
        """Switch it on; it scans from now on, for whoever wants to hear."""
        if self.powered or self.missing:
            return
        self._controller = SimController("computer", self._air, self._air.rng)
        config = DeviceConfiguration(name="computer", address=Address(self._address))
        self._device = Device(config=config, host=SimHost(self._controller, self._controller))
        self._device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        await self._device.power_on()
        await self._device.start_scanning(legacy=True)
        self.powered = True

    async def power_off(self) -> None:
        """Switch it off: connections end, scans hear nothing more, and connects under way fail."""
        if not self.powered or self._controller is None:
            return
        self.powered = False
        self._controller.hang_up(hci.HCI_REMOTE_DEVICE_TERMINATED_CONNECTION_DUE_TO_POWER_OFF_ERROR)
        self._controller.le_scan_enable = False
        if self._controller.pending_le_connection is not None:
            await asyncio.shield(self._spawn(self._cancel_connect()))
        await asyncio.sleep(0.1)  # the air carries the good-bye to the sensors
        self._air.remove_controller(self._controller)

    async def close(self) -> None:
        """End everything in order."""
        await self.power_off()
        self._scanners.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def radio(self, clock_ns: Callable[[], int] | None = None) -> Radio:
        """The radio that the link uses; arrivals are on the running loop's clock unless another is given."""
        return Radio(
            scanner_backend=self.scanner_backend,
            client_backend=self.client_backend,
            clock_ns=clock_ns or partial(virtual_time.clock_ns, asyncio.get_running_loop()),
        )

    # --- for the backends

    def check_available(self) -> None:
        """Raise what bleak raises when Bluetooth cannot be used."""
        reasons = BleakBluetoothNotAvailableReason
        if self.denied:
            raise BleakBluetoothNotAvailableError("Permission to use Bluetooth was denied.", reasons.DENIED_BY_SYSTEM)
        if self.missing:
            raise BleakBluetoothNotAvailableError("No Bluetooth adapters found.", reasons.NO_BLUETOOTH)
        if not self.powered:
            raise BleakBluetoothNotAvailableError("No powered Bluetooth adapters found.", reasons.POWERED_OFF)

    def listen(self, scanner: SimulatedScanner, on: bool) -> None:
        """A scanner starts or stops to hear adverts."""
        if on:
            self._scanners[scanner] = None
        else:
            self._scanners.pop(scanner, None)

    async def connect(self, address: Address) -> Connection:
        """Connect; waits until the device is heard. When cancelled, the attempt is undone before the next begins."""
        async with self._connecting:
            if self._abandoning is not None:
                await asyncio.shield(self._abandoning)
            if not self.powered or self._device is None:
                raise not_ready()
            attempt = self._spawn(self._device.connect_le(address, timeout=None))
            try:
                return await asyncio.shield(attempt)
            except asyncio.CancelledError:
                self._abandoning = self._spawn(self._abandon(attempt))
                raise
            except (BumbleConnectionError, hci.HCI_Error) as error:
                raise not_ready() from error

    def hang_up(self, connection: Connection) -> None:
        """End a connection from this side, unless it has ended already."""
        stands = connection.device.connections.get(connection.handle) is connection
        if self._controller is not None and stands:
            self._controller.hang_up(hci.HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR, connection.peer_address)

    def _heard(self, advertisement: Advertisement) -> None:
        for scanner in list(self._scanners):
            scanner.heard(advertisement)

    async def _abandon(self, attempt: asyncio.Task[Connection]) -> None:
        """Undo a connect that nobody waits for any more; it may have succeeded meanwhile."""
        if not attempt.done():
            await self._cancel_connect()
        with suppress(BumbleConnectionError, hci.HCI_Error):  # so it ends when it was given up in time
            self.hang_up(await attempt)

    async def _cancel_connect(self) -> None:
        """HCI commands are never cancelled half-way: Bumble would not know what to do with the late answer."""
        assert self._device is not None
        with suppress(hci.HCI_Error):  # so it ends when nothing was pending any more
            await self._device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def not_ready() -> BleakDBusError:
    """What BlueZ answers to a connect while the adapter is off."""
    return BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"])
