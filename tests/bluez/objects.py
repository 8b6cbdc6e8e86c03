"""The objects of the service: path to interface to properties, told to whoever listens on the bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dbus_fast import Message, Variant

ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"

TYPES: Final = {
    "Class": "u",
    "Powered": "b",
    "Discoverable": "b",
    "Pairable": "b",
    "Discovering": "b",
    "UUIDs": "as",
    "Roles": "as",
    "Adapter": "o",
    "Paired": "b",
    "Bonded": "b",
    "Trusted": "b",
    "Blocked": "b",
    "LegacyPairing": "b",
    "Connected": "b",
    "ServicesResolved": "b",
    "RSSI": "n",
    "TxPower": "n",
    "Primary": "b",
    "Device": "o",
    "Includes": "ao",
    "Service": "o",
    "Value": "ay",
    "Notifying": "b",
    "Flags": "as",
    "MTU": "q",
    "Characteristic": "o",
}
"""D-Bus type of every property that is not a string."""

Interfaces = dict[str, dict[str, Any]]


def typed(properties: dict[str, Any]) -> dict[str, Variant]:
    """Properties as they go over the bus."""
    return {name: Variant(TYPES.get(name, "s"), value) for name, value in properties.items()}


class Objects:
    """What exists; every change of it is signalled with ``send``."""

    def __init__(self, send: Callable[[Message], object]) -> None:
        self._send = send
        self._objects: dict[str, Interfaces] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._objects

    def properties(self, path: str, interface: str) -> dict[str, Any]:
        """The properties of an interface that the object has."""
        return self._objects[path][interface]

    def has(self, path: str, interface: str) -> bool:
        """Whether there is such an object with this interface."""
        return interface in self._objects.get(path, {})

    def below(self, path: str) -> Iterator[str]:
        """The paths of all that is inside an object."""
        yield from (other for other in self._objects if other.startswith(f"{path}/"))

    def managed(self) -> dict[str, dict[str, dict[str, Variant]]]:
        """The answer to GetManagedObjects."""
        return {
            path: {interface: typed(properties) for interface, properties in interfaces.items()}
            for path, interfaces in self._objects.items()
        }

    def add(self, path: str, interface: str, properties: dict[str, Any]) -> None:
        """A new object."""
        self._objects[path] = {interface: properties}
        body = [path, {interface: typed(properties)}]
        self._send(Message.new_signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", body))

    def remove(self, path: str) -> None:
        """The object goes, and all that is inside it before it."""
        for gone in [*reversed(list(self.below(path))), path]:
            body = [gone, list(self._objects.pop(gone))]
            self._send(Message.new_signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", body))

    def change(self, path: str, interface: str, **changed: Any) -> None:
        """Properties have new values, which may be the old ones."""
        self._objects[path][interface].update(changed)
        self._changed(path, interface, changed, [])

    def without(self, path: str, interface: str, *names: str) -> None:
        """Properties that the object no longer has."""
        properties = self._objects[path][interface]
        gone = [name for name in names if properties.pop(name, None) is not None]
        if gone:
            self._changed(path, interface, {}, gone)

    def _changed(self, path: str, interface: str, changed: dict[str, Any], gone: list[str]) -> None:
        body = [interface, typed(changed), gone]
        self._send(Message.new_signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body))
