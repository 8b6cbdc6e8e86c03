"""A network between a browser and the page that can fail: a SOCKS5 proxy that freezes, breaks, and comes back."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

LISTEN: Final = ("127.0.0.1", 0)
NO_PASSWORD: Final = b"\x05\x00"
CONNECTED: Final = b"\x05\x00\x00\x01" + bytes(6)
"""RFC 1928, sections 3 and 6."""


class Network:
    """Everything that goes through it goes to ``port`` on this computer, whatever is asked for.

    :meth:`freeze`: what comes is kept and nothing moves, as when a phone leaves the room. :meth:`cut`: connections
    break, and new ones as well. Both until :meth:`mend`.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(LISTEN)
        self._moves = threading.Event()
        self._moves.set()
        self._cut = False
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        """For a browser's settings."""
        return f"socks5://127.0.0.1:{self._listening.getsockname()[1]}"

    def freeze(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self._moves.clear()

    def cut(self) -> None:
        """Break all connections, and those to come."""
        self._cut = True
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """All is well again."""
        self._cut = False
        self._moves.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.cut()
        self._moves.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed at the end
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            near.recv(262)  # how one could sign in
            near.sendall(NO_PASSWORD)
            near.recv(262)  # where to
            if self._cut:
                return
            with socket.create_connection(("127.0.0.1", self._port)) as far:
                near.sendall(CONNECTED)
                self._open |= {near, far}
                back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
                back.start()
                self._pass_on(near, far)
                back.join()
                self._open -= {near, far}

    def _pass_on(self, giver: socket.socket, taker: socket.socket) -> None:
        with suppress(OSError):
            while (data := giver.recv(65536)) and self._moves.wait():
                taker.sendall(data)
        for end in (giver, taker):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
