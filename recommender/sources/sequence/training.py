"""The training task of the sequence model: windows of histories, batches and losses."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embeddings.training.loop import Evaluation, Task
from recommender.events.histories import Histories
from recommender.sources.sequence.network import (
    FullSoftmax,
    ItemParts,
    SequenceEncoder,
    sampled_loss,
)

Parts = tuple[SequenceEncoder, NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]
"""The encoder, vectors, biases and known items of a `SequenceModel`."""


@dataclass(frozen=True)
class SequenceSettings:
    """Size of the model, and how it learns; chosen on MovieLens latest-small (docs/log.md)."""

    length: int = 100
    """Number of latest items that are used."""
    hidden: int = 64
    """Width of the vectors."""
    heads: int = 2
    """Attention heads; they divide `hidden`."""
    blocks: int = 2
    """Attention blocks."""
    dropout: float = 0.3
    """Share of the values dropped in training."""
    item_drop: float = 0.1
    """Share of the items with a content vector whose learned part is dropped in each step."""
    learning_rate: float = 2e-3
    """Adam's, after a warm-up."""
    batch_positions: int = 2_048
    """Items in a batch, padding included."""
    averaged: float = 0.99
    """Decay of the moving average of the weights, which the model takes."""
    full_softmax_items: int = 20_000
    """Up to this number of items with events, all are scored at every place; beyond, a sample."""
    negatives: int = 512
    """Sampled items, shared by a batch."""
    calibration: float = 0.75
    """Of gBCE (Petrov and Macdonald 2023 recommend 0.75)."""
    device: str = "cpu"
    """torch device of the training; the fitted model is on the CPU."""


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """Windows as rows, each from the first column on."""

    given: NDArray[np.int64]
    """(b, t) items; 0 after the end of a window."""
    real: NDArray[np.bool_]
    """(b, t) whether there is an item."""
    target: NDArray[np.int64]
    """(m,) the item after each real place, row by row."""
    weight: NDArray[np.float64]
    """(m,) confidence that it was liked, at most 1."""


@dataclass(frozen=True, eq=False)
class Targets:
    """All items that follow another one in a history."""

    histories: Histories
    """Of b people."""
    ends: NDArray[np.int64]
    """(b,) end of the part of each history that is learned from, at most `starts[1:]`."""

    def __len__(self) -> int:
        return len(self._place)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """(m,) place of each target in the columns of the histories."""
        place = np.arange(len(self.histories.item))
        person = self.histories.user
        return place[(place > self.histories.starts[person]) & (place < self.ends[person])]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(n_items,) people whose history, up to its end, has each item."""
        place = np.arange(len(self.histories.item))
        learned = place < self.ends[self.histories.user]
        return np.bincount(self.histories.item[learned], minlength=self.histories.n_items)

    def batches(
        self, length: int, positions: int, rng: np.random.Generator
    ) -> Iterator[WindowBatch]:
        """All targets in windows of at most `length`, cut at different places in each call.

        A batch has at most `positions`, padding included, where a window is not longer.
        """
        person = self.histories.user[self._place]
        cut = rng.integers(length, size=len(self.histories))
        # Windows are counted from the end, the latest being shorter by the random cut.
        number = (self.ends[person] - 1 - self._place + cut[person]) // length
        fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(number, prepend=-1) != 0)
        first = np.flatnonzero(fresh)
        size = np.diff(np.append(first, len(person)))
        order = rng.permutation(len(first))
        order = order[np.argsort(-size[order], kind="stable")]
        groups = []
        while len(order):
            n = max(positions // int(size[order[0]]), 1)
            groups.append(order[:n])
            order = order[n:]
        for group in rng.permutation(len(groups)):
            yield self._batch(self._place[first[groups[group]]], size[groups[group]])

    def _batch(self, start: NDArray[np.int64], size: NDArray[np.int64]) -> WindowBatch:
        across = np.arange(size.max())
        real = across < size[:, None]
        place = np.where(real, start[:, None] + across, 1)
        item = self.histories.item
        weight = np.minimum(self.histories.weight[place[real]], 1.0)
        return WindowBatch(np.where(real, item[place - 1], 0), real, item[place[real]], weight)


class _Network(nn.Module):
    def __init__(self, encoder: SequenceEncoder, parts: ItemParts) -> None:
        super().__init__()
        self.encoder = encoder
        self.parts = parts


class SequenceTask(Task[WindowBatch]):
    """The network and the vectors of items, trained on all targets.

    Args:
        targets: What is learned from.
        content: (n_items, c) vectors of items, zero rows where unknown.
        settings: Size of the model, and how it learns.
        rng: Draws order, cuts and samples; dropout and initial weights use torch's generator.
        epochs: Maximum number of passes over the targets.
        measure: Quality of the model made of these parts, after each pass.
    """

    model: _Network

    def __init__(
        self,
        targets: Targets,
        content: NDArray[np.float32],
        settings: SequenceSettings,
        rng: np.random.Generator,
        *,
        epochs: int,
        measure: Callable[[Parts], float],
    ) -> None:
        self._targets, self._settings, self._rng = targets, settings, rng
        self._epochs, self._measure = epochs, measure
        self._device = torch.device(settings.device)
        self._content = content if content.any() else content[:, :0]
        self._seen = np.flatnonzero(targets.counts)
        self._slot = np.zeros(len(content), np.int64)
        self._slot[self._seen] = np.arange(len(self._seen))
        counts = targets.counts[self._seen] if len(self._seen) else np.ones(1)
        encoder = SequenceEncoder(
            settings.hidden,
            settings.heads,
            settings.blocks,
            length=settings.length,
            dropout=settings.dropout,
        )
        bias = torch.from_numpy(np.log(counts / counts.sum()).astype(np.float32))
        parts = ItemParts(self._content.shape[1], settings.hidden, bias)
        self.model = _Network(encoder, parts).to(self._device)
        self._seen_content = torch.from_numpy(self._content[self._seen]).to(self._device)
        self._half = fast_bfloat16(self._device)

    def batches(self, first: int) -> Iterator[tuple[WindowBatch, bool]]:
        """Pass after pass over all targets; an evaluation follows each pass."""
        settings = self._settings
        for _ in range(self._epochs):
            last: WindowBatch | None = None
            for batch in self._targets.batches(
                settings.length, settings.batch_positions, self._rng
            ):
                if last is not None:
                    yield last, False
                last = batch
            if last is not None:
                yield last, True

    def losses(self, batch: WindowBatch) -> dict[str, Tensor]:
        """Cross-entropy over all items, or gBCE over a sample of many."""
        self.model.train()
        if len(self._seen) <= max(self._settings.full_softmax_items, 2):
            return {"next_item": self._full_loss(batch)}
        return {"next_item": self._sampled_loss(batch)}

    def evaluate(self) -> Evaluation:
        """As `measure`."""
        return Evaluation(self._measure(self.fitted()))

    def fitted(self) -> Parts:
        """The model with the present weights, on the CPU, without an account of its training."""
        encoder = copy.deepcopy(self.model.encoder).cpu().eval()
        parts = copy.deepcopy(self.model.parts).cpu()
        seen = torch.from_numpy(self._targets.counts > 0)
        slots, content = torch.from_numpy(self._slot), torch.from_numpy(self._content)
        with torch.no_grad():
            vectors, biases = (rows.numpy() for rows in parts(slots, content, seen))
        known = np.asarray(self._content.any(axis=1) | (self._targets.counts > 0))
        vectors[~known] = 0.0
        return encoder, vectors, biases, known

    def _full_loss(self, batch: WindowBatch) -> Tensor:
        vectors, biases = self._items(torch.arange(len(self._seen), device=self._device))
        states = self._states(batch, vectors, self._slot[batch.given])
        target = self._to_device(self._slot[batch.target])
        kind = torch.bfloat16 if self._half else torch.float32
        return FullSoftmax.apply(  # type: ignore[no-any-return]
            states.to(kind), vectors, biases, target, self._weights(batch)
        )

    def _sampled_loss(self, batch: WindowBatch) -> Tensor:
        settings = self._settings
        n = min(settings.negatives, len(self._seen) - 1)
        sample = self._rng.choice(len(self._seen), n, replace=False)
        given, target = self._slot[batch.given], self._slot[batch.target]
        rows = np.unique(np.concatenate([given.ravel(), target, sample]))
        vectors, biases = self._items(self._to_device(rows))
        states = self._states(batch, vectors, np.searchsorted(rows, given))
        hit = self._to_device(np.searchsorted(rows, target))
        drawn = self._to_device(np.searchsorted(rows, sample))
        # Embedding sums the gradients of a row in one order, indexing may not.
        positive = (states * nn.functional.embedding(hit, vectors)).sum(dim=1)
        positive = positive + nn.functional.embedding(hit, biases[:, None])[:, 0]
        negative = torch.addmm(biases[drawn], states, vectors[drawn].T)
        negative = negative.masked_fill(hit[:, None] == drawn[None, :], -torch.inf)
        return sampled_loss(
            positive,
            negative,
            self._weights(batch),
            rate=n / (len(self._seen) - 1),
            calibration=settings.calibration,
        )

    def _items(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors and biases of items with events, some without their learned part."""
        content = self._seen_content[slots]
        kept = torch.rand(len(slots), device=self._device) >= self._settings.item_drop
        vectors, biases = self.model.parts(slots, content, kept | ~content.any(dim=1))
        return vectors, biases

    def _states(self, batch: WindowBatch, vectors: Tensor, given: NDArray[np.int64]) -> Tensor:
        """(m, hidden) states at the real places."""
        inputs = nn.functional.embedding(self._to_device(given), vectors)
        states = self.model.encoder(inputs)
        return torch.as_tensor(states[self._to_device(batch.real)])

    def _weights(self, batch: WindowBatch) -> Tensor:
        return self._to_device((batch.weight / batch.weight.sum()).astype(np.float32))

    def _to_device(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def fast_bfloat16(device: torch.device) -> bool:
    """Whether products in bfloat16 are faster: on GPUs, and on CPUs with instructions for them."""
    if device.type != "cpu":
        return True
    able = getattr(torch.cpu, "get_capabilities", dict[str, bool])()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
