"""Frames for pictures and previews, decoded by supervised children that the server keeps."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

from data.video.children.pool import DecodePool, StillWanted
from data.video.children.supervisor import CHILD, ON_DEMAND
from data.video.types import SAMPLE_FPS, DecodeRequest, FrameBatch, FrameSpec, Pixels

CHILDREN = 2
"""Number of decoding children, whatever the number of visitors."""


def at_rate(batches: Iterable[FrameBatch], *, start_s: float, fps: float) -> Iterator[Pixels]:
    """Frames (h, w, 3) for `fps` a second from `start_s` on: each until the next one is shown.

    A picture that stands for long is decoded for its first seconds only.
    """
    last: Pixels | None = None
    shown = 0
    for batch in batches:
        for pixels, time_s in zip(batch.pixels, batch.times_s, strict=True):
            if last is not None:
                count = max(1, round((float(time_s) - start_s) * fps) - shown)
                yield from repeat(last, count)
                shown += count
            last = pixels
    if last is not None:
        yield last


class FrameSource:
    """A pool of decoding children that threads share; a child lives on for the next file.

    A child that a file kills or hangs is replaced, and the file gives no frames. `close` ends what
    is running at once, wherever it waits.
    """

    def __init__(self, *, child: str = CHILD) -> None:
        self._pool = DecodePool(CHILDREN, ON_DEMAND, child=child).__enter__()
        self.closing = ExitStack()
        """What ends with it: who keeps its frames adds its own end."""

    def at(
        self,
        path: Path,
        spec: FrameSpec,
        time_s: float,
        *,
        still_wanted: StillWanted | None = None,
    ) -> Pixels | None:
        """The frame (h, w, 3) shown at a time; None where it cannot be decoded.

        Raises: as `batches`.
        """
        end_s = time_s + 1 / SAMPLE_FPS
        request = DecodeRequest(path, spec, start_s=time_s, end_s=end_s, most_frames=1)
        # To the end: a run that is left early costs its child.
        found = [*self.batches(request, still_wanted=still_wanted)]
        return found[0].pixels[0] if found else None

    def batches(
        self, request: DecodeRequest, *, still_wanted: StillWanted | None = None
    ) -> Generator[FrameBatch]:
        """The frames of a file or an interval, as decoded; closing the iterator stops the work.

        Raises:
            DecodingStopped: The source was closed.
            NoDecoder: No child can be started now.
        """
        for _, result in self._pool.run([request], still_wanted=still_wanted):
            if isinstance(result, FrameBatch):
                yield result

    def close(self) -> None:
        """End the children, and every run."""
        self._pool.close()
        self.closing.close()
