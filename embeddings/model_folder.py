"""Makes a model folder from another encoder: configuration, tokenizer, temporal head, weights."""

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
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.names import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE, parse_name
from embeddings.backbone.recipe import PROGRAM_FILES, Config, Recipe, read_recipe, write_recipe
from embeddings.encoder import SpatiotemporalEncoder, load_head
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS

COPIED_FILES = (BPE_FILE, HEAD_CONFIG, HEAD_WEIGHTS)


@dataclass(frozen=True)
class SourceModel:
    """The encoder that another one is made from."""

    backbone: Backbone
    """In fp32, on the CPU."""
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


def open_source_model(name: str, *, weights: Path | None = None) -> SourceModel:
    """Load the encoder that another one is made from.

    Raises:
        ReelwiseError: It cannot be loaded, or it is no plain open_clip model itself.
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
        model_cfg = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))["model_cfg"]
    preprocess = open_clip.get_model_preprocess_cfg(backbone.model)
    config = {"model_cfg": model_cfg, "preprocess_cfg": dict(preprocess)}
    source = SourceModel(backbone, config, None if weights else folder, "", name, weights)
    return replace(source, encoder_id=source.encoder().id)


def start_folder(out: Path) -> None:
    """Make the folder of a new model.

    Raises:
        ReelwiseError: It holds a model already.
    """
    if (out / CONFIG_FILE).exists():
        raise ReelwiseError(f"{out} holds a model already", fix="name a new folder with --out")
    out.mkdir(parents=True, exist_ok=True)


def finish_folder(out: Path, source: SourceModel, config: Config, recipe: Recipe) -> None:
    """Add tokenizer, temporal head, recipe and configuration to a folder with weights.

    The configuration comes last: a folder without it is no model.
    """
    for name in COPIED_FILES:
        if source.folder is not None and (source.folder / name).is_file():
            shutil.copy(source.folder / name, out / name)
    write_recipe(out, recipe)
    write_atomic(out / CONFIG_FILE, json.dumps(config, indent=1).encode())


def build_model(config: Config, state: dict[str, Tensor] | None = None) -> nn.Module:
    """The model of a configuration, in fp32 and for training, with random or these weights."""
    with tempfile.TemporaryDirectory() as folder:
        write_atomic(Path(folder) / CONFIG_FILE, json.dumps(config).encode())
        model: nn.Module = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    if state is not None:
        model.load_state_dict(state)
    return model


def save_weights(out: Path, state: dict[str, Tensor], *, dtype: torch.dtype) -> None:
    """Write weights in this precision for the `open_clip_config.json` of the same folder."""
    rows = {
        key: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in state.items()
    }
    save_file(rows, out / WEIGHTS_FILE)


def folder_bytes(folder: Path) -> int:
    """Size of the weights or programs in a model folder, without the temporal head."""
    files = [folder / name for name in (WEIGHTS_FILE, *PROGRAM_FILES)]
    return sum(file.stat().st_size for file in files if file.is_file())


def architecture(name: str) -> Config:
    """The `model_cfg` of an architecture of open_clip.

    Raises:
        ReelwiseError: open_clip has none of that name.
    """
    config: Config | None = open_clip.get_model_config(name)
    if config is None:
        raise ReelwiseError(
            f"{name!r} is none of open_clip's architectures", fix="reelwise encoders"
        )
    return config
