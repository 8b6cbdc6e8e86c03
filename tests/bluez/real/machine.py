"""The machine: QEMU with the kernel, whose shell does the lines that it is sent."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from typing import Final

from tests.bluez.processes import Process
from tests.bluez.real import initrd, packages

BOOT_PATIENCE_S: Final = 300.0  # 10 s on an idle computer, over a minute on one that is busy
KERNEL_ARGUMENTS: Final = (
    "console=ttyS0 quiet panic=1 mitigations=off nokaslr nowatchdog nosoftlockup cryptomgr.notests "
    "no_timer_check tsc=reliable rcupdate.rcu_cpu_stall_suppress=1"
)
"""Nothing that takes long under emulation, or that takes its jerky clock for a fault."""


def free_port() -> int:
    """A TCP port that nobody has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Machine(Process):
    """It runs until it is killed, which leaving the ``with`` does. ``address`` is that of its system bus."""

    def __init__(self) -> None:
        packages.check_host()
        packages.fetch()
        initrd.build()
        port = free_port()
        self.address = f"tcp:host=127.0.0.1,port={port}"
        self._one_at_a_time = threading.Lock()
        begun_s = time.monotonic()
        super().__init__(
            [
                # Gone with whoever started it, however that ends: it would use a core for ever.
                *("setpriv", "--pdeathsig", "KILL", str(packages.program("qemu-system-x86_64"))),
                *("-L", str(packages.ROOT / "usr/share/qemu"), "-L", str(packages.ROOT / "usr/share/seabios")),
                *("-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "512"),
                *("-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
                *("-kernel", str(packages.KERNEL), "-initrd", str(initrd.INITRD)),
                *("-append", f"{KERNEL_ARGUMENTS} host_uid={os.getuid()}"),
                *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:5555"),
                *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
            ],
            {"LD_LIBRARY_PATH": packages.library_path()},
        )
        self.started(lambda line: line == "machine ready", BOOT_PATIENCE_S)
        self.boot_s = time.monotonic() - begun_s

    def do(self, line: str) -> str:
        """Run a line in its shell (``init.sh`` has functions for it); what that printed."""
        with self._one_at_a_time:
            before = len(self.lines)
            self.send(line)
            self.wait_for(lambda said: re.fullmatch(r"done \d+", said) is not None)
            return "\n".join(self.lines[before:-1])
