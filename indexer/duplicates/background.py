"""How alike frames of different videos are in this library, by accident.

All pictures have something in common, and pictures of one library more: the mean frame is taken
off. What is left is alike by accident as measured between random frames of different videos. The
chance is taken to fall exponentially from the median on, at the rate measured up to the 84th
percentile: beyond it a library may be full of copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.joined import joined_rows
from indexer.duplicates.lines import Track, Vectors

SAMPLE_VIDEOS = 400
"""Videos of which one frame each is compared with the others."""
PRIOR_VIDEOS = 20
"""Shrinkage of the mean frame, in videos: of a few videos the mean is one of them."""
HIGH = 0.84
"""Between the median and this quantile the chance is measured to fall: above, copies may count."""
ONE_IN_TEN = 0.1
"""Frames that are more alike than one in ten pairs may be the same."""
LEAST_RATE = 0.05
"""The chance falls to 1/e over this much cosine at least: a library without any two alike frames
gives no measure."""
USUAL = 0.3
"""Likeness above which frames are alike where there are too few videos to tell."""
FEW_VIDEOS = 12
"""Below so many videos the decile is not measured."""


@dataclass(frozen=True)
class Background:
    """What frames have in common, and how alike they are beyond it."""

    common: Vectors
    """(d,) what is taken off every frame."""
    alike: float
    """Likeness that one in ten pairs of unrelated frames exceeds."""
    alike_joined: float = USUAL
    """The same where vectors and small pictures are joined; nothing is taken off then."""

    @property
    def joined(self) -> Background:
        """Of frames whose vectors and small pictures are joined."""
        return Background(np.zeros(1, np.float32), self.alike_joined, self.alike_joined)

    def track(
        self,
        times_s: NDArray[np.float64],
        frames: NDArray[np.floating],
        small: NDArray[np.uint8] | None = None,
    ) -> Track:
        """The frames of a video without what all have in common, of unit length."""
        return Track(np.asarray(times_s, np.float64), self.rest(frames), small)

    def rest(self, vectors: NDArray[np.floating]) -> Vectors:
        """(n, d) vectors without what all have in common, of unit length."""
        rest = np.asarray(vectors, np.float32) - self.common
        length = np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6)
        return np.asarray(rest / length, np.float32)

    def above_accident(self, share: float) -> float:
        """The likeness so far between what comes by accident, 0, and the same pictures, 1."""
        return self.alike + share * (1 - self.alike)

    def share_above(self, likeness: float) -> float:
        """How far a likeness is between accident, 0, and the same pictures, 1; below 0: less."""
        return (likeness - self.alike) / (1 - self.alike)

    def as_dict(self) -> dict[str, Any]:
        """For the stored file."""
        common = [round(float(each), 6) for each in self.common]
        return {"common": common, "alike": self.alike, "alike_joined": self.alike_joined}


def background_of(values: dict[str, Any]) -> Background:
    """What `Background.as_dict` gave."""
    return Background(
        np.asarray(values["common"], np.float32), values["alike"], values["alike_joined"]
    )


def learn_background(
    frames: Sequence[NDArray[np.floating]],
    small: Sequence[NDArray[np.uint8] | None] = (),
    seed: int = 0,
) -> Background:
    """Measure it.

    Args:
        frames: (n, d) frame vectors of each of some videos; at least one video.
        small: (n, 256) small pictures of each of the same, or None.
        seed: Chooses the frames.
    """
    rng = np.random.default_rng(seed)
    n = len(frames)
    mean = np.mean([np.asarray(each, np.float32).mean(axis=0) for each in frames], axis=0)
    common = np.asarray(mean * (n / (n + PRIOR_VIDEOS)), np.float32)
    plain = Background(common, USUAL)
    if n < FEW_VIDEOS:
        return plain
    at = [int(rng.integers(len(each))) for each in frames]
    picked = [each[row][None] for each, row in zip(frames, at, strict=True)]
    rows = plain.rest(np.concatenate(picked))
    with_small = [i for i, each in enumerate(small) if each is not None]
    alike_joined = USUAL
    if len(with_small) >= FEW_VIDEOS:
        pictures = [each[at[i]] for i, each in enumerate(small) if each is not None]
        alike_joined = _one_in_ten(joined_rows(rows[with_small], np.stack(pictures)))
    return Background(common, _one_in_ten(rows), alike_joined)


def _one_in_ten(rows: Vectors) -> float:
    """Likeness that one in ten pairs of rows exceeds, were there no copies among them."""
    between = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    median, high = np.quantile(between, [0.5, HIGH])
    rate = max(float(high - median) / np.log(0.5 / (1 - HIGH)), LEAST_RATE)
    return float(high + rate * np.log((1 - HIGH) / ONE_IN_TEN))
