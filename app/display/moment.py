"""Why contact is as it is at this moment, and the one thing to do about it: the same words on terminal and page."""

from __future__ import annotations

from dowel.display.view import Contact, Shown, Told
from dowel.sensors.links import LinkState
from dowel.text.unjudged import unjudged_now
from dowel.text.wording import words


def told_now(shown: Shown) -> Told:
    """How contact is lost and what brings it back; where nothing is judged, why, and what to do for who can do it."""
    now, contacts = shown.results.now, set(shown.results.now.contacts.values())
    if contacts & {Contact.LOST, Contact.NEAR}:
        way, told = now.way_lost, shown.results.setting.drill.words
        return Told(words(way), told.now.get(way, told.cue.get(way, "")))
    if Contact.HELD in contacts:
        return Told()
    unjudged = _unjudged(shown)
    return unjudged if shown.controls is not None else Told(unjudged.why)  # a replay can be mended by nobody


def _unjudged(shown: Shown) -> Told:
    now = shown.results.now
    trunk = shown.results.stance.trunk
    for sensor in shown.sensors_now:
        if sensor.placement in trunk and sensor.state is not LinkState.STREAMING:
            why = f"{sensor.placement.words} sensor {sensor.state}"
            return Told(why, "Keep it near and switched on; it is being reconnected.")
    if now.calibration is None and shown.instruction is not None:
        return Told("the calibration is under way", "Do what it asks.")
    reasons = now.unjudged or (() if now.calibration is not None else ("no_calibration",))
    return Told(*unjudged_now(reasons))
