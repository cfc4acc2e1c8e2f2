"""Wrong PINs are limited: a few are free, then every further one makes the next wait longer.

The rule: whoever asks for a person's PIN has five tries, then one after 30 s, one after a minute,
and so on to a quarter of an hour; the right PIN waits as well, or the wait would tell it. Tries
during a wait are not looked at and do not lengthen it, and a client's tries hold up that client
alone: nobody keeps a person out from elsewhere. Counts last as long as the process.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from data.errors import ReelwiseError

FREE = 5
"""Wrong PINs before the first wait."""
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
FORGOTTEN_S = 86_400.0
"""So long after the last wrong PIN nothing is counted any more."""
MOST_COUNTED = 10_000
"""Pairs of a client and a person that are counted; the oldest go first."""
Key = tuple[str, str, str]


class TooManyPins(ReelwiseError):
    """A PIN that is not looked at, right or wrong.

    Args:
        wait_s: Seconds until one is looked at again.
    """

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        seconds = max(1, round(wait_s))
        super().__init__("too many wrong PINs", fix=f"wait {seconds} s, then try again")


@dataclass
class _Count:
    wrong: int = 0
    last_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        if self.wrong < FREE:
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.wrong - FREE, 30))
        return max(0.0, self.last_s + wait_s - now_s)


class PinTries:
    """The wrong PINs of one process; threads may share it.

    Args:
        now_s: The clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._counts: OrderedDict[Key, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def checked(self, client: str, name: str, stored: str, is_right: Callable[[], bool]) -> bool:
        """Whether a PIN is right.

        Args:
            client: Who tries.
            name: Whose PIN.
            stored: What is stored of it: another PIN is counted anew.
            is_right: Looks at it, which takes its time.

        Raises:
            TooManyPins: It is not looked at now.
        """
        key = (client, name, stored)
        # Counted before it is looked at: tries that come at once are as many as one by one.
        self._count(key)
        found = is_right()
        if found:
            with self._lock:
                self._counts.pop(key, None)
        return found

    def _count(self, key: Key) -> None:
        now_s = self._now_s()
        with self._lock:
            count = self._counts.get(key, _Count())
            if now_s - count.last_s > FORGOTTEN_S:
                count = _Count()
            if wait_s := count.wait_s(now_s):
                raise TooManyPins(wait_s)
            self._counts[key] = _Count(count.wrong + 1, now_s)
            self._counts.move_to_end(key)
            while len(self._counts) > MOST_COUNTED:
                self._counts.popitem(last=False)
