"""Decoders that misbehave on purpose; only a child with REELWISE_TEST_DECODERS=1 knows them."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from data.video.types import DecodeRequest, Outcome, Pixels, Sample, VideoInfo


class Rogue:
    """Gives a slot of frames, or none, then does what its name says."""

    def __init__(self, name: str) -> None:
        self.decoder = name
        self.info = VideoInfo("mp4", "none", 64, 48, 10.0, 8.0, 0, 80)
        self._deed = name.removeprefix("test:")

    def samples(self) -> Iterator[Sample]:
        early = self._deed.startswith("early-")
        if not early:
            for at in range(64):
                yield Sample(at / 2, _white)
        getattr(self, "_" + self._deed.removeprefix("early-"))()

    def outcome(self) -> Outcome:
        return Outcome("done", "", 8.0)

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

    def _environment(self) -> None:
        raise ValueError(" ".join(sorted(os.environ)))

    def _modules(self) -> None:
        import sys

        heavy = {"torch", "pandas", "faiss", "streamlit", "sqlalchemy", "cv2", "decord", "scipy"}
        raise ValueError(" ".join(sorted(heavy & set(sys.modules))) or "light")

    def _nothing(self) -> None:
        return


def _white(out: Pixels) -> None:
    out[...] = 255


@contextmanager
def open_rogue(name: str, request: DecodeRequest) -> Iterator[Rogue]:
    assert request.path.is_absolute()
    yield Rogue(name)
