"""The text tower in numpy gives what the model in torch gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file

from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER, WEIGHTS_FILE
from embeddings.backbone.loading import build_untrained, load_backbone
from embeddings.encoder import NeedsModel
from embeddings.plain.transformer import Activation
from embeddings.texts.opening import open_tower
from tests.embeddings.tiny import TINY

TEXTS = [
    "a red car",
    "",
    "a red car drives to the left of two dogs",
    "word " * 40,
    "<end_of_text> x",
]


def written(folder: Path, config: dict[str, Any]) -> Path:
    """A model folder with random weights."""
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    save_file(build_untrained(folder).state_dict(), folder / WEIGHTS_FILE)
    return folder


def differs_by(folder: Path, activation: Activation) -> float:
    tower = open_tower(f"local-dir:{folder}", folder / WEIGHTS_FILE, activation)
    wanted = load_backbone(str(folder)).text_features(TEXTS).numpy()
    return float(np.abs(tower.encode(TEXTS) - wanted).max())


def test_the_embedded_encoder_gives_the_same_vectors() -> None:
    assert differs_by(TOON_FOLDER, "gelu") < 1e-5


@pytest.mark.parametrize(
    "change", [{}, {"custom_text": True}, {"quick_gelu": True}], ids=["plain", "custom", "quick"]
)
def test_both_kinds_of_open_clip_model_give_the_same_vectors(
    change: dict[str, Any], tmp_path: Path
) -> None:
    config = {**TINY, "model_cfg": TINY["model_cfg"] | change}
    folder = written(tmp_path, config)
    right: Activation = "quick_gelu" if change.get("quick_gelu") else "gelu"
    wrong: Activation = "gelu" if change.get("quick_gelu") else "quick_gelu"
    assert differs_by(folder, right) < 1e-5
    assert differs_by(folder, wrong) > 1e-4


@pytest.mark.parametrize(
    "setting", [{"pool_type": "last"}, {"no_causal_mask": True}, {"hf_tokenizer_name": "x"}]
)
def test_a_tower_of_another_kind_is_left_to_the_model(
    setting: dict[str, Any], tmp_path: Path
) -> None:
    model = TINY["model_cfg"]
    other = model | {"text_cfg": model["text_cfg"] | setting}
    (tmp_path / CONFIG_FILE).write_text(json.dumps({**TINY, "model_cfg": other}))
    weights = TOON_FOLDER / WEIGHTS_FILE
    with pytest.raises(NeedsModel, match="another kind"):
        open_tower(f"local-dir:{tmp_path}", weights, "gelu")


def test_a_file_that_is_none_of_these_weights_is_left_to_the_model(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(b"nothing")
    (tmp_path / CONFIG_FILE).write_text(json.dumps(TINY))
    with pytest.raises(NeedsModel, match="another text tower"):
        open_tower(f"local-dir:{tmp_path}", tmp_path / WEIGHTS_FILE, "gelu")
    with pytest.raises(NeedsModel, match="another text tower"):
        open_tower("ViT-B-32", TOON_FOLDER / WEIGHTS_FILE, "gelu")
