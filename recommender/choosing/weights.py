"""Weights of the blend, fitted to what people wanted in held-out events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.ranking import DEEPEST, accuracy, top_items
from recommender.choosing.splits import Case
from recommender.model.blend import HISTORY_LENGTHS, BlendWeights, calibrated
from recommender.sources.base import Source

DEPTH = 100
"""The best items of every source that are kept for each question: others cannot reach a page."""
FEWEST = 30
"""With fewer questions than this the default weights stay."""
FEWEST_OF_LENGTH = 10
"""With fewer questions of one length of history than this, it has no weights of its own."""
PRIOR_OF_ALL = 50.0
"""Prior strength, in questions: how strongly weights are pulled towards the default ones."""
PRIOR_OF_LENGTH = 150.0
"""The same for weights of one length of history, pulled towards those of all."""
PRIOR_OF_NONE = 20.0
"""The same for people without a history, who are unlike all others."""
NEW_WEIGHTS = (0.02, 0.05, 0.15, 0.4, 1.0)
"""Tried for a source without a weight, against 1 for all others together."""
STEPS = (0.0, 0.5, 0.75, 1.33, 2.0)
"""Factors tried on a weight."""
GAIN = 0.001
"""A step must improve NDCG by this part of it: smaller ones are chance."""
_ROUNDS = 4
_CHUNK_BYTES = 200_000_000
_TIED = np.float32(1e-5)

Row = NDArray[np.float64]
"""(sources,) weights."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Questions and what was wanted, over the items that some source puts first."""

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    """(sources, q, c) calibrated scores; 0 where a question has fewer than c candidates."""
    wanted: NDArray[np.bool_]
    """(q, c) what was wanted among them."""
    n_wanted: NDArray[np.int64]
    """(q,) all that was wanted, also outside."""
    lengths: NDArray[np.int64]
    """(q,) liked items in the history."""

    def __len__(self) -> int:
        return len(self.n_wanted)

    def ndcg(self, total: NDArray[np.float32]) -> NDArray[np.float64]:
        """(q,) NDCG@20 of blended scores (q, c); ties count against what was wanted."""
        scores = np.where(self.wanted, total - _TIED, total)
        known = np.any(self.scores > 0, axis=0)
        best = top_items(np.where(known, scores, np.float32(-np.inf)), DEEPEST)
        return accuracy(best, self.wanted, self.n_wanted)["ndcg_at_20"]

    def only(self, names: Sequence[str]) -> Self:
        """The scores of some of the sources."""
        at = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), scores=self.scores[at])

    def where(self, which: NDArray[np.bool_]) -> Self:
        """Some of the questions."""
        return replace(
            self,
            scores=self.scores[:, which],
            wanted=self.wanted[which],
            n_wanted=self.n_wanted[which],
            lengths=self.lengths[which],
        )


def gather(sources: Mapping[str, Source], case: Case) -> Examples:
    """The scores of all sources for all questions of a case.

    Raises:
        ValueError: The case has no question.
    """
    people, n_items = case.users, case.train.n_items
    width = max(1, min(1024, _CHUNK_BYTES // (4 * len(sources) * max(n_items, 1))))
    parts = []
    for start in range(0, len(people), width):
        chunk = people[start : start + width]
        histories = case.train.histories.of(chunk)
        allowed = ~case.masked[chunk].toarray()
        scores = np.stack([calibrated(one.scores(histories), allowed) for one in sources.values()])
        wanted = case.wanted[chunk].toarray()
        columns = _candidates(scores)
        within, real = np.maximum(columns, 0), columns >= 0
        parts.append(
            Examples(
                tuple(sources),
                np.take_along_axis(scores, within[None], axis=2) * real[None],
                np.take_along_axis(wanted, within, axis=1) & real,
                wanted.sum(axis=1),
                histories.lengths,
            )
        )
    return join_examples(parts)


def _candidates(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """(q, c) the best `DEPTH` of every source together; -1 fills up."""
    n_questions, n_items = scores.shape[1:]
    depth = min(DEPTH, n_items)
    chosen = np.zeros((n_questions, n_items), bool)
    for one in scores:
        best = np.argpartition(-one, depth - 1, axis=1)[:, :depth]
        np.put_along_axis(chosen, best, values=True, axis=1)
    rows, columns = np.nonzero(chosen & scores.any(axis=0))
    counts = np.bincount(rows, minlength=n_questions)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((n_questions, max(int(counts.max(initial=0)), 1)), -1)
    table[rows, place] = columns
    return table


def join_examples(parts: Sequence[Examples]) -> Examples:
    """The questions of several cases or chunks, one after another.

    Raises:
        ValueError: There are none.
    """
    if not parts:
        raise ValueError("examples must come from at least one question")
    width = max(part.wanted.shape[1] for part in parts)
    return Examples(
        parts[0].names,
        np.concatenate([_wider(part.scores, width) for part in parts], axis=1),
        np.concatenate([_wider(part.wanted, width) for part in parts]),
        np.concatenate([part.n_wanted for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )


def _wider(array: NDArray[Any], width: int) -> NDArray[Any]:
    missing = width - array.shape[-1]
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)])


def fit_weights(examples: Examples, default: BlendWeights) -> tuple[BlendWeights, dict[str, float]]:
    """Weights from examples; the default ones where there are fewer than `FEWEST` questions.

    Returns:
        The weights, and `questions` and NDCG@20 of the `default` and the `fitted` weights.
    """
    start = default.only(examples.names)
    figures = {"questions": float(len(examples)), "default": _quality(examples, start)}
    if len(examples) < FEWEST:
        return start, figures
    fitted = climb_weights(examples, start)
    return fitted, figures | {"fitted": _quality(examples, fitted)}


def _quality(examples: Examples, weights: BlendWeights) -> float:
    rows = weights.of(examples.lengths)
    total = np.einsum("qs,sqc->qc", rows, examples.scores)
    return float(examples.ndcg(np.asarray(total, np.float32)).mean())


def climb_weights(examples: Examples, start: BlendWeights) -> BlendWeights:
    """Coordinate ascent on NDCG@20 (Metzler and Croft 2007).

    All people together first, from the best of `start` and of each source alone, pulled back to
    `start` by `PRIOR_OF_ALL`; then each length of history by itself, pulled back to the weights of
    all by `PRIOR_OF_LENGTH`.
    """
    n = len(examples.names)
    bucket = np.searchsorted(HISTORY_LENGTHS, examples.lengths, side="right") - 1
    usual = start.table[-1] / max(float(start.table[-1].sum()), 1e-12)
    trust = len(examples) / (len(examples) + PRIOR_OF_ALL)
    of_all = trust * _ascended(examples, [*start.table[1:], *np.eye(n)]) + (1.0 - trust) * usual
    table = np.tile(of_all, (len(HISTORY_LENGTHS), 1))
    # Most sources score nothing for people without a history: weights of all do not fit them.
    table[0] = start.table[0]
    for length in range(len(HISTORY_LENGTHS)):
        inside = bucket == length
        count = int(inside.sum())
        if count < FEWEST_OF_LENGTH:
            continue
        best = _ascended(examples.where(inside), [table[length], start.table[length]])
        trust = count / (count + (PRIOR_OF_LENGTH if length else PRIOR_OF_NONE))
        table[length] = trust * best + (1.0 - trust) * table[length] / table[length].sum()
    return BlendWeights(examples.names, table)


def _ascended(examples: Examples, starts: list[Row]) -> Row:
    """The row reached from the best of some starts; its weights add up to 1."""

    def quality(total: NDArray[np.float32]) -> float:
        return float(examples.ndcg(total).mean())

    row = max(starts, key=lambda one: quality(_blended(examples, one)))
    row = row / max(float(row.sum()), 1e-12)
    total = _blended(examples, row)
    best = quality(total)
    for _ in range(_ROUNDS):
        before = best
        for at, scores in enumerate(examples.scores):
            tries = NEW_WEIGHTS if row[at] == 0 else [row[at] * step for step in STEPS]
            results = [
                (quality(total + np.float32(new - row[at]) * scores), new)
                for new in tries
                if row.sum() - row[at] + new > 0.0
            ]
            value, new = max(results)
            if value > best * (1.0 + GAIN):
                total = total + np.float32(new - row[at]) * scores
                row[at], best = new, value
        if best == before:
            break
    return np.asarray(row / max(float(row.sum()), 1e-12))


def _blended(examples: Examples, row: Row) -> NDArray[np.float32]:
    return np.asarray(np.tensordot(row.astype(np.float32), examples.scores, 1))
