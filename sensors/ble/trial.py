"""The first seconds of a connection: whether anything can be made of what the sensor sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from dowel.recordings.types import Notifications, Placement, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Facts

TRIAL_S: Final = 2.5
"""By then every sensor has sent dozens of notifications, so a person hears of it within 3 s (sources#link-patience)."""
FEWEST: Final = 3
"""Of fewer nothing is said (sources#link-patience)."""
SMALL_MTU_BYTES: Final = 20
"""What a notification holds without a larger MTU: 23 bytes less 3 (sources#bluetooth)."""
SMALL_MTU: Final = (
    "It sends pieces of 20 bytes, of which nothing can be made: the connection takes no larger ones (its MTU is 23). "
    "Switch sensor and Bluetooth off and on; if it stays so, use another Bluetooth adapter or a newer system."
)
NOT_UNDERSTOOD: Final = (
    "Nothing can be made of what it sends: it may run in another mode, or with other firmware. Close other programs "
    "that use it, switch it off and on, and reset or update it with the maker's app."
)


class Trial:
    """Decodes the first notifications until a sample comes out of them; whoever sends none in time is reported.

    Parameters
    ----------
    driver, rate_hz, facts
        The driver in use, the rate asked for, and what the sensor told of itself.
    tell
        Called with ``trouble`` where nothing was understood.
    """

    def __init__(
        self,
        driver: BluetoothDriver,
        rate_hz: float,
        facts: Mapping[str, float | str | bool],
        tell: Callable[[Facts], None],
    ) -> None:
        settings = {key: facts[key] for key in driver.needed_facts}
        self._decoder = driver.decoder(Sensor(Placement.SACRUM, driver.name, asked_rate_hz=rate_hz, settings=settings))
        self._tell = tell
        self._count = self._longest = 0
        self.understood = False
        seconds = max(TRIAL_S, 3.0 * driver.latency_s)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._judge)

    def take(self, arrival_ns: int, payload: bytes) -> None:
        """One more notification."""
        decoded = self._decoder.decode(Notifications.one(self._count, arrival_ns, payload))
        self._count += 1
        self._longest = max(self._longest, len(payload))
        self.understood = bool(len(decoded.values))

    def end(self) -> None:
        """Nothing more is to be said."""
        self._timer.cancel()

    def _judge(self) -> None:
        if self._count >= FEWEST:
            self._tell({"trouble": SMALL_MTU if self._longest <= SMALL_MTU_BYTES else NOT_UNDERSTOOD})
