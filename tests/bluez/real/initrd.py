"""The machine's only file: busybox, modules of the kernel, D-Bus, BlueZ, and what joins them to the host."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Final

from tests.bluez.processes import ALLOW_ALL, CONFIGURATION
from tests.bluez.real import packages

INITRD: Final = packages.PLACE / "initrd.gz"
HERE: Final = Path(__file__).parent

MODULES: Final = ("virtio_pci", "virtio_net", "virtio_rng", "rfkill", "bluetooth", "hci_vhci", "uhid")
CIPHERS: Final = ("af_alg", "algif_hash", "algif_skcipher", "cmac", "ecb", "ccm", "ctr")
"""bluetoothd computes the hash of a table of services with them."""
PROGRAMS: Final = ("dbus-daemon", "bluetoothd")
FOLDERS: Final = ("proc", "sys", "dev", "run", "tmp", "var/lib/bluetooth", "var/lib/dbus")

FOLDER, PROGRAM, TEXT, CONSOLE = 0o40755, 0o100755, 0o100644, 0o20600
"""Kinds and permissions of files, as in an inode."""


class Archive:
    """An archive of the kind "newc" (cpio), as the kernel unpacks it."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._names: set[str] = set()

    def put(self, name: str, content: bytes, mode: int = PROGRAM) -> None:
        """A file, and the folders that it lies in."""
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            self.folder(str(folder))
        self._entry(name, mode, content)

    def folder(self, name: str) -> None:
        """A folder, and those that it lies in."""
        for each in (*reversed(PurePosixPath(name).parents[:-1]), PurePosixPath(name)):
            if str(each) not in self._names:
                self._entry(str(each), FOLDER)

    def finish(self) -> bytes:
        """All of it."""
        self._entry("dev/console", CONSOLE, device=(5, 1))  # the kernel opens it before there is a /dev
        self._entry("TRAILER!!!", 0)
        return bytes(self.content)

    def _entry(self, name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._names.add(name)
        text = name.encode() + b"\0"
        numbers = (len(self._names), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(text), 0)
        self._padded(b"070701" + b"".join(b"%08X" % number for number in numbers) + text)
        self._padded(content)

    def _padded(self, part: bytes) -> None:
        self.content += part + bytes(-len(part) % 4)


def build() -> None:
    """Write :data:`INITRD`; the packages are there."""
    archive = Archive()
    for folder in FOLDERS:
        archive.folder(folder)
    archive.put("bin/busybox", packages.program("busybox").read_bytes())
    programs = [packages.program(name) for name in PROGRAMS]
    for path in (*programs, _bridge()):
        archive.put(f"bin/{path.name}", path.read_bytes())
    for name, path in libraries(programs).items():
        archive.put(name, path.read_bytes())
    modules = modules_in_order((*MODULES, *CIPHERS))
    for path in modules:
        archive.put(f"modules/{path.name}", path.read_bytes())
    archive.put("modules/order", "\n".join(path.stem for path in modules).encode(), TEXT)
    archive.put("init", (HERE / "init.sh").read_bytes())
    bus = CONFIGURATION.format(socket="/run/dbus/system_bus_socket", policy=ALLOW_ALL)
    for path in (packages.ROOT / "etc/bluetooth").iterdir():  # as Debian ships it: the adapter comes on by itself
        archive.put(f"etc/bluetooth/{path.name}", path.read_bytes(), TEXT)
    archive.put("etc/bus.conf", bus.encode(), TEXT)
    archive.put("etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", TEXT)
    archive.put("etc/group", b"root:x:0:\n", TEXT)
    archive.put("var/lib/dbus/machine-id", b"0123456789abcdef" * 2 + b"\n", TEXT)
    INITRD.write_bytes(gzip.compress(archive.finish(), 1))


def _bridge() -> Path:
    path = packages.PLACE / "bridge"
    subprocess.run(["gcc", "-O2", "-static", "-Wall", "-Werror", "-o", str(path), str(HERE / "bridge.c")], check=True)
    return path


def libraries(programs: list[Path]) -> dict[str, Path]:
    """What these programs are linked to, by the name that each must have in the machine."""
    environment = {**os.environ, "LD_LIBRARY_PATH": packages.library_path()}
    found = {}
    for program in programs:
        said = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True, env=environment).stdout
        for path in map(Path, re.findall(r"(/\S+) \(0x", said)):
            folder = "lib64" if path.name.startswith("ld-linux") else "lib/x86_64-linux-gnu"
            found[f"{folder}/{path.name}"] = path
    return found


def modules_in_order(wanted: tuple[str, ...]) -> list[Path]:
    """The modules that are not built in, each after those that it needs."""
    (folder,) = (packages.ROOT / "lib/modules").iterdir()
    files = {path.stem.replace("-", "_"): path for path in folder.rglob("*.ko")}
    built_in = {Path(line).stem.replace("-", "_") for line in (folder / "modules.builtin").read_text().splitlines()}
    order: dict[str, Path] = {}

    def want(name: str) -> None:
        if name in order or name in built_in:
            return
        needs = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for each in needs[1].decode().split(",") if needs and needs[1] else []:
            want(each.replace("-", "_"))
        order[name] = files[name]

    for name in wanted:
        want(name)
    return list(order.values())
