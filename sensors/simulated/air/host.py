"""A Bluetooth host for the simulated air: Bumble's, without the text that it makes of every packet."""

from __future__ import annotations

from bumble import hci
from bumble.host import Host


class SimHost(Host):
    """One device's host.

    Bumble writes each packet out for its log, in colour and whether anybody reads it or not: half of the work of a
    simulated practice. These two do what Bumble's do and write nothing.
    """

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """A packet to the controller."""
        assert self.hci_sink is not None
        self.hci_sink.on_packet(bytes(packet))

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """A packet from the controller: an event or data."""
        if isinstance(packet, hci.HCI_AclDataPacket):
            self.on_hci_acl_data_packet(packet)
        else:
            assert isinstance(packet, hci.HCI_Event)
            self.on_hci_event_packet(packet)
