"""The image tower as a module that gradients go through, with its last blocks set free to learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone

BLOCK_LISTS = ("transformer.resblocks", "trunk.blocks", "trunk.stages")
"""Where open_clip's towers keep their blocks: its own transformer, timm's, timm's stages."""
LAYERS = ("layer1", "layer2", "layer3", "layer4")
"""The stages of its ResNets."""
TAILS = ("ln_post", "proj", "attnpool", "head", "trunk.norm", "trunk.fc_norm", "trunk.attn_pool")
"""What follows the blocks; it learns with them."""
FRAMES_PER_CALL = 256


class Tower(nn.Module):
    """(n, h, w, 3) pixels, uint8 or float from 0 to 255 -> (n, dim) unit rows, with gradients.

    Args:
        backbone: In fp32; its weights are trained in place.
        blocks: How many of its last blocks learn; 0 for none, as for attacks on pixels.

    Raises:
        ReelwiseError: It has fewer blocks, or none that are known.
    """

    def __init__(self, backbone: Backbone, *, blocks: int = 0) -> None:
        super().__init__()
        self._backbone = backbone
        self.visual: nn.Module = backbone.model.get_submodule("visual")
        if blocks:
            free_last_blocks(self.visual, blocks)

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        parts = [self._features(part) for part in pixels.split(FRAMES_PER_CALL)]  # type: ignore[no-untyped-call]
        return torch.cat(parts)

    def _features(self, pixels: Tensor) -> Tensor:
        x = self._backbone.normalise(pixels)
        features = self._backbone.model.encode_image(x)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)


def free_last_blocks(visual: nn.Module, count: int) -> None:
    """Let the last blocks of an image tower, and what follows them, take gradients.

    Raises:
        ReelwiseError: It has fewer blocks, or none that are known.
    """
    blocks = _blocks(visual)
    if count > len(blocks):
        raise ReelwiseError(
            f"--blocks {count} asks for more than the {len(blocks)} blocks of this image tower",
            fix=f"--blocks {len(blocks)} or fewer" if blocks else "leave --blocks out",
        )
    for block in blocks[len(blocks) - count :]:
        block.requires_grad_(True)
    for name, weight in visual.named_parameters():
        if any(name == tail or name.startswith(f"{tail}.") for tail in TAILS):
            weight.requires_grad_(True)


def _blocks(visual: nn.Module) -> Sequence[nn.Module]:
    for name in BLOCK_LISTS:
        found: Any = visual
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return list(found)
    return [visual.get_submodule(name) for name in LAYERS if hasattr(visual, name)]
