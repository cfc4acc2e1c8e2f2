"""A server that is told to stop ends within three seconds, whatever is going on.

Threads inside torch cannot be stopped, and an interpreter that ends under them aborts. So the
process leaves by `os._exit` once the library is closed, or when the time is over: what is kept was
on the disk before it was reported, and children die with their parent.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_S = 2.0
"""Time from the first signal to the end of the process."""
FLUSH_S = 0.3
"""Longest time for its last words."""


class Stopping:
    """The end of a serving process, from the first SIGINT or SIGTERM on.

    Args:
        last_words: Written to stdout before the process ends.
    """

    def __init__(self, last_words: str = "") -> None:
        self._last_words = last_words
        self._begun = threading.Event()
        self._speaking = threading.Lock()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Inside, a signal raises KeyboardInterrupt and starts the clock; it never returns then."""
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self._handle) for each in wanted}
        try:
            yield
        except KeyboardInterrupt:
            self.begin()
        finally:
            if self._begun.is_set():
                self._leave()
            for each, handler in before.items():
                signal.signal(each, handler)

    def begin(self) -> None:
        """Start the clock; a second call changes nothing."""
        if not self._begun.is_set():
            self._begun.set()
            threading.Thread(target=self._watch, name="stopping", daemon=True).start()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.begin()
        raise KeyboardInterrupt

    def _watch(self) -> None:
        threading.Event().wait(STOP_S)
        self._leave()

    def _leave(self) -> None:
        # A reader of stdout that has stopped reading must not keep the process.
        saying = threading.Thread(target=self._say, name="last words", daemon=True)
        saying.start()
        saying.join(FLUSH_S)
        os._exit(0)

    def _say(self) -> None:
        with self._speaking:
            # While a command runs, sys.stdout leads to stderr: only its answer goes to stdout.
            if sys.__stdout__ is not None:
                sys.__stdout__.write(self._last_words)
                sys.__stdout__.flush()
            self._last_words = ""
            sys.stderr.flush()
