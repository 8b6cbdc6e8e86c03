"""What a practice meets on a real bluetoothd: what it says, how soon data comes again, and what stays connected.

Each fault is a line; ``bad`` are those whose line is not as it should be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dowel.practice.demo import compare
from dowel.recordings.session_file.session_reader import open_session
from dowel.sensors.ble.connection import DISCONNECT_S, STEP_S
from dowel.sensors.simulated.person.plan import Bend
from dowel.sensors.simulated.person.truth import TrueRep
from dowel.session.run_session import run
from tests.bluez.delivered import delivered, recorded, stretches
from tests.bluez.dowel import ADDRESSES, WORN, Practice
from tests.bluez.real.machine import Machine
from tests.bluez.real.service import RealBluez

REPS: Final = 8
"""Of the simulated lifter's set."""
RIGHT_AT_LEAST: Final = 7
"""One of them rounds by about as much as is the limit. None is judged where this computer is busy: the simulated
sensors stall then, and their clocks are not known well enough."""
ENDS_WITHIN_S: Final = DISCONNECT_S + STEP_S
"""Longest time for the end of a practice: its sensors are stopped and let go."""
AWAY_S: Final = 10.0
"""Longer than a connection without an answer lasts."""
LINK_ENDS_S: Final = 10.0
"""So long after a program has ended it is looked whether anything is still connected."""
INTERRUPTED_AFTER_S: Final = (0.0, 0.3, 0.8, 1.5, 3.0)
"""When Ctrl-C comes, from when a sensor is connected; its services are known 0.6 to 5 s later."""
SAYS: Final = ("lost", "sends nothing", "failed", "was heard", "back")
"""Parts of the lines about links."""

Do = Callable[[RealBluez], object]
FAULTS: Final[dict[str, tuple[tuple[str, ...], Do, float, Do]]] = {
    "the sensor hangs up": (("sacrum",), lambda bluez: bluez(drop="sacrum"), 0.0, lambda bluez: None),
    "the sensor is carried out of reach": (
        ("sacrum",),
        lambda bluez: bluez(away="sacrum"),
        AWAY_S,
        lambda bluez: bluez(near="sacrum"),
    ),
    "the sensor is switched off and on": (
        ("upper_back",),
        lambda bluez: bluez(off="upper_back"),
        1.0,
        lambda bluez: bluez(on="upper_back"),
    ),
    "bluetoothd is restarted": (
        tuple(ADDRESSES),
        lambda bluez: bluez(daemon="TERM"),
        1.0,
        lambda bluez: bluez(daemon="start"),
    ),
    "bluetoothd is killed": (
        tuple(ADDRESSES),
        lambda bluez: bluez(daemon="KILL"),
        1.0,
        lambda bluez: bluez(daemon="start"),
    ),
    "the adapter is switched off and on": (
        tuple(ADDRESSES),
        lambda bluez: bluez(adapter="off"),
        1.0,
        lambda bluez: bluez(adapter="on"),
    ),
    "rfkill": (
        tuple(ADDRESSES),
        lambda bluez: bluez(rfkill="block"),
        1.0,
        lambda bluez: bluez(rfkill="unblock"),
    ),
}
"""Which sensors are lost, what is done, for how long it stays so, and what is done then."""


class Faults:
    """The study: prints a line for each fault as it comes; ``bad`` are those that should not be so."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.bad: list[str] = []
        self._machine = machine
        self._folder = folder

    def study(self) -> None:
        """All of them."""
        for each in (self._whole_practice, self._links_lost, self._interrupted, self._killed):
            try:
                each()
            except AssertionError as error:  # what was waited for never came
                self._line(f"{each.__name__.strip('_')}: {error}", good=False)

    def _line(self, text: str, *, good: bool) -> None:
        print(text if good else f"BAD: {text}", flush=True)
        if not good:
            self.bad.append(text)

    @contextmanager
    def _service(self) -> Iterator[RealBluez]:
        with RealBluez(self._machine, WORN, log=self._folder / "delivered") as bluez:
            yield bluez
            bluez.stop()

    def _practice(self, bluez: RealBluez, name: str) -> Practice:
        return Practice(bluez, ADDRESSES, self._folder / f"{name}.dowel")

    def _ended(self, what: str, bluez: RealBluez, practice: Practice) -> None:
        """By Ctrl-C: how soon, whether it was silent, and when nothing was connected any more."""
        begun_s = time.monotonic()
        practice.interrupt()
        code = practice.wait()
        took_s = time.monotonic() - begun_s
        links, after_s = links_after(bluez)
        said = practice.errors.strip()
        self._line(
            f"{what}: Ctrl-C ended it in {took_s:.1f} s with {code}; {connected(links, after_s)}"
            + (f"; on stderr: {said}" if said else ""),
            good=code == 130 and took_s < ENDS_WITHIN_S and not links and not said,
        )

    # --- the studies

    def _whole_practice(self) -> None:
        """Found, calibrated, a set: what was lost, and the verdicts against the truth."""
        with self._service() as bluez, self._practice(bluez, "whole") as practice:
            begun_s = time.monotonic()
            practice.begin()
            self._line(f"records {time.monotonic() - begun_s:.1f} s after the command", good=True)
            practice.calibrate()
            bluez(do="set")
            practice.wait_for_count(REPS)
            time.sleep(3.0)  # the verdict comes with the rest after the rep
            truth = [true_rep(each) for each in bluez(truth=True)["reps"]]
            self._ended("a practice with a set", bluez, practice)
        path = self._folder / "whole.dowel"
        for sensor in ADDRESSES:
            whole = delivered(self._folder / "delivered", sensor)
            found = stretches(recorded(path, sensor), whole)
            count, lost = sum(map(len, found)), found[-1].stop - found[0].start - sum(map(len, found))
            self._line(f"{sensor}: {count} notifications recorded, {lost} lost", good=not lost)
        with open_session(path) as session:
            compared = compare(run(session), truth, session.facts["origin_ns"] * 1e-9)
        right = sum(each.agrees for each in compared)
        self._line(f"{right} of {len(compared)} verdicts right", good=right >= RIGHT_AT_LEAST)
        for each in (each for each in compared if not each.agrees):
            said = f"{each.row.verdict} {each.row.verdict_reason}".strip() if each.row is not None else "nothing"
            print(f"    {each.true.held_flexion_deg:+.1f} deg: so it was {each.verdict}, dowel said {said}")

    def _links_lost(self) -> None:
        """One after the other in one practice."""
        with self._service() as bluez, self._practice(bluez, "lost") as practice:
            practice.begin()
            for name, (sensors, begin, seconds, end) in FAULTS.items():
                told = len(practice.lines)
                begun_s = time.monotonic()
                begin(bluez)
                for _ in sensors:
                    practice.wait_for_link("lost")
                lost_s = time.monotonic() - begun_s
                time.sleep(seconds)
                end(bluez)
                begun_s = time.monotonic()
                for _ in sensors:
                    practice.wait_for_link("back")
                back_s = time.monotonic() - begun_s
                self._line(f"{name}: known after {lost_s:.1f} s, data again {back_s:.1f} s after its end", good=True)
                for line in dict.fromkeys(line.strip() for line in practice.lines[told:]):
                    if any(part in line for part in SAYS):
                        print(f"    {line}")
            self._ended("after all that", bluez, practice)

    def _interrupted(self) -> None:
        """Ctrl-C before there is a link, and in the seconds in which services are asked for."""
        for says in ("Looking for ", "Connecting "):
            with self._service() as bluez, self._practice(bluez, "never") as practice:
                practice.wait_for(lambda line, says=says: line.startswith(says))  # type: ignore[misc]
                self._ended(f"{says.strip().lower()} sensors", bluez, practice)
        for after_s in INTERRUPTED_AFTER_S:
            with self._service() as bluez, self._practice(bluez, "never") as practice:
                practice.wait_for(lambda line: line.startswith("Connecting "))
                while not bluez(links=True)["links"]:
                    time.sleep(0.02)
                time.sleep(after_s)
                self._ended(f"{after_s:.1f} s after the first link", bluez, practice)

    def _killed(self) -> None:
        """SIGKILL, and what the next practice does with what is left."""
        with self._service() as bluez:
            with self._practice(bluez, "killed") as practice:
                practice.begin()
            links, after_s = links_after(bluez)
            with self._practice(bluez, "next") as practice:
                begun_s = time.monotonic()
                practice.begin()
                took_s = time.monotonic() - begun_s
                self._line(
                    f"killed: {connected(links, after_s)}; the next practice records after {took_s:.1f} s", good=True
                )
                self._ended("the next practice", bluez, practice)


def links_after(bluez: RealBluez) -> tuple[list[str], float]:
    """What is still connected a while after a program has ended, or when nothing was any more."""
    begun_s = time.monotonic()
    while (links := bluez(links=True)["links"]) and time.monotonic() - begun_s < LINK_ENDS_S:
        time.sleep(0.1)
    return links, time.monotonic() - begun_s


def connected(links: list[str], after_s: float) -> str:
    """It in words."""
    return f"{' and '.join(links) or 'nothing'} connected {after_s:.1f} s later"


def true_rep(told: dict[str, Any]) -> TrueRep:
    """As the other process has told it."""
    return TrueRep(**{**told, "commanded": Bend(**told["commanded"])})
