"""A tiny open_clip model, for what must go through open_clip itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from embeddings.backbone.lean_open_clip import open_clip  # what our loading must equal

TINY: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": 64,
            "layers": 2,
            "width": 64,
            "patch_size": 16,
            "head_width": 32,
        },
        "text_cfg": {
            "context_length": 24,
            "vocab_size": 49408,
            "width": 32,
            "heads": 2,
            "layers": 2,
        },
    },
    "preprocess_cfg": {"size": [64, 64], "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]},
}


def write_tiny(folder: Path) -> Path:
    """Fill a folder with the tiny model and random weights, always the same."""
    (folder / "open_clip_config.json").write_text(json.dumps(TINY))
    torch.manual_seed(1)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder
