"""The errors of BlueZ."""

from __future__ import annotations

from bleak.exc import BleakError, BleakGATTProtocolError


class Refusal(Exception):
    """An error reply: its D-Bus name and its text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


def refusal(kind: str, text: str) -> Refusal:
    """One of BlueZ's own errors."""
    return Refusal(f"org.bluez.Error.{kind}", text)


def failed(text: str) -> Refusal:
    """The one that BlueZ answers where it has no better."""
    return refusal("Failed", text)


def not_ready() -> Refusal:
    """The adapter is switched off."""
    return refusal("NotReady", "Resource Not Ready")


def unknown_object(path: str, member: str, interface: str) -> Refusal:
    """There is no such object; the text is libdbus's."""
    return Refusal(
        "org.freedesktop.DBus.Error.UnknownObject",
        f'Method "{member}" with signature "" on interface "{interface}" doesn\'t exist at {path}',
    )


# Those ATT errors for which BlueZ has an error of its own (create_gatt_dbus_error in its src/gatt-client.c).
_OF_ATT = {
    0x02: ("NotPermitted", "Read not permitted"),
    0x03: ("NotPermitted", "Write not permitted"),
    0x05: ("NotPermitted", "Not paired"),
    0x06: ("NotSupported", "Operation is not supported"),
    0x07: ("InvalidArguments", "Invalid offset"),
    0x08: ("NotAuthorized", "Operation Not Authorized"),
    0x0C: ("NotPermitted", "Not paired"),
    0x0D: ("InvalidArguments", "Invalid Length"),
    0x0F: ("NotPermitted", "Not paired"),
}


def of_gatt(error: BleakError | TimeoutError) -> Refusal:
    """What BlueZ answers when a GATT request ends so."""
    if not isinstance(error, BleakGATTProtocolError):
        return failed("Operation failed")  # the link went away under it, or the device never answered
    code = int(error.code)
    if code in _OF_ATT:
        return refusal(*_OF_ATT[code])
    return failed(f"Operation failed with ATT error: 0x{code:02x}")
