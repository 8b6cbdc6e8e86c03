"""Emulated phones, one module per app, written from the apps' documents and never from our decoders.

They speak real HTTP and WebSocket on 127.0.0.1, and go by the event loop's clock, so that they run in virtual time too.
"""

from __future__ import annotations

from tests.simulated_devices.phones.browser import Browser
from tests.simulated_devices.phones.phyphox import Phyphox
from tests.simulated_devices.phones.sensor_logger import SensorLogger
from tests.simulated_devices.phones.sensor_server import SensorServer

__all__ = ["Browser", "Phyphox", "SensorLogger", "SensorServer"]
