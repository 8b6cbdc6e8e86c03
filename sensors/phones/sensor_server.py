"""The link to SensorServer: a WebSocket on which each measurement comes by itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from dowel.recordings.errors import LinkError
from dowel.sensors.drivers import sensor_server
from dowel.sensors.phones.link import ANSWER_S, PhoneLink

EVENT_BYTES: Final = 1 << 16
"""Far above any event, which has some 130 bytes (sources#working-memory)."""
SENSOR_NOT_FOUND: Final = 4001
"""The code that the app closes a connection with when the phone lacks a sensor that was asked for
(sources#sensorserver)."""
PATH: Final = "/sensors/connect?types=" + quote(json.dumps([sensor_server.ACCELEROMETER, sensor_server.GYROSCOPE]))

_OPEN: Final = "Open SensorServer on the phone, tap Start, and have phone and computer in the same network."
_KEEP: Final = "Keep SensorServer started and the screen on, and the phone in the network."


class SensorServerLink(PhoneLink):
    """A phone with SensorServer; parameters as of ``PhoneLink``, the address as ``ws://HOST:PORT`` in ``url``."""

    driver = sensor_server.DRIVER

    def __init__(self, *arguments: Any, url: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._url = url + PATH
        self._socket: ClientConnection | None = None

    async def _reach(self) -> None:
        self._socket = await self._connected()
        self._start(self._listen())

    async def _release(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _advice(self) -> str:
        return _KEEP if self._begun else _OPEN

    async def _connected(self) -> ClientConnection:
        """A connection. Raises ``LinkError``."""
        try:
            return await connect(
                self._url,
                open_timeout=ANSWER_S,
                close_timeout=ANSWER_S,
                max_size=EVENT_BYTES,
                compression=None,  # an event is too short for it, and it would only cost time
                proxy=None,  # a phone is in the same network
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            raise LinkError(f"SensorServer does not answer at {self.address}. {self._advice()}") from error

    async def _listen(self) -> None:
        """Hear a connection out, make a new one, and so on. Nothing that goes wrong ends it."""
        pause_s = self._policy.first_pause_s
        while True:
            try:
                if self._socket is None:
                    self._socket = await self._connected()
                if await self._hear(self._socket):
                    pause_s = self._policy.first_pause_s
                    continue
            except LinkError as error:
                self._trouble = str(error)
            await asyncio.sleep(pause_s)
            pause_s = min(2.0 * pause_s, self._policy.longest_pause_s)

    async def _hear(self, socket: ClientConnection) -> bool:
        """Returns when the connection has ended, or nothing comes that a sample can be made of; whether that came."""
        useful = False
        now_s = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self._policy.reconnect_after_silent_s) as patience:
                while True:
                    message = await socket.recv()
                    arrival_ns = self._clock_ns()
                    if not isinstance(message, str):
                        continue
                    if sensor_server.GYROSCOPE in message:  # each of its events makes a sample
                        useful = True
                        patience.reschedule(now_s() + self._policy.reconnect_after_silent_s)
                    self._take(arrival_ns, message.encode("utf-8", "surrogatepass"))
        except ConnectionClosed as closed:
            absent = closed.rcvd is not None and closed.rcvd.code == SENSOR_NOT_FOUND
            self._trouble = (
                f"The {self._where} phone has no gyroscope or no accelerometer, without which angles cannot be "
                "measured. Use another phone."
                if absent
                else f"The connection to {self.address} ended. {self._advice()}"
            )
        except (TimeoutError, WebSocketException, OSError):
            self._trouble = f"Nothing comes from the gyroscope at {self.address}. {self._advice()}"
        self._socket = None
        await socket.close()
        return useful
