"""A phone with Sensor Logger and HTTP push, simulated. Source: sources#sensor-logger, from the app's own documents."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, Final, Literal

import httpx
import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray
from tests.simulated_devices.phones.phone import Handset, single

Mode = Literal["android", "ios", "ios_standardised"]
EPOCH_S: Final = 1_698_501_144.0  # of the app's documented example
TIMER_WAVERS_S: Final = 0.008  # of an app, as it is not the only one
GRAVITY_S: Final = 0.3  # time constant of the phone's own gravity; how it splits makes no difference to the sum


class SensorLogger:
    """One phone that records, and pushes to ``url`` every ``batch_s``.

    Parameters
    ----------
    mode
        Android; an iPhone as it comes; an iPhone with "Standardise Units & Frames".
    uncalibrated
        Sends ``accelerometeruncalibrated`` in place of accelerometer and gravity.
    loss_share, overtaken_share
        How many messages are lost on their way, and how many are held up until the next one or two have overtaken them.

    ``answers``: the texts that the app has shown, with their status.
    """

    def __init__(
        self,
        handset: Handset,
        url: str,
        mode: Mode = "android",
        *,
        batch_s: float = 0.1,
        uncalibrated: bool = False,
        loss_share: float = 0.0,
        overtaken_share: float = 0.0,
        device: str = "phone-1",
    ) -> None:
        self.answers: list[tuple[int, str]] = []
        self.sent = self.lost = 0
        self._phone = handset.switched_on()
        self._url, self._mode, self._batch_s = url, mode, batch_s
        self._uncalibrated = uncalibrated
        self._loss_share, self._overtaken_share = loss_share, overtaken_share
        self._device = device
        self._rng = np.random.default_rng([handset.seed, 2])
        self._gravity: FloatArray | None = None
        self._recordings = 0
        self._client = httpx.AsyncClient(trust_env=False, timeout=10.0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._recording: asyncio.Task[None] | None = None

    def record(self) -> None:
        """Start a recording: numbers of messages begin anew."""
        self._recordings += 1
        self._phone.skip()
        self._recording = asyncio.ensure_future(self._record(f"session-{self._recordings}"))

    async def stop(self) -> None:
        """Stop recording."""
        if self._recording is not None:
            self._recording.cancel()
            with suppress(asyncio.CancelledError):
                await self._recording
            self._recording = None

    async def close(self) -> None:
        """Stop, and let go of everything."""
        await self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def _record(self, session: str) -> None:
        number = 0
        while True:
            await asyncio.sleep(self._batch_s + self._rng.uniform(0.0, TIMER_WAVERS_S))
            told = {"messageId": number, "sessionId": session, "deviceId": self._device, "payload": self._payload()}
            number += 1
            fate = self._rng.random()
            if fate < self._loss_share:
                self.lost += 1
                continue
            overtaken = fate < self._loss_share + self._overtaken_share
            held_up_s = self._batch_s * self._rng.uniform(1.1, 1.9) if overtaken else self._rng.uniform(0.002, 0.01)
            task = asyncio.ensure_future(self._push(json.dumps(told).encode(), held_up_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _push(self, body: bytes, held_up_s: float) -> None:
        await asyncio.sleep(held_up_s)
        try:
            answer = await self._client.post(self._url, content=body, headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            self.answers.append((0, str(error)))
            return
        self.sent += 1
        self.answers.append((answer.status_code, answer.text))

    # --- what is in a message

    def _payload(self) -> list[dict[str, Any]]:
        acc, gyr = self._phone.measure("acc"), self._phone.measure("gyr")
        turned = self._mode == "ios"
        sign = -1.0 if turned else 1.0
        payload = self._entries("gyroscope", gyr.time_s, gyr.values)
        if self._uncalibrated:
            unit = 1.0 / GRAVITY_M_S2 if turned else 1.0
            return payload + self._entries("accelerometeruncalibrated", acc.time_s, sign * unit * acc.values)
        gravity = np.array([self._slow(values, 1.0 / self._phone.handset.acc_rate_hz) for values in acc.values])
        gravity = gravity.reshape(-1, 3)
        payload += self._entries("accelerometer", acc.time_s, sign * (acc.values - gravity))
        return payload + self._entries("gravity", acc.time_s, sign * gravity)

    def _slow(self, force: FloatArray, step_s: float) -> FloatArray:
        """The phone's own idea of gravity."""
        before = force if self._gravity is None else self._gravity
        self._gravity = before + (force - before) * step_s / GRAVITY_S
        return self._gravity

    def _entries(self, name: str, time_s: FloatArray, values: FloatArray) -> list[dict[str, Any]]:
        stamps = ((EPOCH_S + self._phone.clock_s(time_s)) * 1e9).round().astype(np.int64).tolist()
        entries = []
        for stamp, (x, y, z) in zip(stamps, single(values), strict=True):
            entry: dict[str, Any] = {"name": name, "time": stamp, "values": {"z": z, "y": y, "x": x}}
            entries.append({**entry, "accuracy": 3} if self._mode == "android" else entry)
        return entries
