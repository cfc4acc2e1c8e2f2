"""Encoders without torch whose answers are known: the fakes of all tests.

`tests/embeddings/encoder_contract.py` holds them to what real encoders promise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec, Pixels
from embeddings.encoder import Spans, Times, Vectors
from embeddings.temporal.pooling import mean_clips

COLOUR_WORDS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "yellow": (255, 255, 0),
    "purple": (255, 0, 255),
    "cyan": (0, 255, 255),
}

FRAME_SPEC = FrameSpec(16, 16, "squash")


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """The rows at length one."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def random_units(rng: np.random.Generator, n: int, dim: int) -> NDArray[np.float32]:
    """(n, dim) unit rows in random directions."""
    return unit_rows(rng.standard_normal((n, dim)).astype(np.float32))


class ColourEncoder:
    """A frame's vector is its mean colour, a text's that of its colour words.

    Args:
        version: Gives an encoder with another id.
    """

    dim = 8
    frame_spec = FRAME_SPEC

    def __init__(self, version: int = 1) -> None:
        self.id = f"colour-{version}"
        self.name = f"colour/{version}"

    def encode_frames(self, pixels: Pixels) -> Vectors:
        if len(pixels) == 0:
            return np.zeros((0, self.dim), np.float32)
        return _colour_vectors(pixels.reshape(len(pixels), -1, 3).mean(axis=1))

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        assert len(times_s) == len(vectors)
        return mean_clips(vectors, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), 3))
        for row, text in zip(rows, texts, strict=True):
            colours = [COLOUR_WORDS[w] for w in text.lower().split() if w in COLOUR_WORDS]
            row[:] = np.mean(colours, axis=0) if colours else 127.0
        return _colour_vectors(rows)


def _colour_vectors(colours: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 3) RGB 0..255 -> (n, 8) unit rows; near colours give near vectors, grey levels differ."""
    x = colours / 127.5 - 1.0
    r, g, b = x.T
    return unit_rows(np.stack([r, g, b, r * g, g * b, b * r, r * g * b, np.ones_like(r)], axis=1))


class CountingEncoder(ColourEncoder):
    """The colour encoder that remembers its calls, and can be made slow or wrong.

    Args:
        version: As for `ColourEncoder`.
        spoil: Green frames get NaN.
        delay_s: Every other call for frames takes this much longer.
    """

    def __init__(self, version: int = 1, *, spoil: bool = False, delay_s: float = 0.0) -> None:
        super().__init__(version)
        self.spoil, self.delay_s = spoil, delay_s
        self.frames_at_once: list[int] = []
        self.clips_at_once: list[int] = []
        self.calls_at_once = self.most_calls_at_once = 0
        self._lock = threading.Lock()

    @property
    def frames(self) -> int:
        return sum(self.frames_at_once)

    @property
    def largest_batch(self) -> int:
        return max(self.frames_at_once, default=0)

    def encode_frames(self, pixels: Pixels) -> Vectors:
        with self._lock:
            self.frames_at_once.append(len(pixels))
            slow = len(self.frames_at_once) % 2
            self.calls_at_once += 1
            self.most_calls_at_once = max(self.most_calls_at_once, self.calls_at_once)
        if slow:
            time.sleep(self.delay_s)
        rows = super().encode_frames(pixels)
        if self.spoil:
            rows[rows @ self.encode_texts(["green"])[0] > 0.9] = np.nan
        with self._lock:
            self.calls_at_once -= 1
        return rows

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        self.clips_at_once.append(len(spans))
        return super().encode_clips(vectors, times_s, spans)


class RandomEncoder:
    """Every text and every frame has a random direction, always the same one."""

    id = "random-1"
    name = "random"
    frame_spec = FrameSpec(8, 8)

    def __init__(self, dim: int = 32) -> None:
        self.dim = dim

    def encode_frames(self, pixels: Pixels) -> Vectors:
        return self._directions([int(frame.sum()) for frame in pixels])

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        return mean_clips(vectors, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._directions([sum(map(ord, text)) for text in texts])

    def _directions(self, seeds: list[int]) -> NDArray[np.float32]:
        rows = [random_units(np.random.default_rng(seed), 1, self.dim) for seed in seeds]
        return np.concatenate(rows) if rows else np.zeros((0, self.dim), np.float32)


MEANS = {
    "ship": "ferry",
    "departs": "leaves",
    "extinguish": "blow",
    "flames": "candles",
    "celebration": "party",
}
"""Words, and others of the same meaning."""


class FakeSentences:
    """Every word has a random direction, words of the same meaning the same; a text is their sum.

    Args:
        version: Gives an encoder with another id and other directions.
    """

    dim = 48

    def __init__(self, version: int = 1) -> None:
        self.id = f"fake-sentences-{version}"
        self.version = version
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        rows = [self._sum(text.lower().split()) for text in texts]
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, self.dim), np.float32)

    def knows(self, word: str) -> bool:
        return any(letter in "aeiou" for letter in word)

    def _sum(self, words: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(
            np.sum([_direction(self.version, MEANS.get(word, word)) for word in words], axis=0),
            np.float32,
        )


@cache
def _direction(version: int, word: str) -> NDArray[np.float32]:
    rng = np.random.default_rng([version, *word.encode()])
    return np.asarray(random_units(rng, 1, FakeSentences.dim)[0], np.float32)
