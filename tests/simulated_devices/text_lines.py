"""A home-made sensor, simulated: lines of text over the Nordic UART service.

Source: sources#nordic-uart, and the lines and the sketch of docs/drivers.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, BoolArray, FloatArray
from dowel.sensors.simulated.peripherals.base import Packet, Peripheral, in_steps
from tests.simulated_devices import nordic_uart

AXES: Final = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
PROPOSED: Final = ("seq", "time_us", *(f"acc_{axis}_m_s2" for axis in "xyz"), *(f"gyr_{axis}_rad_s" for axis in "xyz"))
"""The columns of the sketch."""
WITH_SWITCHES: Final = (*PROPOSED, "contact_head", "contact_upper_back", "contact_sacrum")
"""The columns of the rod's sketch."""

ACC_STEP_M_S2: Final = 16.0 * GRAVITY_M_S2 / 32768.0  # the sketch's range, as the next
GYR_STEP_RAD_S: Final = math.radians(2000.0) / 32768.0
UNITS: Final = {
    **{"m_s2": (1.0, 3), "g": (GRAVITY_M_S2, 4), "mg": (1e-3 * GRAVITY_M_S2, 1)},
    **{"rad_s": (1.0, 4), "deg_s": (math.radians(1.0), 3), "mdeg_s": (math.radians(1e-3), 0)},
}
"""What one is in m/s2 or rad/s, and decimals: those of the sketch, for other units about as fine."""

TIMES: Final = {"time_us": 1e6, "time_ms": 1e3, "time_s": 1.0}  # per second
SEQUENCES: Final = 1 << 16  # then it begins again: docs/drivers.md
MICROS: Final = 1 << 32  # then micros() and millis() begin again


class TextLines(Peripheral):
    """One board. It counts its samples from power-on and sends what is measured while somebody is connected.

    Parameters
    ----------
    rate_hz
        As set in its sketch: nobody can change it from outside.
    columns
        What a line holds, by the names of docs/drivers.md.
    as_json
        A JSON object per line.
    lines_per_notification
        So many samples are sent together, cut where the MTU ends.
    acc_flip
        The board shows -1 g upward.
    touching
        What its switches read at times of the event loop's clock (n,): whether head, upper back and sacrum touch
        (n, 3).

    """

    usual_name = "Dowel sensor"
    advertised_services = (nordic_uart.UUID,)
    services = (nordic_uart.SERVICE,)

    def __init__(
        self,
        *args: Any,
        rate_hz: float = 100.0,
        columns: tuple[str, ...] = PROPOSED,
        as_json: bool = False,
        lines_per_notification: int = 2,
        acc_flip: bool = False,
        touching: Callable[[FloatArray], BoolArray] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._rate_hz = rate_hz
        self._columns = columns
        self._as_json = as_json
        self._lines = lines_per_notification
        self._acc_sign = -1 if acc_flip else 1
        self._touching = touching

    def connected(self, *args: Any) -> None:
        """It sends, whether somebody has subscribed or not."""
        super().connected(*args)
        before = int(self.device_time_s * self._rate_hz)
        self.sample("lines", self._rate_hz, self._lines, lambda packet: self._hand_over(before, packet))

    def _hand_over(self, before: int, packet: Packet) -> None:
        counts = np.hstack(
            [
                self._acc_sign * in_steps(packet.acc_m_s2, ACC_STEP_M_S2),
                in_steps(packet.gyr_rad_s, GYR_STEP_RAD_S),
            ]
        )
        text = ""
        read = np.zeros((len(counts), 3), np.bool_)
        if self._touching is not None:
            read = self._touching(self._powered_on_s + packet.device_time_s / (1.0 + self.clock_error))
        for number, time_s, axes, touches in zip(packet.number, packet.device_time_s, counts, read, strict=True):
            values = {**dict(zip(AXES, axes, strict=True)), **dict(zip(WITH_SWITCHES[-3:], touches, strict=True))}
            cells = [self._cell(name, before + int(number), float(time_s), values) for name in self._columns]
            if self._as_json:
                text += json.dumps(dict(zip(self._columns, map(json.loads, cells), strict=True))) + "\n"
            else:
                text += ",".join(cells) + "\n"
        nordic_uart.send(self, text.encode("ascii"))

    @staticmethod
    def _cell(name: str, number: int, time_s: float, counts: dict[str, int]) -> str:
        if name == "seq":
            return str(number % SEQUENCES)
        if name == "skip":
            return "0"
        if name in WITH_SWITCHES[-3:]:
            return str(int(counts[name]))
        if name in TIMES:
            ticks = time_s * TIMES[name]
            # whole ticks that have passed, by a clock that has more digits than it is worth
            return f"{ticks:.4f}" if name == "time_s" else str(int(round(ticks, 3)) % MICROS)
        axis, unit = name[:5], name[6:]
        if unit == "counts":
            return str(counts[axis])
        value = counts[axis] * (ACC_STEP_M_S2 if axis.startswith("acc") else GYR_STEP_RAD_S)
        factor, decimals = UNITS[unit]
        return f"{value / factor:.{decimals}f}"


class BadSwitches:
    """Switches as cheap ones are: after each change they bounce, and some of them stick.

    Parameters
    ----------
    touching
        What truly touches, as in :class:`TextLines`.
    stuck
        By contact (0 head, 1 upper back, 2 sacrum), what it reads whatever happens, and from which time on.
    bounce_s
        For so long after a change they read by chance.
    """

    def __init__(
        self,
        touching: Callable[[FloatArray], BoolArray],
        stuck: Mapping[int, tuple[bool, float]] | None = None,
        bounce_s: float = 0.015,
    ) -> None:
        self._touching, self._stuck, self._bounce_s = touching, stuck or {}, bounce_s
        self._rng = np.random.default_rng(7)
        self._latest: BoolArray = np.zeros(3, np.bool_)
        self._changed_s: FloatArray = np.full(3, -np.inf)

    def __call__(self, time_s: FloatArray) -> BoolArray:
        """What they read."""
        read = self._touching(time_s)
        for now_s, row in zip(time_s.tolist(), read, strict=True):
            self._changed_s[row != self._latest] = now_s
            self._latest = row.copy()
            bouncing = now_s - self._changed_s < self._bounce_s
            row[bouncing] = self._rng.random(int(bouncing.sum())) < 0.5
            for contact, (reads, from_s) in self._stuck.items():
                if now_s >= from_s:
                    row[contact] = reads
        return read
