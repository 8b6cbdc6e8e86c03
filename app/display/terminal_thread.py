"""The live view on the terminal, drawn by a thread of its own: a slow line must not hold up the sensors."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live

from dowel.display.glyphs import ASCII, UNICODE
from dowel.display.terminal_drawing import draw
from dowel.display.view import View

EVERY_S: Final = 0.125
"""Eight pictures a second: figures can be read, the bar still follows the back, and it costs little."""
PATIENCE_S: Final = 2.0
"""A terminal that takes nothing for so long at the end is left alone."""


class Screen:
    """``with Screen(console) as screen: screen.show(view)``; the terminal is as before when it is left.

    Only for a terminal. :meth:`show` and :meth:`ring` only leave word for the thread, so they never wait. ``failure``
    says why nothing is drawn any more, if so: the terminal is gone (``OSError``), or a fault in the drawing.
    """

    def __init__(self, console: Console) -> None:
        self.failure: Exception | None = None
        self._console = console
        self._glyphs = UNICODE if console.encoding.lower().startswith("utf") else ASCII
        self._view: View | None = None
        self._ring = False
        self._over = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dowel-screen", daemon=True)

    def show(self, view: View) -> None:
        """Show this from the next picture on."""
        self._view = view

    def ring(self) -> None:
        """Sound the terminal's bell at once."""
        self._ring = True
        self._wake.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._wake.set()
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        try:
            # what others print must not end up in a picture that is about to vanish
            with Live(
                console=self._console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            ) as live:
                self._draw_until_over(live)
        except Exception as error:  # the practice goes on, and its owner says what happened
            self.failure = error

    def _draw_until_over(self, live: Live) -> None:
        drawn: object = None
        while not self._over:
            view, size = self._view, self._console.size
            if view is not None and (view, size) != drawn:
                live.update(Group(*draw(view, size.width, size.height, self._glyphs)), refresh=True)
                drawn = (view, size)
            self._wake.wait(EVERY_S)
            self._wake.clear()
            if self._ring:
                self._ring = False
                self._console.bell()
