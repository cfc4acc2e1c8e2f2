"""An image tower in numpy gives what the model in torch gives, or is not opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER, WEIGHTS_FILE
from embeddings.backbone.loading import build_untrained, load_backbone
from embeddings.encoder import NeedsModel
from embeddings.pictures import worth
from embeddings.pictures.opening import frame_ways, open_image_tower
from embeddings.probe_frame import probe_frame
from tests.embeddings.tiny import TINY

RESIDUAL = {"layers": [1, 2, 1, 1], "width": 8, "head_width": 32, "image_size": 64}
PLAIN_VISION: dict[str, Any] = TINY["model_cfg"]["vision_cfg"]


def written(folder: Path, *, vision: dict[str, Any], **change: Any) -> Path:
    """A model folder with random weights, also in its batch norms."""
    config = {**TINY, "model_cfg": TINY["model_cfg"] | {"vision_cfg": vision} | change}
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    torch.manual_seed(1)
    weights = build_untrained(folder).state_dict()
    for name in weights:
        if ".bn" in name and weights[name].is_floating_point():
            weights[name] = torch.rand_like(weights[name]) + 0.5
    save_file(weights, folder / WEIGHTS_FILE)
    return folder


def differs_by(folder: Path, way: str) -> float:
    backbone = load_backbone(str(folder), precision="fp32")
    probe = probe_frame(backbone.frame_spec)
    frames = np.concatenate([probe, 255 - probe, probe // 9, *[probe[:, ::-1]] * 2])
    tower = open_image_tower(f"local-dir:{folder}", folder / WEIGHTS_FILE, way)
    assert tower.encode(frames[:0]).shape == (0, backbone.dim)
    return float(np.abs(tower.encode(frames) - backbone.image_features(frames).numpy()).max())


def test_the_embedded_encoder_gives_the_same_vectors() -> None:
    assert differs_by(TOON_FOLDER, "gelu own") < 1e-5


@pytest.mark.parametrize(
    ("change", "right", "wrong"),
    [
        ({}, "gelu own", "quick_gelu own"),
        ({"quick_gelu": True}, "quick_gelu own", "gelu own"),
        ({"custom_text": True}, "gelu own", "gelu clip"),
    ],
    ids=["plain", "quick", "custom"],
)
def test_a_vision_transformer_gives_the_same_vectors(
    change: dict[str, Any], right: str, wrong: str, tmp_path: Path
) -> None:
    folder = written(tmp_path, vision=PLAIN_VISION, **change)
    assert differs_by(folder, right) < 1e-5
    assert differs_by(folder, wrong) > 1e-4


def test_a_residual_network_gives_the_same_vectors(tmp_path: Path) -> None:
    assert differs_by(written(tmp_path, vision=RESIDUAL), "gelu own") < 1e-5


@pytest.mark.parametrize(
    "setting", [{"pool_type": "avg"}, {"no_ln_pre": True}, {"timm_model_name": "x"}]
)
def test_a_tower_of_another_kind_is_left_to_the_model(
    setting: dict[str, Any], tmp_path: Path
) -> None:
    other = TINY["model_cfg"] | {"vision_cfg": PLAIN_VISION | setting}
    (tmp_path / CONFIG_FILE).write_text(json.dumps({**TINY, "model_cfg": other}))
    with pytest.raises(NeedsModel, match="another kind"):
        open_image_tower(f"local-dir:{tmp_path}", TOON_FOLDER / WEIGHTS_FILE, "gelu own")


@pytest.mark.parametrize("model", ["ViT-B-32", "RN50"])
def test_a_file_of_another_tower_is_left_to_the_model(model: str, tmp_path: Path) -> None:
    other = written(tmp_path, vision=PLAIN_VISION) / WEIGHTS_FILE
    with pytest.raises(NeedsModel, match="another image tower"):
        open_image_tower(model, other, "gelu clip")
    assert "gelu clip" in frame_ways(model)


def test_a_tower_that_costs_more_than_loading_is_left_to_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path, vision=PLAIN_VISION)
    one = open_image_tower(f"local-dir:{folder}", folder / WEIGHTS_FILE, "gelu own")
    flop_a_frame = worth.LOADING_FLOP / one.most_frames
    # By hand: 17 tokens; 2 blocks of 12 * 64 ** 2 weights, and patches of 16 * 16 * 3.
    assert flop_a_frame == pytest.approx(2 * 17 * (2 * 12 * 64**2 + 64 * 768), rel=1e-3)
    monkeypatch.setattr(worth, "LOADING_FLOP", flop_a_frame / 2)
    with pytest.raises(NeedsModel, match="so large"):
        open_image_tower(f"local-dir:{folder}", folder / WEIGHTS_FILE, "gelu own")
