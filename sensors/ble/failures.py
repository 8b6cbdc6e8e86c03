"""Everything that Bluetooth can raise, as one or two sentences that say what to do next."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from dowel.recordings.errors import LinkError


class StillSendsError(BleakError):
    """A device went on sending what another program had told it to, and was reset for that."""


_LINUX, _MACOS, _WINDOWS, _OTHER = "linux", "darwin", "win32", ""
_Sentences = Mapping[str, str]
"""What is wrong and what to do, by ``sys.platform``; the empty key for every other system."""

_OFF: Final[_Sentences] = {
    _LINUX: "Bluetooth is switched off. Run `rfkill unblock bluetooth`, then `bluetoothctl power on`, and try again.",
    _MACOS: "Bluetooth is switched off. Switch it on in System Settings > Bluetooth and try again.",
    _WINDOWS: "Bluetooth is switched off. Switch it on in Settings > Bluetooth & devices and try again.",
    _OTHER: "Bluetooth is switched off. Switch it on and try again.",
}
_NONE: Final[_Sentences] = {
    _LINUX: "this computer has no Bluetooth adapter that is in use. Plug one in, and look at `rfkill list` and "
    "`bluetoothctl list`.",
    _OTHER: "this computer has no Bluetooth. Plug in a Bluetooth adapter (4.0 or later) and try again.",
}
_DENIED: Final[_Sentences] = {
    _LINUX: "this user is not allowed to use Bluetooth. Run `sudo usermod -aG bluetooth $USER`, log in again, and try "
    "again; in a container or a snap, allow the system's D-Bus and `org.bluez`.",
    _MACOS: "this terminal is not allowed to use Bluetooth. Allow it in System Settings > Privacy & Security > "
    "Bluetooth, quit the terminal, open it again and try again.",
    _WINDOWS: "Windows refuses Bluetooth to this program. Allow it in Settings > Privacy & security > Radios (and "
    "Bluetooth & devices) and try again.",
    _OTHER: "this program is not allowed to use Bluetooth. Allow it in the system's privacy settings and try again.",
}
_NO_SERVICE: Final[_Sentences] = {
    _LINUX: "the system's Bluetooth service is not running. Run `sudo systemctl start bluetooth` (package `bluez`) and "
    "try again.",
    _OTHER: "the system's Bluetooth service does not answer. Switch Bluetooth off and on and try again.",
}
_SERVICE_GONE: Final[_Sentences] = {
    _LINUX: "the system's Bluetooth service ended before it answered. If it does not come back by itself, run "
    "`sudo systemctl restart bluetooth` and try again.",
    _OTHER: "the system's Bluetooth service ended before it answered. Switch Bluetooth off and on and try again.",
}
_BUSY: Final[_Sentences] = {
    _LINUX: "Bluetooth is busy with something else. Close other programs and Bluetooth settings that search or "
    "connect, wait a few seconds and try again; if that does not help, run `sudo systemctl restart bluetooth`.",
    _OTHER: "Bluetooth is busy with something else. Close other programs that search or connect, and try again.",
}
_PAIRING: Final[_Sentences] = {
    _LINUX: "the sensor asks to be paired first. Pair it once with `bluetoothctl pair ADDRESS` and try again.",
    _MACOS: "the sensor asks to be paired first. Confirm the request that macOS shows and try again.",
    _WINDOWS: "the sensor asks to be paired first. Add it in Settings > Bluetooth & devices and try again.",
    _OTHER: "the sensor asks to be paired first. Pair it in the system's Bluetooth settings and try again.",
}
_GONE: Final = "the sensor is not there any more. Switch it on, bring it closer and try again."
_NO_ANSWER: Final = (
    "there was no answer in time. Bring the sensor closer, close other programs and phones that may hold it, or switch "
    "it off and on, and try again."
)
_STILL_SENDS: Final = (
    "the sensor goes on sending what another program told it to, and was reset. Try again; if it stays so, clear what "
    "is stored on it (a macro) with the maker's app."
)
_DROPPED: Final = "the connection broke off. Bring the sensor closer, charge it, and try again."

_BY_REASON: Final[Mapping[BleakBluetoothNotAvailableReason, _Sentences]] = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: _NONE,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: {
        _OTHER: "this computer's Bluetooth is too old for such sensors. Plug in a Bluetooth 4.0 or later adapter."
    },
    BleakBluetoothNotAvailableReason.POWERED_OFF: _OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: _DENIED,
    BleakBluetoothNotAvailableReason.UNKNOWN: _NO_SERVICE,
}
_BY_DBUS_NAME: Final[Mapping[str, _Sentences]] = {
    "org.freedesktop.DBus.Error.ServiceUnknown": _NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": _NO_SERVICE,
    "org.freedesktop.DBus.Error.Disconnected": _NO_SERVICE,
    "org.freedesktop.DBus.Error.NoReply": _SERVICE_GONE,
    "org.freedesktop.DBus.Error.AccessDenied": _DENIED,
    "org.freedesktop.DBus.Error.UnknownObject": {_OTHER: _GONE},
    "org.bluez.Error.DoesNotExist": {_OTHER: _GONE},
    "org.bluez.Error.NotReady": _OFF,
    "org.bluez.Error.InProgress": _BUSY,
    "org.bluez.Error.NotConnected": {_OTHER: _DROPPED},
    "org.bluez.Error.NotPermitted": _PAIRING,  # the other meanings of it are GATT errors before they come here
    **dict.fromkeys(
        (f"org.bluez.Error.Authentication{how}" for how in ("Failed", "Canceled", "Rejected", "Timeout")), _PAIRING
    ),
}
_PAIRING_ASKED: Final = (
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
)
IN_PROGRESS: Final = "already in progress"
_DROPPED_TEXTS: Final = ("disconnected", "not connected", "service discovery has not been performed", "unreachable")
"""Parts of the texts of plain ``BleakError`` that mean a lost connection, on one system or another."""


def link_error(error: BaseException, what: str) -> LinkError:
    """The error for the user: ``what`` was being done ("Looking for sensors"), why it failed, what to do next.

    An error that is a ``LinkError`` already says so and is handed back.
    """
    if isinstance(error, LinkError):
        return error
    sentences = _sentences(error)
    return LinkError(f"{what} failed: {sentences.get(sys.platform) or sentences[_OTHER]}")


def _sentences(error: BaseException) -> _Sentences:
    match error:
        case BleakBluetoothNotAvailableError():
            return _BY_REASON.get(error.reason, _NO_SERVICE)
        case BleakDBusError():
            if IN_PROGRESS in str(error).lower():  # BlueZ 5.66 has no other name for it than Failed
                return _BUSY
            return _BY_DBUS_NAME.get(error.dbus_error) or _unknown(error)
        case BleakDeviceNotFoundError():
            return {_OTHER: _GONE}
        case BleakGATTProtocolError():
            return _PAIRING if error.code in _PAIRING_ASKED else _refused(error)
        case BleakCharacteristicNotFoundError():
            return {_OTHER: "the sensor lacks a part that it should have. Update its firmware and try again."}
        case StillSendsError():
            return {_OTHER: _STILL_SENDS}
        case BleakError():
            return _by_text(error)
        case TimeoutError():  # before OSError, of which it is one
            return {_OTHER: _NO_ANSWER}
        case PermissionError():
            return _DENIED
        case FileNotFoundError() | ConnectionError() | EOFError():  # no system bus, or it closed
            return _NO_SERVICE
        case _:
            return _unknown(error)


def _by_text(error: BleakError) -> _Sentences:
    text = str(error).lower()
    if "access denied" in text:  # Windows, of a characteristic
        return _PAIRING
    if any(part in text for part in _DROPPED_TEXTS):
        return {_OTHER: _DROPPED}
    if "adapter" in text and "not found" in text:
        return _NONE
    return _unknown(error)


def _refused(error: BleakGATTProtocolError) -> _Sentences:
    return {_OTHER: f"the sensor refused a request ({error.args[-1]}). Switch it off and on, and update its firmware."}


def _unknown(error: BaseException) -> _Sentences:
    said = str(error) or type(error).__name__
    return {_OTHER: f"the system said {said!r}. Switch Bluetooth and the sensor off and on, and try again."}
