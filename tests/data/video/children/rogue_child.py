"""A decoding child some of whose decoders misbehave on purpose; tests start it by its name."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from data.video.children.child import main
from data.video.decoders.decoding import Decoding, open_decoding
from data.video.types import DecodeRequest, Ending, OnProgress, Pixels, Sample, VideoInfo


class Rogue(Decoding):
    """Gives a slot of frames, or none, then does what its name says."""

    def __init__(self, name: str) -> None:
        self.decoder = name
        self._deed = name.removeprefix("rogue:")

    @property
    def info(self) -> VideoInfo:
        return VideoInfo("none", 64, 48, 10.0, 8.0)

    @property
    def keyframes_s(self) -> NDArray[np.float64]:
        return np.zeros(0)

    def samples(self) -> Iterator[Sample]:
        early = self._deed.startswith("early-")
        if not early:
            for at in range(64):
                yield Sample(at / 2, _white)
        getattr(self, "_" + self._deed.removeprefix("early-"))()

    def ending(self) -> Ending:
        return Ending("done", decoded_s=8.0)

    def _spin(self) -> None:
        ctypes.PyDLL(None).sleep(3600)  # PyDLL keeps the interpreter's lock, as decord does

    def _leak(self) -> None:
        hoard = []
        while True:
            hoard.append(np.ones(8_000_000))
            time.sleep(0.01)

    def _segv(self) -> None:
        ctypes.string_at(1)

    def _exit(self) -> None:
        os._exit(3)

    def _words(self) -> None:
        sys.stderr.write("x" * 100_000 + "\nlibcodec: out of luck\x1b[2J\n\n")
        sys.stderr.flush()
        os._exit(3)

    def _shrink(self) -> None:
        memory = int(sys.argv[3])
        try:
            os.ftruncate(memory, 0)
        except OSError as error:
            raise ValueError(f"memory keeps its size: {error.strerror}") from error

    def _limits(self) -> None:
        names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE")
        raise ValueError(str([resource.getrlimit(getattr(resource, name)) for name in names]))

    def _environment(self) -> None:
        raise ValueError(" ".join(sorted(os.environ)))

    def _modules(self) -> None:
        heavy = {"torch", "pandas", "faiss", "streamlit", "sqlalchemy", "cv2", "decord", "scipy"}
        raise ValueError(" ".join(sorted(heavy & set(sys.modules))) or "light")


def _white(out: Pixels) -> None:
    out[...] = 255


@contextmanager
def open_rogue(request: DecodeRequest, on_progress: OnProgress) -> Iterator[Decoding]:
    if request.decoder.startswith("rogue:"):
        assert request.path.is_absolute()
        yield Rogue(request.decoder)
    else:
        with open_decoding(request, on_progress) as decoding:
            yield decoding


if __name__ == "__main__":
    main(sys.argv[1:], open_rogue)
