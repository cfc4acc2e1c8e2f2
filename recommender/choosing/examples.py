"""What every source says of what was and was not wanted: the data that a blend is learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.ranking import DEEPEST, accuracy, top_items
from recommender.choosing.splits import Case
from recommender.model.blend import calibrated
from recommender.sources.base import Source

DEPTH = 100
"""The best so many of every source are kept for each question: others cannot reach a page."""
UNIFORM = 50
"""Videos drawn evenly for each question, to learn from what is not wanted."""
_CHUNK_BYTES = 200_000_000
_TIED = np.float32(1e-5)
_SEED = 50


@dataclass(frozen=True, eq=False)
class Examples:
    """Questions with what was wanted, over the videos that some source puts first."""

    names: tuple[str, ...]
    """The sources."""
    worth: NDArray[np.float32]
    """(sources, q, c) calibrated scores; 0 where a question has fewer than c candidates."""
    wanted: NDArray[np.bool_]
    """(q, c) what was wanted among them."""
    n_wanted: NDArray[np.int64]
    """(q,) all that was wanted, also outside."""
    known: NDArray[np.int64]
    """(q,) liked videos in the history."""
    person: NDArray[np.int64]
    """(q,) who was asked."""
    positive: NDArray[np.float32]
    """(sources, p) what is said of each wanted video, in the candidates or not."""
    question: NDArray[np.int64]
    """(p,) its question."""
    uniform: NDArray[np.float32]
    """(sources, q, UNIFORM) what is said of videos drawn evenly."""

    def __len__(self) -> int:
        return len(self.n_wanted)

    def ndcg(self, total: NDArray[np.float32]) -> NDArray[np.float64]:
        """(q,) NDCG@20 of blended scores (q, c); of what is tied, nothing wanted comes first."""
        told = np.where(self.wanted, total - _TIED, total)
        best = top_items(np.where(self._there, told, np.float32(-np.inf)), DEEPEST)
        return accuracy(best, self.wanted, self.n_wanted)["ndcg_at_20"]

    @property
    def _there(self) -> NDArray[np.bool_]:
        return np.asarray(np.any(self.worth > 0, axis=0))

    def only(self, names: Sequence[str]) -> Examples:
        """What some of the sources say."""
        at = [self.names.index(name) for name in names]
        return replace(
            self,
            names=tuple(names),
            worth=self.worth[at],
            positive=self.positive[at],
            uniform=self.uniform[at],
        )

    def where(self, which: NDArray[np.bool_]) -> Examples:
        """Some of the questions."""
        number = np.cumsum(which) - 1
        kept = which[self.question]
        return Examples(
            self.names,
            self.worth[:, which],
            self.wanted[which],
            self.n_wanted[which],
            self.known[which],
            self.person[which],
            self.positive[:, kept],
            number[self.question[kept]],
            self.uniform[:, which],
        )


def gather(sources: Mapping[str, Source], case: Case) -> Examples:
    """Ask all sources all questions of a case.

    Raises:
        ValueError: The case asks nothing.
    """
    people, n_items = case.users, case.train.n_items
    width = max(1, min(1024, _CHUNK_BYTES // (4 * len(sources) * max(n_items, 1))))
    rng = np.random.default_rng(_SEED)
    parts = []
    for start in range(0, len(people), width):
        chunk = people[start : start + width]
        asked = case.train.histories.of(chunk)
        allowed = ~case.masked[chunk].toarray()
        worth = np.stack([calibrated(one.scores(asked), allowed) for one in sources.values()])
        said = _Said(tuple(sources), worth, case.wanted[chunk].toarray(), asked.lengths, chunk)
        parts.append(said.examples(rng))
    return joined(parts)


def joined(parts: Sequence[Examples]) -> Examples:
    """The questions of several cases or chunks, one after another.

    Raises:
        ValueError: There are none.
    """
    if not parts:
        raise ValueError("examples must come from at least one question")
    width = max(part.wanted.shape[1] for part in parts)
    offsets = np.cumsum([0, *[len(part) for part in parts]])
    question = [part.question + at for part, at in zip(parts, offsets[:-1], strict=True)]
    return Examples(
        parts[0].names,
        np.concatenate([_wider(part.worth, width) for part in parts], axis=1),
        np.concatenate([_wider(part.wanted, width) for part in parts]),
        np.concatenate([part.n_wanted for part in parts]),
        np.concatenate([part.known for part in parts]),
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.positive for part in parts], axis=1),
        np.concatenate(question),
        np.concatenate([part.uniform for part in parts], axis=1),
    )


def _wider(array: NDArray[Any], width: int) -> NDArray[Any]:
    missing = width - array.shape[-1]
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)])


@dataclass(frozen=True, eq=False)
class _Said:
    """Everything that all sources say to a few questions."""

    names: tuple[str, ...]
    worth: NDArray[np.float32]
    wanted: NDArray[np.bool_]
    known: NDArray[np.int64]
    person: NDArray[np.int64]

    def examples(self, rng: np.random.Generator) -> Examples:
        n_items = self.wanted.shape[1]
        columns = self._candidates()
        question, item = np.nonzero(self.wanted)
        drawn = rng.integers(n_items, size=(len(self.person), UNIFORM))
        return Examples(
            self.names,
            np.take_along_axis(self.worth, np.maximum(columns, 0)[None], axis=2)
            * (columns >= 0)[None],
            np.take_along_axis(self.wanted, np.maximum(columns, 0), axis=1) & (columns >= 0),
            self.wanted.sum(axis=1),
            self.known,
            self.person,
            self.worth[:, question, item],
            question,
            np.take_along_axis(self.worth, drawn[None], axis=2),
        )

    def _candidates(self) -> NDArray[np.int64]:
        """(q, c) the best `DEPTH` of every source together; -1 to fill up."""
        n_items = self.wanted.shape[1]
        depth = min(DEPTH, n_items)
        chosen = np.zeros(self.wanted.shape, bool)
        for one in self.worth:
            best = np.argpartition(-one, depth - 1, axis=1)[:, :depth]
            np.put_along_axis(chosen, best, values=True, axis=1)
        rows, columns = np.nonzero(chosen & self.worth.any(axis=0))
        counts = np.bincount(rows, minlength=len(chosen))
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.full((len(chosen), max(int(counts.max(initial=0)), 1)), -1)
        found[rows, place] = columns
        return found
