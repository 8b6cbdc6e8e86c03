"""The air between simulated devices: who hears whose adverts, and the connections between them."""

from __future__ import annotations

import asyncio
import random

from bumble import core, hci, ll
from bumble.controller import Controller
from bumble.link import LocalLink

from dowel.sensors.simulated.air.wire import Timing, Wire

EVENTS_TO_ESTABLISH = 6
"""A new connection that is not answered for so many events has failed (Bluetooth Core, vol. 6 B 4.5)."""


class Air(LocalLink):
    """Bumble's software link with the troubles of radio. Make and use it in one running event loop.

    Parameters are those of :class:`~dowel.sensors.simulated.air.wire.Timing`, for all connections; ``seed`` draws
    what is random. The devices are known by their addresses, as ``"C0:00:00:00:00:01"``.
    """

    def __init__(
        self,
        *,
        interval_ms: float = Timing.interval_ms,
        retransmission_share: float = Timing.retransmission_share,
        packets_per_event: int = Timing.packets_per_event,
        supervision_timeout_s: float = Timing.supervision_timeout_s,
        stack_fixed_ms: float = Timing.stack_fixed_ms,
        stack_mean_ms: float = Timing.stack_mean_ms,
        seed: int = 0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rng = random.Random(seed)
        self._timing = Timing(
            interval_ms, packets_per_event, retransmission_share, supervision_timeout_s, stack_fixed_ms, stack_mean_ms
        )
        self._loop = asyncio.get_running_loop()
        # Dictionaries, not Bumble's set: their order is that of coming, so that a seed gives one story.
        self._present: dict[Controller, None] = {}
        self._wires: dict[tuple[hci.Address, hci.Address], Wire] = {}
        self._away: set[str] = set()
        self._faded_until_s: dict[str, float] = {}

    # --- for stories

    def out_of_range(self, address: str, away: bool) -> None:
        """A device is carried out of reach, or back. Beyond the supervision timeout its connection is lost."""
        (self._away.add if away else self._away.discard)(address)
        self._reach_changed()

    def fade(self, address: str, seconds: float) -> None:
        """A body or a wall hides a device for a while: packets wait, and arrive in a burst afterwards."""
        self._faded_until_s[address] = self._loop.time() + seconds
        self._reach_changed()
        self._loop.call_later(seconds, self._reach_changed)

    def backlog(self, address: str) -> int:
        """How many packets of a device wait to be sent."""
        own = hci.Address(address)
        return sum(wire.backlog(own) for (sender, _), wire in self._wires.items() if sender == own)

    # --- called by Bumble

    def add_controller(self, controller: Controller) -> None:
        """A controller is switched on."""
        self._present[controller] = None

    def remove_controller(self, controller: Controller) -> None:
        """A controller is gone without a word."""
        del self._present[controller]
        self._reach_changed()

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """An advert to all in reach, or the answer to one: the request to connect."""
        if isinstance(packet, ll.ConnectInd):
            self._connect(sender_controller, packet)
            return
        for controller in self._present:
            if controller is not sender_controller and self._in_reach(sender_controller, controller):
                self._loop.call_soon(controller.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,  # noqa: ARG002
        data: bytes,
    ) -> None:
        """Data on a connection. The sender is known by the connection, not by the address it has now (as in Bumble)."""
        connection = sender_controller.le_connections[destination_address]
        wire = self._wires.get((connection.self_address, destination_address))
        if wire is not None:
            wire.send(connection.self_address, data)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """The controllers' own talk takes its turn among the data, so that what was sent before a hang-up arrives."""
        wire = self._wires.get((sender_address, receiver_address))
        if wire is not None:
            wire.send(sender_address, packet)

    def _connect(self, initiator: Controller, packet: ll.ConnectInd) -> None:
        central = initiator.le_connections[packet.advertiser_address]
        peripheral = None
        for controller in self._present:
            if self._is_advertising(controller, packet.advertiser_address) and self._in_reach(initiator, controller):
                controller.on_ll_advertising_pdu(packet)
                peripheral = controller.le_connections[packet.initiator_address]
                break
        if peripheral is None:
            # gone between its advert and the answer to it
            delay_s = 1e-3 * EVENTS_TO_ESTABLISH * self._timing.interval_ms
            self._loop.call_later(
                delay_s,
                initiator.on_le_disconnected,
                central,
                hci.HCI_CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR,
            )
            return
        advertiser = peripheral.controller
        wire = Wire(central, peripheral, self._timing, self.rng, lambda: self._in_reach(initiator, advertiser))
        for key in ((central.self_address, central.peer_address), (peripheral.self_address, peripheral.peer_address)):
            self._wires[key] = wire

    def _is_advertising(self, controller: Controller, address: hci.Address) -> bool:
        advertiser = controller.le_legacy_advertiser
        return advertiser.enabled and advertiser.address == address

    def _in_reach(self, one: Controller, other: Controller) -> bool:
        return self._hears(one) and self._hears(other)

    def _hears(self, controller: Controller) -> bool:
        address = controller.random_address.to_string(with_type_qualifier=False)
        if controller not in self._present or address in self._away:
            return False
        return self._loop.time() >= self._faded_until_s.get(address, 0.0)

    def _reach_changed(self) -> None:
        for wire in dict.fromkeys(self._wires.values()):
            wire.reach_changed()
