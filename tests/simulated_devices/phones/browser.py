"""A phone whose browser shows Dowel's page, simulated: events as browsers make them. Source: sources#devicemotion.

What the page sends is described in ``drivers.device_motion``; here it is written from that description.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import numpy as np

from dowel.recordings.types import FloatArray
from tests.simulated_devices.phones.phone import Handset, Platform

EVENTS_HZ: Final = 60.0  # the most that browsers give
ACC_STEP_M_S2: Final = 0.1  # to which the specification rounds, as the next
GYR_STEP_DEG_S: Final = 0.1
POSTED_EVERY_S: Final = 0.1  # or a little later: with the next event, as the page does
HANDLED_S: Final = 0.001  # from the measurement to the event


class MotionEvents:
    """The DeviceMotion events of one phone, from :meth:`load` on. Both sensors come in one event."""

    def __init__(self, handset: Handset, platform: Platform) -> None:
        self.platform: Platform = platform
        self._phone = replace(handset, acc_rate_hz=EVENTS_HZ).switched_on()
        self._origin_s = 0.0

    def load(self) -> None:
        """A page is loaded (anew): its clock begins at 0."""
        self.skip()
        self._origin_s = float(self._phone.clock_s(np.array([self._phone.now_s()]))[0])

    def skip(self) -> None:
        """What would have come until now does not."""
        self._phone.skip()

    async def next(self) -> list[list[float]]:
        """Wait for the next event; it and those that nobody has waited for, each as a row of a message."""
        await asyncio.sleep(max(self._phone.until_next_s("both"), 0.0) + HANDLED_S)
        readings = self._phone.measure("both")
        acc, gyr = readings.values[:, :3], readings.values[:, 3:]
        stamps_ms = 1e3 * (self._phone.clock_s(readings.time_s) - self._origin_s)
        sign = -1.0 if self.platform == "ios" else 1.0
        rounded = np.column_stack(
            [
                np.round(stamps_ms, 1),
                _in_steps(sign * acc, ACC_STEP_M_S2),
                _in_steps(np.rad2deg(gyr), GYR_STEP_DEG_S),
            ]
        )
        rows: list[list[float]] = rounded.tolist()
        return rows


class Browser:
    """One phone with the page open; ``post`` is given each body."""

    def __init__(self, handset: Handset, post: Callable[[bytes], object], platform: Platform = "android") -> None:
        self.hidden = False
        self._events = MotionEvents(handset, platform)
        self._post = post
        self._loads = self._number = 0
        self._task: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Load the page (anew)."""
        self._loads += 1
        self._number = 0
        self._events.load()
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    def say(self, **more: Any) -> None:
        """Post a body without events that says something else."""
        self._send([], **more)

    async def close(self) -> None:
        """Close the page."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(POSTED_EVERY_S)
            events = await self._events.next()
            if self.hidden:
                self._events.skip()
            elif events:
                self._send(events)

    def _send(self, events: list[list[float]], **more: Any) -> None:
        told = {
            "v": 1,
            "page": f"load{self._loads}",
            "n": self._number,
            "platform": self._events.platform,
            "events": events,
            **more,
        }
        self._number += 1
        self._post(json.dumps(told).encode())


def _in_steps(values: FloatArray, step: float) -> FloatArray:
    return np.asarray(np.round(np.round(values / step) * step, 6))
