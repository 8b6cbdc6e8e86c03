"""Driver for a phone whose browser has opened our page and sends what its DeviceMotion events say.

A message is the body of one POST of that page, JSON::

    {"v": 1, "page": "k3x9", "n": 17, "platform": "ios", "events": [[1234.5, 0.1, 0.2, 9.8, 1.0, -2.0, 0.5], ...]}

- ``page``: a text that is another one each time the page is loaded (its clock begins again then);
- ``n``: number of the message since then, from 0;
- ``platform``: ``ios`` for Safari and every other browser of an iPhone or iPad, ``android``, or ``other``;
- an event: ``timeStamp`` in ms; ``accelerationIncludingGravity`` x, y, z in m/s2; ``rotationRate`` alpha, beta, gamma
  in deg/s; ``null`` for what the browser does not tell. Events without acceleration are not sent;
- ``hidden``, ``denied``, ``silent`` (true, optional; then without events): the page is not in front; it may not use the
  sensors; its browser tells no motion.

A message with events is posted from the handler of its last event, as soon as there is 0.1 s of them (a timer's delay
would be taken for the clock's) and the one before has been answered. Without an answer its events come again, with
those that have joined them, in a message with a number of its own: the page cannot know what has arrived. Events that
have waited for more than 3 s are dropped: the link is lost by then, its clock is learnt again from what comes next, and
that must be fresh.

alpha is about x, beta about y, gamma about z, as the specification and the browsers have it (old texts say otherwise).
On ``ios`` acceleration has the opposite sign, rotation has not. The sign is taken from the platform alone: it cannot be
seen in the data, because a specific force with its sign turned agrees with the gyroscope as well as the right one
(df/dt = -w x f is linear in f). The event's ``interval`` is not used, because browsers disagree about its unit.

Source (sources#devicemotion): W3C Device Orientation and Motion; gyronorm.js issue 54; w3c/deviceorientation issue 44.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dowel.recordings.types import FloatArray, Notifications, Sensor
from dowel.sensors.drivers.base import Decoded, Driver
from dowel.sensors.drivers.messages import Messages, json_object, number
from dowel.sensors.drivers.readings import FullScale

NAME: Final = "device_motion"
TITLE: Final = "Phone's browser on Dowel's page"
LATENCY_S: Final = 0.15  # posted in batches of about 0.1 s
TRIED_ON_HARDWARE: Final = False

VERSION: Final = 1
IOS: Final = "ios"
COLUMNS: Final = 7
LATEST_MS: Final = 1e12
LARGEST_N: Final = 1 << 53
NEW_CLOCK_S: Final = 10.0
"""The times of a page loaded again are put this far back behind those of the last one, so that nothing joins them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A message understood: events (k, 7) with NaN for what was not told, and how many were none."""

    page: str
    number: int
    ios: bool
    events: FloatArray
    bad: int
    hidden: bool
    denied: bool
    silent: bool


def read(message: bytes) -> Batch | None:
    """The batch that a message is; None when it is none."""
    told = json_object(message)
    if told is None or told.get("v") != VERSION:
        return None
    page, count, events = told.get("page"), told.get("n"), told.get("events")
    if not isinstance(page, str) or type(count) is not int or not 0 <= count < LARGEST_N:
        return None
    if not isinstance(events, list):
        return None
    rows = [[number(value) for value in event] for event in events if isinstance(event, list) and len(event) == COLUMNS]
    return Batch(
        page,
        count,
        told.get("platform") == IOS,
        np.array(rows, np.float64).reshape(-1, COLUMNS),
        len(events) - len(rows),
        told.get("hidden") is True,
        told.get("denied") is True,
        told.get("silent") is True,
    )


def lacks_rotation(batch: Batch) -> bool:
    """Whether the browser tells acceleration, but never a rotation rate."""
    return bool(len(batch.events)) and bool(
        np.isnan(batch.events[:, 4:]).all() and np.isfinite(batch.events[:, 1]).any()
    )


class DeviceMotionEvents:
    """Decoder of the page's messages. A message that comes again or too late is counted and left out."""

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._full_scale = FullScale.of_phone(sensor)
        self._messages = Messages()
        self._page: str | None = None
        self._next = 0
        self._latest_s = -np.inf
        self._shift_s = 0.0

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        whole, bad = self._messages.read(notifications)
        count = np.zeros(len(notifications), np.int64)
        times, values = [np.empty(0)], [np.empty((0, 6))]
        for index, message in whole:
            batch = read(message)
            if batch is None or (batch.page == self._page and batch.number < self._next):
                bad += 1
                continue
            time_s, samples, left_out = self._samples(batch)
            bad += batch.bad + left_out
            count[index] = len(time_s)
            times.append(time_s)
            values.append(samples)
        all_values = np.concatenate(values)
        return Decoded(count, np.concatenate(times), all_values, self._full_scale.clipped(all_values), bad)

    def _samples(self, batch: Batch) -> tuple[FloatArray, FloatArray, int]:
        """Times and values of a batch's events that can be used, and how many cannot."""
        sign = -1.0 if batch.ios else 1.0
        time_s = 1e-3 * batch.events[:, 0]
        samples = np.concatenate([sign * batch.events[:, 1:4], np.deg2rad(batch.events[:, 4:])], axis=1)
        possible = self._full_scale.usable(samples) & (np.abs(batch.events[:, 0]) <= LATEST_MS)
        time_s, samples = time_s[possible], samples[possible]
        if batch.page != self._page and len(time_s):
            begins_anew = self._page is not None and np.isfinite(self._latest_s)
            self._shift_s = self._latest_s - NEW_CLOCK_S - float(time_s[0]) if begins_anew else 0.0
            self._page, self._latest_s = batch.page, -np.inf
        if batch.page == self._page:
            self._next = batch.number + 1
        time_s = time_s + self._shift_s
        latest_s = np.maximum.accumulate(np.concatenate([[self._latest_s], time_s]))
        fresh = time_s > latest_s[:-1]
        self._latest_s = float(latest_s[-1])
        return time_s[fresh], samples[fresh], int(len(batch.events) - np.count_nonzero(fresh))


DRIVER: Final = Driver(
    name=NAME,
    title=TITLE,
    decoder=DeviceMotionEvents,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note=(
        "A browser rounds acceleration to 0.1 m/s2, about 0.6 degrees of tilt, and sends some 60 values a second: good "
        "for trying out and for cues, poor for a slow drift. Keep the page in front and the screen on."
    ),
)
