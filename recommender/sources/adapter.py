"""Likeness of content bent towards what is watched together: new videos find their crowd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import Rows

HALF_LIFE_PLACES = 10.0
"""Later items at which a liked one counts half.

A world of 1,000 toons and 2,000 people, 2026-11-21, NDCG@20 without decay and at 10: raw vectors
.069 and .092, adapted .115 and .168. With six likes a person it makes no difference.
"""
POWER = 2
"""Power of the cosines: with 1 everything faintly alike adds up, far above it only twins count.

NDCG@20 beside a co-watching source, 2026-11-21. 1,000 toons and 2,000 people at powers 1 to 4: raw
vectors .218, .221, .216, .213, adapted ones (without logQ) .212, .218, .221, .219. 6,710 toons and
six likes a person at 2 and 3: raw .053 and .050, adapted .059 and .057.
"""
_BLOCK_BYTES = 64_000_000
_KEPT = ("half_life_places", "power")


@dataclass(frozen=True, eq=False)
class Adapter:
    """A linear map of content vectors, and how well videos fit people by it, as a source.

    The score of a video is the mean, over the liked ones with their decayed weights, of the powered
    likeness max(cos, 0)^power: from 0 to 1.
    """

    content: NDArray[np.float32]
    """(n, d) unit rows; zero rows where no vector is known."""
    step: NDArray[np.float32]
    """(d, d) what the map adds: x becomes the unit vector along x + x @ step; zeros add nothing."""
    half_life_places: float = HALF_LIFE_PLACES
    """Later items at which a liked one counts half."""
    power: int = POWER
    """Power of the cosines, at least 1."""
    told: Mapping[str, float] = field(default_factory=dict)
    """What fitting found; see `fit_adapter`."""

    @classmethod
    def raw(cls, vectors: VideoTable) -> Adapter:
        """Nothing adapted: likeness of content as it is."""
        width = vectors.matrix.shape[1]
        return cls(vectors.centred, np.zeros((width, width), np.float32))

    @property
    def learned(self) -> bool:
        """The map does something; False where nothing better than raw vectors was found."""
        return bool(self.step.any())

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d) adapted unit rows; the very content rows where nothing was learned."""
        return adapted(self.content, self.step) if self.learned else self.content

    def over(self, vectors: VideoTable) -> Adapter:
        """The same map over another table of items.

        Raises:
            ValueError: Its vectors have another width.
        """
        if vectors.matrix.shape[1] != len(self.step):
            raise ValueError(
                f"vectors must be {len(self.step)}-d as those learned from, "
                f"got {vectors.matrix.shape[1]}-d"
            )
        return replace(self, content=vectors.centred)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) from 0 to 1; 0 for items without vectors and empty histories."""
        liked = histories.matrix(self.half_life_places)
        total = np.maximum(np.asarray(liked.sum(axis=1)), np.float32(1e-30))
        used = np.unique(liked.indices)
        columns = liked.tocsc()[:, used]
        asked = self.vectors if rows is None else self.vectors[rows]
        found = np.zeros((len(histories), len(asked)), np.float32)
        width = max(1, _BLOCK_BYTES // (4 * max(len(asked), 1)))
        for start in range(0, len(used), width):
            block = slice(start, start + width)
            alike = self._powered(self.vectors[used[block]] @ asked.T)
            found += columns[:, block] @ alike
        return np.asarray(found / total[:, None])

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each liked item of one person gives to the score of `row`; they sum to it."""
        weights = history.matrix(self.half_life_places).data.astype(np.float64)
        alike = self._powered(self.vectors[history.item] @ self.vectors[row])
        return np.asarray(weights * alike / max(float(weights.sum()), 1e-30))

    def _powered(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        base = np.maximum(cosines, np.float32(0.0))
        found = base.copy()
        for _ in range(self.power - 1):  # numpy's own power takes ten times as long
            found *= base
        return found

    def to_arrays(self) -> dict[str, NDArray[np.float32 | np.float64]]:
        """The map and what goes with it, without the vectors of the items."""
        kept = {name: np.asarray([getattr(self, name)], np.float64) for name in _KEPT}
        told = {f"told.{name}": np.asarray([value]) for name, value in self.told.items()}
        return {"step": self.step, **kept, **told}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.float32 | np.float64]], vectors: VideoTable
    ) -> Adapter:
        """What `to_arrays` gave, over a table of items.

        Raises:
            ValueError: The vectors have another width.
        """
        told = {
            name.removeprefix("told."): float(values[0])
            for name, values in arrays.items()
            if name.startswith("told.")
        }
        step = np.asarray(arrays["step"], np.float32)
        half_life, power = (float(arrays[name][0]) for name in _KEPT)
        empty = np.zeros((0, len(step)), np.float32)
        return cls(empty, step, half_life, int(power), told).over(vectors)


def adapted(content: NDArray[np.float32], step: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, d) unit vectors along x + x @ step; zero rows stay zero."""
    moved = content + content @ step
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.maximum(length, np.float32(1e-9)), dtype=np.float32)
