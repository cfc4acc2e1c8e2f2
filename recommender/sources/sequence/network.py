"""The network that predicts the next item: causal attention over vectors of items."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

INIT_STD = 0.02
"""Standard deviation of initial weights (GPT-2, and SASRec of Klenitskiy and Vasilev 2023)."""
_SCORES = 1 << 21
"""Scores in memory at once, in reused buffers: new pages for each chunk cost as much as softmax."""


def _dropout(values: Tensor, part: float) -> Tensor:
    """Dropout of a share, rounded to 1/256: torch's own takes eight times as many random bits."""
    limit = round(256 * part)
    if not limit:
        return values
    draws = torch.empty(values.numel() // 8 + 1, dtype=torch.int64, device=values.device)
    bytes_ = draws.random_(-(2**63), None).view(torch.uint8)[: values.numel()]
    kept = (bytes_ >= limit).view(values.shape)
    return values * kept * (256 / (256 - limit))


class _Block(nn.Module):
    """Pre-norm attention with a learned bias for each distance, then an MLP."""

    def __init__(self, hidden: int, heads: int, length: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.before_attention = nn.LayerNorm(hidden)
        self.attend = nn.Linear(hidden, 3 * hidden)
        self.join = nn.Linear(hidden, hidden)
        self.by_distance = nn.Parameter(torch.zeros(heads, length))
        self.before_layers = nn.LayerNorm(hidden)
        self.widen = nn.Linear(hidden, 4 * hidden)
        self.narrow = nn.Linear(4 * hidden, hidden)

    def forward(self, states: Tensor) -> Tensor:
        b, t, d = states.shape
        split = self.attend(self.before_attention(states)).view(
            b, t, 3, self.heads, d // self.heads
        )
        query, key, value = split.permute(2, 0, 3, 1, 4)
        place = torch.arange(t, device=states.device)
        distance = place[:, None] - place[None, :]
        # Embedding sums the gradients of a distance in one order, indexing may not.
        bias = functional.embedding(distance.clamp(min=0), self.by_distance.T).permute(2, 0, 1)
        bias = bias.masked_fill(distance < 0, -torch.inf)
        weights = ((query * (d // self.heads) ** -0.5) @ key.transpose(2, 3) + bias).softmax(dim=3)
        mixed = self.join((weights @ value).transpose(1, 2).reshape(b, t, d))
        states = states + _dropout(mixed, self.dropout * self.training)
        mixed = self.narrow(functional.gelu(self.widen(self.before_layers(states))))
        return states + _dropout(mixed, self.dropout * self.training)


class SequenceEncoder(nn.Module):
    """State of a person after each item of a history (SASRec, Kang and McAuley 2018).

    Distances between items replace positions, so that the middle of a window teaches what holds at
    the end of a history.
    """

    def __init__(
        self, hidden: int, heads: int, blocks: int, *, length: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.heads = heads
        self.length = length
        self.blocks = nn.ModuleList(_Block(hidden, heads, length, dropout) for _ in range(blocks))
        self.last = nn.LayerNorm(hidden)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=INIT_STD)
                nn.init.zeros_(module.bias)

    def forward(self, items: Tensor) -> Tensor:
        """(b, t, hidden) states from (b, t, hidden) vectors of items, t at most `length`."""
        states = _dropout(items * items.shape[2] ** 0.5, self.dropout * self.training)
        for block in self.blocks:
            states = block(states)
        return torch.as_tensor(self.last(states))


class ItemParts(nn.Module):
    """The vector and the bias of an item: a learned part plus one from its content.

    An item without events, and one whose learned part is dropped in training, has a shared part
    instead of its learned part.
    """

    def __init__(self, content_dim: int, hidden: int, bias: Tensor) -> None:
        super().__init__()
        self.learned = nn.Parameter(torch.randn(len(bias), hidden) * INIT_STD)
        self.shared = nn.Parameter(torch.zeros(hidden))
        self.projection = nn.Parameter(torch.randn(content_dim, hidden) * INIT_STD)
        self.bias = nn.Parameter(bias)
        self.shared_bias = nn.Parameter(bias.mean())
        self.bias_projection = nn.Parameter(torch.zeros(content_dim))

    def forward(self, slots: Tensor, content: Tensor, learned: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors (m, hidden) and biases (m,) of some items.

        Args:
            slots: (m,) rows of the learned parts; any where `learned` is False.
            content: (m, content_dim).
            learned: (m,) bool, whether the learned part is used.
        """
        vectors = functional.embedding(slots, self.learned)
        vectors = torch.where(learned[:, None], vectors, self.shared)
        biases = torch.where(learned, self.bias[slots], self.shared_bias)
        if content.shape[1]:
            vectors = vectors + content @ self.projection
            biases = biases + content @ self.bias_projection
        return vectors, biases


class FullSoftmax(torch.autograd.Function):
    """Weighted cross-entropy over all items, with gradients computed in the forward pass.

    The plain form moves the scores of a batch through memory about ten times and is several times
    slower on a CPU.
    """

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        """Of states (m, d), vectors (n, d), biases (n,), targets (m,), weights (m,) of sum 1.

        The states decide the precision of the products: bfloat16 or float32.
        """
        states, vectors, biases, targets, weights = given
        kind = states.dtype
        small, small_bias = vectors.to(kind), biases.to(kind)
        to_states = torch.empty_like(states)
        to_vectors, to_biases = torch.zeros_like(vectors), torch.zeros_like(biases)
        loss = torch.zeros((), device=states.device)
        n = min(max(_SCORES // len(vectors), 64), len(states))
        scores = states.new_empty(n, len(vectors))
        all_chances = torch.empty_like(scores)
        for start in range(0, len(states), n):
            part = slice(start, start + n)
            m = len(states[part])
            torch.addmm(small_bias, states[part], small.T, out=scores[:m])
            chances = torch.softmax(scores[:m], dim=1, out=all_chances[:m])
            hit = torch.arange(len(chances), device=chances.device), targets[part]
            chance = chances[hit]
            loss -= weights[part] @ chance.float().clamp(min=1e-9).log()
            chances[hit] = chance - 1.0
            heavy = weights[part].to(kind)
            to_states[part] = (chances @ small) * heavy[:, None]
            to_vectors += chances.T @ (states[part] * heavy[:, None])
            to_biases += heavy @ chances
        ctx.save_for_backward(to_states, to_vectors, to_biases)
        return loss

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> Any:
        """Gradients for states, vectors and biases."""
        to_states, to_vectors, to_biases = ctx.saved_tensors
        return outer[0] * to_states, outer[0] * to_vectors, outer[0] * to_biases, None, None


def sampled_loss(
    positive: Tensor, negative: Tensor, weights: Tensor, *, rate: float, calibration: float
) -> Tensor:
    """GBCE (Petrov and Macdonald 2023, "gSASRec", eq. 9 and 14).

    Args:
        positive: (m,) scores of what came next.
        negative: (m, k) scores of sampled items; -inf counts for nothing.
        weights: (m,) of sum 1.
        rate: Part of all other items that k is.
        calibration: 0 is plain BCE, 1 makes up for the sampling in full.
    """
    power = rate * ((1.0 - 1.0 / rate) * calibration + 1.0 / rate)
    wrong = functional.softplus(negative).sum(dim=1)
    return torch.as_tensor(weights @ (wrong - power * functional.logsigmoid(positive)))
