"""Opens the text tower of an open_clip model without open_clip, where it is a plain one."""

import importlib.util
import json
from pathlib import Path
from typing import Any, get_args

from safetensors import SafetensorError

from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE
from embeddings.texts.tokens import BytePairTokenizer
from embeddings.texts.tower import Activation, TextTower, TowerShape

PLAIN = {"context_length", "vocab_size", "width", "heads", "layers"}
"""The settings of a text tower that `TextTower` knows; it computes none with others."""
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)


def open_tower(model: str, weights: Path, activation: Activation) -> TextTower | None:
    """The text tower of an architecture, or of `local-dir:FOLDER`; None for one that is not plain.

    Whether it gives what the model gives is for the caller to compare.
    """
    folder = Path(model.removeprefix("local-dir:")) if model.startswith("local-dir:") else None
    config = _config(model, folder)
    text = config.get("text_cfg", {})
    if weights.suffix != ".safetensors" or set(text) != PLAIN:
        return None
    own = folder / BPE_FILE if folder else None
    merges = own if own and own.is_file() else _package() / "bpe_simple_vocab_16e6.txt.gz"
    try:
        tokenizer = BytePairTokenizer(merges, text["context_length"])
        shape = TowerShape(text["layers"], text["heads"], activation)
        return TextTower(weights, shape, tokenizer.tokens)
    except (OSError, KeyError, TypeError, ValueError, SafetensorError):
        return None


def _config(model: str, folder: Path | None) -> dict[str, Any]:
    """The `model_cfg` of a folder, or the configuration in the package."""
    file = folder / CONFIG_FILE if folder else _package() / "model_configs" / f"{model}.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = config.get("model_cfg", {}) if folder else config
    return found if isinstance(found, dict) else {}


def _package() -> Path:
    """The folder of open_clip, found without importing it."""
    spec = importlib.util.find_spec("open_clip")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])
