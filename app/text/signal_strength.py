"""Signal and battery of a sensor in words."""

from __future__ import annotations

from typing import Final

_SIGNAL_WORDS: Final = ((-60, "strong"), (-75, "good"), (-85, "weak"))
"""From this many dBm on. Receivers lose packets below about -90 dBm, and a body in between takes 10 to 20 dB."""
LOW_BATTERY_PCT: Final = 15.0
"""A quarter of an hour of streaming for the usual sensor, which is a practice."""


def signal_word(rssi_dbm: float) -> str:
    """A signal strength as a word."""
    return next((word for least_dbm, word in _SIGNAL_WORDS if rssi_dbm >= least_dbm), "very weak")


def signal_words(rssi_dbm: float | None) -> str:
    """A signal strength in dBm and as a word; ``-`` where there is none."""
    return "-" if rssi_dbm is None else f"{rssi_dbm:.0f} dBm {signal_word(rssi_dbm)}"


def battery_words(battery_pct: float | None) -> str:
    """A battery in per cent, and whether that is low; ``-`` where the sensor does not tell."""
    if battery_pct is None:
        return "-"
    return f"{battery_pct:.0f} %" + (" low" if battery_pct < LOW_BATTERY_PCT else "")
