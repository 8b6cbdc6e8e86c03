"""What the links to phones have in common: opening one, watching it, and its messages as notifications."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Notifications, Placement, Sensor
from dowel.sensors.drivers import usual_latency_s
from dowel.sensors.drivers.base import Driver
from dowel.sensors.drivers.messages import MESSAGE_BYTES, pieces
from dowel.sensors.links import STANDARD_POLICY, LinkChange, LinkPolicy, LinkState, WatchedLink
from dowel.sensors.stream.grid import SOON_S

ANSWER_S: Final = 3.0
"""Longest wait for one answer over the network; in a home network it takes some ms, and after sleep up to 1 s
(sources#network-patience)."""
FIRST_DATA_S: Final = 10.0
"""A phone that was started sends within a second or two; sensors of some models need three
(sources#network-patience)."""
SPAN_S: Final = 1.0
"""Over so long the rate is measured: at 50 Hz one sample more or less is 2 %, and gaps are looked for at 50 %
(sources#network-patience)."""
LOOK_S: Final = 0.1
"""Short against the wait of a person (sources#network-patience)."""
KEPT_MESSAGES: Final = 1000
"""While it is opened; SensorServer sends 400 in a second (sources#working-memory)."""
KEPT_BYTES: Final = 4 * MESSAGE_BYTES
"""The same, for apps that send seldom and much: somebody may take ten minutes to set one up
(sources#working-memory)."""
LEAST_RATE_HZ: Final = 20.0
"""Below it a hinge is seen by a few dozen samples and the filter follows no swing; apps begin at 5 to 17 Hz
(sources#network-patience)."""
CONTINUOUS: Final = 1.5
"""A step longer than so many usual ones has lost samples (as ``track``; sources#gap-handling)."""


class PhoneLink(WatchedLink, ABC):
    """One phone at one placement; to be derived for each app.

    Parameters
    ----------
    placement, clock_ns, on_notification, on_change, policy
        As of ``WatchedLink``; notifications are handed on after :meth:`begin`.
    address
        As the user gave it; kept with the sensor.

    """

    driver: Driver
    """The codec of what it sends."""
    first_data_s: ClassVar[float] = FIRST_DATA_S

    def __init__(
        self,
        placement: Placement,
        address: str,
        *,
        clock_ns: Callable[[], int],
        on_notification: Callable[[int, bytes], None],
        on_change: Callable[[LinkChange], None],
        policy: LinkPolicy = STANDARD_POLICY,
    ) -> None:
        super().__init__(placement, clock_ns, on_notification, on_change, policy)
        self.address = address
        self._begun = False
        self._opening: deque[tuple[int, bytes]] | None = None
        self._trouble = ""
        self._tasks: list[asyncio.Task[None]] = []

    # --- the face of a link

    async def open(self) -> Sensor:
        """Reach it, start it, and measure its rate; what the session file keeps of it. Raises ``LinkError``."""
        self._opening = deque(maxlen=KEPT_MESSAGES)
        await self._reach()
        self.sensor = await self._measured()
        self._opening = None
        self.status.state, self.status.sentence, self._trouble = LinkState.STREAMING, "", ""
        return self.sensor

    def begin(self) -> None:
        """From now on notifications are handed on, and silence is told."""
        if not self._begun:
            self._begun = True
            self._start(self._watch())

    async def close(self) -> None:
        """Let it go. Never raises; may be called again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._begun = False
        self._opening = None
        self.status.state = LinkState.STOPPED
        await self._release()

    # --- for each app

    @abstractmethod
    async def _reach(self) -> None:
        """Connect and start it, so that messages come to :meth:`_take`. Raises ``LinkError``."""

    async def _release(self) -> None:
        """Disconnect."""

    @abstractmethod
    def _advice(self) -> str:
        """What to do when nothing comes."""

    def _learn(self, messages: Sequence[bytes]) -> tuple[Mapping[str, Any], str]:  # noqa: ARG002
        """What the decoder must know, from the first messages; or what is to be done so that it can be known."""
        return {}, ""

    def _name(self) -> str:
        """What the phone or its experiment calls itself."""
        return ""

    # --- for their use

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    def _take(self, arrival_ns: int, message: bytes) -> None:
        """A message with measurements has come."""
        if self._opening is not None:
            self._opening.append((arrival_ns, message))
            while len(self._opening) > 1 and sum(len(each) for _, each in self._opening) > KEPT_BYTES:
                self._opening.popleft()
        if not self._begun:
            return
        self._trouble = ""
        if len(message) > MESSAGE_BYTES:
            self._note(f"The {self._where} phone sent more at once than a session can keep; it is left out.")
            return
        for piece in pieces(message):
            self._notified(arrival_ns, piece)

    # --- inside

    async def _measured(self) -> Sensor:
        """Wait until what comes can be understood and its rate is known."""
        begin_ns = self._clock_ns()
        problem = ""
        while self._silent_s(begin_ns) < self.first_data_s:
            await asyncio.sleep(LOOK_S)
            heard = list(self._opening or ())
            if not heard:
                continue
            settings, problem = self._learn([message for _, message in heard])
            if problem:
                self._note(problem)
                continue
            sensor = Sensor(self.placement, self.driver.name, self._name(), self.address, settings=settings)
            rate_hz = _rate_hz(self.driver, sensor, heard)
            if rate_hz is not None:
                return self._sensor(sensor, rate_hz, [arrival_ns for arrival_ns, _ in heard])
        told = problem or self._trouble or f"The {self._where} phone sends nothing. {self._advice()}"
        raise LinkError(told)

    def _sensor(self, sensor: Sensor, rate_hz: float, arrivals_ns: Sequence[int]) -> Sensor:
        if rate_hz < LEAST_RATE_HZ:
            raise LinkError(
                f"The {self._where} phone sends only {rate_hz:.0f} samples a second; {LEAST_RATE_HZ:.0f} are needed, "
                "and 100 are good. Set a higher sampling rate in its app."
            )
        settings = dict(sensor.settings)
        # The rate stands as the asked one: gaps are found by it, and must be found the same when it is replayed.
        every_s = float(np.median(np.diff(np.unique(arrivals_ns)))) * 1e-9 if len(set(arrivals_ns)) > 1 else 0.0
        if every_s > max(SOON_S, usual_latency_s(sensor)):
            settings["latency_s"] = round(every_s, 2)
        return Sensor(
            sensor.placement,
            sensor.driver,
            sensor.name,
            sensor.address,
            asked_rate_hz=round(rate_hz, 1),
            settings=settings,
        )

    async def _watch(self) -> None:
        """Tell when it falls silent, and when it is lost; that it is back is told by what comes."""
        begin_ns = self._clock_ns()
        patience = self._policy.patience(usual_latency_s(self.sensor))
        silent_after_s = patience * self._policy.silent_after_s
        lost_after_s = patience * self._policy.reconnect_after_silent_s
        while True:
            silent_s = self._silent_s(begin_ns)
            why = self._trouble or self._advice()
            if silent_s >= lost_after_s and not self._away:
                self._away = True
                self.status.state = LinkState.LOST
                self.status.losses += 1
                self._tell("lost", f"The {self._where} phone is lost; the session goes on. {why}")
            elif silent_s >= silent_after_s and self.status.state is LinkState.STREAMING:
                self.status.state = LinkState.SILENT
                self._tell("silent", f"The {self._where} phone sends nothing. {why}")
            next_s = next((at for at in (silent_after_s, lost_after_s) if at > silent_s), silent_s + silent_after_s)
            await asyncio.sleep(next_s - silent_s + 1e-3)  # a little late, not a little early


def _rate_hz(driver: Driver, sensor: Sensor, heard: Sequence[tuple[int, bytes]]) -> float | None:
    """The rate of the samples in these messages; None while there are too few."""
    whole = [(arrival_ns, piece) for arrival_ns, message in heard for piece in pieces(message)]
    notifications = Notifications(
        np.arange(len(whole)),
        np.array([arrival_ns for arrival_ns, _ in whole], np.int64),
        np.array([len(piece) for _, piece in whole], np.int64),
        b"".join(piece for _, piece in whole),
    )
    step_s = np.diff(driver.decoder(sensor).decode(notifications).device_time_s)
    if not len(step_s):
        return None
    step_s = step_s[(step_s > 0) & (step_s <= CONTINUOUS * np.median(step_s))]
    return len(step_s) / float(step_s.sum()) if step_s.sum() >= SPAN_S else None
