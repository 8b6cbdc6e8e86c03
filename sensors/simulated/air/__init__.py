"""The simulated radio: Bluetooth bytes over Bumble, with connection intervals, loss and faults (extra simulate)."""

import logging

from dowel.sensors.simulated.air.adapter import Adapter
from dowel.sensors.simulated.air.medium import Air
from dowel.sensors.simulated.air.station import Station

# Bumble warns of things that are as they should be here, such as packets for a connection that has just ended.
logging.getLogger("bumble").setLevel(logging.ERROR)

__all__ = ["Adapter", "Air", "Station"]
