"""The published models of open_clip as a table, so that a name is read without importing it.

Importing torch and open_clip costs a process 7 s of processor time.
`python -m embeddings.backbone.published` writes the table again; with another version of open_clip
than the table's, open_clip is asked.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.durable import write_atomic

TABLE = Path(__file__).parent / "published.json"
PACKAGE = "open_clip_torch"


@dataclass(frozen=True)
class Source:
    """Where published weights lie."""

    hub: str
    """`OWNER/NAME/[FILE]` of the model hub; empty for none."""
    url: str
    """Address of a plain file; empty for none."""


@dataclass(frozen=True)
class Architecture:
    """A model of open_clip."""

    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the image tower sees it."""
    parameters_millions: float | None
    """Weights of both towers; None where a part of the model is known to a hub only."""
    weights: dict[str, Source]
    """Published weights by pretrained tag, the usual one first."""


@lru_cache(maxsize=1)
def architectures() -> dict[str, Architecture]:
    """Every architecture of the installed open_clip by name."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    if table["version"] != version(PACKAGE):
        table = made({name: row[2] for name, row in table["models"].items()})
    return {
        name: Architecture(
            dim, image_px, millions, {tag: Source(*source) for tag, source in weights.items()}
        )
        for name, (dim, image_px, millions, weights) in table["models"].items()
    }


def made(sizes: Mapping[str, float | None] | None = None) -> dict[str, Any]:
    """The table as open_clip has it; `sizes` are millions of weights that are known already."""
    return {"version": version(PACKAGE), "models": _models(sizes)}


def as_pair(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width of a size that open_clip writes as one number or two."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def _models(sizes: Mapping[str, float | None] | None) -> dict[str, Any]:
    """The rows of the table by architecture; `sizes` as in `made`."""
    from embeddings.backbone.lean_open_clip import open_clip

    models = {}
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name)
        if config is None:
            continue
        height, _ = as_pair(config["vision_cfg"].get("image_size", 224))
        millions = count_parameters(name) if sizes is None else sizes.get(name)
        weights = {
            tag: _where(open_clip.get_pretrained_cfg(name, tag))
            for tag in open_clip.list_pretrained_tags_by_model(name)
        }
        models[name] = (int(config["embed_dim"]), height, millions, weights)
    return models


def _where(pretrained: Mapping[str, Any]) -> tuple[str, str]:
    return str(pretrained.get("hf_hub", "")), str(pretrained.get("url", ""))


def count_parameters(architecture: str) -> float | None:
    """Millions of weights in both towers, counted on a model that takes no memory.

    None where a hub knows the shape of the text tower.
    """
    import torch

    from embeddings.backbone.lean_open_clip import open_clip

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
    rows = made()
    lines = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in rows["models"].items())
    head = json.dumps(rows["version"])
    write_atomic(TABLE, f'{{"version": {head}, "models": {{\n{lines}\n}}}}\n'.encode())
    sys.stderr.write(f"wrote {TABLE}\n")
