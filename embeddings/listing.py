"""Lists the backbones that can be used here, with their sizes.

Building every architecture to count its weights takes some 15 s, too long for `reelwise encoders`:
the counts lie in `model_sizes.json`, which `python -m embeddings.listing` writes again.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch

from data.durable import write_atomic
from embeddings.backbone.backbone import as_pair
from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER
from embeddings.backbone.names import find_cached_weights

SIZES_FILE = Path(__file__).parent / "model_sizes.json"


@dataclass(frozen=True)
class EncoderListing:
    """One line of `reelwise encoders`."""

    name: str
    """As `--encoder` takes it."""
    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the encoder sees it."""
    parameters_millions: float | None
    """Weights of both towers; None where a part of the model is known to a hub only."""
    present: bool
    """True where the weights are on this machine."""


def list_encoders() -> list[EncoderListing]:
    """The embedded encoder first, then every open_clip architecture with its published weights."""
    sizes = json.loads(SIZES_FILE.read_text(encoding="utf-8"))
    rows = [_toon_listing()] if (TOON_FOLDER / CONFIG_FILE).is_file() else []
    for model, tag, config in _published():
        height, _ = as_pair(config["vision_cfg"].get("image_size", 224))
        present = find_cached_weights(model, tag) is not None
        dim = int(config["embed_dim"])
        rows.append(EncoderListing(f"{model}/{tag}", dim, height, sizes.get(model), present))
    return rows


def _toon_listing() -> EncoderListing:
    config = json.loads((TOON_FOLDER / CONFIG_FILE).read_text(encoding="utf-8"))
    model = config["model_cfg"]
    size_bytes = sum(file.stat().st_size for file in TOON_FOLDER.glob("*.safetensors"))
    millions = round(size_bytes / 2 / 1e6, 1)  # two bytes a weight
    return EncoderListing(
        "toon", model["embed_dim"], model["vision_cfg"]["image_size"], millions, True
    )


def _published() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Architecture, tag and configuration of all published weights."""
    for model, tag in open_clip.list_pretrained():
        config = open_clip.get_model_config(model)
        if config is not None:
            yield model, tag, config


def measure() -> dict[str, float | None]:
    """Millions of weights by architecture, one decimal; None where only a hub knows it."""
    return {name: count_parameters(name) for name in sorted({row[0] for row in _published()})}


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


if __name__ == "__main__":
    write_atomic(SIZES_FILE, (json.dumps(measure(), indent=1) + "\n").encode())
    sys.stderr.write(f"wrote {SIZES_FILE}\n")
