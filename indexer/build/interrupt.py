"""Ctrl-C that never cuts through a commit."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Turns Ctrl-C into KeyboardInterrupt: at once, or at the end of a shielded block."""

    def __init__(self) -> None:
        self._shields = 0
        self._waiting = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._shields:
            self._waiting = True
        else:
            raise KeyboardInterrupt

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Let this block end before Ctrl-C takes effect."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._waiting and self._shields == 0:
            self._waiting = False
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Watch for Ctrl-C inside the block; outside the main thread nothing changes."""
    stop = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop._on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
