"""Going on from a model folder that training wrote: its words, its shape and its weights."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from data.durable import write_atomic
from data.errors import ReelwiseError
from embeddings.backbone import BPE_FILE, build_tokenizer, build_untrained
from embeddings.encoder import HEAD_CONFIG, HEAD_WEIGHTS
from embeddings.spatiotemporal import TemporalConfig, TemporalHead
from embeddings.toon_model import ToonModel

CONFIG = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
POSITIONS = "visual.attnpool.positional_embedding"


def check_start(folder: Path) -> None:
    """Look whether training can go on from a folder.

    Raises:
        ReelwiseError: It does not hold all that `reelwise train toon` writes.
    """
    needed = (CONFIG, WEIGHTS_FILE, BPE_FILE, HEAD_CONFIG, HEAD_WEIGHTS)
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise ReelwiseError(
            f"{folder} is not a model that training can go on from: it has no {missing[0]}",
            fix="name a folder that `reelwise train toon` wrote, or toon",
        )


def frame_side(folder: Path) -> int:
    """Pixels across a frame of a folder's model; raises as `check_start` does."""
    check_start(folder)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return int(config["model_cfg"]["vision_cfg"]["image_size"])


def build_like(
    start: Path, folder: Path, px: int
) -> tuple[ToonModel, Callable[[list[str]], Tensor]]:
    """A folder's model with its weights and words, for frames of another size."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(start / BPE_FILE, folder / BPE_FILE)
    config = json.loads((start / CONFIG).read_text(encoding="utf-8"))
    config["model_cfg"]["vision_cfg"]["image_size"] = px
    config["preprocess_cfg"]["size"] = [px, px]
    write_atomic(folder / CONFIG, json.dumps(config, indent=1).encode())
    head = json.loads((start / HEAD_CONFIG).read_text(encoding="utf-8"))
    model = ToonModel(build_untrained(folder), TemporalHead(TemporalConfig.from_dict(head)))
    _load_weights(model, start)
    return model.to(memory_format=torch.channels_last), build_tokenizer(folder)


def _load_weights(model: ToonModel, folder: Path) -> None:
    """Go on from a stage's weights; positions of its pooling grid are stretched to this one's."""
    towers = load_file(folder / WEIGHTS_FILE)
    own = model.towers.state_dict()[POSITIONS]
    towers[POSITIONS] = stretch_positions(towers[POSITIONS].float(), own.shape[0])
    model.towers.load_state_dict(towers)
    model.head.load_state_dict(load_file(folder / HEAD_WEIGHTS))


def stretch_positions(positions: Tensor, length: int) -> Tensor:
    """(1 + a * a, d), first that of the mean, -> (1 + b * b, d), bilinear."""
    before, after = math.isqrt(len(positions) - 1), math.isqrt(length - 1)
    grid = positions[1:].T.reshape(1, -1, before, before)
    grid = F.interpolate(grid, (after, after), mode="bilinear", align_corners=False)
    return torch.cat([positions[:1], grid.flatten(2)[0].T])
