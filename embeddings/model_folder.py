"""A model folder made from another model: its configuration, words, temporal head and weights."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from data.durable import write_atomic
from data.errors import ReelwiseError
from embeddings.backbone.backbone import BPE_FILE, WEIGHTS_FILE, Backbone, load_backbone
from embeddings.backbone.names import parse_name
from embeddings.backbone.recipe import Config, Recipe, read_recipe, write_recipe
from embeddings.encoder import HEAD_CONFIG, HEAD_WEIGHTS, SpatiotemporalEncoder, load_head

CONFIG = "open_clip_config.json"
KEPT_FILES = (BPE_FILE, HEAD_CONFIG, HEAD_WEIGHTS)


@dataclass(frozen=True)
class Source:
    """The encoder that is to be compressed."""

    backbone: Backbone
    """In fp32, on the processor."""
    config: Config
    """`model_cfg` and `preprocess_cfg`, as an `open_clip_config.json` has them."""
    folder: Path | None
    """Its model folder, where it has one."""
    encoder_id: str
    """Its identity."""
    name: str
    """As `load_backbone` takes it."""
    weights: Path | None
    """As `load_backbone` takes it."""

    @property
    def size_bytes(self) -> int:
        """Size of its weights: of their file, or in fp32 where that is not known."""
        if self.weights is not None:
            return self.weights.stat().st_size
        if self.folder is not None:
            return folder_bytes(self.folder)
        return sum(weights.numel() * 4 for weights in self.model.parameters())

    def as_served(self) -> Backbone:
        """The backbone in the precision that is chosen on this machine."""
        return load_backbone(self.name, weights=self.weights)

    @property
    def model(self) -> nn.Module:
        """The open_clip model."""
        return self.backbone.model

    def encoder(self, backbone: Backbone | None = None) -> SpatiotemporalEncoder:
        """The source, or another backbone in its place, with the source's temporal head."""
        head = load_head(self.folder) if self.folder else None
        return SpatiotemporalEncoder(backbone or self.backbone, head)


def open_source(name: str, *, weights: Path | None = None) -> Source:
    """Load the encoder that is to be compressed.

    Raises:
        ReelwiseError: It cannot be loaded, or it is an exported program itself.
    """
    parsed = parse_name(name, weights=weights)
    folder = parsed.folder
    if folder is not None:
        recipe = read_recipe(folder)
        if recipe is not None and not recipe.plain:
            raise ReelwiseError(
                f"{name} is the result of --how {recipe.how}, which cannot be compressed further",
                fix=f"compress the model that it was made from ({recipe.source})",
            )
    backbone = load_backbone(name, weights=weights, precision="fp32")
    if folder is None:
        model_cfg = open_clip.get_model_config(parsed.model)
    else:
        model_cfg = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model_cfg"]
    preprocess = open_clip.get_model_preprocess_cfg(backbone.model)
    config = {"model_cfg": model_cfg, "preprocess_cfg": dict(preprocess)}
    source = Source(backbone, config, None if weights else folder, "", name, weights)
    return replace(source, encoder_id=source.encoder().id)


def start_folder(out: Path) -> None:
    """Make the folder of a new model.

    Raises:
        ReelwiseError: It holds a model already.
    """
    if (out / CONFIG).exists():
        raise ReelwiseError(f"{out} holds a model already", fix="name a new folder with --out")
    out.mkdir(parents=True, exist_ok=True)


def finish_folder(out: Path, source: Source, config: Config, recipe: Recipe) -> None:
    """Add what the source's folder has beside its weights; the configuration comes last."""
    for name in KEPT_FILES:
        if source.folder is not None and (source.folder / name).is_file():
            shutil.copy(source.folder / name, out / name)
    write_recipe(out, recipe)
    write_atomic(out / CONFIG, json.dumps(config, indent=1).encode())


def build_model(config: Config, state: dict[str, Tensor] | None = None) -> nn.Module:
    """The model of a configuration, untrained or with these weights, in fp32 and for training."""
    with tempfile.TemporaryDirectory() as folder:
        write_atomic(Path(folder) / CONFIG, json.dumps(config).encode())
        model: nn.Module = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    if state is not None:
        model.load_state_dict(state)
    return model


def save_weights(out: Path, state: dict[str, Tensor], *, dtype: torch.dtype) -> None:
    """Write weights in this precision for `open_clip_config.json` in the same folder."""
    rows = {
        key: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in state.items()
    }
    save_file(rows, out / WEIGHTS_FILE)


def folder_bytes(folder: Path) -> int:
    """Size of the weights or programs in a model folder, without the temporal head."""
    names = (WEIGHTS_FILE, "image.onnx", "text.onnx", "image.pt2", "text.pt2")
    return sum((folder / name).stat().st_size for name in names if (folder / name).is_file())


def architecture(name: str) -> Config:
    """The configuration of one of open_clip's architectures.

    Raises:
        ReelwiseError: It has none of that name.
    """
    found: Config | None = open_clip.get_model_config(name)
    if found is None:
        raise ReelwiseError(
            f"{name!r} is none of open_clip's architectures", fix="reelwise encoders"
        )
    return found
