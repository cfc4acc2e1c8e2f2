"""The fitted sequence model: scores items by the order of a history."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.sources.sequence.network import SequenceEncoder

Reason = Literal["patience", "epochs", "steps", "seconds", "nothing to learn"]
"""Why training stopped."""
_REASONS: tuple[Reason, ...] = get_args(Reason)
_POSITIONS = 16_384
"""Positions encoded at once."""


@dataclass(frozen=True)
class SequenceTraining:
    """How training went."""

    epochs: int = 0
    """Passes over all windows."""
    steps: int = 0
    """Batches learned from."""
    seconds_s: float = 0.0
    """Wall time."""
    best_epoch: int = 0
    """The pass whose weights are kept, counted from 1; 0 when nothing was learned."""
    ndcg_at_10: float = float("nan")
    """Of held-out last items after that pass; NaN when none were held out."""
    why: Reason = "nothing to learn"
    """Why it stopped."""


@dataclass(frozen=True, eq=False)
class SequenceModel:
    """Scores items by what usually follows a history, whoever the person is.

    Scores are in nats above the mean of all known items, for each history; 0 is no evidence.
    Unknown items score below all others, and are ignored in a history.
    """

    encoder: SequenceEncoder
    """Fitted, on the CPU, not in training mode."""
    vectors: NDArray[np.float32]
    """(n_items, hidden); zero rows for unknown items."""
    biases: NDArray[np.float32]
    """(n_items,) popularity of each item, as a logit."""
    known: NDArray[np.bool_]
    """(n_items,) whether an item has events in training or a content vector."""
    training: SequenceTraining = SequenceTraining()
    """How training went."""

    @cached_property
    def _out(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and biases minus their means, which add the same to all scores of a person."""
        n = max(int(self.known.sum()), 1)
        mean = self.vectors[self.known].sum(axis=0) / np.float32(n)
        bias = self.biases[self.known].sum() / np.float32(n)
        return self.vectors - mean, self.biases - bias

    @cached_property
    def _floor(self) -> tuple[np.float32, np.float32]:
        """Longest output vector and lowest bias of known items."""
        vectors, biases = self._out
        longest = np.linalg.norm(vectors[self.known], axis=1).max(initial=0.0)
        return np.float32(longest), biases[self.known].min(initial=0.0)

    def scores(
        self, histories: Histories, rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """(b, n_items or len(rows)); zeros for a history without a known item."""
        self._check(histories)
        rows = np.arange(len(self.known)) if rows is None else rows
        items, lengths = self._sequences(histories)
        states = self._states(items, lengths)
        vectors, biases = self._out
        scores = states @ vectors[rows].T + biases[rows]
        longest, lowest = self._floor
        # No inner product is below minus the product of the lengths (Cauchy and Schwarz).
        floor = lowest - longest * np.linalg.norm(states, axis=1) - 1.0
        scores[:, ~self.known[rows]] = floor[:, None]
        scores[lengths == 0] = 0.0
        return np.asarray(scores, dtype=np.float32)

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) the fall, in nats, of an item's score when each item of the history is left out.

        It is 0 for items too far back to be used; an older item takes the place of the one left
        out.

        Raises:
            ValueError: There is not exactly one person.
        """
        self._check(history)
        if len(history) != 1:
            raise ValueError(f"links are of one person, got {len(history)}")
        falls = np.zeros(len(history.item))
        # One more than is used: it moves up where another is left out.
        near = np.flatnonzero(self.known[history.item])[-self.encoder.length - 1 :]
        items = history.item[near]
        tried = np.arange(len(near))[-self.encoder.length :]
        left = [items, *(np.delete(items, place) for place in tried)]
        item, lengths = np.concatenate(left), [len(one) for one in left]
        starts = np.cumsum([0, *lengths])
        many = Histories(starts, item, np.ones(len(item)), np.zeros(len(item)), len(self.known))
        scores = self.scores(many, np.asarray([row]))[:, 0].astype(np.float64)
        falls[near[tried]] = scores[0] - scores[1:]
        return falls

    def _check(self, histories: Histories) -> None:
        if histories.n_items != len(self.known):
            raise ValueError(
                f"histories must be of the {len(self.known)} items fitted on,"
                f" got {histories.n_items}"
            )

    def _sequences(self, histories: Histories) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(b, length) latest known items from the first column on, and (b,) their number."""
        known = self.known[histories.item]
        person = histories.user[known]
        lengths = np.bincount(person, minlength=len(histories))
        ends = np.cumsum(lengths)
        since = ends[person] - 1 - np.arange(len(person))
        near = since < self.encoder.length
        lengths = np.minimum(lengths, self.encoder.length)
        items = np.full((len(histories), self.encoder.length), -1)
        place = lengths[person] - 1 - since
        items[person[near], place[near]] = histories.item[known][near]
        return items, lengths

    def _states(self, items: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, hidden) states after the last item; zeros without items."""
        states = np.zeros((len(items), self.vectors.shape[1]), np.float32)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]
        while len(order):
            # The longest are at the end; take as many of them as fit.
            width = int(lengths[order[-1]])
            some = order[-max(_POSITIONS // width, 1) :]
            order = order[: len(order) - len(some)]
            given = torch.from_numpy(self.vectors[np.maximum(items[some, :width], 0)])
            with torch.inference_mode():
                last = self.encoder(given)[torch.arange(len(some)), lengths[some] - 1]
            states[some] = last.numpy()
        return states

    def best(self, history: Histories, n: int, allowed: NDArray[np.bool_]) -> None:
        """None: all must be scored."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, as arrays by name."""
        weights = {f"encoder.{k}": v.numpy() for k, v in self.encoder.state_dict().items()}
        training = [*astuple(self.training)[:-1], _REASONS.index(self.training.why)]
        shape = {
            "shape": np.asarray(
                [self.encoder.heads, len(self.encoder.blocks), self.encoder.length]
            ),
            "training": np.asarray(training, np.float64),
        }
        items = {"vectors": self.vectors, "biases": self.biases, "known": self.known}
        return weights | shape | items

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The inverse of `to_arrays`."""
        start = "encoder."
        weights = {
            name.removeprefix(start): torch.from_numpy(np.array(array))
            for name, array in arrays.items()
            if name.startswith(start)
        }
        vectors = np.asarray(arrays["vectors"], np.float32)
        heads, blocks, length = (int(size) for size in arrays["shape"])
        encoder = SequenceEncoder(vectors.shape[1], heads, blocks, length=length)
        encoder.load_state_dict(weights)
        epochs, steps, seconds_s, best_epoch, ndcg, why = arrays["training"].tolist()
        training = SequenceTraining(
            int(epochs), int(steps), seconds_s, int(best_epoch), ndcg, _REASONS[int(why)]
        )
        biases, known = np.asarray(arrays["biases"], np.float32), np.asarray(arrays["known"], bool)
        return cls(encoder.eval(), vectors, biases, known, training)
