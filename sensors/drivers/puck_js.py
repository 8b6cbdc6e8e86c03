"""Puck.js v2: the driver gives the board a program that sends its samples as lines of text.

Its LSM6DS3TR-C is set to 4 g and 250 deg/s. The time is the board's own when it handles a sample, not the chip's.
The numbers at rest show +1 g along the axis that points up (Espruino's example event), so nothing is turned round.

Sources (sources#puckjs): Espruino's jswrap_puck.c, and ST's driver of the chip for the gyroscope's scale: Espruino's
text (and phyphox's experiment after it) spreads 245 deg/s over the whole number, which is 15 % too little.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, Sensor
from dowel.sensors.drivers.base import BluetoothDriver, Decoder, Notify, Pause, Step, Write
from dowel.sensors.drivers.text_lines import CONTROL, DATA, TextLines

NAME: Final = "puck_js"
TITLE: Final = "Puck.js v2"
LATENCY_S: Final = 0.05  # a line per sample, as the board's own console sends it
TRIED_ON_HARDWARE: Final = False
SETTINGS: Final = {
    "columns": ("time_ms", *(f"acc_{axis}_counts" for axis in "xyz"), *(f"gyr_{axis}_counts" for axis in "xyz")),
    "acc_m_s2_per_count": 4.0 * GRAVITY_M_S2 / 32768.0,
    "gyr_rad_s_per_count": np.deg2rad(8.75e-3),  # ST's ranges end before the numbers do
    "acc_range_m_s2": 4.0 * GRAVITY_M_S2,
    "gyr_range_rad_s": np.deg2rad(250.0),
}
RATES_HZ: Final = (52.0, 26.0, 104.0)
PIECE_BYTES: Final = 20  # what every Puck.js takes in one write
_RESET: Final = b"\x03\x10reset();\n"  # \x03 leaves a half-typed line, \x10 keeps the console from echoing this one
_SCRIPT: Final = (
    "\x10var t0=getTime();\n"
    "\x10Puck.on('accel',function(e){{var a=e.acc,g=e.gyro;Bluetooth.println("
    "[((getTime()-t0)*1e3).toFixed(1),a.x,a.y,a.z,g.x,g.y,g.z].join(','));}});\n"
    "\x10Puck.accelOn({rate_hz:g});\n"
)


def _typed(text: bytes) -> tuple[Step, ...]:
    return tuple(Write(CONTROL, text[at : at + PIECE_BYTES]) for at in range(0, len(text), PIECE_BYTES))


def start(rate_hz: float) -> tuple[Step, ...]:
    """Give the Puck.js a program that sends its samples; the program is gone when the battery is taken out."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"Puck.js is not used at {rate_hz:g} Hz.")
    script = _SCRIPT.format(rate_hz=rate_hz).encode("ascii")
    return Notify(DATA), *_typed(_RESET), Pause(1.0, "its interpreter restarts"), *_typed(script)


def stop() -> tuple[Step, ...]:
    """End the program."""
    return _typed(_RESET)


def decoder(sensor: Sensor) -> Decoder:
    """Lines of the program that ``start`` gives it."""
    return TextLines(replace(sensor, settings={**sensor.settings, **SETTINGS}))


DRIVER: Final = BluetoothDriver(
    name=NAME,
    title=TITLE,
    service_uuids=(),
    name_pattern=r"Puck\.js",
    data_characteristic=DATA,
    control_characteristic=CONTROL,
    rates_hz=RATES_HZ,
    start=start,
    stop=stop,
    decoder=decoder,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="It measures up to 250 deg/s and 4 g, sends about 50 samples a second at most, and forgets its own program.",
)
