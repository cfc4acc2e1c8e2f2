"""The image tower of a backbone with gradients, to train its last blocks or to attack pixels."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone

BLOCK_LISTS = ("transformer.resblocks", "trunk.blocks", "trunk.stages")
"""Attributes that hold the blocks of a tower: open_clip's transformers, timm's blocks or stages."""
LAYERS = ("layer1", "layer2", "layer3", "layer4")
"""Attributes of the stages of open_clip's ResNets."""
TAILS = ("ln_post", "proj", "attnpool", "head", "trunk.norm", "trunk.fc_norm", "trunk.attn_pool")
"""What follows the blocks and is trained with them."""
FRAMES_PER_PART = 256


class Tower(nn.Module):
    """(n, h, w, 3) pixels, uint8 or float from 0 to 255 -> (n, dim) unit rows, with gradients.

    Args:
        backbone: In fp32; its weights are trained in place.
        blocks: Number of its last blocks to train; 0 for none, as for attacks on pixels.

    Raises:
        ReelwiseError: The tower has fewer blocks, or of an unknown kind.
    """

    def __init__(self, backbone: Backbone, *, blocks: int = 0) -> None:
        super().__init__()
        self._backbone = backbone
        self.visual: nn.Module = backbone.model.get_submodule("visual")
        if blocks:
            _free_last_blocks(self.visual, blocks)

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        rows = []
        for part in pixels.split(FRAMES_PER_PART):  # type: ignore[no-untyped-call]
            x = self._backbone.normalise(part)
            rows.append(self._backbone.model.encode_image(x))  # type: ignore[operator]
        return F.normalize(torch.cat(rows).float(), dim=-1)


def _free_last_blocks(visual: nn.Module, count: int) -> None:
    """Let the last blocks of an image tower, and what follows them, take gradients."""
    blocks = stages_of(visual)
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


def stages_of(visual: nn.Module) -> Sequence[nn.Module]:
    """The blocks, or stages, of an image tower in order; none where it is of an unknown kind."""
    modules = dict(visual.named_modules())
    for name in BLOCK_LISTS:
        if name in modules:
            return list(modules[name].children())
    return [modules[name] for name in LAYERS if name in modules]
