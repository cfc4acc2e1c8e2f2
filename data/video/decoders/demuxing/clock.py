"""One clock for a file whose time stamps start anew or jump: every part of it is seen, in order.

The rule: parts lie one after the other in the order of the file. A part ends where time stamps go
back (two recordings in one file, a clock that was set), and in broadcast streams also where they
leap ahead by more than an hour: there a time stamp is the sender's clock, which starts anywhere. In
other containers a leap ahead is a picture that stands, as players show it. Where time stamps only
grow, this is the file's own clock.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BACK_S = 1.0
"""Time stamps that go back by less are the order of decoding, or rounding."""
LEAP_S = 3600.0
"""Longest leap ahead within one part of a broadcast stream."""
BROADCAST = frozenset(("mpegts", "mpegps"))
"""Containers whose time stamps are the clock of a sender."""
FEWEST_PACKETS = 10
"""Mean length of a part at least; where parts would be shorter, the time stamps say nothing."""


def part_starts(
    pts: NDArray[np.int64], is_key: NDArray[np.bool_], *, back: int, leap: int | None
) -> NDArray[np.intp]:
    """Rows at which a new part begins, ascending, without the first row.

    A packet belongs to a new part where it lies before what the part allows, and so does the packet
    after it: one wrong time stamp is no new part. A key frame lies after everything before it, but
    for one packet that may be wrong itself; any other packet after the key frame before its own.

    Args:
        pts: (n,) time stamps in the order of the file, all known.
        is_key: (n,) where decoding can start.
        back: A jump back of this much counts, in ticks.
        leap: A jump ahead of more than this counts, in ticks; None where none does.
    """
    if not _may_restart(pts, is_key, back, leap):
        return np.zeros(0, np.intp)
    starts, part = [], _Part()
    rows = list(zip(pts.tolist(), is_key.tolist(), strict=True))
    for row, (time, key) in enumerate(rows):
        after = rows[row + 1][0] if row + 1 < len(rows) else time
        least, most = part.least(key), part.most
        if (least is not None and time < least - back and after < least) or (
            leap is not None and most is not None and min(time, after) > most + leap
        ):
            starts.append(row)
            part = _Part()
        part.add(time, key)
    few = len(starts) * FEWEST_PACKETS <= len(rows)
    return np.array(starts if few else [], np.intp)


class _Part:
    """The packets of one part so far."""

    def __init__(self) -> None:
        self.most: int | None = None
        """Latest time stamp."""
        self._second: int | None = None
        self._key: int | None = None
        self._key_before: int | None = None

    def least(self, is_key: bool) -> int | None:
        """Time stamp after which the next packet lies; None where nothing is known."""
        if is_key or self._key_before is None or self._second is None:
            return self._second if is_key else None
        return min(self._key_before, self._second)

    def add(self, time: int, is_key: bool) -> None:
        if self.most is None or time >= self.most:
            self.most, self._second = time, self.most
        elif self._second is None or time > self._second:
            self._second = time
        if is_key:
            self._key_before, self._key = self._key, time


def _may_restart(
    pts: NDArray[np.int64], is_key: NDArray[np.bool_], back: int, leap: int | None
) -> bool:
    """Whether any packet lies outside of what its part allows, if the whole were one part."""
    if len(pts) < 2:
        return False
    before = np.maximum.accumulate(pts)[:-1]
    if leap is not None and bool((pts[1:] - before > leap).any()):
        return True
    return bool((pts[1:] < before - back).any())


def shifts(
    pts: NDArray[np.int64], ticks: NDArray[np.int64], starts: NDArray[np.intp]
) -> NDArray[np.int64]:
    """(n,) ticks to add to each time stamp so that each part begins where the one before it ends.

    Args:
        pts: (n,) time stamps, all known.
        ticks: (n,) length of each packet; 0 where unknown.
        starts: From `part_starts`.
    """
    added = np.zeros(len(pts), np.int64)
    for first, last, after in zip(
        np.r_[0, starts[:-1]], starts, np.r_[starts[1:], len(pts)], strict=True
    ):
        done, length = pts[first:last] + added[first:last], ticks[first:last]
        latest = int(done.argmax())
        usual = int(np.median(np.diff(np.sort(done)))) if len(done) > 1 else 1
        end = int(done[latest]) + max(1, usual, int(length[latest]))
        added[last:after] = end - int(pts[last:after].min())
    return added
