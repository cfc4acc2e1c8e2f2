"""The frames of an example: decoded as a stream, thinned on the way, in bounded time and memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.video.children.pool import DecodePool, StillWanted
from data.video.children.supervisor import ON_DEMAND, DecodeLimits
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec, Pixels


@dataclass(frozen=True)
class Reading:
    """How long an example may be read, and for whom."""

    limits: DecodeLimits | None = None
    """Of the child that decodes; None takes those of indexing."""
    still_wanted: StillWanted | None = None
    """Called several times a second; an exception that it raises ends the reading."""


AS_INDEXED = Reading()
"""For whoever started the command."""


def for_a_visitor(still_wanted: StillWanted) -> Reading:
    """For a visitor of the server, who waits half a minute at most."""
    return Reading(ON_DEMAND, still_wanted)


def read_frames(
    request: DecodeRequest, most: int, reading: Reading
) -> tuple[Pixels, NDArray[np.float64], Ending]:
    """At most so many frames (n, h, w, 3) of a file with their times (n,), evenly spaced.

    Never more than `most` frames and one batch are held, however long the file is.
    """
    thinned = Thinned(most, request.spec)
    ending: Ending | None = None
    with DecodePool(1, reading.limits) as pool:
        for _, result in pool.run([request], still_wanted=reading.still_wanted):
            if isinstance(result, FrameBatch):
                thinned.add(result.pixels, result.times_s)
            else:
                ending = result
    assert ending is not None
    return (*thinned.frames(), ending)


class Thinned:
    """Keeps every frame until there are too many, then every second, then every fourth, and so on.

    Args:
        most: Most frames that are kept.
        spec: Their size.
    """

    def __init__(self, most: int, spec: FrameSpec) -> None:
        self._most = most
        self._spec = spec
        self._kept: list[Pixels] = []
        self._times_s: list[float] = []
        self._seen = 0
        self._stride = 1

    def add(self, pixels: Pixels, times_s: Iterable[float]) -> None:
        """Take frames (n, h, w, 3) and their times in order."""
        for frame, time_s in zip(pixels, times_s, strict=True):
            if self._seen % self._stride == 0:
                self._kept.append(frame.copy())  # a view would keep its whole batch
                self._times_s.append(float(time_s))
            self._seen += 1
            if len(self._kept) > self._most:
                del self._kept[1::2], self._times_s[1::2]
                self._stride *= 2

    def frames(self) -> tuple[Pixels, NDArray[np.float64]]:
        """The frames that were kept, and their times."""
        none = np.zeros((0, self._spec.height_px, self._spec.width_px, 3), np.uint8)
        return np.stack(self._kept) if self._kept else none, np.asarray(self._times_s)
