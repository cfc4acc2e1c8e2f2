"""Convolutions in numpy against torch's, and TensorFlow's padding against timm's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from embeddings.pictures.convolutions import BatchNorm, convolution, mean_pool
from embeddings.plain.layers import Floats

RNG = np.random.default_rng(0)


def seen_by(layer: nn.Module, picture: Floats) -> Floats:
    with torch.inference_mode():
        out = layer(torch.from_numpy(picture.transpose(2, 0, 1))[None])
    return np.asarray(out[0].numpy().transpose(1, 2, 0), np.float32)


def _kind(late: bool) -> type[nn.Conv2d]:
    if not late:
        return nn.Conv2d
    from timm.layers.conv2d_same import Conv2dSame  # 4 s of processor time

    same: type[nn.Conv2d] = Conv2dSame
    return same


@pytest.mark.parametrize("late", [False, True], ids=["torch", "tensorflow"])
@pytest.mark.parametrize("groups", [1, 6], ids=["dense", "by channel"])
@pytest.mark.parametrize(("side", "stride"), [(1, 1), (1, 2), (3, 1), (3, 2), (5, 1), (5, 2)])
@pytest.mark.parametrize(("height", "width"), [(12, 17), (130, 65)])
def test_a_convolution_is_torchs(
    late: bool, groups: int, side: int, stride: int, height: int, width: int
) -> None:
    layer = _kind(late)(6, 6, side, stride, 0 if late else side // 2, groups=groups, bias=False)
    ours = convolution(layer.weight.detach().numpy(), stride=stride, pads_late=late)
    picture = RNG.standard_normal((height, width, 6)).astype(np.float32)
    assert ours(picture) == pytest.approx(seen_by(layer, picture), abs=1e-5)


@pytest.mark.parametrize("groups", [1, 6])
def test_a_norm_after_a_convolution_is_one_convolution(groups: int) -> None:
    layer, norm = nn.Conv2d(6, 6, 3, padding=1, groups=groups, bias=False), nn.BatchNorm2d(6, 1e-3)
    for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        assert value is not None
        value.data = torch.rand(6) + 0.5
    scale, shift, mean, variance, _ = (value.numpy() for value in norm.state_dict().values())
    learnt = BatchNorm(scale, shift, mean, variance, epsilon=1e-3)
    both = learnt.after(convolution(layer.weight.detach().numpy()))
    picture = RNG.standard_normal((9, 8, 6)).astype(np.float32)
    wanted = seen_by(nn.Sequential(layer, norm).eval(), picture)
    assert both(picture) == pytest.approx(wanted, abs=1e-5)


def test_means_of_squares_are_torchs() -> None:
    picture = RNG.standard_normal((9, 12, 3)).astype(np.float32)
    assert mean_pool(picture, 2) == pytest.approx(seen_by(nn.AvgPool2d(2), picture), abs=1e-6)
