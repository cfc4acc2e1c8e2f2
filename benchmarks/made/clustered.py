"""Vectors like those of CLIP, of any number: any two about .6 +/- .1 alike, in tight groups.

All have one direction in common, as the vectors of one CLIP tower have. The rest is a theme, then a
video within the theme, then a clip within the video, each with the falling spectrum of real
embeddings. Videos with numbers near each other are often of one theme, as those of one folder are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from data.arrays import Floats, Half
from indexer.store.rows.half_matrix import HalfMatrix, writing

CLIPS_PER_VIDEO = 10
CLIPS_AT_ONCE = 20_000
_VIDEOS_PER_THEME = 200
_FEWEST_THEMES = 50
_ALIKE = 0.6
"""Mean cosine of any two vectors."""
_OF_VIDEO, _OF_CLIP = 0.7, 0.35
"""Spread of videos in a theme and of clips in a video, in units of that of the themes."""
_NEAR_SHARE = 0.7
"""Videos whose theme is that of their neighbours."""
_DECAY = 0.55
_FRESH = 1 << 40


@dataclass(frozen=True)
class Clusters:
    """A library of videos; the same values give the same vectors."""

    n_clips: int
    """Clips of the library."""
    dim: int = 512
    """Length of a vector."""
    seed: int = 0
    """Another seed gives another library."""
    clips_per_video: int = CLIPS_PER_VIDEO
    """Clips of each video."""

    @property
    def n_videos(self) -> int:
        """Videos of the library."""
        return -(-self.n_clips // self.clips_per_video)

    def videos(self, numbers: range) -> Floats:
        """Unit rows: the clips of some videos, which may lie beyond the library."""
        rng = np.random.default_rng([self.seed, numbers.start])
        near = np.arange(numbers.start, numbers.stop) * len(self._themes) // self.n_videos
        anywhere = rng.integers(len(self._themes), size=len(numbers))
        is_near = rng.random(len(numbers)) < _NEAR_SHARE
        themes = np.where(is_near, near % len(self._themes), anywhere)
        videos = self._themes[themes] + _OF_VIDEO * self._noise(rng, len(numbers))
        clips = np.repeat(videos, self.clips_per_video, axis=0)
        clips += _OF_CLIP * self._noise(rng, len(clips))
        return self._placed(clips)

    def blocks(self) -> Iterator[Floats]:
        """All clips of the library, in blocks."""
        at_once = max(CLIPS_AT_ONCE // self.clips_per_video, 1)
        for first in range(0, self.n_videos, at_once):
            rows = self.videos(range(first, min(first + at_once, self.n_videos)))
            yield rows[: self.n_clips - first * self.clips_per_video]

    def queries(self, n: int) -> Floats:
        """(n, d) unit rows: a clip of each of n videos that the library does not hold."""
        rng = np.random.default_rng([self.seed, _FRESH])
        themes = self._themes[rng.integers(len(self._themes), size=n)]
        spread = float(np.hypot(_OF_VIDEO, _OF_CLIP))
        return self._placed(themes + spread * self._noise(rng, n))

    def matrix(self, path: Path) -> HalfMatrix:
        """Write all clips to a new file, block by block, and map it."""
        with writing(path, self.dim) as file:
            for rows in self.blocks():
                file.add(rows)
        return HalfMatrix.map(path, dim=self.dim, n=self.n_clips)

    @cached_property
    def _axes(self) -> tuple[Floats, Floats]:
        """(d,) the common direction, and (d, d) axes with their spread, in rows."""
        rng = np.random.default_rng([self.seed, _FRESH + 1])
        common = rng.standard_normal(self.dim).astype(np.float32)
        spectrum = np.arange(1, self.dim + 1, dtype=np.float32) ** -_DECAY
        axes = np.linalg.qr(rng.standard_normal((self.dim, self.dim)))[0].astype(np.float32)
        spread = spectrum / np.linalg.norm(spectrum)
        return common / np.linalg.norm(common), np.asarray(spread[:, None] * axes, np.float32)

    @cached_property
    def _themes(self) -> Floats:
        n = max(_FEWEST_THEMES, self.n_videos // _VIDEOS_PER_THEME)
        return self._noise(np.random.default_rng([self.seed, _FRESH + 2]), n)

    def _noise(self, rng: np.random.Generator, n: int) -> Floats:
        rows = rng.standard_normal((n, self.dim), dtype=np.float32)
        return np.asarray(rows @ self._axes[1], np.float32)

    def _placed(self, rows: Floats) -> Floats:
        """Rows of any length -> unit rows around the common direction."""
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        rows *= np.float32(np.sqrt(1 - _ALIKE))
        rows += np.float32(np.sqrt(_ALIKE)) * self._axes[0]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def half(rows: Floats) -> Half:
    """The rows as they are stored."""
    return rows.astype(np.float16)
