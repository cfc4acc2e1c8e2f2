import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embeddings.temporal.config import HEAD_KINDS, HeadKind, TemporalConfig
from embeddings.temporal.head import BLOCKS, TemporalHead, clip_vectors


def frames(n_clips: int, n_frames: int, dim: int = 32, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    rows = torch.from_numpy(rng.normal(size=(n_clips, n_frames, dim)).astype(np.float32))
    return F.normalize(rows, dim=-1)


def times(n_clips: int, n_frames: int) -> torch.Tensor:
    return (torch.arange(n_frames) * 0.5).expand(n_clips, -1)


def trained_head(kind: HeadKind = "attention", **shape: Any) -> TemporalHead:
    """A head whose zeros are not zero any more, as after training."""
    torch.manual_seed(1)
    head = TemporalHead(TemporalConfig(dim=32, width=64, kind=kind, **shape)).eval()
    torch.nn.init.normal_(head.fuse.weight, std=0.05)
    torch.nn.init.normal_(head.time.weight, std=0.2)
    return head


@pytest.mark.parametrize("kind", HEAD_KINDS)
@pytest.mark.parametrize("n_frames", [1, 2, 7, 64])
def test_an_untrained_head_is_mean_pooling_bit_for_bit(n_frames: int, kind: HeadKind) -> None:
    x, t = frames(3, n_frames), times(3, n_frames)
    mask = torch.ones(3, n_frames, dtype=torch.bool)
    head = TemporalHead(TemporalConfig(dim=32, kind=kind))
    assert torch.equal(clip_vectors(x, t, mask, head), clip_vectors(x, t, mask, None))
    assert torch.allclose(clip_vectors(x, t, mask, None), F.normalize(x.mean(1), dim=-1))


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_padding_does_not_change_a_clip(kind: HeadKind) -> None:
    head = trained_head(kind)
    x, t = frames(2, 5), times(2, 5)
    alone = clip_vectors(x, t, torch.ones(2, 5, dtype=torch.bool), head)
    padded = torch.cat([x, frames(2, 3, seed=9)], dim=1)
    mask = torch.tensor([[True] * 5 + [False] * 3] * 2)
    late = torch.cat([t, torch.full((2, 3), 99.0)], dim=1)
    assert torch.allclose(clip_vectors(padded, late, mask, head), alone, atol=1e-5)


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_a_trained_head_tells_a_clip_from_the_same_clip_backwards(kind: HeadKind) -> None:
    head = trained_head(kind)
    x, t = frames(4, 6), times(4, 6)
    mask = torch.ones(4, 6, dtype=torch.bool)
    forwards, backwards = clip_vectors(x, t, mask, head), clip_vectors(x.flip(1), t, mask, head)
    assert (forwards * backwards).sum(-1).max() < 0.999
    mean = clip_vectors(x, t, mask, None)
    assert torch.allclose(mean, clip_vectors(x.flip(1), t, mask, None), atol=1e-6)


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_only_times_within_the_clip_count(kind: HeadKind) -> None:
    head = trained_head(kind)
    x, t = frames(2, 6), times(2, 6)
    mask = torch.ones(2, 6, dtype=torch.bool)
    moved = clip_vectors(x, t + 3600, mask, head)
    assert torch.allclose(moved, clip_vectors(x, t, mask, head), atol=1e-4)
    slower = clip_vectors(x, t * 3, mask, head)
    assert not torch.allclose(slower, clip_vectors(x, t, mask, head), atol=1e-4)


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_frames_that_are_missing_in_the_middle_are_as_if_never_there(kind: HeadKind) -> None:
    head = trained_head(kind)
    x, t = frames(2, 6), times(2, 6)
    mask = torch.tensor([[True, False, True, True, False, True]] * 2)
    kept = [0, 2, 3, 5]
    alone = clip_vectors(x[:, kept], t[:, kept], mask[:, kept], head)
    assert torch.allclose(clip_vectors(x, t, mask, head), alone, atol=1e-5)


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_every_weight_gets_a_gradient_from_the_second_step_on(kind: HeadKind) -> None:
    torch.manual_seed(2)
    head = TemporalHead(TemporalConfig(dim=32, width=64, kind=kind))
    x, t = frames(4, 9), times(4, 9)
    mask = torch.ones(4, 9, dtype=torch.bool)
    mask[0, 5:] = False
    goal = F.normalize(torch.randn(4, 32), dim=-1)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (-(clip_vectors(x, t, mask, head) * goal).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    dead = [name for name, w in head.named_parameters() if w.grad is None or not w.grad.any()]
    assert dead == []
    assert all(w.grad is not None and w.grad.isfinite().all() for w in head.parameters())


def test_motion_over_a_long_gap_is_seen_where_neighbours_do_not_differ() -> None:
    head = TemporalHead(TemporalConfig(dim=2, width=8, lags=(1, 3)))
    one, two = [1.0, 0.0], [0.0, 1.0]
    x = torch.tensor([[one, one, two, two, two]])
    near, far = torch.split(head._motion(x), 2, dim=-1)
    assert near[0].tolist() == [[0, 0], [0, 0], [-1, 1], [0, 0], [0, 0]]
    assert far[0].tolist() == [[0, 0], [0, 0], [-1, 1], [-1, 1], [-1, 1]]


def test_windows_pool_the_parts_of_a_clip_by_time_not_by_number_of_frames() -> None:
    config = TemporalConfig(dim=4, width=1, heads=1, windows=(1, 2), pools=("mean", "max"))
    head = TemporalHead(config)
    x = torch.tensor([[[1.0], [3.0], [5.0], [20.0], [99.0]]])
    fraction = torch.tensor([[0.0, 0.2, 0.4, 1.0, 0.0]])
    mask = torch.tensor([[True, True, True, True, False]])
    pooled = head._pool(x, fraction, mask)[0].tolist()
    assert pooled == pytest.approx([7.25, 20.0, 3.0, 20.0, 5.0, 20.0])
    alone = head._pool(x[:, :1], fraction[:, :1], mask[:, :1])[0].tolist()
    assert alone == pytest.approx([1, 1, 1, 0, 1, 0])  # the second half has no frame


def test_a_shape_is_stored_and_read_back_and_an_unknown_one_refused() -> None:
    config = TemporalConfig(dim=64, kind="gru", lags=(1, 2, 8), windows=(1,), pools=("max",))
    assert TemporalConfig.from_dict(json.loads(json.dumps(asdict(config)))) == config
    strange: tuple[dict[str, Any], ...] = ({"kind": "mamba"}, {"stride": 1}, {"pools": ["median"]})
    for broken in ({"width": 3}, *({"dim": 3, **fields} for fields in strange)):
        with pytest.raises(ValueError, match="temporal head"):
            TemporalConfig.from_dict(broken)


def test_tokens_are_frame_motion_context_and_time_as_written() -> None:
    torch.manual_seed(3)
    config = TemporalConfig(
        dim=6, width=5, layers=0, periods=3, lags=(1, 2), windows=(1,), pools=("max",)
    )
    head = TemporalHead(config)
    torch.nn.init.normal_(head.time.weight)
    torch.nn.init.normal_(head.norm.bias)
    head.fuse = torch.nn.Identity()  # type: ignore[assignment]
    x, t = frames(1, 4, dim=6), torch.tensor([[7.0, 7.5, 9.0, 9.5]])
    f, since_s, octave = x[0] * 6**0.5, t[0] - 7, torch.arange(3)
    rows = []
    for i in range(4):
        motion = torch.cat([f[i] - f[max(i - 1, 0)], f[i] - f[max(i - 2, 0)]])
        seconds = since_s[i] * 2 * torch.pi / (0.5 * 2**octave)  # periods of 0.5, 1 and 2 s
        part = since_s[i] / 2.5 * torch.pi / 2 * (octave + 1)  # quarters of a turn in the clip
        code = torch.cat([seconds.sin(), seconds.cos(), part.sin(), part.cos()])
        row = head.frame(f[i]) + head.motion(motion) + head.time(code)
        rows.append(row + head.context(f[i] - f.mean(0)))
    expected = head.norm(torch.stack(rows)).amax(0)
    assert torch.allclose(head(x, t, torch.ones(1, 4, dtype=torch.bool))[0], expected, atol=1e-5)


def test_a_block_adds_what_frames_learn_and_then__thinks_of_it() -> None:
    torch.manual_seed(4)
    block = BLOCKS["attention"](TemporalConfig(dim=8, width=8))
    for norm in (block.norm1, block.norm2):
        torch.nn.init.normal_(norm.weight)
        torch.nn.init.normal_(norm.bias)
    block.mix = lambda x, mask: 3 * x * mask[..., None]  # type: ignore[method-assign]
    x = torch.randn(2, 5, 8)
    mixed = x + 3 * block.norm1(x)
    expected = mixed + block.mlp(block.norm2(mixed))
    assert torch.allclose(block(x, torch.ones(2, 5, dtype=torch.bool)), expected)


def test_each_length_of_window_attends_in_its_own_way() -> None:
    config = TemporalConfig(dim=4, width=1, heads=1, windows=(1, 2), pools=("attention",))
    head = TemporalHead(config)
    head.attend.weight.data = torch.tensor([[1.0], [-1.0]])
    head.attend.bias.data.zero_()
    x, fraction = torch.tensor([[[1.0], [3.0], [2.0]]]), torch.tensor([[0.0, 0.2, 1.0]])
    pooled = head._pool(x, fraction, torch.tensor([[True, True, False]]))[0].tolist()
    a, b = np.exp([1, 3]), np.exp([-1, -3])
    assert pooled == pytest.approx([a @ [1, 3] / a.sum(), b @ [1, 3] / b.sum(), 0])


def test_before_it_is_trained_no_time_counts() -> None:
    head = TemporalHead(TemporalConfig(dim=32, width=64, windows=(1,)))
    torch.nn.init.normal_(head.fuse.weight)
    x, t, mask = frames(2, 6), times(2, 6), torch.ones(2, 6, dtype=torch.bool)
    assert torch.equal(head(x, t, mask), head(x, t * 3, mask))
