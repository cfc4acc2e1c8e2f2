"""EfficientNet-Lite2 (Tan & Le, 2019; Google's Lite variants): pictures to features and logits."""

from itertools import pairwise
from typing import NamedTuple, cast

import torch
from timm import create_model
from timm.layers.norm_act import BatchNormAct2d
from timm.models import EfficientNet
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from data.errors import DamagedFile
from embeddings.starter.kept_network import NETWORK, keep_network

ARCHITECTURE = "tf_efficientnet_lite2"


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
        self.net = cast("EfficientNet", create_model(ARCHITECTURE))
        published = torch.load(NETWORK.path(), weights_only=True, map_location="cpu")
        own = self.net.state_dict()
        # Both name the same layers in the same order, each in its own words.
        shapes = [tuple(value.shape) for value in published.values()]
        if shapes != [tuple(value.shape) for value in own.values()]:
            raise DamagedFile(f"{NETWORK.name} does not fit {ARCHITECTURE} of this timm", fix="")
        self.net.load_state_dict(dict(zip(own, published.values(), strict=True)))
        keep_network({name: v.numpy() for name, v in published.items() if v.is_floating_point()})
        self.eval()
        _fold(self.net)
        self.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(self, pictures: Tensor) -> Seen:
        """(n, 3, 260, 260) float32 in -1 to 1 -> features and logits."""
        features = self.net.forward_head(self.net.forward_features(pictures), pre_logits=True)
        return Seen(features, self.net.get_classifier()(features))


def _fold(net: nn.Module) -> None:
    """Put every batch norm into the convolution before it: the same numbers in 0.6 of the time."""
    for module in [net, *net.modules()]:
        children = list(module.named_children())
        for (_, convolution), (name, norm) in pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, BatchNormAct2d):
                fused = fuse_conv_bn_eval(convolution, norm)
                convolution.weight, convolution.bias = fused.weight, fused.bias
                setattr(module, name, norm.act)
