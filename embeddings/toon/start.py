"""Toon models built from folders that training wrote, to train them further or to average them."""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from data.durable import write_atomic
from data.errors import ReelwiseError
from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.loading import build_tokenizer, build_untrained
from embeddings.temporal.clips import load_head
from embeddings.toon.model import Tokenize, ToonModel
from embeddings.toon.stage import check_start

POSITIONS = "visual.attnpool.positional_embedding"


def frame_side(folder: Path) -> int:
    """Side in pixels of the frames of a folder's model; raises as `check_start` does."""
    check_start(folder)
    config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    return int(config["model_cfg"]["vision_cfg"]["image_size"])


def build_like(start: Path, folder: Path, px: int) -> tuple[ToonModel, Tokenize]:
    """A folder's model with its weights and vocabulary, for frames of any size.

    Raises:
        ReelwiseError: The temporal head in the folder is not served.
    """
    head = load_head(start)
    if head is None:
        raise ReelwiseError(
            f"the temporal head in {start} is not served, so that it cannot be trained further",
            fix="name a folder that `reelwise train toon` wrote, or toon",
        )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(start / BPE_FILE, folder / BPE_FILE)
    config = json.loads((start / CONFIG_FILE).read_text(encoding="utf-8"))
    config["model_cfg"]["vision_cfg"]["image_size"] = px
    config["preprocess_cfg"]["size"] = [px, px]
    write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    model = ToonModel(build_untrained(folder), head)
    _load_towers(model.towers, start)
    return model.to(memory_format=torch.channels_last), build_tokenizer(f"local-dir:{folder}")


def mix_models(parts: Sequence[tuple[Path, float]], folder: Path) -> ToonModel:
    """The weighted mean of models that were trained one from another, in a new folder.

    `parts` are model folders and their shares, which add up to 1; the last one gives the shape.
    """
    last = parts[-1][0]
    px = frame_side(last)
    mean, _ = build_like(last, folder, px)
    models = [(build_like(one, folder, px)[0].state_dict(), share) for one, share in parts if share]
    weights = mean.state_dict()
    for name, weight in weights.items():
        if weight.is_floating_point():
            weights[name] = sum(model[name] * share for model, share in models)
    mean.load_state_dict(weights)
    return mean


def _load_towers(towers: nn.Module, folder: Path) -> None:
    """Load a folder's weights; positions of its pooling grid are stretched to this one's."""
    weights = load_file(folder / WEIGHTS_FILE)
    length = len(towers.state_dict()[POSITIONS])
    weights[POSITIONS] = stretch_positions(weights[POSITIONS].float(), length)
    towers.load_state_dict(weights)


def stretch_positions(positions: Tensor, length: int) -> Tensor:
    """(1 + a * a, d) -> (1 + b * b, d), bilinear; the first row, of the mean, is unchanged."""
    before, after = math.isqrt(len(positions) - 1), math.isqrt(length - 1)
    grid = positions[1:].T.reshape(1, -1, before, before)
    grid = F.interpolate(grid, (after, after), mode="bilinear", align_corners=False)
    return torch.cat([positions[:1], grid.flatten(2)[0].T])
