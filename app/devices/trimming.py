"""The trim as a person makes it: the sensor is laid on one side after the other, and says itself which are done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dowel.recordings.errors import LinkError
from dowel.recordings.types import Notifications, Placement, Sensor
from dowel.sensors.ble import IDLE_SCAN_S, Found, Radio, SensorLink, find, scan
from dowel.sensors.drivers import decoder_for
from dowel.sensors.links import LinkChange
from dowel.sensors.stream.accelerometer_calibration import FACES, FaceWatch, Trim
from dowel.text.sanitise import plain

OPENING: Final = (
    "Lay the sensor on a table, on any of its six sides, and let go: it is measured for 5 s. Then turn it to the next "
    "side. A side on which it does not stand may be held against a book or a wall; it need not be level."
)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The sensor that was trimmed, and its trim."""

    sensor: Sensor
    trim: Trim


async def choose(radio: Radio, address: str | None) -> Found:
    """The sensor with this address, or the only one in range. Raises ``LinkError``."""
    if address is not None:
        return await find(radio, address, IDLE_SCAN_S)
    usable = [found for found in await scan(radio, IDLE_SCAN_S) if found.usable]
    if not usable:
        raise LinkError(
            f"No sensor was heard within {IDLE_SCAN_S:g} s. Switch it on and bring it near, and look at dowel doctor."
        )
    if len(usable) > 1:
        labels = ", ".join(each.label for each in usable)
        raise LinkError(f"More than one sensor is in range: {labels}. Say which with --sensor ADDRESS.")
    return usable[0]


async def trim_sensor(radio: Radio, found: Found, out: Console, lay: Callable[[str], None] | None = None) -> Trimmed:
    """Lead a person through the six sides of a sensor.

    ``lay`` lays a simulated sensor on a side; a person needs no such thing. Raises ``LinkError`` when the sensor
    cannot be used, ``InputError`` when its sides give no trim.
    """
    guide = _Guide(out, lay)
    link = SensorLink(
        radio, found, Placement.SACRUM, on_notification=guide.notified, on_change=guide.changed
    )  # a sensor in the hand has no placement; any will do
    try:
        with guide.shown():
            out.print(Text(f"Connecting {plain(found.label)}."))
            guide.start(await link.open())
            link.begin()
            await guide.finished.wait()
    finally:
        await link.close()
    return Trimmed(link.sensor, guide.fit())


class _Guide:
    """Hears the sensor, and says what is done and what is missing."""

    def __init__(self, out: Console, lay: Callable[[str], None] | None) -> None:
        self.finished = asyncio.Event()
        self._out = out
        self._lay = lay
        self._line: Live | None = None
        self._shown = ""
        self._failure: Exception | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Inside, a terminal has a last line that tells what the sensor does now."""
        if not self._out.is_terminal:
            yield
            return
        with Live(console=self._out, auto_refresh=False, transient=True) as self._line:
            yield

    def start(self, sensor: Sensor) -> None:
        """The sensor streams from now on."""
        self._decoder = decoder_for(sensor)
        self._watch = FaceWatch(sensor.asked_rate_hz or 100.0)
        self._out.print(Text(OPENING))
        self._next()

    def notified(self, arrival_ns: int, payload: bytes) -> None:
        """What the sensor sent. What goes wrong here ends the trim, where the link alone would go on."""
        try:
            self._take(arrival_ns, payload)
        except Exception as error:
            self._failure = error
            self.finished.set()

    def _take(self, arrival_ns: int, payload: bytes) -> None:
        values = self._decoder.decode(Notifications.one(0, arrival_ns, payload)).values
        for face in self._watch.feed(values):
            self._out.print(Text(f"  {len(self._watch.taken)} of {len(FACES)}  {words(face)} is done."))
            self._next()
        if self._line is not None and self._shown != (now := self._now()):
            self._shown = now
            self._line.update(Text(f"  {now}", style="cyan"), refresh=True)

    def changed(self, change: LinkChange) -> None:
        """What the link says; the sides that are done stay so."""
        self._out.print(Text(f"  {plain(_without_placement(change.sentence))}", style="yellow"))

    def fit(self) -> Trim:
        """The trim; ``InputError`` when the sides give none."""
        if self._failure is not None:
            raise self._failure
        return self._watch.fit()

    def _next(self) -> None:
        missing = self._watch.missing
        if not missing:
            self.finished.set()
            return
        if self._watch.taken:
            self._out.print(Text(f"          Turn it to another side. Missing: {', '.join(map(words, missing))}."))
            if self._out.is_terminal:
                self._out.bell()
        if self._lay is not None:
            self._lay(missing[0])

    def _now(self) -> str:
        watch = self._watch
        if not watch.lies_still:
            return "it moves"
        if watch.current is None:
            return "it leans between two sides; lay it flat"
        if watch.current in watch.taken:
            return f"{words(watch.current)} is done already; turn it"
        return f"{words(watch.current)}: leave it, {100 * watch.share:.0f} %"


def _without_placement(sentence: str) -> str:
    """A link speaks of the place where a sensor is worn; this one is worn nowhere."""
    return sentence.replace(f"The {Placement.SACRUM} sensor", "The sensor")


def words(face: str) -> str:
    """A face in words: ``+z`` as ``z up``."""
    return f"{face[1]} {'up' if face[0] == '+' else 'down'}"


def told(trim: Trim) -> Sequence[str]:
    """What a trim says, before and after, in lines."""
    axes = zip("xyz", trim.offset_m_s2, trim.scale, strict=True)
    return (
        "error   " + ", ".join(f"{axis} {o:+.3f} m/s² {100 * (1 / s - 1):+.2f} %" for axis, o, s in axes),
        f"before  tilt wrong by up to {trim.tilt_error_deg():.1f}°, gravity by {trim.before_m_s2:.3f} m/s²",
        f"after   gravity by {trim.residual_m_s2:.3f} m/s²; of tilt about 0.3° that six sides cannot show",
    )
