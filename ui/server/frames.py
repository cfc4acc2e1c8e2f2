"""Frames for pictures and previews, decoded by supervised children that the server keeps."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

from data.video.children.pool import DecodePool, StillWanted
from data.video.children.supervisor import CHILD, ON_DEMAND
from data.video.types import SAMPLE_FPS, DecodeRequest, FrameBatch, FrameSpec, Pixels

CHILDREN = 2
"""Number of decoding children, whatever the number of visitors."""


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
