"""Pages are made in turns: Python runs one thread at a time, and many at once hold each other up.

Fifty visitors who search at the same moment wait a third less, for a quarter less of processor time
(medians, docs/log.md).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""Pages that are made at the same time: of large libraries half the work is not Python's."""
HELD_S = 1.0
"""A page that takes longer waits for something, and keeps nobody else waiting any more."""


class Turns:
    """Who makes a page, and who waits.

    Args:
        at_once: Pages that are made at the same time.
        held_s: Seconds after which a page no longer counts as one of them.
    """

    def __init__(self, at_once: int = AT_ONCE, held_s: float = HELD_S) -> None:
        self._at_once = at_once
        self._held_s = held_s
        self._changed = threading.Condition()
        self._ends_s: dict[object, float] = {}

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Within a turn; waits for it."""
        turn = object()
        with self._changed:
            while (wait_s := self._until_free_s()) > 0:
                self._changed.wait(wait_s)
            self._ends_s[turn] = time.monotonic() + self._held_s
        try:
            yield
        finally:
            with self._changed:
                self._ends_s.pop(turn, None)
                self._changed.notify()

    def _until_free_s(self) -> float:
        """Seconds until there is certainly a turn; 0 for now."""
        now_s = time.monotonic()
        self._ends_s = {turn: end_s for turn, end_s in self._ends_s.items() if end_s > now_s}
        if len(self._ends_s) < self._at_once:
            return 0.0
        return min(self._ends_s.values()) - now_s
