"""What every link to a sensor is, over Bluetooth or to a phone: how it is doing, and what is reported of changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers.base import Driver

_log = logging.getLogger(__name__)

NS_PER_S: Final = 1_000_000_000  # of the arrival clock (sources#units-and-layout)


class LinkState(StrEnum):
    """Where a sensor's link stands."""

    CONNECTING = "connecting"
    STREAMING = "streaming"
    SILENT = "silent"
    LOST = "lost"
    STOPPED = "stopped"


@dataclass(slots=True)
class LinkStatus:
    """How a link is doing now.

    Parameters
    ----------
    rssi_dbm
        Signal strength of its latest advert: a connected sensor sends none, and a phone in the network has none.
    state
        Where it stands.
    battery_pct, firmware
        As the sensor reported them.
    notifications
        How many were handed on.
    dropped
        How many were left out as the excess of a storm.
    last_arrival_ns
        Arrival of the latest one, on the arrival clock.
    losses
        How often the connection was lost.
    sentence
        The latest trouble; empty: all is well.
    """

    rssi_dbm: int | None = None
    state: LinkState = LinkState.CONNECTING
    battery_pct: float | None = None
    firmware: str = ""
    notifications: int = 0
    dropped: int = 0
    last_arrival_ns: int | None = None
    losses: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Something that happened to a link.

    Parameters
    ----------
    placement
        Which sensor's.
    kind
        What happened.
    sentence
        It, for the user.
    at_ns
        When, on the arrival clock.
    """

    placement: Placement
    kind: Literal["lost", "back", "silent", "storm", "note"]
    sentence: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """When a link loses patience.

    Parameters
    ----------
    silent_after_s
        Connected, but no data for so long: reported. At a usual interval of 30 ms it is thirty silent events in a row.
    reconnect_after_silent_s
        Connected, but no data for so long: connected again. Longer than any fade that a lifter's body makes in front of
        the radio.
    search_s
        One search for a lost sensor. It holds the radio, so that the next lost sensor waits no longer than this.
    connect_s
        One try to connect a lost sensor; less than at first, where nobody waits for another sensor.
    first_pause_s
        After the first failed try; a sensor that is switched on again advertises within a second.
    longest_pause_s
        Pauses double up to this, because scanning without end takes radio time from the sensors that still stream; but
        a set is over in half a minute, and the sensor is needed within it.
    poll_s
        The battery is asked for this often; it changes by less than 1 % in the meantime.
    storm_notifications_per_s
        More than this is no measurement: ten times the fastest known, and the burst after a fade stays below.
    rate_tolerance
        A rate that the sensor itself reports may differ from the asked one by this share (sources#bluetooth).

    Notes
    -----
    All were chosen to lose little of a set and leave the radio free (sources#link-patience).
    """

    silent_after_s: float = 1.0
    reconnect_after_silent_s: float = 3.0
    search_s: float = 5.0
    connect_s: float = 10.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 5.0
    poll_s: float = 60.0
    storm_notifications_per_s: int = 2000
    rate_tolerance: float = 0.05

    def patience(self, latency_s: float) -> float:
        """By which factor a sensor may be silent longer, because it sends seldom (Polar: 1 to 2 s).

        Parameters
        ----------
        latency_s
            The usual time from a sample to its arrival.
        """
        return max(1.0, 3.0 * latency_s / self.silent_after_s)


STANDARD_POLICY: Final = LinkPolicy()


class Link(Protocol):
    """One sensor at one placement, from :meth:`open` until :meth:`close`."""

    placement: Placement
    status: LinkStatus
    sensor: Sensor
    """What the session file keeps of it; known once it is open."""

    @property
    def driver(self) -> Driver:
        """The driver in use."""
        ...

    async def open(self) -> Sensor:
        """Connect and start it.

        Returns
        -------
        Sensor
            What the session file keeps of it.

        Raises
        ------
        LinkError
            Where it cannot be reached or used: what is wrong, and what to do.
        """
        ...

    def begin(self) -> None:
        """From now on notifications are handed on, and a lost sensor is brought back."""
        ...

    async def close(self) -> None:
        """Let it go. Never raises; may be called again."""
        ...


class WatchedLink:
    """What the links have in common: how a notification is taken, and how a change is reported.

    Parameters
    ----------
    placement
        Where the sensor is worn.
    clock_ns
        The arrival clock.
    on_notification
        Called with the arrival time (ns) and the bytes of every notification, in order.
    on_change
        Called with what happens to the link. ``back`` is reported just before the first notification after a loss.
    policy
        When to lose patience.

    Notes
    -----
    What ``on_notification`` and ``on_change`` raise does no harm to the stream.
    """

    def __init__(
        self,
        placement: Placement,
        clock_ns: Callable[[], int],
        on_notification: Callable[[int, bytes], None],
        on_change: Callable[[LinkChange], None],
        policy: LinkPolicy,
    ) -> None:
        self.placement = placement
        self.status = LinkStatus()
        self.sensor: Sensor
        self._clock_ns = clock_ns
        self._on_notification = on_notification
        self._on_change = on_change
        self._policy = policy
        self._away = False
        self._reported: set[str] = set()
        self._window_ns = 0
        self._in_window = self._most = 0
        self._storm = False

    # --- what comes

    def _notified(self, arrival_ns: int, payload: bytes) -> None:
        if self._away:
            self._is_back(arrival_ns)
        if self.status.state is not LinkState.STREAMING:
            self.status.state, self.status.sentence = LinkState.STREAMING, ""
        self.status.last_arrival_ns = arrival_ns
        if self._too_many(arrival_ns):
            self.status.dropped += 1
            return
        self.status.notifications += 1
        try:
            self._on_notification(arrival_ns, payload)
        except Exception as error:
            _log.debug("A notification could not be handled", exc_info=error)
            self._note(
                f"What the {self._where} sensor sent could not be used ({type(error).__name__}: {error}). The session "
                "goes on; please report this."
            )

    def _is_back(self, arrival_ns: int) -> None:
        self._away = False
        self._reported.clear()
        self._tell("back", f"The {self._where} sensor is back.", arrival_ns)

    def _too_many(self, arrival_ns: int) -> bool:
        """Whether this notification is beyond what a sensor can mean; reported once per storm."""
        if arrival_ns - self._window_ns >= NS_PER_S:
            self._storm = self._storm and self._in_window > self._most
            silent_s = (arrival_ns - self._window_ns) // NS_PER_S if self._window_ns else 1
            self._most = silent_s * self._policy.storm_notifications_per_s  # what a computer that hung gets at once
            self._window_ns, self._in_window = arrival_ns, 0
        self._in_window += 1
        if self._in_window <= self._most:
            return False
        if not self._storm:
            self._storm = True
            self._tell(
                "storm",
                f"The {self._where} sensor sends more than {self._policy.storm_notifications_per_s} notifications a "
                "second; the excess is left out. Switch it off and on.",
            )
        return True

    # --- how long nothing came

    def _silent_s(self, since_ns: int) -> float:
        """Time since the last notification, or since this moment where there is none after it."""
        return (self._clock_ns() - max(since_ns, self.status.last_arrival_ns or since_ns)) / NS_PER_S

    # --- what is reported

    @property
    def _where(self) -> str:
        return self.placement.words

    def _note(self, sentence: str) -> None:
        """Report a sentence once, until the sensor is back."""
        self.status.sentence = sentence
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._tell("note", sentence)

    def _tell(
        self, kind: Literal["lost", "back", "silent", "storm", "note"], sentence: str, at_ns: int | None = None
    ) -> None:
        if kind in ("lost", "silent", "storm"):
            self.status.sentence = sentence
        change = LinkChange(self.placement, kind, sentence, self._clock_ns() if at_ns is None else at_ns)
        try:
            self._on_change(change)
        except Exception:
            _log.exception("A change of a link could not be handled")
