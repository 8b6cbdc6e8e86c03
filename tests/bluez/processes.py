"""The processes of a test of the default Linux path: a private bus, the service on it, and the program under test."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

PROJECT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0  # how long something may take before the test fails: far more than it ever needs
DBUS_DAEMON: Final = shutil.which("dbus-daemon")

ALLOW_ALL: Final = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>'
DENY_BLUEZ: Final = f'{ALLOW_ALL}<deny send_destination="org.bluez"/>'
"""What a distribution's policy does to a user who may not use Bluetooth."""

CONFIGURATION: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">{policy}</policy>
</busconfig>
"""


class Process:
    """A process whose lines on stdout are read as they come. Leaving the ``with`` kills it."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env={**os.environ, **(environment or {})},
        )
        self._coming: queue.Queue[str | None] = queue.Queue()
        self.lines: list[str] = []
        """What it has said on stdout, as far as it was waited for."""
        self._said_wrong: list[str] = []
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._said_wrong.extend, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def errors(self) -> str:
        """What it has said on stderr."""
        return "".join(self._said_wrong)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self._process.kill()
        self._finish()

    def interrupt(self, by: signal.Signals = signal.SIGINT) -> None:
        """What Ctrl-C does, or another signal."""
        self._process.send_signal(by)

    def close_input(self) -> None:
        """Tell it that no more lines will come."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        code = self._process.wait(PATIENCE_S)
        self._finish()
        return code

    def send(self, line: str) -> None:
        """One line to its stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def wait_for(self, wanted: Callable[[str], bool], patience_s: float = PATIENCE_S) -> str:
        """The next line that is wanted; what came before it is in :attr:`lines`."""
        give_up = time.monotonic() + patience_s
        while True:
            try:
                line = self._coming.get(timeout=max(0.0, give_up - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"It never came. Said so far:\n{self._so_far()}") from None
            if line is None:
                raise AssertionError(f"The process ended before. Said so far:\n{self._so_far()}")
            self.lines.append(line)
            if wanted(line):
                return line

    def started(self, wanted: Callable[[str], bool], patience_s: float = PATIENCE_S) -> str:
        """The line that says it has started; a process that does not say it is killed."""
        try:
            return self.wait_for(wanted, patience_s)
        except BaseException:
            self.kill()
            raise

    def _so_far(self) -> str:
        return "\n".join(self.lines) + f"\n--- stderr\n{self.errors}"

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def _finish(self) -> None:
        self._process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        while not self._coming.empty():
            line = self._coming.get()
            if line is not None:
                self.lines.append(line)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()


class Bus(Process):
    """A private D-Bus daemon; ``address`` is for ``DBUS_SYSTEM_BUS_ADDRESS``."""

    def __init__(self, policy: str = ALLOW_ALL) -> None:
        assert DBUS_DAEMON is not None
        # A folder of its own: pytest's may be too long for the name of a socket, which has 107 bytes at most.
        self._folder = tempfile.TemporaryDirectory()
        configuration = Path(self._folder.name) / "bus.conf"
        socket = configuration.with_name("bus")
        configuration.write_text(CONFIGURATION.format(socket=socket, policy=policy), encoding="utf-8")
        super().__init__([DBUS_DAEMON, f"--config-file={configuration}", "--nofork", "--print-address"])
        self.address = self.started(lambda line: line.startswith("unix:")).split(",")[0]

    def kill(self) -> None:
        """End it, and remove its folder."""
        super().kill()
        self._folder.cleanup()


class HasAddress(Protocol):
    """A bus that programs can reach."""

    @property
    def address(self) -> str:
        """For ``DBUS_SYSTEM_BUS_ADDRESS``."""
        ...


class Bluez(Process):
    """The service of :mod:`tests.bluez` on a bus. ``worn``: ``placement:driver:address[=name]``."""

    MODULE = "tests.bluez"

    def __init__(self, bus: HasAddress, worn: Sequence[str] = (), *more: str, log: Path | None = None) -> None:
        arguments = [f"--bus={bus.address}", *(f"--worn={each}" for each in worn), *more]
        if log is not None:
            arguments.append(f"--log={log}")
        super().__init__([sys.executable, "-m", self.MODULE, *arguments])
        self.bus = bus
        self.started(lambda line: json.loads(line)["event"] == "ready")

    def __call__(self, **command: Any) -> dict[str, Any]:
        """Have one command done, of those of :attr:`MODULE`: ``bluez(drop="sacrum")``."""
        self.send(json.dumps(command))
        (name,) = command
        answer = json.loads(self.wait_for(lambda line: json.loads(line).get("command") == name))
        return dict(answer)

    def wait_until_nothing_is_connected(self) -> None:
        """A sensor learns a moment after the daemon has answered that its link is over."""
        give_up = time.monotonic() + PATIENCE_S
        while links := self(links=True)["links"]:
            assert time.monotonic() < give_up, f"still connected: {links}"
            time.sleep(0.02)

    def stop(self) -> None:
        """End the service as it should end; it must not have failed anywhere."""
        self.close_input()
        assert self.wait() == 0, self.errors
        assert not self.errors, self.errors


class Program(Process):
    """A Python program on this bus: ``-m dowel scan`` and the like, with bleak's own backend."""

    def __init__(self, address: str, *arguments: str) -> None:
        super().__init__([sys.executable, *arguments], {"DBUS_SYSTEM_BUS_ADDRESS": address})
