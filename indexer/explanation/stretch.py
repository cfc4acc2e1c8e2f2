"""The stored vectors of a stretch: its frames, and the clips that lie in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from data.errors import ReelwiseError
from embeddings.plain.layers import unit
from indexer.store.vectors import VideoVectors


class ClipFrames(NamedTuple):
    """A clip, and where its frames are among those of the stretch."""

    start_s: float
    """First instant of the clip."""
    end_s: float
    """First instant after it."""
    first: int
    """Its first frame."""
    last: int
    """After its last frame."""


@dataclass(frozen=True)
class Stretch:
    """Frames and clips in order of time; clips at the edges, and their frames, reach beyond it."""

    times_s: NDArray[np.float64]
    """(n,) when each frame is shown."""
    frames: Floats
    """(n, d) unit rows."""
    spans: tuple[ClipFrames, ...]
    """m clips in order of time."""
    clips: Floats
    """(m, d) unit rows."""
    inside: slice
    """The frames that lie in the stretch itself."""

    def means(self) -> Floats:
        """(m, d) what the clips would be without the temporal head: means of their frames."""
        return unit(
            np.stack([self.frames[span.first : span.last].mean(axis=0) for span in self.spans])
        )


def stretch_of(stored: VideoVectors, start_s: float, end_s: float, *, name: str) -> Stretch:
    """The frames and clips of a video in a stretch; a clip counts where a frame of it lies inside.

    Raises:
        ReelwiseError: No frame lies inside.
    """
    times_s = stored.frame_times_s
    first, last = np.searchsorted(times_s, (start_s, end_s)).tolist()
    if first == last:
        raise ReelwiseError(
            f"{name} has no frame between {start_s:g} s and {end_s:g} s; frames are compared twice "
            "a second",
            fix=f"name a longer stretch; its last frame is at {float(times_s[-1]):.1f} s",
        )
    bounds = np.searchsorted(times_s, stored.clip_spans)
    kept = np.flatnonzero(
        (bounds[:, 0] < last) & (bounds[:, 1] > first) & (np.diff(bounds)[:, 0] > 0)
    )
    low = int(min(first, bounds[kept, 0].min(initial=first)))
    high = int(max(last, bounds[kept, 1].max(initial=last)))
    spans = tuple(
        ClipFrames(*stored.clip_spans[at].tolist(), *(bounds[at] - low).tolist()) for at in kept
    )
    return Stretch(
        times_s=times_s[low:high],
        frames=unit(stored.frames[low:high].astype(np.float32)),
        spans=spans,
        clips=stored.clips[kept].astype(np.float32),
        inside=slice(first - low, last - low),
    )
