"""The spatiotemporal part: frame features of a clip to one vector that knows motion and order."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class TemporalConfig:
    """Shape of a temporal head; stored beside its weights."""

    dim: int
    """Length of a frame feature and of the clip vector."""
    width: int = 256
    """Length of a token inside the head."""
    layers: int = 2
    """Pre-LN attention blocks."""
    heads: int = 4
    """Attention heads of a block."""
    mlp_ratio: float = 2.0
    """Hidden width of a block's MLP over `width`."""
    periods: int = 8
    """Sine/cosine pairs of the time code, periods from 0.5 s doubling upwards."""

    def as_dict(self) -> dict[str, float | int]:
        """The fields as plain JSON values."""
        return asdict(self)


class TemporalBlock(nn.Module):
    """One pre-LN transformer block over the frames of a clip."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        hidden = int(width * config.mlp_ratio)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(b, t, width) tokens and (b, t) bool, true where a frame is real -> (b, t, width)."""
        b, t, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, width))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class TemporalHead(nn.Module):
    """`delta` of `v = norm(mean_t norm(f_t) + delta(f))`: zero until it is trained.

    Tokens carry the frame, its difference to the frame before (motion) and to the clip's mean, and
    the time since the clip's start in seconds and as a fraction. Mean and maximum over the frames
    are fused by one linear layer that starts at zero, so an untrained head leaves mean pooling as
    it is.
    """

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        self.config = config
        self.frame = nn.Linear(config.dim, config.width)
        self.motion = nn.Linear(config.dim, config.width, bias=False)
        self.context = nn.Linear(config.dim, config.width, bias=False)
        self.time = nn.Linear(4 * config.periods, config.width, bias=False)
        self.blocks = nn.ModuleList(TemporalBlock(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.fuse = nn.Linear(2 * config.width, config.dim)
        nn.init.zeros_(self.fuse.weight)
        nn.init.zeros_(self.fuse.bias)

    def forward(self, frames: Tensor, times_s: Tensor, mask: Tensor) -> Tensor:
        """The clip's correction to mean pooling.

        Args:
            frames: (b, t, dim) unit rows, frame features in order of time.
            times_s: (b, t) presentation times in seconds.
            mask: (b, t) bool, true where a frame is real; the first frame always is.

        Returns:
            (b, dim).
        """
        keep = mask[..., None]
        frames = frames * keep
        unit = frames.shape[-1] ** 0.5
        before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
        mean = frames.sum(1, keepdim=True) / keep.sum(1, keepdim=True)
        x = self.frame(frames * unit) + self.motion((frames - before) * keep * unit)
        x = x + self.context((frames - mean) * keep * unit)
        x = x + self.time(self._time_code(times_s, mask))
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        average = (x * keep).sum(1) / keep.sum(1)
        peak = x.masked_fill(~keep, float("-inf")).amax(1)
        out: Tensor = self.fuse(torch.cat([average, peak], dim=-1))
        return out

    def _time_code(self, times_s: Tensor, mask: Tensor) -> Tensor:
        """(b, t) seconds -> (b, t, 4 * periods): sines and cosines of seconds and of fractions."""
        since = (times_s - times_s[:, :1]) * mask
        span = since.amax(1, keepdim=True).clamp(min=1e-3)
        octave = torch.arange(self.config.periods, device=times_s.device, dtype=torch.float32)
        seconds = since[..., None] * (2 * torch.pi / (0.5 * 2**octave))
        fraction = (since / span)[..., None] * (torch.pi * (octave + 1) / 2)
        return torch.cat([seconds.sin(), seconds.cos(), fraction.sin(), fraction.cos()], dim=-1)


def pool_frames(frames: Tensor, mask: Tensor) -> Tensor:
    """Mean of unit frame features: (b, t, dim), (b, t) bool -> (b, dim), not normalised."""
    return (frames * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def clip_vectors(
    frames: Tensor, times_s: Tensor, mask: Tensor, head: TemporalHead | None
) -> Tensor:
    """`norm(mean_t norm(f_t) + delta(f))`.

    Args:
        frames: (b, t, dim) unit rows.
        times_s: (b, t) seconds.
        mask: (b, t) bool.
        head: The temporal head; None is mean pooling.

    Returns:
        (b, dim) unit rows.
    """
    pooled = pool_frames(frames, mask)
    if head is not None:
        pooled = pooled + head(frames, times_s, mask)
    return F.normalize(pooled, dim=-1)
