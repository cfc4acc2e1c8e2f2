"""The configuration of an open_clip model, read without importing open_clip."""

import importlib.util
import json
from pathlib import Path
from typing import Any

from embeddings.backbone.folders import CONFIG_FILE
from embeddings.backbone.names import FOLDER_PREFIX


def read_config(model: str) -> dict[str, Any]:
    """`model_cfg` and, of a folder, `preprocess_cfg`; empty where it cannot be read.

    Args:
        model: An architecture of open_clip, or `local-dir:FOLDER`.
    """
    folder = model.removeprefix(FOLDER_PREFIX)
    is_folder = folder != model
    file = Path(folder) / CONFIG_FILE if is_folder else _configs() / f"{model}.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(config, dict):
        return {}
    return config if is_folder else {"model_cfg": config}


def open_clip_package() -> Path:
    """The folder of open_clip, found without importing it."""
    spec = importlib.util.find_spec("open_clip")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


def _configs() -> Path:
    return open_clip_package() / "model_configs"
