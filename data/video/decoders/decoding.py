"""Sample a video with the first decoder that can read it, inside the calling process.

A bad file can crash or hang a decoder, so files that come from outside are read through
`data.video.children.pool`, which runs this in child processes that can be killed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import UnreadableVideo
from data.video.decoders.decord_decoder import DecordDecoding
from data.video.decoders.opening import OpenVideo, open_video
from data.video.decoders.pyav_decoder import PyavDecoding
from data.video.types import HELD_S, DecodeRequest, Ending, OnProgress, Sample, VideoInfo


class Decoder(Protocol):
    """One pass of one decoder over one video."""

    def samples(self) -> Iterator[Sample]:
        """The frames shown at start_s + k / fps, in order; each is drawn before the next is taken.

        Where key frames are as dense as the samples, they are the samples, with their own times. A
        video shorter than 1 / fps gives its first frame, a damaged one the frames that can be
        decoded.
        """

    def ending(self) -> Ending:
        """How it went, once `samples` is exhausted.

        Raises:
            UnreadableVideo: There was no frame.
        """


_KINDS: dict[str, Callable[[OpenVideo, DecodeRequest, OnProgress], Decoder]] = {
    "pyav": PyavDecoding,
    "decord": DecordDecoding,
}
DECODERS = tuple(_KINDS)
"""The decoders, best first by `benchmarks/indexing/decoders.py`: "auto" takes the first that can
read a file."""


class Decoding:
    """A video being sampled by the first decoder that can read it."""

    def __init__(self, video: OpenVideo, request: DecodeRequest, on_progress: OnProgress) -> None:
        self.decoder = ""
        """Name of the decoder at work."""
        self._video = video
        self._request = request
        self._on_progress = on_progress
        self._ending: Ending | None = None

    @property
    def info(self) -> VideoInfo:
        """What the file says about itself; complete once the first sample was taken."""
        return self._video.info

    @property
    def keyframes_s(self) -> NDArray[np.float64]:
        """When the key frames of the file are shown, ascending; none where it has no times."""
        table = self._video.table
        if not table.has_times:
            return np.zeros(0)
        pts = np.sort(table.pts[table.is_key & table.is_shown])
        return pts.astype(np.float64) * table.tick_s - table.zero_s

    def samples(self) -> Iterator[Sample]:
        """The samples in order, as `Decoder.samples` gives them.

        Raises:
            UnreadableVideo: No decoder gave a single frame; the reason is the first decoder's.
        """
        first_error: UnreadableVideo | None = None
        wanted = self._request.decoder
        for name in DECODERS if wanted == "auto" else (wanted,):
            self.decoder = name
            n_samples = 0
            try:
                decoder = _KINDS[name](self._video, self._thinned(), self._on_progress)
                for sample in decoder.samples():
                    n_samples += 1
                    yield sample
                self._ending = replace(decoder.ending(), decoder=name)
            except UnreadableVideo as error:
                first_error = first_error or error
                if n_samples or error.final:
                    break
            else:
                return
        assert first_error is not None
        raise first_error

    def _thinned(self) -> DecodeRequest:
        """The request at the rate at which its frames cover the whole range."""
        request = self._request
        if request.most_frames is None:
            return request
        end_s = self._video.wanted_end_s(request)
        shown_s = self._video.table.shown_s(request.start_s, end_s, longest_s=HELD_S)
        length_s = max(shown_s, 1 / request.fps)
        return replace(request, fps=min(request.fps, request.most_frames / length_s))

    def ending(self) -> Ending:
        """How it went, once `samples` is exhausted."""
        assert self._ending is not None
        return self._ending


@contextmanager
def open_decoding(
    request: DecodeRequest, on_progress: OnProgress = lambda: None
) -> Iterator[Decoding]:
    """Open a video for sampling.

    Raises:
        UnreadableVideo: It is no video, or none that can be opened.
    """
    if request.decoder not in ("auto", *DECODERS):
        raise ValueError(f"decoder={request.decoder!r}; known are auto, {', '.join(DECODERS)}")
    with open_video(request.path, on_progress=on_progress) as video:
        yield Decoding(video, request, on_progress)
