"""One connection on the air: packets wait for connection events, fail, are sent again, and arrive late but in order."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bumble import hci, ll
from bumble.controller import Connection
from bumble.core import PhysicalTransport


@dataclass(frozen=True)
class Timing:
    """How a connection moves packets. Defaults as in :class:`dowel.sensors.simulated.delivery.Link` where it has them.

    - ``interval_ms``: between connection events; 30 is usual (sources#bluetooth), 7.5 to 50 occur.
    - ``packets_per_event``: at most so many one way; 12 carries a notification per sample at 100 Hz also at 50 ms.
    - ``retransmission_share`` of the packets fail; such a packet and those behind it wait for the next event.
    - ``supervision_timeout_s``: without contact for so long, both sides take the connection for lost.
    - ``stack_fixed_ms``, ``stack_mean_ms``: delay in the receiver, fixed plus gamma-distributed.
    """

    interval_ms: float = 30.0
    packets_per_event: int = 12
    retransmission_share: float = 0.08
    supervision_timeout_s: float = 2.0
    stack_fixed_ms: float = 0.5
    stack_mean_ms: float = 3.0


@dataclass
class Lane:
    """One direction of a connection: what waits to be sent, and what is on its way up through the receiver."""

    receiver: Connection
    waiting: deque[bytes | ll.ControlPdu] = field(default_factory=deque)
    rising: deque[bytes | ll.ControlPdu] = field(default_factory=deque)
    last_arrival_s: float = 0.0


class Wire:
    """A connection between two controllers, from its first event until both sides have ended it.

    ``in_reach`` tells whether the two hear each other; whoever changes that calls :meth:`reach_changed`.
    """

    def __init__(
        self,
        central: Connection,
        peripheral: Connection,
        timing: Timing,
        rng: random.Random,
        in_reach: Callable[[], bool],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._timing = timing
        self._rng = rng
        self._in_reach = in_reach
        self._begin_s = self._loop.time()
        self._last_event = 0
        self._event: asyncio.TimerHandle | None = None
        self._supervision: asyncio.TimerHandle | None = None
        # by the address of the sender
        self._lanes = {central.self_address: Lane(peripheral), peripheral.self_address: Lane(central)}

    def send(self, sender: hci.Address, packet: bytes | ll.ControlPdu) -> None:
        """Queue a packet for the next connection event."""
        self._lanes[sender].waiting.append(packet)
        self._await_event()

    def backlog(self, sender: hci.Address) -> int:
        """How many packets of one side wait to be sent."""
        return len(self._lanes[sender].waiting)

    def reach_changed(self) -> None:
        """The two sides may have lost or found each other."""
        if not self._in_reach():
            if self._supervision is None:
                self._supervision = self._loop.call_later(self._timing.supervision_timeout_s, self._lost)
        elif self._supervision is not None:
            self._supervision.cancel()
            self._supervision = None
            self._await_event()

    def close(self) -> None:
        """Nothing moves any more; neither side is told."""
        for lane in self._lanes.values():
            lane.waiting.clear()
            lane.rising.clear()
        for timer in (self._event, self._supervision):
            if timer is not None:
                timer.cancel()

    def _await_event(self) -> None:
        """Plan the next connection event, if there is something to send and somebody to hear it."""
        if self._event is not None or not self._in_reach():
            return
        if any(lane.waiting for lane in self._lanes.values()):
            interval_s = 1e-3 * self._timing.interval_ms
            passed = math.floor((self._loop.time() - self._begin_s) / interval_s)
            # at the event itself, rounding may count it as still to come
            self._last_event = max(self._last_event, passed) + 1
            self._event = self._loop.call_at(self._begin_s + self._last_event * interval_s, self._meet)

    def _meet(self) -> None:
        """A connection event: each side sends what it can."""
        self._event = None
        if not self._in_reach():
            return
        for lane in self._lanes.values():
            for _ in range(min(len(lane.waiting), self._timing.packets_per_event)):
                if self._rng.random() < self._timing.retransmission_share:
                    break
                self._receive(lane, lane.waiting.popleft())
        self._await_event()

    def _receive(self, lane: Lane, packet: bytes | ll.ControlPdu) -> None:
        """A packet is through; the receiver's stack hands it on a little later, never before an earlier one."""
        stack_ms = self._timing.stack_fixed_ms + self._rng.gammavariate(2.0, 0.5) * self._timing.stack_mean_ms
        lane.last_arrival_s = max(lane.last_arrival_s, self._loop.time() + 1e-3 * stack_ms)
        lane.rising.append(packet)
        self._loop.call_at(lane.last_arrival_s, self._hand_on, lane)

    def _hand_on(self, lane: Lane) -> None:
        # Timers due at the same moment go off in any order, so each takes the first packet, not "its" packet.
        if not lane.rising:
            return
        packet = lane.rising.popleft()
        receiver = lane.receiver
        if not is_open(receiver):
            return
        if isinstance(packet, bytes):
            receiver.controller.on_link_acl_data(receiver.peer_address, PhysicalTransport.LE, packet)
        else:
            receiver.controller.on_ll_control_pdu(receiver.peer_address, packet)
            if isinstance(packet, ll.TerminateInd):
                self.close()

    def _lost(self) -> None:
        """The supervision timeout has passed: whoever still holds the connection gives it up."""
        self.close()
        for lane in self._lanes.values():
            if is_open(lane.receiver):
                lane.receiver.controller.on_le_disconnected(lane.receiver, hci.HCI_CONNECTION_TIMEOUT_ERROR)


def is_open(end: Connection) -> bool:
    """Whether a side of a connection has not ended it yet."""
    return end.controller.le_connections.get(end.peer_address) is end
