"""A link to an emulated phone, and what is heard of it; all of it in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dowel.recordings.types import FloatArray, Notifications, Placement
from dowel.sensors.drivers import decoder_for
from dowel.sensors.drivers.base import Decoded
from dowel.sensors.links import LinkChange
from dowel.sensors.phones.link import PhoneLink
from dowel.sensors.simulated import IDEAL
from tests.sensors.simulated.peripherals.bench import Swinging
from tests.simulated_devices.phones.phone import Handset


def clock_ns() -> int:
    return round(asyncio.get_running_loop().time() * 1e9)


def lying(time_s: FloatArray) -> FloatArray:
    """What a phone feels on a table, screen up."""
    return np.tile([0.0, 0.0, 9.8, 0.0, 0.0, 0.0], (len(time_s), 1))


def handset(**changes: Any) -> Handset:
    """Two chips at different rates, without errors."""
    known: dict[str, Any] = {"acc_rate_hz": 104.0, "gyr_rate_hz": 98.0, "chip": IDEAL, "clock_error": 0.0}
    return Handset(**{"source": Swinging(), **known, **changes})


@dataclass
class Heard:
    """What a link has told; to be given to it as its options."""

    notifications: list[tuple[int, bytes]] = field(default_factory=list)
    changes: list[LinkChange] = field(default_factory=list)

    def options(self) -> dict[str, Any]:
        return {
            "clock_ns": clock_ns,
            "on_notification": lambda arrival_ns, payload: self.notifications.append((arrival_ns, payload)),
            "on_change": self.changes.append,
        }

    @property
    def kinds(self) -> list[str]:
        return [change.kind for change in self.changes]

    def decoded(self, link: PhoneLink) -> Decoded:
        notifications = Notifications(
            np.arange(len(self.notifications)),
            np.array([arrival_ns for arrival_ns, _ in self.notifications], np.int64),
            np.array([len(payload) for _, payload in self.notifications], np.int64),
            b"".join(payload for _, payload in self.notifications),
        )
        return decoder_for(link.sensor).decode(notifications)


def assert_felt(decoded: Decoded, atol: float = 0.02) -> None:
    """The samples are what a swinging phone feels; its clock's origin is found first."""
    values, time_s = decoded.values, decoded.device_time_s
    assert len(values) > 100
    now_s = asyncio.get_running_loop().time()
    offsets_s = np.arange(now_s - 40.0, now_s, 0.02) - time_s[0]
    part = slice(0, 40)
    errors = [np.abs(Swinging.at(time_s[part] + each)[:, 3:] - values[part, 3:]).max() for each in offsets_s]
    coarse_s = float(offsets_s[int(np.argmin(errors))])
    fine_s = coarse_s + np.arange(-0.02, 0.02, 1e-4)
    errors = [np.abs(Swinging.at(time_s[part] + each)[:, 3:] - values[part, 3:]).max() for each in fine_s]
    truth = Swinging.at(time_s + float(fine_s[int(np.argmin(errors))]))
    np.testing.assert_allclose(values, truth, atol=atol)


PLACE = Placement.SACRUM
