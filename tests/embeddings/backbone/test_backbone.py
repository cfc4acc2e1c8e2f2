"""Features of frames and texts, and how frames must come in."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from embeddings.backbone.lean_open_clip import open_clip
from embeddings.backbone.loading import load_backbone
from tests.embeddings.tiny import TINY

TEXTS = ["a red car drives to the left", "two flies on a dark background"]
ARCHITECTURE = "ViTamin-S"  # the smallest that open_clip ships


def picture(seed: int, width_px: int, height_px: int) -> Image.Image:
    """Smooth random colours: a picture on which every resampler agrees."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    return small.resize((width_px, height_px), Image.Resampling.BICUBIC)


def test_bf16_keeps_the_features_and_their_order(model_folder: Path) -> None:
    full, half = (
        load_backbone(str(model_folder), precision=precision) for precision in ("fp32", "bf16")
    )
    pixels = np.stack([np.asarray(picture(i, 64, 64)) for i in range(40)])
    a, b = full.image_features(pixels), half.image_features(pixels)
    assert (a * b).sum(-1).min() > 0.999
    assert not torch.equal(a, b)
    assert torch.equal((a @ a[:5].T).argmax(0), (b @ b[:5].T).argmax(0))
    assert torch.equal(full.text_features(TEXTS), half.text_features(TEXTS))


@pytest.mark.parametrize(
    ("mode", "fit"), [("shortest", "crop"), ("squash", "squash"), ("longest", "pad")]
)
def test_frames_are_cut_and_scaled_as_the_model_says(mode: str, fit: str, tmp_path: Path) -> None:
    vision = {**TINY["model_cfg"]["vision_cfg"], "image_size": [64, 32]}
    model = {**TINY["model_cfg"], "vision_cfg": vision}
    preprocess = {**TINY["preprocess_cfg"], "size": [64, 32], "resize_mode": mode}
    config = {"model_cfg": model, "preprocess_cfg": preprocess}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    made = open_clip.create_model(f"local-dir:{tmp_path}", load_weights=False)
    save_file(made.state_dict(), tmp_path / "open_clip_model.safetensors")
    spec = load_backbone(str(tmp_path), precision="fp32").frame_spec
    assert (spec.height_px, spec.width_px, spec.fit) == (64, 32, fit)


def test_frames_that_cannot_be_written_to_are_taken_as_they_are(model_folder: Path) -> None:
    ours = load_backbone(str(model_folder), precision="fp32")
    pixels = np.asarray(picture(1, 64, 64))[None].copy()
    expected = ours.image_features(pixels)
    pixels.flags.writeable = False
    assert torch.equal(ours.image_features(pixels), expected)


def test_words_take_one_thread_and_leave_the_others_as_they_were(model_folder: Path) -> None:
    ours = load_backbone(str(model_folder), precision="fp32")
    assert ours.text_features([]).shape == (0, 32)
    seen: list[int] = []
    before, encode = torch.get_num_threads(), ours.model.encode_text
    ours.model.encode_text = lambda tokens: seen.append(torch.get_num_threads()) or encode(tokens)  # type: ignore[func-returns-value, assignment, operator]
    try:
        torch.set_num_threads(2)
        ours.text_features(TEXTS)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)
