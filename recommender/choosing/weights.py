"""Weights of a blend, learned from what was wanted: climbing on NDCG, and a ranker above it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from recommender.choosing.examples import Examples
from recommender.intervals import interval
from recommender.model.blend import HISTORIES, Weights, stepped

FEWEST = 30
"""With fewer questions than this the shipped weights stay."""
FEWEST_OF_LENGTH = 10
"""And with fewer of one length of history than this, it has no weights of its own."""
DOUBT_OF_ALL = 50.0
"""Questions' worth of doubt in weights of all people, which draws them to the shipped ones.

Without it, chosen on 46 questions, MovieLens latest-small by weeks has NDCG@10 .1016; with it, on
all events held out, .1332 (docs/log.md), 2026-11-21.
"""
DOUBT = 150.0
"""The same in weights of one length of history, drawn to those of all."""
DOUBT_OF_NONE = 20.0
"""The same for people without a history: they are unlike all others."""
OUTCOMES = 5_000
"""Wanted videos from which on a ranker is tried beside the climbed weights."""
NEW_WEIGHTS = (0.02, 0.05, 0.15, 0.4, 1.0)
"""Tried for a source that does not count yet, against 1 for all others together."""
FACTORS = (0.0, 0.5, 0.75, 1.33, 2.0)
"""Tried on a source that counts."""
GAIN = 0.001
"""A step must better NDCG by this part of it: smaller ones are chance."""
_ROUNDS = 4
_RIDGE = 1e-4

Row = NDArray[np.float64]
"""(sources,) weights of calibrated scores."""


def learn(examples: Examples, shipped: Weights) -> tuple[Weights, dict[str, float]]:
    """Weights from examples, and what speaks for them.

    From `OUTCOMES` wanted videos on a ranker is learned from the first two thirds of the questions,
    and kept where it beats the climbed weights on the last third by more than chance.

    Args:
        examples: In order of time, where there is one.
        shipped: Weights to start from.

    Returns:
        The weights and figures: NDCG@20 of the `shipped` and of the `climbed` ones; where a ranker
        was tried, of both on the last third, and 1 for `ranked` where it was kept.
    """
    start = shipped.only(examples.names)
    told = {"questions": float(len(examples)), "shipped": float(_values(examples, start).mean())}
    if len(examples) < FEWEST:
        return start, told
    best = climbed(examples, start)
    told["climbed"] = float(_values(examples, best).mean())
    if examples.positive.shape[1] < OUTCOMES:
        return best, told
    later = np.arange(len(examples)) >= 2 * len(examples) // 3
    first, last = examples.where(~later), examples.where(later)
    ours, theirs = _values(last, climbed(first, start)), _values(last, ranked(first))
    told["climbed_later"], told["ranked_later"] = float(ours.mean()), float(theirs.mean())
    told["ranked"] = float(interval(last.person, theirs - ours)[0] > 0.0)
    return (ranked(examples) if told["ranked"] else best), told


def _values(examples: Examples, weights: Weights) -> NDArray[np.float64]:
    """(q,) NDCG@20."""
    rows = weights.of(examples.known)
    n = len(examples.names)
    total = np.zeros(examples.wanted.shape, np.float32)
    for at, worth in enumerate(examples.worth):
        total += rows[:, at, None] * worth
        if rows[:, n + at].any():
            total += rows[:, n + at, None] * stepped(worth)
    return examples.ndcg(total)


def climbed(examples: Examples, start: Weights) -> Weights:
    """Coordinate ascent on NDCG@20 (Metzler and Croft 2007).

    All people together first, from the best of `start` and of each source alone, drawn back to
    `start` by `DOUBT_OF_ALL`; then each length of history by itself, drawn back to the weights of
    all by `DOUBT`.
    """
    n = len(examples.names)
    bucket = _bucket(examples)
    shipped = start.table[:, :n]
    usual = shipped[-1] / max(float(shipped[-1].sum()), 1e-12)
    trust = len(examples) / (len(examples) + DOUBT_OF_ALL)
    everybody = trust * _ascended(examples, [*shipped[1:], *np.eye(n)]) + (1.0 - trust) * usual
    table = np.tile(everybody, (len(HISTORIES), 1))
    # Of those without a history most sources say nothing: weights of all do not fit them.
    table[0] = shipped[0]
    for length in range(len(HISTORIES)):
        asked = bucket == length
        count = int(asked.sum())
        if count < FEWEST_OF_LENGTH:
            continue
        own = _ascended(examples.where(asked), [table[length], shipped[length]])
        trust = count / (count + (DOUBT if length else DOUBT_OF_NONE))
        table[length] = trust * own + (1.0 - trust) * table[length] / table[length].sum()
    return Weights(examples.names, np.hstack([table, np.zeros_like(table)]))


def _bucket(examples: Examples) -> NDArray[np.int64]:
    return np.searchsorted(HISTORIES, examples.known, side="right") - 1


def _ascended(examples: Examples, starts: list[Row]) -> Row:
    """The row reached from the best of some starts; its weights add up to 1."""

    def worth(total: NDArray[np.float32]) -> float:
        return float(examples.ndcg(total).mean())

    row = max(starts, key=lambda one: worth(_linear(examples, one)))
    row = row / max(float(row.sum()), 1e-12)
    total = _linear(examples, row)
    best = worth(total)
    for _ in range(_ROUNDS):
        before = best
        for at, source in enumerate(examples.worth):
            tries = NEW_WEIGHTS if row[at] == 0 else [row[at] * each for each in FACTORS]
            found = [
                (worth(total + np.float32(new - row[at]) * source), new)
                for new in tries
                if row.sum() - row[at] + new > 0.0
            ]
            value, new = max(found)
            if value > best * (1.0 + GAIN):
                total = total + np.float32(new - row[at]) * source
                row[at], best = new, value
        if best == before:
            break
    return np.asarray(row / max(float(row.sum()), 1e-12))


def _linear(examples: Examples, row: Row) -> NDArray[np.float32]:
    return np.asarray(np.tensordot(row.astype(np.float32), examples.worth, 1))


def ranked(examples: Examples) -> Weights:
    """Weights that tell wanted videos from evenly drawn ones, by a softmax over each and those.

    ListNet's loss (Cao et al. 2007) with sampled negatives, on calibrated scores and their steps,
    with weights of their own for each length of history; none is below 0.
    """
    problem = _Softmax(examples)
    size = len(HISTORIES) * 2 * len(examples.names)
    found = optimize.minimize(
        problem, np.full(size, 0.1), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * size
    )
    return Weights(examples.names, found.x.reshape(len(HISTORIES), -1))


class _Softmax:
    """Loss and gradient by all weights, as scipy asks for them."""

    def __init__(self, examples: Examples) -> None:
        self._bucket = _bucket(examples)
        self._question = examples.question
        self._wanted = np.concatenate([examples.positive, stepped(examples.positive)])
        self._drawn = np.concatenate([examples.uniform, stepped(examples.uniform)])
        share = 1.0 / np.sqrt(np.maximum(examples.n_wanted, 1))
        self._share = share[self._question] / share[self._question].sum()

    def __call__(self, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(len(HISTORIES), -1)
        of_question = weights[self._bucket].astype(np.float32)
        wanted = np.einsum("ps,sp->p", of_question[self._question], self._wanted)
        drawn = np.einsum("qs,squ->qu", of_question, self._drawn)
        others = special.logsumexp(drawn, axis=1)
        everything = np.logaddexp(wanted, others[self._question])
        loss = float(self._share @ (everything - wanted)) + _RIDGE * float(flat @ flat)
        by_wanted = self._share * (np.exp(wanted - everything) - 1.0)
        pressed = self._share * np.exp(others[self._question] - everything)
        by_question = np.bincount(self._question, pressed, minlength=len(drawn))
        by_drawn = by_question[:, None] * np.exp(drawn - others[:, None])
        slope = np.einsum("qu,squ->qs", by_drawn.astype(np.float32), self._drawn)
        gradient = 2.0 * _RIDGE * weights
        np.add.at(gradient, self._bucket, slope)
        np.add.at(gradient, self._bucket[self._question], (by_wanted * self._wanted).T)
        return loss, gradient.ravel()
