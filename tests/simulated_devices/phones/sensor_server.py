"""An Android phone with SensorServer, simulated. Source: sources#sensorserver."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.simulated_devices.phones.phone import Handset, single

_TYPES: Final[dict[str, Literal["acc", "gyr"]]] = {
    "android.sensor.accelerometer": "acc",
    "android.sensor.gyroscope": "gyr",
}
SENSOR_NOT_FOUND: Final = 4001  # of the app's own codes for the end of a connection
HANDED_OVER_S: Final = 0.005  # Android hands events over as they come, some at a time


class SensorServer:
    """One phone, its server started.

    ``asleep``: connected, but sends nothing. ``absent``: types of sensors that it does not have. ``mute``: types that
    it has and sends nothing of, as the app does when another connection asked for them before. ``connections`` counts
    those that were made.
    """

    def __init__(self, handset: Handset, *, delay_s: float = 0.003) -> None:
        self.asleep = False
        self.absent: tuple[str, ...] = ()
        self.mute: tuple[str, ...] = ()
        self.connections = 0
        self.port = 0
        self._phone = handset.switched_on()
        self._delay_s = delay_s
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """What the app shows."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the server."""
        self._server = await serve(self._serve, "127.0.0.1", self.port)
        self.port = int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stop it; who listens is disconnected."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, client: ServerConnection) -> None:
        assert client.request is not None
        target = urlsplit(client.request.path)
        if target.path != "/sensors/connect":
            await client.close(1002, "no such path")
            return
        self.connections += 1
        types = [each for each in json.loads(parse_qs(target.query)["types"][0]) if each in _TYPES]
        missing = [each for each in types if each in self.absent]
        if missing:
            await client.close(SENSOR_NOT_FOUND, f"sensor of type {missing[0]} not found")
            return
        self._phone.skip()
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(HANDED_OVER_S)
                if self.asleep:
                    self._phone.skip()
                    await asyncio.sleep(0.1)
                    await client.ping()
                    continue
                for event in self._events([each for each in types if each not in self.mute]):
                    await client.send(event)

    def _events(self, types: list[str]) -> list[str]:
        """What has been measured since, in its order."""
        events: list[tuple[int, str]] = []
        for kind in types:
            readings = self._phone.measure(_TYPES[kind])
            stamps = (self._phone.clock_s(readings.time_s) * 1e9).round().astype(int).tolist()
            for stamp, values in zip(stamps, single(readings.values), strict=True):
                told = {"accuracy": 3, "timestamp": stamp, "values": values, "type": kind}
                events.append((stamp, json.dumps(told, separators=(",", ":"))))
        return [event for _, event in sorted(events)]
