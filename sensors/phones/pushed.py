"""Links to phones that send by themselves: Sensor Logger, and our own page in the phone's browser.

Whoever runs the server hands over each body with :meth:`receive`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from dowel.sensors.drivers import device_motion, sensor_logger
from dowel.sensors.phones.link import PhoneLink

SET_UP_S: Final = 600.0
"""Somebody has to type an address, find settings and go back for the phone; who has given up has ended the practice
(sources#network-patience)."""
LEARNT_FROM: Final = 20
"""The latest messages show which sensors are switched on now, and how the phone lies (sources#network-patience)."""

PAGE_TROUBLES: Final = {
    "denied": (
        "Its browser is not allowed to use the motion sensors. Close the page there, scan the code again, press Start "
        "and choose Allow."
    ),
    "silent": (
        "Its browser reports no motion. If it is a phone, look in the browser's site settings whether motion sensors "
        "are allowed, then press Start again."
    ),
    "hidden": "The page is hidden or the screen is off. Bring it back to the front and leave the screen on.",
}
"""By what our page says of itself: what the person at the computer is told."""


class PushedLink(PhoneLink):
    """A phone that sends by itself; parameters as of ``PhoneLink``."""

    first_data_s = SET_UP_S

    @abstractmethod
    def receive(self, body: bytes, arrival_ns: int) -> str:
        """Take what a phone has sent; what to tell it when it cannot be used, else empty."""

    async def _reach(self) -> None:
        """It comes by itself."""


class SensorLoggerLink(PushedLink):
    """A phone with Sensor Logger. The first that sends is the one; another one is refused."""

    driver = sensor_logger.DRIVER

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._device: str | None = None

    def receive(self, body: bytes, arrival_ns: int) -> str:
        """Take the body of a POST; what the app is to show when it cannot be used, else empty."""
        batch = sensor_logger.read(body)
        if batch is None:
            return "This is not a message of Sensor Logger."
        if self._device not in (None, batch.device):
            return "Another phone sends to this address already. Each phone needs its own."
        if batch.measured:
            self._device = batch.device
            self._take(arrival_ns, body)
        return ""

    def _learn(self, messages: Sequence[bytes]) -> tuple[dict[str, Any], str]:
        batches = [batch for message in messages[-LEARNT_FROM:] if (batch := sensor_logger.read(message)) is not None]
        return sensor_logger.learn(batches)

    def _advice(self) -> str:
        return "Keep Sensor Logger recording, with HTTP Push on, and phone and computer in the same network."


class DeviceMotionLink(PushedLink):
    """A phone whose browser shows our page. What it is to send is told in ``drivers.device_motion``.

    ``moving``: the latest that it sent was movement.
    """

    driver = device_motion.DRIVER

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.moving = False

    def receive(self, body: bytes, arrival_ns: int) -> str:
        """Take the body of a POST; what the page is to show when it cannot be used, else empty."""
        batch = device_motion.read(body)
        if batch is None:
            return "This page is of another version. Reload it."
        self.moving = bool(len(batch.events))
        if self.moving:
            self._take(arrival_ns, body)
            return ""
        self._trouble = next((words for flag, words in PAGE_TROUBLES.items() if getattr(batch, flag)), "")
        if self._trouble:
            told = f"The {self._where} phone: {self._trouble}"
            self._reported.discard(told)  # each time it happens
            self._note(told)
        return ""  # of its own troubles the page knows itself

    def _learn(self, messages: Sequence[bytes]) -> tuple[dict[str, Any], str]:
        latest = device_motion.read(messages[-1])
        if latest is not None and device_motion.lacks_rotation(latest):
            return {}, (
                f"The browser of the {self._where} phone reports no rotation rate, without which angles cannot "
                "be measured. Try another browser or another phone."
            )
        return {}, ""

    def _advice(self) -> str:
        return "Keep the page in front and the screen on."
