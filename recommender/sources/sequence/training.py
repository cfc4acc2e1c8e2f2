"""One step after another: how the network and the vectors of items learn."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.sources.sequence.network import Encoder, FullSoftmax, ItemParts, sampled_loss
from recommender.sources.sequence.windows import Batch, Targets


@dataclass(frozen=True)
class SequenceSettings:
    """How large the model is and how it learns.

    Chosen on MovieLens latest-small, NDCG@10 of the last film but one, one seed, 2026-11-21: as
    here .081; learning rate 0.005 .080 in twice the passes; with dropout on attention as well 0.3
    .079, 0.5 .072. Differences below .01 are noise with 671 people; the rest was not varied.
    """

    length: int = 100
    """Latest items that matter."""
    hidden: int = 64
    """Width of the vectors."""
    heads: int = 2
    """Heads of attention; they divide `hidden`."""
    blocks: int = 2
    """Layers of attention."""
    dropout: float = 0.3
    """Part of the values dropped in training."""
    item_drop: float = 0.1
    """Part of the items whose learned part is dropped in each step, where they have a vector."""
    learning_rate: float = 2e-3
    """Of Adam, after a warm-up."""
    batch_positions: int = 2_048
    """Items in a batch, padding included."""
    averaged: float = 0.99
    """Part of the averaged weights, which the model is made of, that stays in each step."""
    full_softmax_items: int = 20_000
    """Up to so many items met are all scored at every place; beyond, a sample of them."""
    negatives: int = 512
    """Sampled items, shared by a batch."""
    calibration: float = 0.75
    """Of gBCE (Petrov and Macdonald 2023 recommend 0.75)."""
    device: str = "cpu"
    """Where training runs, as torch calls it; the fitted model is on the CPU."""


_WARM_UP_STEPS = 100
"""Steps in which the learning rate rises."""
_LARGEST_GRADIENT = 1.0
"""Longer ones are shortened."""


class _Network(nn.Module):
    def __init__(self, encoder: Encoder, parts: ItemParts) -> None:
        super().__init__()
        self.encoder = encoder
        self.parts = parts


class Learner:
    """What learns, and its running mean, which foretells better.

    Args:
        targets: What is learned from.
        content: (n_items, c) vectors of items, zero rows where unknown.
        settings: Size and manner.
        rng: Order, cuts and samples; dropout and fresh weights are of torch's own generator.
    """

    def __init__(
        self,
        targets: Targets,
        content: NDArray[np.float32],
        settings: SequenceSettings,
        rng: np.random.Generator,
    ) -> None:
        self._targets, self._settings, self._rng = targets, settings, rng
        self._device = torch.device(settings.device)
        self._content = content if content.any() else content[:, :0]
        self._met = np.flatnonzero(targets.counts)
        self._slot = np.zeros(len(content), np.int64)
        self._slot[self._met] = np.arange(len(self._met))
        counts = targets.counts[self._met] if len(self._met) else np.ones(1)
        encoder = Encoder(
            settings.hidden,
            settings.heads,
            settings.blocks,
            length=settings.length,
            dropout=settings.dropout,
        )
        bias = torch.from_numpy(np.log(counts / counts.sum()).astype(np.float32))
        parts = ItemParts(self._content.shape[1], settings.hidden, bias)
        self._network = _Network(encoder, parts).to(self._device)
        self._mean = copy.deepcopy(self._network).eval()
        self._optimizer = torch.optim.Adam(
            self._network.parameters(),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self._met_content = torch.from_numpy(self._content[self._met]).to(self._device)
        self._half = fast_bfloat16(self._device)
        self.steps = 0

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n_items,) met, or with a vector."""
        return np.asarray(self._content.any(axis=1) | (self._targets.counts > 0))

    @property
    def learns(self) -> bool:
        """Something followed something."""
        return bool(len(self._targets))

    def steps_of_a_pass(self) -> Iterator[None]:
        """Learn from every target once; stops between batches to be asked for the next."""
        settings = self._settings
        self._network.train()
        for batch in self._targets.batches(settings.length, settings.batch_positions, self._rng):
            self._step(batch)
            self.steps += 1
            yield

    def _step(self, batch: Batch) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        if len(self._met) <= max(self._settings.full_softmax_items, 2):
            loss = self._full_loss(batch)
        else:
            loss = self._sampled_loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), _LARGEST_GRADIENT)
        for group in self._optimizer.param_groups:
            rise = min((self.steps + 1) / _WARM_UP_STEPS, 1.0)
            group["lr"] = self._settings.learning_rate * rise
        self._optimizer.step()
        # The mean forgets its fresh weights soon: it is short at first.
        stays = min(self._settings.averaged, (self.steps + 1) / (self.steps + 10))
        with torch.no_grad():
            pairs = zip(self._mean.parameters(), self._network.parameters(), strict=True)
            for mean, now in pairs:
                mean.lerp_(now, 1.0 - stays)

    def _full_loss(self, batch: Batch) -> Tensor:
        vectors, biases = self._items(torch.arange(len(self._met), device=self._device))
        states = self._states(batch, vectors, self._slot[batch.given])
        target = self._to_device(self._slot[batch.target])
        kind = torch.bfloat16 if self._half else torch.float32
        return FullSoftmax.apply(  # type: ignore[no-any-return]
            states.to(kind), vectors, biases, target, self._weights(batch)
        )

    def _sampled_loss(self, batch: Batch) -> Tensor:
        settings = self._settings
        n = min(settings.negatives, len(self._met) - 1)
        sample = self._rng.choice(len(self._met), n, replace=False)
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
            rate=n / (len(self._met) - 1),
            calibration=settings.calibration,
        )

    def _items(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors and biases of items that were met, some without their learned part."""
        content = self._met_content[slots]
        kept = torch.rand(len(slots), device=self._device) >= self._settings.item_drop
        vectors, biases = self._network.parts(slots, content, kept | ~content.any(dim=1))
        return vectors, biases

    def _states(self, batch: Batch, vectors: Tensor, given: NDArray[np.int64]) -> Tensor:
        """(m, hidden) at the real places."""
        inputs = nn.functional.embedding(self._to_device(given), vectors)
        states = self._network.encoder(inputs)
        return torch.as_tensor(states[self._to_device(batch.real)])

    def _weights(self, batch: Batch) -> Tensor:
        return self._to_device((batch.weight / batch.weight.sum()).astype(np.float32))

    def _to_device(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def encoder(self) -> Encoder:
        """The mean so far, as a copy on the CPU."""
        return copy.deepcopy(self._mean.encoder).cpu().eval()

    def items(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(n_items, hidden) vectors and (n_items,) biases by the mean so far."""
        parts = copy.deepcopy(self._mean.parts).cpu()
        own = torch.from_numpy(self._targets.counts > 0)
        slots, content = torch.from_numpy(self._slot), torch.from_numpy(self._content)
        with torch.no_grad():
            vectors, biases = (found.numpy() for found in parts(slots, content, own))
        vectors[~self.known] = 0.0
        return vectors, biases


def fast_bfloat16(device: torch.device) -> bool:
    """Whether products in bfloat16 gain time: on GPUs, and on CPUs with instructions for them."""
    if device.type != "cpu":
        return True
    told = getattr(torch.cpu, "get_capabilities", dict[str, bool])()
    return bool(told.get("avx512_bf16") or told.get("amx_bf16"))
