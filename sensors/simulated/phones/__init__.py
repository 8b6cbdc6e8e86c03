"""Emulated phones, one module per app, written from the apps' documents and never from our decoders.

They speak real HTTP and WebSocket on 127.0.0.1, and go by the event loop's clock, so that they run in virtual time too.
"""

from __future__ import annotations

from dowel.sensors.simulated.phones.browser import Browser
from dowel.sensors.simulated.phones.phyphox import Phyphox
from dowel.sensors.simulated.phones.sensor_logger import SensorLogger
from dowel.sensors.simulated.phones.sensor_server import SensorServer

__all__ = ["Browser", "Phyphox", "SensorLogger", "SensorServer"]
