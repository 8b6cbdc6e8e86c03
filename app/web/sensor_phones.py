"""Phones whose page is a sensor: their invitations, the movement they send, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from dowel.recordings.errors import UsageError
from dowel.recordings.types import Placement
from dowel.sensors.links import LinkState
from dowel.sensors.phones.pushed import DeviceMotionLink
from dowel.web.access import Access, Role

PRESS_START: Final = "Press Start, and strap the phone on"
NOT_YET: Final = "Measuring. The practice begins when every sensor is there. Strap the phone on."
MEASURING: Final = "Measuring. Keep this page in front."
OVER: Final = "The practice is over."
"""What a phone that is a sensor shows."""
PARTING_S: Final = 0.5
"""A phone posts ten times a second; one that does not within this time is gone."""


class SensorPhones:
    """The phones that are awaited, each to feed the link of its placement.

    ``invitation`` makes a token of ``access`` and what it is shown as.
    """

    def __init__(
        self, access: Access, invitation: Callable[[Role, Placement | None], tuple[str, Mapping[str, Any]]]
    ) -> None:
        self._access = access
        self._new_invitation = invitation
        self._phones: dict[Placement, DeviceMotionLink] = {}
        self._invited: dict[Placement, tuple[str, Mapping[str, Any]]] = {}
        self._told_over: set[Placement] = set()

    def __contains__(self, placement: object) -> bool:
        return placement in self._phones

    def expect(self, link: DeviceMotionLink) -> str:
        """Await the phone that is to feed this link; the address that it is to open. Raises ``UsageError``."""
        self._phones[link.placement] = link
        return str(self._invitation_for(link.placement)["url"])

    def invitation(self) -> Mapping[str, Any] | None:
        """The code for the first phone that has not come yet."""
        awaited = [
            place
            for place, link in self._phones.items()
            if link.status.state is LinkState.CONNECTING and not link.moving
        ]
        return self._invitation_for(awaited[0]) if awaited else None

    def _invitation_for(self, placement: Placement) -> Mapping[str, Any]:
        """A code is shown until it was used; then another one, should it have been the wrong phone."""
        token, made = self._invited.get(placement, ("", {}))
        if not self._access.awaits(token):
            token, made = self._new_invitation(Role.SENSOR, placement)
            self._invited[placement] = token, {**made, "placement": placement.words}
        return self._invited[placement][1]

    def moved(self, placement: Placement, body: bytes, arrival_ns: int) -> Mapping[str, Any]:
        """A batch of movement from the phone at a placement; what the phone is told."""
        link = self._phones.get(placement)
        if link is None:
            raise UsageError(f"No phone is expected for the {placement.words}.")
        problem = link.receive(body, arrival_ns)
        state = link.status.state
        if state is LinkState.STOPPED:
            words = OVER
            self._told_over.add(placement)
        elif not link.moving:
            words = f"{PRESS_START}, {placement.site}." if placement.site else f"{PRESS_START}."
        else:
            words = NOT_YET if state is LinkState.CONNECTING else MEASURING
        return {"placement": placement.words, "state": str(state), "say": problem or words}

    async def part(self) -> None:
        """Wait until they have been told that the practice is over, so that they stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING_S):
                while any(link.moving and place not in self._told_over for place, link in self._phones.items()):
                    await asyncio.sleep(0.01)
