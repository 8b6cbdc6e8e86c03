"""The phones of a practice: which link belongs to an address, and the listener for those that push."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dowel.display.display import Display
from dowel.recordings.errors import UsageError
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkChange
from dowel.sensors.phones.addresses import PHYPHOX, SENSOR_LOGGER, SENSOR_SERVER, phone_address
from dowel.sensors.phones.link import PhoneLink
from dowel.sensors.phones.pushed import DeviceMotionLink, SensorLoggerLink

if TYPE_CHECKING:
    from dowel.web.ingest import Ingest


Invite = Callable[[DeviceMotionLink], str]


@dataclass
class Phones:
    """Makes the links to phones.

    ``addresses`` are those of the practice, ``host`` is this computer's address in the network, ``clock_ns`` the
    arrival clock. ``display`` tells the person what to do. ``invite`` lets our own page feed a link, and gives the
    address that the phone is to open; None where no page is served.
    """

    addresses: Mapping[Placement, str]
    host: str
    clock_ns: Callable[[], int]
    stack: AsyncExitStack
    display: Display
    invite: Invite | None
    _ingest: Ingest | None = None

    async def link(
        self,
        placement: Placement,
        on_notification: Callable[[int, bytes], None],
        on_change: Callable[[LinkChange], None],
    ) -> PhoneLink:
        """The link to the phone at this placement, which is still to be opened."""
        text = self.addresses[placement]
        address = phone_address(text)
        assert address is not None, "only phones are asked for"

        told: dict[str, Any] = {
            "clock_ns": self.clock_ns,
            "on_notification": on_notification,
            "on_change": on_change,
        }
        if address.app == PHYPHOX:
            from dowel.sensors.phones.phyphox import PhyphoxLink

            return PhyphoxLink(placement, text, url=f"http://{address.authority}", **told)
        if address.app == SENSOR_SERVER:
            from dowel.sensors.phones.sensor_server import SensorServerLink

            return SensorServerLink(placement, text, url=f"ws://{address.authority}", **told)
        if address.app == SENSOR_LOGGER:
            link = SensorLoggerLink(placement, text, **told)
            await self._listen(link)
            return link
        if self.invite is None:
            raise UsageError("--sensor phone: needs the live page, which --no-page leaves out.")
        page = DeviceMotionLink(placement, text, **told)
        self.display.say("Or open this address on the phone:")
        self.display.say(self.invite(page))
        self.display.ask(
            f"Phone for the {placement.words}: scan the code on the live page, press Start there, and strap it on"
            f"{', ' if placement.site else ''}{placement.site}."
        )
        return page

    async def _listen(self, link: SensorLoggerLink) -> None:
        from dowel.web.ingest import Ingest

        if self._ingest is None:
            self._ingest = Ingest(self.host, self.clock_ns)
            await self._ingest.start()
            self.stack.push_async_callback(self._ingest.close)
        url = self._ingest.url(self._ingest.add(link.receive))
        self.display.ask(
            f"Phone for the {link.placement.words}: in Sensor Logger switch on Accelerometer, Gravity and Gyroscope, "
            f"and HTTP Push with the URL {url} and the shortest batch period; then start recording, the phone lying "
            "still with its screen up."
        )
