"""What a person asked of a practice, and what the session file says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dowel.analysis.drills.drills import drill_named
from dowel.recordings.errors import UsageError
from dowel.recordings.types import Placement
from dowel.sensors.phones.addresses import KNOWN, PUSHED, phone_address
from dowel.session.setup import SessionSetup, check_placements
from dowel.settings.cue_mode import BY_LOAD, CueMode
from dowel.settings.extras import check_extra
from dowel.settings.version import program_version

_BLUETOOTH: Final = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A sensor's address; on macOS an identifier of the system's."""


@dataclass(frozen=True, slots=True)
class PracticeOptions:
    """The options of a practice. ``sensors`` gives addresses; empty: they are found by moving them.

    ``page``: whether the live page is served; None: as it is preferred, where somebody sits at the terminal. ``host``
    also serves it to the network, at that address of this computer. ``opens``: it comes up in the browser, where
    somebody at this computer would see it; ``big``: large, to be seen from across a room.
    ``truth``: a helper watches a real rod. ``lsl``: what happens is streamed by the Lab Streaming Layer.
    ``cue`` and ``volume`` None: as the person's preferences say.
    """

    setup: SessionSetup
    out: Path
    cue: CueMode | None = None
    sensors: Mapping[Placement, str] = field(default_factory=dict)
    rod: bool = True
    simulated: bool = False
    page: bool | None = None
    host: str = ""
    truth: bool = False
    opens: bool = True
    big: bool = False
    lsl: bool = False
    volume: float | None = None

    def bluetooth(self) -> dict[Placement, str]:
        """The sensors whose address is a Bluetooth one."""
        return {placement: text for placement, text in self.sensors.items() if phone_address(text) is None}

    def phones(self) -> dict[Placement, str]:
        """The sensors that are phones."""
        return {placement: text for placement, text in self.sensors.items() if phone_address(text) is not None}

    def facts(self, started_at: datetime) -> dict[str, Any]:
        """The session facts."""
        facts = {
            "started_at": started_at.isoformat(timespec="seconds"),
            "person": self.setup.person,
            "drill": self.setup.drill,
            "height_cm": self.setup.height_cm,
            "cue": str(self.cue) if self.cue else BY_LOAD,
            "simulated": True if self.simulated else None,
            "program_version": program_version(),
        }
        return {key: value for key, value in facts.items() if value is not None}


def check_sensors(sensors: Mapping[Placement, str], host: str = "", drill: str = "dowel_hinge") -> None:
    """``UsageError`` for sensors that no practice can be made of, before any of them is connected."""
    check_placements(drill, sensors)
    trunk = drill_named(drill).stance.trunk
    if sensors and not set(sensors) & set(trunk):
        counted_on = " or ".join(trunk)
        raise UsageError(f"--sensor: none of them is on the trunk. Reps are counted on {counted_on}; name one.")
    phones = {placement: phone_address(address) for placement, address in sensors.items()}
    pushing = [phone.app for phone in phones.values() if phone is not None and phone.app in PUSHED]
    if pushing and not host:
        raise UsageError(
            f"--sensor {pushing[0]}: needs --host, this computer's address in your network (like 192.168.1.20, or "
            "0.0.0.0 for all of them), because the phone sends to it."
        )
    if any(phones.values()):
        check_extra("phone", "Phones as sensors")
    for placement, address in sensors.items():
        phone = phones[placement]
        if phone is None and not _BLUETOOTH.fullmatch(address):
            raise UsageError(
                f"--sensor {placement}={address}: that is no sensor's address. Write one as dowel scan shows it, like "
                f"F0:12:34:56:78:9A, or a phone's ({KNOWN}), each behind a --sensor of its own."
            )
        if phone is not None and phone.app in PUSHED:
            continue  # each has its own way in
        others = [each for each in sensors if each is not placement and sensors[each].lower() == address.lower()]
        if others:
            raise UsageError(
                f"--sensor: {placement} and {others[0]} have the same address {address}. A sensor has one place."
            )
