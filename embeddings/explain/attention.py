"""Where a transformer looked: its attention, weighted by gradients and followed to the patches.

After Chefer, Gur & Wolf (ICCV 2021, equations 5 and 6): from block to block, the relevance R of
each patch for each token grows by mean over heads of max(0, A * dscore/dA) times R. It begins as
the identity, and is read at the tokens that the score depends on: the class token, or all of them
where these are pooled, each by what it adds to the score.
"""

from collections.abc import Sequence
from math import isqrt
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORMS = ("ln_post", "trunk.norm")
"""What follows the blocks, in open_clip's transformers and in timm's."""
MOST_EXTRA = 8
"""Tokens that belong to no place: of the class, and registers."""


class NotRead(Exception):
    """A tower pools its tokens in a way that hides what each of them adds."""


def norm_of(tower: nn.Module) -> nn.Module | None:
    """The norm after the last block."""
    modules = dict(tower.named_modules())
    return next((modules[name] for name in NORMS if name in modules), None)


def show_attention(tower: nn.Module) -> list[nn.Module]:
    """Make the blocks of a tower that is apart compute their attention step by step.

    Returns:
        Modules that give the weights (n, heads, t, t) of each block; none where they have none.
    """
    shown: list[nn.Module] = []
    for module in list(tower.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MultiheadAttention) and child.batch_first:
                plain = PlainAttention(child)
                setattr(module, name, plain)
                shown.append(plain.weights)
        # What timm calls fused never has its weights in memory.
        if hasattr(module, "fused_attn") and isinstance(
            getattr(module, "attn_drop", None), nn.Module
        ):
            cast("Any", module).fused_attn = False
            shown.append(cast("nn.Module", module.attn_drop))
    return shown


class PlainAttention(nn.Module):
    """Self-attention as `nn.MultiheadAttention` has it, with weights that can be heard.

    Args:
        attention: What it replaces; it uses the same weights.
    """

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.attention = attention
        self.weights = nn.Identity()

    def forward(self, x: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
        """(n, t, width) -> the same, and no weights."""
        own = self.attention
        n, t, width = x.shape
        qkv = F.linear(x, own.in_proj_weight, own.in_proj_bias)
        q, k, v = qkv.view(n, t, 3, own.num_heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / (width // own.num_heads) ** 0.5
        mixed = self.weights(scores.softmax(dim=-1)) @ v
        return own.out_proj(mixed.transpose(1, 2).reshape(n, t, width)), None


def followed(score: Tensor, weights: Sequence[Tensor], last: Tensor, normed: Tensor) -> Tensor:
    """(n, h, w): how much each patch speaks for n scores.

    Args:
        score: (n,) scores.
        weights: Attention of each block, (n, heads, t, t).
        last: (n, t, width) what the last block gives.
        normed: The same after the norm that follows.

    Raises:
        NotRead: Tokens are pooled before the norm, so that none of them has a part of its own.
    """
    n, t = last.shape[:2]
    wanted = [*weights, last, *([normed] if normed.shape == last.shape else [])]
    of_weights = torch.autograd.grad(score.sum(), wanted)
    of_last = of_weights[len(weights)].float().norm(dim=2)
    relevance = nothing = torch.eye(t, device=last.device).expand(n, t, t)
    for weight, gradient in zip(weights, of_weights, strict=False):
        seen = (weight * gradient).float().clamp_min(0).mean(dim=1)
        relevance = relevance + seen @ relevance
    if bool(((of_last > 0).sum(dim=1) == 1).all()):
        read = of_last
        relevance = relevance - nothing  # what the class token says of itself
    elif normed.shape == last.shape:
        read = (normed * of_weights[-1]).float().sum(dim=2).clamp_min(0)
    else:
        raise NotRead
    side = isqrt(t)
    patches = (read[:, None] @ relevance)[:, 0, t - side**2 :]
    out: Tensor = patches.reshape(n, side, side).detach()
    return out


def has_places(last: Tensor) -> bool:
    """Whether tokens (n, t, width) are those of a square of patches, and a few more."""
    return (
        last.ndim == 3
        and last.shape[1] > 1
        and last.shape[1] - isqrt(last.shape[1]) ** 2 <= MOST_EXTRA
    )
