"""A model folder as training writes it, with random weights: small, and made in a second."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.loading import build_untrained
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.record import HEAD_WEIGHTS, HeadRecord
from embeddings.toon.bpe import learn_merges, save_merges, vocabulary_size
from embeddings.toon.train import model_config


def write_untrained(folder: Path, *, px: int = 32, dim: int = 32, seed: int = 0) -> Path:
    """A toon encoder that was never trained, temporal head included."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    merges = learn_merges(["a red car drives to the left across the street"], most=20)
    save_merges(folder / BPE_FILE, merges)
    config = model_config(px, dim, vocabulary_size(merges))
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    save_file(build_untrained(folder).state_dict(), folder / WEIGHTS_FILE)
    head = TemporalHead(TemporalConfig(dim=dim, width=32, kind="convolution", windows=(1, 2)))
    torch.nn.init.normal_(head.fuse.weight, std=0.02)
    save_file(head.state_dict(), folder / HEAD_WEIGHTS)
    HeadRecord(asdict(head.config)).write(folder)
    return folder
