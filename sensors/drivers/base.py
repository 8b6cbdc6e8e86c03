"""What every driver gives: how to recognise and start a device, and its bytes as samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dowel.recordings.types import BoolArray, FloatArray, IntArray, Notifications, Sensor


@dataclass(frozen=True, slots=True)
class Decoded:
    """Samples out of a run of m notifications.

    Parameters
    ----------
    count
        How many samples each notification brought (m,).
    device_time_s
        The device's own clock at each sample (n,); with time base ``count`` the sample's number times the asked period.
    values
        Specific force in m/s2 and angular rate in rad/s (n, 6).
    clipped
        Samples at the end of the range (n,).
    bad_frames
        How many notifications, or rows in them, could not be used.
    newest_s
        Where samples wait for a partner from another notification: the device's clock at the newest measurement in each
        notification (m,), NaN where there is none.
    contacts
        Of a rod with switches: 1 where head, upper back and sacrum touch it (n, 3), 0 where they do not, anything else
        where that is not known. None of any other sensor.
    """

    count: IntArray
    device_time_s: FloatArray
    values: FloatArray
    clipped: BoolArray
    bad_frames: int
    newest_s: FloatArray | None = None
    contacts: FloatArray | None = None


class Decoder(Protocol):
    """Turns one sensor's notifications into samples, in any chunks with the same result. Never raises on bytes."""

    time_base: str
    """``session`` (already session time), ``device_time`` or ``count``."""

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications.

        Parameters
        ----------
        notifications
            They go on where the last ones ended.
        """
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """Write bytes to a characteristic.

    Parameters
    ----------
    characteristic
        Its UUID.
    payload
        The bytes.
    """

    characteristic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """Read a characteristic, change some of its bytes, and write all of it back.

    Parameters
    ----------
    characteristic
        Its UUID.
    changes
        Each an offset, and the bytes that go there.
    """

    characteristic: str
    changes: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """Read a characteristic.

    Parameters
    ----------
    characteristic
        Its UUID; what comes is for :attr:`BluetoothDriver.facts`.
    """

    characteristic: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Switch on the notifications (or indications) of a characteristic.

    Parameters
    ----------
    characteristic
        Its UUID.
    """

    characteristic: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, because the device needs it.

    Parameters
    ----------
    seconds
        How long.
    reason
        Why, for whoever reads the driver.
    """

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Make sure that nothing comes any more of what the device was told before.

    Parameters
    ----------
    seconds
        How long data may still be on their way, and so long again in which none may come.
    reset
        What is done where some come: afterwards the device is connected again.
    """

    seconds: float
    reset: Write


Step = Write | Change | Read | Notify | Pause | Silence

Facts = Mapping[str, float | str | bool]
"""What a device says about itself, unit in the key: ``rate_hz``, ``battery_pct``, ``firmware``, ``six_axis``, ...

``trouble`` is a sentence that says why it sends nothing, or nothing that can be used, and what to do. A refusal that
the device tells in an answer is one.
"""


def _no_steps() -> tuple[Step, ...]:
    return ()


def _no_facts(characteristic: str, payload: bytes) -> Facts:  # noqa: ARG001
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A family of sensors, as data: what every family has, however it is connected.

    Parameters
    ----------
    name
        Key of the driver in session files; never changes.
    title
        As people call the device.
    decoder
        A new decoder for a sensor of this family.
    latency_s
        Typical time from a sample to its arrival. Above 0.25 s the verdict comes after the rep.
    tried_on_hardware
        Whether somebody has used this driver with the real device.
    note
        A sentence that the user is shown before a session; may be empty.
    refusal
        A sentence that says why such a device cannot be used for angles; empty: it can.

    """

    name: str
    title: str
    decoder: Callable[[Sensor], Decoder]
    latency_s: float
    tried_on_hardware: bool
    note: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothDriver(Driver):
    """A family of Bluetooth LE sensors, as data and pure functions; the link does what the steps say.

    Parameters
    ----------
    name, title, decoder, latency_s, tried_on_hardware, note, refusal
        As in :class:`Driver`.
    service_uuids
        Advertised services that identify the device, full 128-bit form.
    name_pattern
        Regular expression for the start of the advertised name; empty: the name says nothing.
    data_characteristic
        The one whose notifications the session keeps.
    control_characteristic
        The one that takes commands, if it is another one.
    rates_hz
        The rates that can be asked for, the recommended one first.
    start, stop
        Steps that start the stream at one of ``rates_hz`` (``ValueError`` for another) and that stop it. ``start``
        holds the ``Notify`` of the data characteristic at its place.
    facts
        What a value of a characteristic, read or notified, says about the device; empty when it says nothing. Never
        raises. It may be given the data characteristic's notifications too: some devices answer there.
    needed_facts
        Keys of facts that the device reports on starting and without which the stream cannot be understood; they are
        kept in the sensor's settings.
    poll
        Steps to repeat now and then, about once a minute: the battery.

    """

    service_uuids: tuple[str, ...]
    name_pattern: str
    data_characteristic: str
    control_characteristic: str | None = None
    rates_hz: tuple[float, ...]
    start: Callable[[float], tuple[Step, ...]]
    stop: Callable[[], tuple[Step, ...]] = _no_steps
    facts: Callable[[str, bytes], Facts] = _no_facts
    needed_facts: tuple[str, ...] = ()
    poll: tuple[Step, ...] = ()

    def recognises(self, advertised_name: str | None, service_uuids: Sequence[str]) -> bool:
        """Whether an advertisement is of such a device. Names are untrusted: they only select a driver.

        Parameters
        ----------
        advertised_name
            None where it has none.
        service_uuids
            Those advertised, in full form.
        """
        advertised = {uuid.lower() for uuid in service_uuids}
        if any(uuid.lower() in advertised for uuid in self.service_uuids):
            return True
        return bool(self.name_pattern and advertised_name and re.match(self.name_pattern, advertised_name))
