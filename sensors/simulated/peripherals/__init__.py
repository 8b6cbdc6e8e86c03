"""Emulated devices, one module per driver, written from the protocol text and never from our decoders."""

from __future__ import annotations

from typing import Final

from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.capture2go import Capture2Go
from dowel.sensors.simulated.peripherals.droidpad import DroidPad
from dowel.sensors.simulated.peripherals.meta_motion import MetaMotion, MetaMotionS
from dowel.sensors.simulated.peripherals.movella_dot import MovellaDot
from dowel.sensors.simulated.peripherals.movesense import Movesense
from dowel.sensors.simulated.peripherals.open_earable import OpenEarable
from dowel.sensors.simulated.peripherals.polar import Polar, PolarH10
from dowel.sensors.simulated.peripherals.puck_js import PuckJs
from dowel.sensors.simulated.peripherals.text_lines import TextLines
from dowel.sensors.simulated.peripherals.thingy52 import Thingy52
from dowel.sensors.simulated.peripherals.witmotion import WitMotion

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
