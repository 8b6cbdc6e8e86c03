"""Emulated devices, one module per driver, written from the protocol text and never from our decoders.

The one that ``--simulate`` wears, a WitMotion, belongs to the program. Emulated phones are in ``phones``.
"""

from __future__ import annotations

from typing import Final

from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from tests.simulated_devices.capture2go import Capture2Go
from tests.simulated_devices.droidpad import DroidPad
from tests.simulated_devices.meta_motion import MetaMotion, MetaMotionS
from tests.simulated_devices.movella_dot import MovellaDot
from tests.simulated_devices.movesense import Movesense
from tests.simulated_devices.open_earable import OpenEarable
from tests.simulated_devices.polar import Polar, PolarH10
from tests.simulated_devices.puck_js import PuckJs
from tests.simulated_devices.text_lines import TextLines
from tests.simulated_devices.thingy52 import Thingy52

PERIPHERALS: Final[dict[str, type[Peripheral]]] = {
    "witmotion": WitMotion,
    "movella_dot": MovellaDot,
    "movesense": Movesense,
    "droidpad": DroidPad,
    "puck_js": PuckJs,
    "text_lines": TextLines,
    "meta_motion": MetaMotion,
    "meta_motion_s": MetaMotionS,
    "polar": Polar,
    "polar_no_gyro": PolarH10,
    "open_earable": OpenEarable,
    "thingy52": Thingy52,
    "capture2go": Capture2Go,
}
"""The simulated device of each driver, by the driver's name."""
