"""Several sources, one score: calibrated within each, weighted by what is known of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.sources.base import Rows, Source

TOP = 10
"""The best so many of a source are worth 1 on average: one that is sure of few leads on them."""
CEILING = 3.0
"""Most that one video is worth within a source: an outlier must not drown the other sources.

With 1.5 and without any (and the median as zero) NDCG@20 was the same within chance: docs/log.md.
"""
HISTORIES = (0, 1, 6, 21)
"""Weights differ from so many liked videos on."""


@dataclass(frozen=True, eq=False)
class Weights:
    """How much each source counts, by length of history."""

    names: tuple[str, ...]
    """The sources."""
    table: NDArray[np.float64]
    """(len(HISTORIES), 2 sources) at least 0: for the calibrated scores, and for their steps."""

    def of(self, lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, 2 sources) weights for histories of such lengths, adding up to at most 1 each."""
        rows = self.table[np.searchsorted(HISTORIES, lengths, side="right") - 1]
        worth = np.concatenate([np.full(len(self.names), CEILING), np.ones(len(self.names))])
        total = np.maximum((rows * worth).sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(rows / total, dtype=np.float32)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Sources that count for somebody."""
        n = len(self.names)
        counts = (self.table[:, :n] + self.table[:, n:]).max(axis=0) > 0
        return tuple(name for name, kept in zip(self.names, counts, strict=True) if kept)

    def trusting(self, names: Sequence[str], share: float) -> Weights:
        """With only a share of what some sources weigh."""
        factor = np.asarray([share if name in names else 1.0 for name in self.names])
        return Weights(self.names, self.table * np.tile(factor, 2))

    def rounded(self, name: str) -> list[float]:
        """What a source weighs in the sum, by length of history, for a reader."""
        at = self.names.index(name)
        rows = self.of(np.asarray(HISTORIES))
        both = rows[:, at] * CEILING + rows[:, len(self.names) + at]
        return [round(float(one), 3) for one in both]

    def only(self, names: Sequence[str]) -> Weights:
        """Without the other sources; unknown names weigh nothing."""
        table = np.zeros((len(HISTORIES), 2 * len(names)))
        for to, name in enumerate(names):
            if name in self.names:
                at = self.names.index(name)
                table[:, to] = self.table[:, at]
                table[:, len(names) + to] = self.table[:, len(self.names) + at]
        return Weights(tuple(names), table)


def linear_weights(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> Weights:
    """Weights of calibrated scores alone, one mapping for each of `HISTORIES`."""
    table = np.zeros((len(HISTORIES), 2 * len(names)))
    for number, row in enumerate(rows):
        for name, weight in row.items():
            if name in names:
                table[number, list(names).index(name)] = weight
    return Weights(tuple(names), table)


def calibrated(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Put each row on one scale: the best ten allowed ones average 1; at or below 0 is nothing.

    Args:
        scores: (b, n).
        allowed: (b, n) which may be recommended; None is all.

    Returns:
        (b, n) float32 from 0 to `CEILING`.
    """
    told = np.maximum(scores, 0.0)
    if allowed is not None:
        told = np.where(allowed, told, np.float32(0.0))
    best = told if told.shape[1] <= TOP else np.partition(told, -TOP, axis=1)[:, -TOP:]
    known = np.maximum((best > 0).sum(axis=1, keepdims=True), 1)
    scale = np.maximum(best.sum(axis=1, keepdims=True) / known, np.float32(1e-30))
    return np.asarray(np.minimum(told / scale, CEILING), dtype=np.float32)


def stepped(worth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Calibrated scores as steps: that a source knows a video at all counts, the rest less.

    Returns:
        The same shape, from 0 to 1, rising with the logarithm.
    """
    return np.asarray(np.log1p(worth * 9.0) / np.log1p(CEILING * 9.0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Blend:
    """Blended scores for one or more people and what each source gave to them."""

    names: tuple[str, ...]
    """The sources."""
    parts: NDArray[np.float32]
    """(sources, b, n) at least 0; they add up to `total`."""

    @cached_property
    def total(self) -> NDArray[np.float32]:
        """(b, n) from 0 to 1; 0 for videos that are not allowed."""
        return np.asarray(self.parts.sum(axis=0))

    def source(self, person: int, row: int) -> str | None:
        """The source that gave most to a video; None when no source knows it."""
        best = int(np.argmax(self.parts[:, person, row]))
        return self.names[best] if self.parts[best, person, row] > 0 else None


class Blender:
    """Sources and their weights, asked together.

    Args:
        sources: By name.
        weights: Of these sources; others are left out.
    """

    def __init__(self, sources: Mapping[str, Source], weights: Weights) -> None:
        self.sources = dict(sources)
        self.weights = weights.only(tuple(sources))

    @property
    def used(self) -> dict[str, Source]:
        """The sources that count for somebody."""
        return {name: self.sources[name] for name in self.weights.used}

    def blend(
        self, histories: Histories, allowed: NDArray[np.bool_] | None = None, rows: Rows = None
    ) -> Blend:
        """What each source says for some people; memory is sources x b x n.

        Args:
            histories: Of b people.
            allowed: (b, n) which may be recommended; None is all.
            rows: Only these videos; the columns of `allowed` and of the answer are these.
        """
        names = self.weights.used
        weights = self.weights.only(names).of(histories.lengths)
        parts = [
            self._part(name, histories, allowed, rows)(weights[:, at], weights[:, len(names) + at])
            for at, name in enumerate(names)
        ]
        n = histories.n_items if rows is None else len(rows)
        empty = np.zeros((0, len(histories), n), np.float32)
        return Blend(names, np.stack(parts) if parts else empty)

    def total(
        self, histories: Histories, allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """(b, n_items) the blended scores alone, without holding every source's."""
        names = self.weights.used
        weights = self.weights.only(names).of(histories.lengths)
        total = np.zeros((len(histories), histories.n_items), np.float32)
        for at, name in enumerate(names):
            part = self._part(name, histories, allowed, None)
            total += part(weights[:, at], weights[:, len(names) + at])
        return total

    def _part(
        self, name: str, histories: Histories, allowed: NDArray[np.bool_] | None, rows: Rows
    ) -> _Part:
        return _Part(calibrated(self.sources[name].scores(histories, rows), allowed))


@dataclass(frozen=True, eq=False)
class _Part:
    worth: NDArray[np.float32]

    def __call__(
        self, plain: NDArray[np.float32], steps: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        part = self.worth * plain[:, None]
        if steps.any():
            part = part + stepped(self.worth) * steps[:, None]
        return part
