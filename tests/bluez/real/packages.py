"""What the machine is made of, as Debian packages: fetched with apt and unpacked under ``build``; nothing is installed.

Some 90 MB to fetch and 560 MB unpacked, most of it the kernel's modules. They are kept: whoever wants newer ones
removes the folder.
"""

from __future__ import annotations

import lzma
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.bluez.processes import PROJECT

PLACE: Final = PROJECT / "build" / "real-bluez"
ROOT: Final = PLACE / "root"
KERNEL: Final = PLACE / "vmlinux"
_DEBS: Final = PLACE / "debs"

TOOLS: Final = {
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "ldd": "libc-bin",
    "gcc": "gcc libc6-dev",
    "setpriv": "util-linux",
}
"""Programs of the host, and the packages that they come with."""
WANTED: Final = (
    *("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios"),
    *("bluez", "dbus-daemon", "busybox-static"),
)
"""QEMU looks for what belongs to it beside its program, and not where the host has it installed."""
KERNEL_PACKAGE: Final = "linux-image-amd64"
XZ: Final = b"\xfd7zXZ\0"


class AbsentError(Exception):
    """Something that the rig needs is not there; the text says what to do."""


def check_host() -> None:
    """Whether this computer can do it."""
    if platform.machine() != "x86_64":
        raise AbsentError(f"The rig needs a computer of the kind x86_64, and this one is {platform.machine()}.")
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        raise AbsentError(f"The rig needs Debian (or a relative) and: apt-get install {' '.join(missing)}")


def fetch() -> None:
    """Have all packages unpacked in :data:`ROOT`, and the kernel in :data:`KERNEL`."""
    if KERNEL.exists():  # made last
        return
    for folder in (_DEBS, ROOT):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    _said("apt-get", "download", *_all_needed(), _newest_kernel())
    for package in sorted(_DEBS.glob("*.deb")):
        _said("dpkg-deb", "-x", str(package), str(ROOT))
    KERNEL.write_bytes(unpacked(next((ROOT / "boot").glob("vmlinuz-*")).read_bytes()))


def _all_needed() -> list[str]:
    """What is wanted, and those of its dependencies that are not installed here."""
    plan = _said("apt-get", "install", "--simulate", "--no-install-recommends", *WANTED).splitlines()
    planned = [line.split() for line in plan if line.startswith("Inst ")]
    new = [name for _, name, *how in planned if not how[0].startswith("[")]  # in brackets: the version here
    return list(dict.fromkeys([*WANTED, *new]))


def _newest_kernel() -> str:
    depends = _said("apt-cache", "depends", "--important", KERNEL_PACKAGE).splitlines()
    return next(line.split()[-1] for line in depends if "Depends: linux-image-" in line)


def _said(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_DEBS)
    if done.returncode:
        raise AbsentError(
            f"{' '.join(command[:2])} could not get the packages; apt-get update may help.\n{done.stderr.strip()}"
        )
    return done.stdout


def unpacked(kernel: bytes) -> bytes:
    """The kernel without its own unpacker, which would take half a minute in the machine."""
    begin = kernel.find(XZ)
    return lzma.LZMADecompressor().decompress(kernel[begin:]) if begin >= 0 else kernel


def program(name: str) -> Path:
    """Where a program was unpacked, or else where it is installed."""
    for folder in ("usr/bin", "bin", "usr/sbin", "sbin", "usr/libexec/bluetooth"):
        if (ROOT / folder / name).exists():
            return ROOT / folder / name
    installed = shutil.which(name)
    if installed is None:
        raise AbsentError(f"No program {name} came with the packages. Remove {PLACE} and run this again.")
    return Path(installed)


def library_path() -> str:
    """For ``LD_LIBRARY_PATH``: libraries that are not installed here."""
    return ":".join(str(ROOT / folder / "x86_64-linux-gnu") for folder in ("usr/lib", "lib"))
