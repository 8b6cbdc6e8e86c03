"""Real sensors over Bluetooth LE: find them, tell them apart, start them, and keep them streaming."""

from dowel.sensors.ble.binding import BindingPrompt, bind
from dowel.sensors.ble.failures import link_error
from dowel.sensors.ble.link import SensorLink
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import IDLE_SCAN_S, Found, find, scan
from dowel.sensors.ble.status import LinkChange, LinkPolicy, LinkState, LinkStatus

__all__ = [
    "IDLE_SCAN_S",
    "BindingPrompt",
    "Found",
    "LinkChange",
    "LinkPolicy",
    "LinkState",
    "LinkStatus",
    "Radio",
    "SensorLink",
    "bind",
    "find",
    "link_error",
    "scan",
]
