"""Real sensors over Bluetooth LE: find them, tell them apart, start them, and keep them streaming."""

from dowel.sensors.ble.failures import link_error
from dowel.sensors.ble.link import SensorLink
from dowel.sensors.ble.placement_finder import BindingPrompt, bind
from dowel.sensors.ble.radio import Radio
from dowel.sensors.ble.scanning import IDLE_SCAN_S, Found, find, scan

__all__ = [
    "IDLE_SCAN_S",
    "BindingPrompt",
    "Found",
    "Radio",
    "SensorLink",
    "bind",
    "find",
    "link_error",
    "scan",
]
