"""A decoding child that is killed in a whole video: after some frames, or before the first."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from data.video.children.child import main
from data.video.decoders.decoding import Decoding, open_decoding
from data.video.types import DecodeRequest, Ending, OnProgress, Sample, VideoInfo


class Dying(Decoding):
    def __init__(self, decoding: Decoding, frames: int) -> None:
        self._decoding, self._frames = decoding, frames
        self.decoder = "dying"

    @property
    def info(self) -> VideoInfo:
        return self._decoding.info

    @property
    def keyframes_s(self) -> NDArray[np.float64]:
        return self._decoding.keyframes_s

    def samples(self) -> Iterator[Sample]:
        if not self._frames:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from islice(self._decoding.samples(), self._frames)

    def ending(self) -> Ending:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@contextmanager
def open_dying(request: DecodeRequest, on_progress: OnProgress) -> Iterator[Decoding]:
    """As many frames as the file's name says."""
    with open_decoding(request, on_progress) as decoding:
        whole = request.most_frames is None
        yield Dying(decoding, int(request.path.stem)) if whole else decoding


if __name__ == "__main__":
    main(sys.argv[1:], open_dying)
