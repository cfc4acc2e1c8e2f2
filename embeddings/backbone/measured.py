"""What open_clip knows of its models; counting the weights of all builds each without memory."""

from collections.abc import Mapping
from typing import Any

import open_clip
import torch

from embeddings.backbone.backbone import as_pair


def measured(sizes: Mapping[str, float | None] | None = None) -> dict[str, Any]:
    """The rows of the table that `embeddings.backbone.published` reads, by architecture.

    Args:
        sizes: Millions of weights by architecture, where they are known; None counts them.
    """
    models = {}
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name)
        if config is None:
            continue
        height, _ = as_pair(config["vision_cfg"].get("image_size", 224))
        millions = count_parameters(name) if sizes is None else sizes.get(name)
        models[name] = (int(config["embed_dim"]), height, millions, _weights(name))
    return models


def _weights(name: str) -> dict[str, tuple[str, str]]:
    sources = {}
    for tag in open_clip.list_pretrained_tags_by_model(name):
        config = open_clip.get_pretrained_cfg(name, tag)
        sources[tag] = (str(config.get("hf_hub", "")), str(config.get("url", "")))
    return sources


def count_parameters(architecture: str) -> float | None:
    """Millions of weights in both towers; None where a hub knows the shape of the text tower."""
    text = (open_clip.get_model_config(architecture) or {}).get("text_cfg", {})
    if "hf_model_name" in text:
        return None
    with torch.device("meta"):
        model = open_clip.create_model(
            architecture, load_weights=False, pretrained_text=False, device="meta"
        )
    total: int = sum(weights.numel() for weights in model.parameters())
    return round(total / 1e6, 1)
