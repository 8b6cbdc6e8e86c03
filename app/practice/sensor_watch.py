"""Watches how sensors and file are doing while a practice runs: it is shown, kept in the file, and warned of."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Final

from dowel.display.sensor_health import HEARD_LINK, RATE_TOLERANCE, SensorHealth
from dowel.practice.live_session import LiveSession
from dowel.recordings.types import Placement
from dowel.sensors.links import Link, LinkState
from dowel.sensors.stream.contacts import Contacts
from dowel.session.sensor_findings import SensorFindings, findings_of
from dowel.text.signal_strength import LOW_BATTERY_PCT
from dowel.text.wording import too_long_pause_words, words

LOOK_S: Final = 0.5
"""What goes wrong is said within a second of its beginning, 0.3 s of which are needed to be sure."""
KEEP_EVERY_S: Final = 10.0
"""Often enough to see in the file what went wrong when; 20 kB in an hour."""
LOST_SHARE: Final = 0.01
LOST_AFTER_S: Final = 30.0
"""More lost samples than this, in more than this, are said: a single gap is shown and needs no advice."""
RATE_OVER_S: Final = 20.0
"""A notification more or less is under 1 % of the samples in this time."""


class SensorWatch:
    """Looks at links, tracks and the file twice a second; ``warn`` is given sentences, each once.

    ``latest`` holds a :class:`SensorHealth` for each sensor of the session.
    """

    def __init__(self, live: LiveSession, links: Sequence[Link], warn: Callable[[str], None]) -> None:
        self._live = live
        self._links = links
        self._warn = warn
        self._warned: set[tuple[Placement, str]] = set()
        self._counts: list[deque[tuple[float, int]]] = [deque() for _ in links]
        self._silent_s = [0.0] * len(links)
        self._kept_s = 0.0
        self.latest = [self._look_at(index) for index in range(len(links))]
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def stop(self) -> None:
        """No more looking; what is known is kept in the file."""
        self._timer.cancel()
        self.latest = [self._look_at(index) for index in range(len(self._links))]
        self._keep()
        for index, (health, sensor) in enumerate(zip(self.latest, self._live.results.sensors, strict=True)):
            if health.rate_hz is not None:
                self._live.writer.update_sensor(index, replace(sensor, measured_rate_hz=round(health.rate_hz, 3)))

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        for index, link in enumerate(self._links):
            self._silent_s[index] += LOOK_S if link.status.state is not LinkState.STREAMING else 0.0
        self.latest = [self._look_at(index) for index in range(len(self._links))]
        for health, track in zip(self.latest, self._live.engine.tracks, strict=True):
            self._warn_of(health)
            self._warn_of_findings(health.placement, findings_of(track))
            self._warn_of_switches(health.placement, track.contacts)
        for sentence in self._live.take_news():
            self._warn(sentence)
        if self._live.results.ended_s is not None:
            told = f"Nothing is used from here on: {too_long_pause_words()}"
            self._once(self.latest[0].placement, "pause", told)
        stopped = self._live.failure
        if stopped is not None:
            told = f"The analysis stopped ({type(stopped).__name__}: {stopped}). The recording goes on: look at it with"
            self._once(self.latest[0].placement, "analysis", f"{told} dowel report afterwards, and report the fault.")
        if self._live.now_s - self._kept_s >= KEEP_EVERY_S:
            self._keep()

    def _look_at(self, index: int) -> SensorHealth:
        link, track = self._links[index], self._live.engine.tracks[index]
        sensor, now_s = self._live.engine.sensors[index], self._live.now_s
        counts = self._counts[index]
        if link.status.state is not LinkState.STREAMING:
            counts.clear()  # a rate over a gap says nothing of the rate
        else:
            counts.append((now_s, track.samples))
            while counts[0][0] < now_s - RATE_OVER_S:
                counts.popleft()
        spans_s = counts[-1][0] - counts[0][0] if counts else 0.0
        rate_hz = (counts[-1][1] - counts[0][1]) / spans_s if spans_s >= 0.5 * RATE_OVER_S else None
        clock_ms = track.clock_ms(now_s)
        found = findings_of(track)
        return SensorHealth(
            sensor.placement,
            sensor.name,
            link.status.state,
            sensor.asked_rate_hz or 0.0,
            rate_hz,
            link.status.battery_pct,
            link.status.rssi_dbm,
            link.status.losses,
            self._silent_s[index],
            track.filled_samples,
            track.bad_frames,
            clock_ms if clock_ms < float("inf") else None,
            track.breaks,
            0 if track.counted is None else track.counted.lost_samples,
            0 if track.counted is None else track.counted.doubled_samples,
            track.settling,
            found.impossible_samples,
            round(found.frozen_s, 2),
            found.clipped_samples,
            round(found.gyr_gain, 3) if math.isfinite(found.gyr_gain) else None,
        )

    def _warn_of(self, health: SensorHealth) -> None:
        where = health.placement.words
        off = health.rate_off
        if off is not None and abs(off) > RATE_TOLERANCE:
            told = f"The {where} sensor sends {health.rate_hz:.0f} Hz instead of {health.asked_rate_hz:.0f}."
            told += f" {self._rate_advice(off, health)}"
            self._once(health.placement, "rate", told)
        sent = self._live.engine.tracks[self.latest.index(health)].samples
        if health.lost_samples > LOST_SHARE * sent and sent > LOST_AFTER_S * health.asked_rate_hz:
            told = f"Of what the {where} sensor sends {100.0 * health.lost_samples / sent:.0f} % is lost on the way."
            told += f" Short gaps are filled. {self._rate_advice(-1.0, health)}"
            self._once(health.placement, "lost", told)
        if health.battery_pct is not None and health.battery_pct < LOW_BATTERY_PCT:
            told = f"The {where} sensor's battery is at {health.battery_pct:.0f} %. Charge it before the next practice."
            self._once(health.placement, "battery", told)

    def _warn_of_findings(self, placement: Placement, found: SensorFindings) -> None:
        where = f"The {placement.words} sensor"
        if not found.hangs:
            self._warned.discard((placement, "hangs"))  # it is said each time
        else:
            told = f"{where} repeats itself instead of measuring, so nothing by it is judged. If it stays so, switch it"
            self._once(placement, "hangs", f"{told} off and on.")
        if found.impossible_samples:
            told = (
                f"{where} sends values that no movement can produce; they are left out. If it goes on, use another one."
            )
            self._once(placement, "impossible", told)
        if found.clipped_samples:
            told = f"{where} comes to the end of its range. Set it to a larger one, and strap it flat and tight."
            self._once(placement, "clipped", told)
        if math.isfinite(found.gyr_gain):
            doubt = " Nothing by it is judged." if found.doubtful else ""
            told = f"{where}'s gyroscope measures {found.gyr_gain:.2f} times the rotation that gravity shows.{doubt}"
            self._once(placement, "gain", f"{told} Check the range that it is set to in the maker's app.")

    def _warn_of_switches(self, placement: Placement, contacts: Contacts) -> None:
        """Of a rod's own switches: what sticks, and what a whole set has not shown to work."""
        if contacts.sticking:
            told = f"The rod's switch at the {words(contacts.sticking)} says that it touches, and both others do not."
            self._once(placement, f"{contacts.sticking} sticks", f"{told} If the rod is off the back, it is stuck.")
        if not self._live.results.set_rows:
            return
        for contact in contacts.unmoved:
            told = f"The rod's switch at the {words(contact)} has not changed yet, so it is not taken as watched."
            self._once(placement, f"{contact} unmoved", f"{told} Take the rod off the back and check its wire.")

    def _rate_advice(self, off: float, health: SensorHealth) -> str:
        """What to do about a rate that differs by this share."""
        if self._live.results.facts.get("simulated"):
            return "It is a simulated one, for which this computer is too busy: close other programs."
        if health.rssi_dbm is None:
            return "Keep the phone's app in front, its sampling rate as it was, and the phone near the Wi-Fi."
        if off < 0:
            return "Bring the computer nearer, switch off Bluetooth devices you do not need, or use fewer sensors."
        return "Another program may have set it: close the maker's app and start again."

    def _once(self, placement: Placement, about: str, sentence: str) -> None:
        if (placement, about) not in self._warned:
            self._warned.add((placement, about))
            self._warn(sentence)

    def _keep(self) -> None:
        self._kept_s = self._live.now_s
        self._live.writer.heard(HEARD_LINK, self._kept_s, {"sensors": [asdict(each) for each in self.latest]})
