"""Linux: notices when the system's Bluetooth service is stopped or restarted.

Its links are gone then, and nothing tells bleak so: it would go on believing what the old service said. For bleak such
an end is as if the bus had broken, so that is what it is given: it forgets what it knew, and tells each client that it
is disconnected (tried with bleak 3.1).
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dbus_fast import Message

SERVICE: Final = "org.bluez"
RULE: Final = f"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{SERVICE}'"


class ServiceWatch:
    """Watches from :meth:`start` to :meth:`stop`; on other systems, and without a bus, it does nothing."""

    def __init__(self) -> None:
        self._bus: Any = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Watch from now on."""
        if sys.platform != "linux":
            return
        from bleak.backends.bluezdbus.utils import get_dbus_authenticator
        from dbus_fast import BusType, Message
        from dbus_fast.aio import MessageBus

        self._bus = MessageBus(bus_type=BusType.SYSTEM, auth=get_dbus_authenticator())
        with suppress(OSError):
            await self._bus.connect()
            self._bus.add_message_handler(self._hear)
            self._in_background(self._end())
            await self._bus.call(
                Message(
                    destination="org.freedesktop.DBus",
                    path="/org/freedesktop/DBus",
                    interface="org.freedesktop.DBus",
                    member="AddMatch",
                    signature="s",
                    body=[RULE],
                )
            )

    def stop(self) -> None:
        """Watch no more."""
        if self._bus is not None:
            self._bus.disconnect()

    async def _end(self) -> None:
        """How the bus ends is bleak's matter; an end that nobody asks for would be printed at some time."""
        with suppress(Exception):
            await self._bus.wait_for_disconnect()

    def _hear(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == SERVICE and message.body[1]:
            self._in_background(_forget())

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _forget() -> None:
    """What bleak knows of the service that has gone."""
    from bleak.backends.bluezdbus.manager import get_global_bluez_manager

    with suppress(Exception):  # the bus has gone too
        manager = await get_global_bluez_manager()
        if manager._bus is not None:
            manager._bus.disconnect()
