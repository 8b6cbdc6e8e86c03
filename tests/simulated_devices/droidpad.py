"""An Android phone with DroidPad, simulated: an event of text per notification.

Source: sources#droidpad. Both sensors have the same period here; on a phone they may differ. Left out: other controls
of the pad, and that the phone advertises no more after a lost link until somebody taps Connect: that is the air's to
play.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2
from dowel.sensors.simulated.peripherals.base import Characteristic, Packet, Peripheral, Service

SERVICE: Final = "4fbfc1d7-f509-44ab-afe1-62ea40a4b111"
DATA: Final = "dc3f5274-33ba-48de-8246-43bf8985b323"

PERIOD_US: Final = 20_000  # what users are told to set; the app begins with 200000
ACC_RANGE_M_S2: Final = 8.0 * GRAVITY_M_S2  # a guess, as the next: phones differ
GYR_RANGE_RAD_S: Final = float(np.deg2rad(2000.0))


class DroidPad(Peripheral):
    """One phone, its pad in play with both sensors.

    Parameters
    ----------
    period_us
        As set in the app.
    swapped_share
        How often the angular rate overtakes the acceleration that was measured with it.
    misspelt
        ``ACCELEROMTER``, as the app's README has it.

    """

    usual_name = "dev"
    paced_by_chip = True
    advertised_services = (SERVICE,)
    services = (Service(SERVICE, (Characteristic(DATA, ("notify",)),)),)

    def __init__(
        self,
        *args: Any,
        period_us: int = PERIOD_US,
        swapped_share: float = 0.0,
        misspelt: bool = False,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(*args, seed=seed, **options)
        self._rate_hz = 1e6 / period_us
        self._swapped_share = swapped_share
        self._acc_word = "ACCELEROMTER" if misspelt else "ACCELEROMETER"
        self._rng = np.random.default_rng(seed)

    def subscribe(self, characteristic: str, on: bool) -> None:
        """Nothing else is needed: the pad is in play."""
        super().subscribe(characteristic, on)
        if characteristic == DATA and on:
            self.sample("pad", self._rate_hz, 1, self._hand_over)
        elif characteristic == DATA:
            self.stop("pad")

    def _hand_over(self, packet: Packet) -> None:
        acc = np.clip(packet.acc_m_s2[0], -ACC_RANGE_M_S2, ACC_RANGE_M_S2)
        gyr = np.clip(packet.gyr_rad_s[0], -GYR_RANGE_RAD_S, GYR_RANGE_RAD_S)
        events = [event(self._acc_word, acc), event("GYROSCOPE", gyr)]
        if self._rng.random() < self._swapped_share:
            events.reverse()
        for each in events:
            self.notify(DATA, each)


def event(word: str, values: Iterable[float]) -> bytes:
    """One event as the app writes it."""
    return ",".join([word, *map(as_kotlin, values)]).encode("ascii")


def as_kotlin(value: float) -> str:
    """A 32-bit float as Kotlin prints it: ``1.0E-4`` below a thousandth, and else the fewest digits that tell it.

    On a phone it may be one digit more.
    """
    single = np.float32(value)
    if single == 0.0 or 1e-3 <= abs(single) < 1e7:  # from there on it has an exponent: Java's Float.toString
        return np.format_float_positional(single, unique=True, trim="0")
    return np.format_float_scientific(single, unique=True, trim="0", exp_digits=1).replace("e+", "e").replace("e", "E")
