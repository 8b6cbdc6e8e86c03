"""A Bluetooth controller for the simulated air: Bumble's, where that is a stub or untrue.

Bumble is pinned, because these overrides touch its internals; tests/sensors/simulated/air hold each of them to what
they rely on (sources#bumble, sources#simulated-radio).
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Final

from bumble import hci, ll
from bumble.controller import Controller, LegacyAdvertiser
from bumble.link import LocalLink

ADVERTISING_JITTER_S: Final = 0.010
"""Random delay of each advert, so that two devices never collide for long (Bluetooth Core, vol. 6 B 4.4.2.2)."""

RSSI_SPREAD_DB: Final = 2.0
"""Scatter of the signal strength from one advert to the next; a usual size, nothing depends on it."""

DATA_BYTES: Final = 251
"""The most that a link-layer packet carries (Bluetooth Core, vol. 6 B 2.4)."""


@dataclass
class Advert(ll.AdvInd):
    """An advert together with the answer to a scan request, which Bumble's does not hold, and how strong it arrives."""

    scan_response: bytes = b""
    rssi_dbm: int = 0


class Advertiser(LegacyAdvertiser):
    """Advertises at its interval plus the random delay; Bumble takes the interval's unit of 0.625 ms for 1 ms."""

    interval_s: float = 0.1
    rssi_dbm: float = -60.0
    rng: random.Random

    def _on_timer_fired(self) -> None:
        delay_s = self.interval_s + self.rng.uniform(0.0, ADVERTISING_JITTER_S)
        self.timer_handle = asyncio.get_running_loop().call_later(delay_s, self._on_timer_fired)
        rssi_dbm = round(self.rng.gauss(self.rssi_dbm, RSSI_SPREAD_DB))
        self.controller.send_advertising_pdu(
            Advert(self.address, self.advertising_data, self.scan_response_data, rssi_dbm)
        )


class SimController(Controller):
    """One device's controller on the air."""

    # Legacy advertising only: it is what these sensors do, and the one way that Bumble's controller has a scan
    # response for.
    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    )

    # A notification fits one packet, as since Bluetooth 4.2; Bumble cuts it into those of 4.0, of 27 bytes, between
    # host and controller.
    le_acl_data_packet_length = DATA_BYTES

    def __init__(self, name: str, air: LocalLink, rng: random.Random) -> None:
        super().__init__(name, link=air)
        self.advertiser = Advertiser(self, own_address_type=hci.OwnAddressType.RANDOM)
        self.advertiser.rng = rng
        self.le_legacy_advertiser = self.advertiser

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """A packet from the host, as in Bumble, but not written out for a log that nobody reads (see SimHost)."""
        if isinstance(packet, hci.HCI_AclDataPacket):
            self.on_hci_acl_data_packet(packet)
        else:
            assert isinstance(packet, hci.HCI_Command)
            self.on_hci_command_packet(packet)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """A packet to the host, which takes it up at the loop's next turn; not written out either."""
        if self.host:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def hang_up(self, reason: int, peer: hci.Address | None = None) -> None:
        """End the connection to a peer, or to all; the other side is told the reason."""
        for connection in list(self.le_connections.values()):
            if peer is not None and connection.peer_address != peer:
                continue
            connection.send_ll_control_pdu(ll.TerminateInd(reason))
            self.on_le_disconnected(connection, hci.HCI_CONNECTION_TERMINATED_BY_LOCAL_HOST_ERROR)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """An advert is heard: to the host with its own scan response and strength, and to a pending connect."""
        if not isinstance(pdu, Advert):
            return
        if self.le_scan_enable:
            event = hci.HCI_LE_Advertising_Report_Event
            for kind, data in ((event.EventType.ADV_IND, pdu.data), (event.EventType.SCAN_RSP, pdu.scan_response)):
                report = event.Report(
                    event_type=kind,
                    address_type=pdu.advertiser_address.address_type,
                    address=pdu.advertiser_address,
                    data=data,
                    rssi=pdu.rssi_dbm,
                )
                self.send_hci_packet(event([report]))
        pending = self.pending_le_connection
        wanted = pending is not None and pending.peer_address == pdu.advertiser_address
        if wanted and pdu.advertiser_address not in self.le_connections:
            self.create_le_connection(pdu.advertiser_address)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """A connect is given up: a stub in Bumble, after which every later connect would be refused."""
        pending = self.pending_le_connection
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)
