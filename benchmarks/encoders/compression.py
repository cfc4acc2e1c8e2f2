"""Compressed encoders beside the original: speed, size and recall.

Every row is compared with the same encoder in fp32, in turns in one run; speeds are frames and
texts per CPU second, which other load on the machine disturbs little. `toon` is the embedded
encoder on scenes of combinations that were never trained on. `vit` is a ViT-B-32 with random
weights (the project carries no pretrained ones): speeds and agreement of rankings, not recall.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from embeddings.backbone.folders import CONFIG_FILE
from embeddings.compress.judge import (
    ClipSource,
    Figures,
    compare,
    toon_clips,
    without_words,
)
from embeddings.compress.request import How, Request
from embeddings.compress.run import compress_encoder
from embeddings.model_folder import (
    SourceModel,
    architecture,
    build_model,
    folder_bytes,
    open_source_model,
    save_weights,
)
from embeddings.spatiotemporal.encoder import load_spatiotemporal

N_SCENES = {"small": 60, "full": 300}
STEPS = {"small": 25, "full": 200}
STUDENT_SCENES = {"small": 100, "full": 1200}
VIT = "ViT-B-32"
WAYS: dict[str, tuple[How, ...]] = {
    "small": ("bf16", "onnx", "int8"),
    "full": ("bf16", "onnx", "int8", "int8-dynamic"),
}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder; `full` adds int8-dynamic and a ViT-B-32."""
    requests: dict[str, Request] = {how: Request(how) for how in WAYS[size]}
    requests["pruned_text_channels"] = Request("prune", "text", channels=0.5)
    requests["pruned_text_block"] = Request("prune", "text", blocks=1)
    steps, scenes = STEPS[size], STUDENT_SCENES[size]
    requests["untrained_student"] = Request("distil", steps=1, scenes=40)
    requests["distilled"] = Request("distil", steps=steps, scenes=scenes)
    judged = toon_clips(N_SCENES[size], seed=500)
    figures: dict[str, Any] = {"scenes": N_SCENES[size], "student_steps": steps}
    figures |= _figures("toon", open_source_model("toon"), requests, judged)
    if size == "full":
        wide: dict[str, Request] = {how: Request(how) for how in WAYS[size]}
        wide["pruned_image_blocks"] = Request("prune", "image", blocks=1)
        with tempfile.TemporaryDirectory() as folder:
            source = _random_vit(Path(folder))
            few = without_words(toon_clips(12, seed=501))
            figures |= _figures("vit", source, wide, few)
    return figures


def _figures(
    prefix: str, source: SourceModel, requests: dict[str, Request], judged: ClipSource
) -> dict[str, Any]:
    contenders = {
        "fp32": (source.encoder, source.size_bytes),
        "served": (source.served(), source.size_bytes),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, request in requests.items():
            out = compress_encoder(source, Path(scratch) / name, request, None, lambda _: None)
            contenders[name] = (load_spatiotemporal(str(out), device="cpu"), folder_bytes(out))
        figures = compare(contenders, judged)
    return {
        f"{prefix}_{name.replace('-', '_')}_{key}": value
        for name, each in figures.items()
        for key, value in _beside(figures["fp32"], each).items()
    }


def _beside(full: Figures, each: Figures) -> Figures:
    """Ratios of speed, size and recall to fp32."""
    ratios = {
        "frame_speed_ratio": each["frames_per_cpu_s"] / full["frames_per_cpu_s"],
        "text_speed_ratio": each["texts_per_cpu_s"] / full["texts_per_cpu_s"],
        "size_ratio": each["megabytes"] / full["megabytes"],
        "overlap_at_10": each["overlap_at_10"],
    }
    if "cosine" in each:
        ratios["cosine"] = each["cosine"]
    if "recall_at_1" in each:
        ratios["recall_at_1"] = each["recall_at_1"]
        ratios["recall_ratio"] = each["recall_at_1"] / full["recall_at_1"]
    return {key: round(value, 4) for key, value in ratios.items()}


def _random_vit(folder: Path) -> SourceModel:
    torch.manual_seed(0)
    config = {
        "model_cfg": architecture(VIT),
        "preprocess_cfg": {
            "size": [224, 224],
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }
    save_weights(folder, build_model(config).state_dict(), dtype=torch.float32)
    (folder / CONFIG_FILE).write_text(json.dumps(config), encoding="utf-8")
    return open_source_model(str(folder))
