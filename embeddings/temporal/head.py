"""The temporal head: frame features of a clip to one vector that depends on motion and order."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from embeddings.temporal.config import KERNEL, HeadKind, TemporalConfig


class TemporalBlock(nn.Module, ABC):
    """A pre-LN residual block over the frames of a clip; subclasses define how frames mix."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        width = config.width
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        hidden = int(width * config.mlp_ratio)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(b, t, width) tokens and a (b, t) bool mask, real frames first -> (b, t, width)."""
        x = x + self.mix(self.norm1(x), mask)
        out: Tensor = x + self.mlp(self.norm2(x))
        return out

    @abstractmethod
    def mix(self, x: Tensor, mask: Tensor) -> Tensor:
        """(b, t, width): what each frame takes from the others."""


class AttentionBlock(TemporalBlock):
    """Self-attention over all frames (Vaswani et al., 2017)."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__(config)
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.proj = nn.Linear(config.width, config.width)

    def mix(self, x: Tensor, mask: Tensor) -> Tensor:
        """Scaled dot-product attention over the real frames."""
        b, t, width = x.shape
        qkv = self.qkv(x).view(b, t, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        out: Tensor = self.proj(y.transpose(1, 2).reshape(b, t, width))
        return out


class ConvolutionBlock(TemporalBlock):
    """Depthwise convolution over neighbouring frames (ConvNeXt's block, in time)."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__(config)
        width = config.width
        self.conv = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.proj = nn.Linear(width, width)

    def mix(self, x: Tensor, mask: Tensor) -> Tensor:
        """Depthwise convolution; padded frames count as zero."""
        y = self.conv((x * mask[..., None]).transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.proj(F.gelu(y))
        return out


class GruBlock(TemporalBlock):
    """A bidirectional GRU over the frames (Cho et al., 2014)."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__(config)
        width = config.width
        self.gru = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.proj = nn.Linear(width, width)

    def mix(self, x: Tensor, mask: Tensor) -> Tensor:
        """Both directions begin at a real frame."""
        counts = mask.sum(1).cpu()
        packed = pack_padded_sequence(x, counts, batch_first=True, enforce_sorted=False)
        y, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=x.shape[1])
        out: Tensor = self.proj(y)
        return out


BLOCKS: dict[HeadKind, type[TemporalBlock]] = {
    "attention": AttentionBlock,
    "convolution": ConvolutionBlock,
    "gru": GruBlock,
}


class TemporalHead(nn.Module):
    """`delta` of `v = norm(mean_t norm(f_t) + delta(f))`: zero until it is trained.

    Tokens carry the frame, its differences to frames before it (motion), its difference to the
    clip's mean, and the time since the clip's start in seconds and as a fraction. Blocks mix the
    frames; windows of the clip at several lengths are pooled; one linear layer combines them. Only
    that layer and the time code start at zero, so an untrained head gives mean pooling and every
    weight gets a gradient from the second step on.
    """

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        self.config = config
        self.frame = nn.Linear(config.dim, config.width)
        self.motion = nn.Linear(len(config.lags) * config.dim, config.width, bias=False)
        self.context = nn.Linear(config.dim, config.width, bias=False)
        self.time = nn.Linear(4 * config.periods, config.width, bias=False)
        block = BLOCKS[config.kind]
        self.blocks = nn.ModuleList(block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        if "attention" in config.pools:
            self.attend = nn.Linear(config.width, len(config.windows))
        pooled = sum(config.windows) * len(config.pools)
        self.fuse = nn.Linear(pooled * config.width, config.dim)
        nn.init.zeros_(self.time.weight)
        nn.init.zeros_(self.fuse.weight)
        nn.init.zeros_(self.fuse.bias)

    def forward(self, frames: Tensor, times_s: Tensor, mask: Tensor) -> Tensor:
        """The correction to mean pooling.

        Args:
            frames: (b, t, dim) unit rows, frame features in order of time.
            times_s: (b, t) presentation times in seconds.
            mask: (b, t) bool, true where a frame is real; at least one in a row.

        Returns:
            (b, dim).
        """
        order = (~mask).to(torch.uint8).argsort(dim=1, stable=True)  # real frames first
        frames = frames.gather(1, order[..., None].expand_as(frames))
        times_s, mask = times_s.gather(1, order), mask.gather(1, order)
        keep = mask[..., None]
        frames = frames * keep
        unit = frames.shape[-1] ** 0.5
        mean = frames.sum(1, keepdim=True) / keep.sum(1, keepdim=True)
        x = self.frame(frames * unit) + self.motion(self._motion(frames) * unit)
        x = x + self.context((frames - mean) * unit)
        since = (times_s - times_s[:, :1]) * mask
        fraction = since / since.amax(1, keepdim=True).clamp(min=1e-3)
        x = x + self.time(self._time_code(since, fraction))
        for block in self.blocks:
            x = block(x, mask)
        out: Tensor = self.fuse(self._pool(self.norm(x), fraction, mask))
        return out

    def _motion(self, frames: Tensor) -> Tensor:
        """(b, t, dim) -> (b, t, lags * dim): differences to earlier frames, or the first."""
        at = torch.arange(frames.shape[1], device=frames.device)
        earlier = [frames[:, (at - lag).clamp(min=0)] for lag in self.config.lags]
        return torch.cat([frames - each for each in earlier], dim=-1)

    def _time_code(self, since_s: Tensor, fraction: Tensor) -> Tensor:
        """(b, t) twice -> (b, t, 4 * periods): sines and cosines of seconds and of fractions."""
        octave = torch.arange(self.config.periods, device=since_s.device, dtype=torch.float32)
        seconds = since_s[..., None] * (2 * torch.pi / (0.5 * 2**octave))
        part = fraction[..., None] * (torch.pi * (octave + 1) / 2)
        return torch.cat([seconds.sin(), seconds.cos(), part.sin(), part.cos()], dim=-1)

    def _pool(self, x: Tensor, fraction: Tensor, mask: Tensor) -> Tensor:
        """(b, t, width) -> (b, pooled * width); a window without a frame gives zeros."""
        out = []
        for number, windows in enumerate(self.config.windows):
            place = (fraction * windows).long().clamp(max=windows - 1)
            inside = place[:, None] == torch.arange(windows, device=x.device)[:, None]
            inside = inside & mask[:, None]  # (b, windows, t)
            for pool in self.config.pools:
                if pool == "max":
                    rows = x[:, None].masked_fill(~inside[..., None], float("-inf")).amax(2)
                    rows = rows.masked_fill(~inside.any(-1, keepdim=True), 0)
                else:
                    score = self.attend(x)[..., number] if pool == "attention" else fraction * 0
                    weight = score[:, None].masked_fill(~inside, -1e9).softmax(-1) * inside
                    rows = weight @ x
                out.append(rows.flatten(1))
        return torch.cat(out, dim=-1)


def pool_frames(frames: Tensor, mask: Tensor) -> Tensor:
    """Mean of unit frame features: (b, t, dim), (b, t) bool -> (b, dim), not normalised."""
    return (frames * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def clip_vectors(
    frames: Tensor, times_s: Tensor, mask: Tensor, head: TemporalHead | None
) -> Tensor:
    """`norm(mean_t norm(f_t) + delta(f))`, (b, dim), of what `TemporalHead` takes.

    A head of None gives mean pooling.
    """
    pooled = pool_frames(frames, mask)
    if head is not None:
        pooled = pooled + head(frames, times_s, mask)
    return F.normalize(pooled, dim=-1)
