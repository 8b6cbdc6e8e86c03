"""The real service, for whoever uses the stand-in of :mod:`tests.bluez`: the same calls, and a few more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.bluez.processes import Bluez
from tests.bluez.real.machine import Machine, free_port

REAL: Final = "real"
ASKED_FOR: Final = "DOWEL_REAL_BLUEZ"
"""Set in the environment where tests of the Bluetooth path are to run with the real service."""


class RealBluez(Bluez):
    """bluetoothd in a machine, which knows nothing of earlier ones, with a lifter and sensors of its own.

    Besides the commands of :mod:`tests.bluez.real.air`: ``daemon="TERM" | "KILL" | "start"``, ``restart=SECONDS``,
    after which it is there again, and ``rfkill="block" | "unblock"``.
    """

    MODULE = "tests.bluez.real.air"

    def __init__(self, machine: Machine, worn: Sequence[str] = (), *, log: Path | None = None) -> None:
        port = free_port()
        super().__init__(machine, worn, f"--port={port}", log=log)
        self._machine = machine
        machine.do(f"plug {port}")
        self(adapter="on")

    def __call__(self, **command: Any) -> dict[str, Any]:
        ((name, argument),) = command.items()
        match name:
            case "restart":
                self(daemon="TERM")
                time.sleep(argument)
                self(daemon="start")
            case "daemon":
                self._machine.do("daemon" if argument == "start" else f"end {argument} $daemon_pid")
            case "rfkill":
                self._machine.do(f"block {int(argument == 'block')}")
            case _:
                return super().__call__(**command)
        return {}
