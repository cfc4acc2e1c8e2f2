"""An exact encoder without torch: a frame's vector is its mean colour, so answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec

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


def _vectors(colours: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 3) RGB 0..255 -> (n, 8) unit rows; near colours give near vectors, grey levels differ."""
    x = colours / 127.5 - 1.0
    r, g, b = x.T
    rows = np.stack([r, g, b, r * g, g * b, b * r, r * g * b, np.ones_like(r)], axis=1)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class ColourEncoder:
    """Implements `embeddings.encoder.Encoder`; `version` gives a second model with another id."""

    version: int = 1
    frame_spec: FrameSpec = FRAME_SPEC
    dim: int = 8

    @property
    def id(self) -> str:
        return f"colour-{self.version}"

    @property
    def name(self) -> str:
        return f"colour/{self.version}"

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(pixels) == 0:
            return np.zeros((0, self.dim), np.float32)
        return _vectors(pixels.reshape(len(pixels), -1, 3).mean(axis=1))

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        assert len(times_s) == len(vectors)
        rows = np.stack([vectors[a:b].mean(axis=0) for a, b in spans])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            found = [COLOUR_WORDS[w] for w in text.lower().split() if w in COLOUR_WORDS]
            rows.append(np.mean(found, axis=0) if found else (127.0, 127.0, 127.0))
        return _vectors(np.asarray(rows, dtype=np.float64))
