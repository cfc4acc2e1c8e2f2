import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embeddings.spatiotemporal import TemporalConfig, TemporalHead, clip_vectors


def frames(n_clips: int, n_frames: int, dim: int = 32, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    rows = torch.from_numpy(rng.normal(size=(n_clips, n_frames, dim)).astype(np.float32))
    return F.normalize(rows, dim=-1)


def times(n_clips: int, n_frames: int) -> torch.Tensor:
    return (torch.arange(n_frames) * 0.5).expand(n_clips, -1)


def trained_head(dim: int = 32) -> TemporalHead:
    """A head whose last layer is not zero any more, as after training."""
    torch.manual_seed(1)
    head = TemporalHead(TemporalConfig(dim=dim, width=64)).eval()
    torch.nn.init.normal_(head.fuse.weight, std=0.05)
    return head


@pytest.mark.parametrize("n_frames", [1, 2, 7, 64])
def test_an_untrained_head_is_mean_pooling_bit_for_bit(n_frames: int) -> None:
    x, t = frames(3, n_frames), times(3, n_frames)
    mask = torch.ones(3, n_frames, dtype=torch.bool)
    head = TemporalHead(TemporalConfig(dim=32))
    assert torch.equal(clip_vectors(x, t, mask, head), clip_vectors(x, t, mask, None))
    assert torch.allclose(clip_vectors(x, t, mask, None), F.normalize(x.mean(1), dim=-1))


def test_padding_does_not_change_a_clip() -> None:
    head = trained_head()
    x, t = frames(2, 5), times(2, 5)
    alone = clip_vectors(x, t, torch.ones(2, 5, dtype=torch.bool), head)
    padded = torch.cat([x, frames(2, 3, seed=9)], dim=1)
    mask = torch.tensor([[True] * 5 + [False] * 3] * 2)
    late = torch.cat([t, torch.full((2, 3), 99.0)], dim=1)
    assert torch.allclose(clip_vectors(padded, late, mask, head), alone, atol=1e-5)


def test_a_trained_head_tells_a_clip_from_the_same_clip_backwards() -> None:
    head = trained_head()
    x, t = frames(4, 6), times(4, 6)
    mask = torch.ones(4, 6, dtype=torch.bool)
    forwards, backwards = clip_vectors(x, t, mask, head), clip_vectors(x.flip(1), t, mask, head)
    assert (forwards * backwards).sum(-1).max() < 0.999
    mean = clip_vectors(x, t, mask, None)
    assert torch.allclose(mean, clip_vectors(x.flip(1), t, mask, None), atol=1e-6)


def test_only_times_within_the_clip_count() -> None:
    head = trained_head()
    x, t = frames(2, 6), times(2, 6)
    mask = torch.ones(2, 6, dtype=torch.bool)
    moved = clip_vectors(x, t + 3600, mask, head)
    assert torch.allclose(moved, clip_vectors(x, t, mask, head), atol=1e-4)
    slower = clip_vectors(x, t * 3, mask, head)
    assert not torch.allclose(slower, clip_vectors(x, t, mask, head), atol=1e-4)
