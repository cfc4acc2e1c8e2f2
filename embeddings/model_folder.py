"""Makes a model folder from another encoder: configuration, tokenizer, temporal head, weights."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from data.durable import write_atomic
from data.errors import ReelwiseError
from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, RECIPE_FILE, WEIGHTS_FILE
from embeddings.backbone.lean_open_clip import open_clip
from embeddings.backbone.loading import build_untrained
from embeddings.backbone.names import parse_name
from embeddings.backbone.recipe import PROGRAM_FILES, Config, Recipe, read_recipe
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder, load_spatiotemporal
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS

COPIED_FILES = (BPE_FILE, HEAD_CONFIG, HEAD_WEIGHTS)


@dataclass(frozen=True)
class SourceModel:
    """The encoder that another one is made from."""

    encoder: SpatiotemporalEncoder
    """In fp32, on the CPU."""
    config: Config
    """`model_cfg` and `preprocess_cfg`, as an `open_clip_config.json` has them."""
    folder: Path | None
    """Its model folder, where it has one."""

    @property
    def size_bytes(self) -> int:
        """Size of its weights: of their file, or in fp32 where that is not known."""
        if self.encoder.weights is not None:
            return self.encoder.weights.stat().st_size
        if self.folder is not None:
            return folder_bytes(self.folder)
        return sum(weights.numel() * 4 for weights in self.model.parameters())

    def served(self) -> SpatiotemporalEncoder:
        """The encoder in the precision that is chosen for this CPU."""
        return load_spatiotemporal(self.encoder.name, weights=self.encoder.weights, device="cpu")

    @property
    def model(self) -> nn.Module:
        """The open_clip model."""
        return self.encoder.backbone.model


def open_source_model(name: str, *, weights: Path | None = None) -> SourceModel:
    """Load the encoder that another one is made from.

    Raises:
        ReelwiseError: It cannot be loaded, or it is no plain open_clip model itself.
    """
    parsed = parse_name(name, weights=weights)
    folder = parsed.folder
    recipe = read_recipe(folder) if folder else None
    if recipe is not None and not recipe.plain:
        raise ReelwiseError(
            f"{name} is the result of --how {recipe.how}, which cannot be compressed further",
            fix=f"compress the model that it was made from ({recipe.source})",
        )
    encoder = load_spatiotemporal(name, weights=weights, device="cpu", precision="fp32")
    if folder is None:
        model_cfg = open_clip.get_model_config(parsed.model)
    else:
        model_cfg = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))["model_cfg"]
    preprocess = open_clip.get_model_preprocess_cfg(encoder.backbone.model)
    config = {"model_cfg": model_cfg, "preprocess_cfg": dict(preprocess)}
    return SourceModel(encoder, config, None if weights else folder)


def finish_folder(out: Path, source: SourceModel, config: Config, recipe: Recipe) -> None:
    """Add tokenizer, temporal head, recipe and configuration to a folder with weights.

    The configuration comes last: a folder without it is no model.
    """
    for name in COPIED_FILES:
        if source.folder is not None and (source.folder / name).is_file():
            shutil.copy(source.folder / name, out / name)
    write_atomic(out / RECIPE_FILE, recipe.as_bytes())
    write_atomic(out / CONFIG_FILE, json.dumps(config, indent=1).encode())


def build_model(config: Config, state: dict[str, Tensor] | None = None) -> nn.Module:
    """The model of a configuration, in fp32 and for training, with random or these weights."""
    with tempfile.TemporaryDirectory() as folder:
        write_atomic(Path(folder) / CONFIG_FILE, json.dumps(config).encode())
        model = build_untrained(Path(folder))
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
