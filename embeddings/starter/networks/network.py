"""EfficientNet-Lite2 (Tan & Le, 2019; Google's Lite variants): pictures to features and logits.

It is built from its weights alone, every batch norm in the convolution before it: the same numbers
in 0.6 of the time, and without timm, whose import takes longer than a picture.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from data.errors import DamagedFile
from embeddings.starter.networks.kept_network import NETWORK, keep_network
from embeddings.starter.shape import BLOCKS, EPSILON, HALVING


class Seen(NamedTuple):
    """What the network says of n pictures."""

    features: Tensor
    """(n, 1280), not negative."""
    logits: Tensor
    """(n, 1000): of the ImageNet-1k classes, in order of their synsets."""


class Network(nn.Module):
    """The network of the package, its weights compared with their checksum.

    Raises:
        ReelwiseError: The package is not installed.
        DamagedFile: It holds other weights.
    """

    def __init__(self) -> None:
        super().__init__()
        published = torch.load(NETWORK.path(), weights_only=True, map_location="cpu")
        try:
            self.stem = _Layer(published, "_conv_stem", "_bn0", stride=2)
            self.blocks = nn.Sequential(*(_Block(published, number) for number in range(BLOCKS)))
            self.head = _Layer(published, "_conv_head", "_bn1")
            self.classes = nn.Parameter(published["_fc.weight"])
            self.bias = nn.Parameter(published["_fc.bias"])
        except KeyError as error:
            raise DamagedFile(f"{NETWORK.name} has no {error}", fix="") from error
        keep_network({name: v.numpy() for name, v in published.items() if v.is_floating_point()})
        self.eval().requires_grad_(False)
        self.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(self, pictures: Tensor) -> Seen:
        """(n, 3, 260, 260) float32 in -1 to 1 -> features and logits."""
        return self.look(pictures)

    def look(self, pictures: Tensor) -> Seen:
        """The same, with gradients where they are wanted."""
        seen = self.head(self.blocks(self.stem(pictures)))
        features = seen.mean((2, 3))
        return Seen(features, functional.linear(features, self.classes, self.bias))


class _Block(nn.Module):
    """An inverted residual block (Sandler et al., 2018): wider, of neighbours, narrower."""

    def __init__(self, weights: Mapping[str, Tensor], number: int) -> None:
        super().__init__()
        of, stride = f"_blocks.{number}.", 2 if number in HALVING else 1
        layers = []
        if f"{of}_expand_conv.weight" in weights:  # not in the first one
            layers.append(_Layer(weights, f"{of}_expand_conv", f"{of}_bn0"))
        layers.append(_Layer(weights, f"{of}_depthwise_conv", f"{of}_bn1", stride=stride))
        layers.append(_Layer(weights, f"{of}_project_conv", f"{of}_bn2", is_linear=True))
        self.layers = nn.Sequential(*layers)
        self.adds = len(layers) == 3 and stride == 1 and layers[0].n_in == layers[-1].n_out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out.add_(x) if self.adds else out


class _Layer(nn.Module):
    """A convolution with its batch norm, and what follows it unless it is linear."""

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        name: str,
        norm: str,
        *,
        stride: int = 1,
        is_linear: bool = False,
    ) -> None:
        super().__init__()
        convolution = weights[f"{name}.weight"]
        spread = (weights[f"{norm}.running_var"] + EPSILON).sqrt()
        scale = weights[f"{norm}.weight"] / spread
        self.weight = nn.Parameter(convolution * scale[:, None, None, None])
        self.bias = nn.Parameter(weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale)
        self.n_out, n_in, self.size, _ = convolution.shape
        self.groups = self.n_out if n_in == 1 else 1
        self.n_in = n_in * self.groups
        self.stride = stride
        self.is_linear = is_linear

    def forward(self, x: Tensor) -> Tensor:
        padding = 0 if self.stride > 1 else self.size // 2
        if self.stride > 1:
            x = functional.pad(x, (*self._around(x.shape[3]), *self._around(x.shape[2])))
        out = functional.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return out if self.is_linear else functional.relu6(out, inplace=True)

    def _around(self, n: int) -> tuple[int, int]:
        """Pixels before and after `n`, as TensorFlow pads: the odd one comes last."""
        steps = -(-n // self.stride)
        more = max(0, (steps - 1) * self.stride + self.size - n)
        return more // 2, more - more // 2
