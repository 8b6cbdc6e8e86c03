"""Every exception that a backend can raise, as a sentence with the next step. Those of other systems only here."""

import errno
import re
import sys

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from dowel.recordings.errors import LinkError
from dowel.sensors.ble import link_error

REASONS = BleakBluetoothNotAvailableReason
SYSTEMS = ["linux", "darwin", "win32", "freebsd14"]


def not_available(reason: BleakBluetoothNotAvailableReason) -> BleakError:
    return BleakBluetoothNotAvailableError("text of the backend", reason)


def dbus(name: str, *details: str) -> BleakError:
    return BleakDBusError(name, list(details))


CASES: list[tuple[BaseException, str]] = [
    (not_available(REASONS.NO_BLUETOOTH), "no Bluetooth"),
    (not_available(REASONS.NO_BLE_CENTRAL_ROLE), "too old"),
    (not_available(REASONS.POWERED_OFF), "switched off"),
    (not_available(REASONS.DENIED_BY_USER), "not allowed to use Bluetooth|refuses Bluetooth"),
    (not_available(REASONS.DENIED_BY_SYSTEM), "not allowed to use Bluetooth|refuses Bluetooth"),
    (not_available(REASONS.DENIED_BY_UNKNOWN), "not allowed to use Bluetooth|refuses Bluetooth"),
    (not_available(REASONS.UNKNOWN), "Bluetooth service"),
    (dbus("org.freedesktop.DBus.Error.ServiceUnknown", "not provided"), "Bluetooth service"),
    (dbus("org.freedesktop.DBus.Error.NoReply", "disconnected from message bus"), "service ended before it answered"),
    (dbus("org.freedesktop.DBus.Error.AccessDenied"), "not allowed to use Bluetooth|refuses Bluetooth"),
    (dbus("org.freedesktop.DBus.Error.UnknownObject"), "not there any more"),
    (dbus("org.bluez.Error.NotReady", "Resource Not Ready"), "switched off"),
    (dbus("org.bluez.Error.InProgress", "Operation already in progress"), "busy"),
    (dbus("org.bluez.Error.Failed", "Operation already in progress"), "busy"),
    (dbus("org.bluez.Error.AuthenticationFailed"), "paired"),
    (dbus("org.bluez.Error.AuthenticationCanceled"), "paired"),
    (dbus("org.bluez.Error.NotPermitted", "Not paired"), "paired"),
    (dbus("org.bluez.Error.NotConnected"), "broke off"),
    (dbus("org.bluez.Error.Failed", "le-connection-abort-by-local"), "le-connection-abort-by-local"),
    (dbus("org.bluez.Error.Something"), "org.bluez.Error.Something"),
    (BleakDeviceNotFoundError("C0:00:00:00:00:01", "not found"), "not there any more"),
    (BleakGATTProtocolError(0x05), "paired"),
    (BleakGATTProtocolError(0x0F), "paired"),
    (BleakGATTProtocolError(0x80), "Application-specific Error 0x80"),
    (BleakCharacteristicNotFoundError("2a19"), "Update its firmware"),
    (BleakError("disconnected"), "broke off"),
    (BleakError("Not connected"), "broke off"),
    (BleakError("Service Discovery has not been performed yet"), "broke off"),
    (BleakError("Could not get GATT services: Unreachable"), "broke off"),
    (BleakError("Could not write value: Access Denied"), "paired"),
    (BleakError("adapter 'hci7' not found"), "no Bluetooth"),
    (BleakError(), "BleakError"),
    (TimeoutError(), "no answer in time"),
    (FileNotFoundError(errno.ENOENT, "No such file or directory"), "Bluetooth service"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Bluetooth service"),
    (EOFError(), "Bluetooth service"),
    (PermissionError(errno.EACCES, "Permission denied"), "not allowed to use Bluetooth|refuses Bluetooth"),
    (OSError(-2147020577, "The device is not ready for use"), "device is not ready for use"),
    (AttributeError("of a backend"), "of a backend"),
]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("error", "says"), CASES, ids=lambda case: repr(case)[:60])
def test_a_sentence_and_the_next_step(
    error: BaseException, says: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    told = str(link_error(error, "Connecting to 'WT901' (C0:00:00:00:00:01)"))
    assert told.startswith("Connecting to 'WT901' (C0:00:00:00:00:01) failed: ")
    assert re.search(says, told)
    assert told.endswith(".")
    steps = "Run|Switch|Plug|Allow|Close|Pair|Confirm|Add|Bring|Update|try again"
    assert re.search(steps, told)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("error", "system", "step"),
    [
        (not_available(REASONS.POWERED_OFF), "linux", "bluetoothctl power on"),
        (not_available(REASONS.POWERED_OFF), "darwin", "System Settings"),
        (not_available(REASONS.POWERED_OFF), "win32", "Settings > Bluetooth & devices"),
        (not_available(REASONS.DENIED_BY_USER), "darwin", "Privacy & Security > Bluetooth"),
        (dbus("org.freedesktop.DBus.Error.ServiceUnknown"), "linux", "systemctl start bluetooth"),
        (FileNotFoundError(), "linux", "systemctl start bluetooth"),
        (not_available(REASONS.NO_BLUETOOTH), "linux", "rfkill list"),
    ],
)
def test_the_next_step_is_that_of_the_system(
    error: BaseException, system: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert step in str(link_error(error, "Looking for sensors"))


def test_every_reason_of_bleak_is_known() -> None:
    known = {case[0].reason for case in CASES if isinstance(case[0], BleakBluetoothNotAvailableError)}
    assert known == set(REASONS)


def test_a_sentence_that_is_there_already_stays() -> None:
    said = LinkError("Already said.")
    assert link_error(said, "Anything") is said
