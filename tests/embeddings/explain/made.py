"""Towers of each kind, and pictures of which it is known where the thing is that is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.made.scenes import named_actors
from benchmarks.search.photographs import PhotoOnGround, photographs_on_grounds
from data.video.types import FrameSpec, Pixels
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.loading import build_untrained
from embeddings.encoder import Vectors
from embeddings.explain.explainer import Encode, Explainer
from embeddings.explain.opening import occlusion_of, open_explainer
from embeddings.opening.choice import load_encoder
from embeddings.plain.layers import unit
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder

PX = 96
TRANSFORMER = {
    "image_size": PX,
    "layers": 3,
    "width": 64,
    "patch_size": 12,
    "head_width": 32,
}
RESIDUAL = {"image_size": PX, "layers": [1, 1, 1, 1], "width": 16, "head_width": 64}


@dataclass(frozen=True)
class Known:
    """Pictures with a thing in a known place, and the direction that names it."""

    explainer: Explainer
    encode: Encode
    spec: FrameSpec
    pixels: Pixels
    directions: Vectors
    places: NDArray[np.bool_]


def untrained(folder: Path, vision: dict[str, Any]) -> SpatiotemporalEncoder:
    """An open_clip model with random weights, always the same."""
    text = {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1}
    model = {"embed_dim": 32, "vision_cfg": vision, "text_cfg": text}
    side = vision["image_size"]
    pixels = {"size": [side, side], "mean": [0.5] * 3, "std": [0.25] * 3}
    folder.mkdir()
    config = json.dumps({"model_cfg": model, "preprocess_cfg": pixels})
    (folder / "open_clip_config.json").write_text(config)
    torch.manual_seed(1)
    tower = build_untrained(folder)
    backbone = Backbone(
        tower,
        lambda texts: torch.zeros(len(texts), 8, dtype=torch.long),
        name="untrained",
        device=torch.device("cpu"),
        precision="fp32",
    )
    return SpatiotemporalEncoder(backbone)


def known_discs(encoder: SpatiotemporalEncoder, n: int = 24) -> Known:
    """Red discs on grey noise; what names one is the difference that it makes to the vector."""
    rng, side = np.random.default_rng(0), encoder.frame_spec.width_px
    without = np.clip(rng.normal(120, 12, (n, side, side, 3)), 0, 255).astype(np.uint8)
    with_it, radius = without.copy(), side // 7
    for frame in with_it:
        x, y = rng.integers(radius + 2, side - radius - 2, 2).tolist()
        cv2.circle(frame, (x, y), radius, (250, 30, 30), -1)
    directions = unit(encoder.encode_frames(with_it) - encoder.encode_frames(without))
    places = (with_it != without).any(axis=3)
    spec = encoder.frame_spec
    explainer = open_explainer(encoder)
    return Known(explainer, encoder.encode_frames, spec, with_it, directions, places)


def known_toons(*, occluded: bool = False) -> Known:
    """Toons, one of one or two actors named in words."""
    encoder = load_encoder("toon", device="cpu")
    pixels, words, places = named_actors(24, encoder.frame_spec, seed=8)
    explainer = occlusion_of(encoder) if occluded else open_explainer(encoder)
    directions = encoder.encode_texts(words)
    return Known(explainer, encoder.encode_frames, encoder.frame_spec, pixels, directions, places)


def known_photographs(n: int = 6) -> Known:
    """Parts of photographs on other photographs, named in words."""
    encoder = load_encoder("starter", device="cpu")
    made: list[PhotoOnGround] = photographs_on_grounds(n, seed=3)
    return Known(
        open_explainer(encoder),
        encoder.encode_frames,
        encoder.frame_spec,
        np.stack([each.frame for each in made]),
        encoder.encode_texts([each.words for each in made]),
        np.stack([each.place for each in made]),
    )
