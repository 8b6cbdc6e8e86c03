"""Counters of samples and of ticks, as Xsens' programs write both: how long a tick is, and what time it makes."""

from __future__ import annotations

from typing import Final

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.types import FloatArray

COUNTER: Final = 2**32
"""SampleTimeFine, and ``micros()`` of many a board, are unsigned counts of 32 bits; microseconds in them wrap after 72
minutes."""

_LONGEST_GAP: Final = 6e7  # a step of a minute of microseconds is a restart, not a wrap or a loss
_TICKS_S: Final = (1e-6, 1e-4)  # Movella DOT counts microseconds, other Xsens devices tenths of milliseconds
_RATES_HZ: Final = (10.0, 1000.0)  # what such a sensor can send; a tick of the other length is 100 times off
_LIKE: Final = 2.5  # a stated rate was seen wrong by a factor of 2


def seconds(
    file: str, ticks: FloatArray, packets: FloatArray | None, stated_hz: float | None
) -> tuple[FloatArray, float]:
    """Seconds from the first sample, from a counter of ticks that may wrap; and how long a tick is.

    That shows what the packets make of it: the stated rate, or else one that such a sensor can have.
    Raises `InputError` where no tick does.
    """
    if ticks.min() < 0 or ticks.max() >= COUNTER:
        raise InputError(f"{file}: SampleTimeFine is no counter of 32 bits. Export the recording again.")
    steps = np.diff(over_the_end(ticks, _LONGEST_GAP))
    tick_s = _tick_s(file, steps, np.ones(len(steps)) if packets is None else np.diff(packets), stated_hz)
    return np.concatenate([[0.0], np.cumsum(steps)]) * tick_s, tick_s


def over_the_end(ticks: FloatArray, longest: float) -> FloatArray:
    """Counts (n,) of 32 bits that go on where they began again, unless too many would lie between."""
    steps = np.diff(ticks, prepend=ticks[:1])
    begun_again = (steps < 0) & (np.mod(steps, COUNTER) <= longest)
    return ticks + COUNTER * np.cumsum(begun_again)


def _tick_s(file: str, steps: FloatArray, packets: FloatArray, stated_hz: float | None) -> float:
    grown = steps > 0
    counted = grown & (packets > 0)
    if not grown.any():
        return _TICKS_S[0]
    per_packet = float(np.median(steps[counted] / packets[counted] if counted.any() else steps[grown]))
    rates_hz = [1 / (per_packet * tick_s) for tick_s in _TICKS_S]
    if stated_hz is not None:
        near = [tick_s for tick_s, rate in zip(_TICKS_S, rates_hz, strict=True) if 1 / _LIKE < rate / stated_hz < _LIKE]
    else:
        near = [
            tick_s
            for tick_s, rate in zip(_TICKS_S, rates_hz, strict=True)
            if _RATES_HZ[0] <= rate * (1 + 1e-9) and rate < _RATES_HZ[1]
        ]
    if not near:
        against = f"the stated {stated_hz:g} Hz" if stated_hz is not None else "a rate that such a sensor has"
        raise InputError(
            f"{file}: SampleTimeFine grows by {per_packet:g} a packet, which is {rates_hz[0]:.4g} Hz in microseconds "
            f"and {rates_hz[1]:.4g} Hz in tenths of milliseconds; neither is {against}. Export the recording again."
        )
    return near[0]


def unwrapped(counter: FloatArray, modulus: int) -> FloatArray:
    """A counter that wraps, as one that goes on counting from 0."""
    return np.concatenate([[0.0], np.cumsum(np.mod(np.diff(counter), modulus))])
