"""Several sources, one score: each scaled by its best items, weighted by length of history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.sources.base import Source
from recommender.sources.item_links import Rows

TOP = 10
"""Scores are scaled so that a source's top N average 1: one that is sure of few leads on them."""
CEILING = 3.0
"""Maximum of a scaled score: an outlier must not drown the other sources."""
HISTORY_LENGTHS = (0, 1, 6, 21)
"""Weights differ from this number of liked videos on."""


@dataclass(frozen=True, eq=False)
class BlendWeights:
    """How much each source counts, by length of history."""

    names: tuple[str, ...]
    table: NDArray[np.float64]
    """(len(HISTORY_LENGTHS), sources) at least 0."""

    def of(self, lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, sources) weights for histories of these lengths, so that a blend is at most 1."""
        rows = self.table[np.searchsorted(HISTORY_LENGTHS, lengths, side="right") - 1]
        total = np.maximum(CEILING * rows.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(rows / total, dtype=np.float32)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Sources with a weight for some length of history."""
        counts = self.table.max(axis=0, initial=0.0) > 0
        return tuple(name for name, used in zip(self.names, counts, strict=True) if used)

    def trusting(self, names: Sequence[str], share: float) -> Self:
        """With only a share of the weights of some sources."""
        factor = np.asarray([share if name in names else 1.0 for name in self.names])
        return replace(self, table=self.table * factor)

    def rounded(self, name: str) -> list[float]:
        """The share of a source in the sum, by length of history, for a reader."""
        rows = self.of(np.asarray(HISTORY_LENGTHS))
        return [round(float(one) * CEILING, 3) for one in rows[:, self.names.index(name)]]

    def only(self, names: Sequence[str]) -> Self:
        """Without the other sources; unknown names get no weight."""
        table = np.zeros((len(HISTORY_LENGTHS), len(names)))
        for to, name in enumerate(names):
            if name in self.names:
                table[:, to] = self.table[:, self.names.index(name)]
        return replace(self, names=tuple(names), table=table)


def weights_from(rows: Sequence[Mapping[str, float]]) -> BlendWeights:
    """Weights from one mapping for each of `HISTORY_LENGTHS`."""
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return BlendWeights(names, np.asarray([[row.get(name, 0.0) for name in names] for row in rows]))


def alone(name: str) -> BlendWeights:
    """Weights of a single source."""
    return weights_from([{name: 1.0}] * len(HISTORY_LENGTHS))


def calibrated(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """(b, n) scores, each row on one scale from 0 to `CEILING`; at most 0 becomes 0.

    The top ten that are `allowed` (b, n; None is all) average 1.
    """
    positive = np.maximum(scores, 0.0)
    if allowed is not None:
        positive = np.where(allowed, positive, np.float32(0.0))
    n = positive.shape[1]
    best = positive if n <= TOP else np.partition(positive, -TOP, axis=1)[:, -TOP:]
    known = np.maximum((best > 0).sum(axis=1, keepdims=True), 1)
    scale = np.maximum(best.sum(axis=1, keepdims=True) / known, np.float32(1e-30))
    return np.asarray(np.minimum(positive / scale, CEILING), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Blend:
    """Blended scores for one or more people, and the part of each source."""

    names: tuple[str, ...]
    parts: NDArray[np.float32]
    """(sources, b, n) at least 0; they add up to `total`."""

    @cached_property
    def total(self) -> NDArray[np.float32]:
        """(b, n) from 0 to 1; 0 for videos that are not allowed."""
        return np.asarray(self.parts.sum(axis=0))

    def source(self, person: int, row: int) -> str | None:
        """The source with the largest part of a video's score; None where the score is 0."""
        best = int(np.argmax(self.parts[:, person, row]))
        return self.names[best] if self.parts[best, person, row] > 0 else None


class Blender:
    """Sources and their weights; weights of other sources are left out."""

    def __init__(self, sources: Mapping[str, Source], weights: BlendWeights) -> None:
        self.sources = dict(sources)
        self.weights = weights.only(tuple(sources))

    def blend(
        self, histories: Histories, allowed: NDArray[np.bool_] | None = None, rows: Rows = None
    ) -> Blend:
        """The part of each source in the scores of b people; memory is sources x b x n.

        `allowed` (b, n) may be recommended; None is all. With `rows`, its columns and those of the
        answer are these videos.
        """
        n = histories.n_items if rows is None else len(rows)
        parts = np.zeros((len(self.weights.used), len(histories), n), np.float32)
        for at, part in enumerate(self._parts(histories, allowed, rows)):
            parts[at] = part
        return Blend(self.weights.used, parts)

    def total(
        self, histories: Histories, allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """(b, n_items) the blended scores alone, one source in memory at a time."""
        empty = np.zeros((len(histories), histories.n_items), np.float32)
        return sum(self._parts(histories, allowed, None), empty)

    def _parts(
        self, histories: Histories, allowed: NDArray[np.bool_] | None, rows: Rows
    ) -> Iterator[NDArray[np.float32]]:
        names = self.weights.used
        weights = self.weights.only(names).of(histories.lengths)
        for at, name in enumerate(names):
            scores = self.sources[name].scores(histories, rows)
            yield weights[:, at, None] * calibrated(scores, allowed)
