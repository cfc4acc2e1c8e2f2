"""Smaller and faster encoders against the original: speed, size and recall, side by side.

Every row is held against the same encoder in fp32, in turns in one run; speeds are frames and
texts a CPU second, so whatever else runs disturbs them little. `toon` is the embedded encoder on
scenes of combinations that were never trained. `vit` is a ViT-B-32 with random weights (pretrained
ones are not carried): speeds, and agreement of its rankings, not recall.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from embeddings.backbone.backbone import load_backbone
from embeddings.compress.judge import (
    ClipSource,
    Contender,
    Figures,
    compare,
    toon_clips,
    without_words,
)
from embeddings.compress.run import Request, compress
from embeddings.model_folder import (
    CONFIG,
    Source,
    architecture,
    build_model,
    folder_bytes,
    open_source,
    save_weights,
)

N_SCENES = {"small": 60, "full": 300}
STEPS = {"small": 25, "full": 200}
STUDENT_SCENES = {"small": 100, "full": 1200}
VIT = "ViT-B-32"
SIMPLE = ("bf16", "onnx", "int8")
ALL = ("bf16", "onnx", "torch-export", "int8", "int8-dynamic", "int8-torchao")


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder; `full` adds every way and a ViT-B-32."""
    hows = SIMPLE if size == "small" else ALL
    requests = {how: Request(how) for how in hows}  # type: ignore[arg-type]
    requests["pruned_text_channels"] = Request("prune", "text", channels=0.5)
    requests["pruned_text_block"] = Request("prune", "text", blocks=1)
    steps, scenes = STEPS[size], STUDENT_SCENES[size]
    requests["untrained_student"] = Request("distil", steps=1, scenes=40)
    requests["distilled"] = Request("distil", steps=steps, scenes=scenes)
    judged = toon_clips(N_SCENES[size], seed=500)
    figures: dict[str, Any] = {"scenes": N_SCENES[size], "student_steps": steps}
    figures |= _figures("toon", open_source("toon"), requests, judged)
    if size == "full":
        wide = {how: Request(how) for how in ALL}  # type: ignore[arg-type]
        wide["pruned_image_blocks"] = Request("prune", "image", blocks=1)
        with tempfile.TemporaryDirectory() as folder:
            source = _random_vit(Path(folder))
            few = without_words(toon_clips(12, seed=501))
            figures |= _figures("vit", source, wide, few)
    return figures


def _figures(
    prefix: str, source: Source, requests: dict[str, Request], judged: ClipSource
) -> dict[str, Any]:
    served = source.as_served()
    contenders = {
        "fp32": Contender(source.encoder(), source.backbone, source.size_bytes),
        "served": Contender(source.encoder(served), served, source.size_bytes),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, request in requests.items():
            out = compress(source, Path(scratch) / name, request, None, lambda _: None)
            backbone = load_backbone(str(out))
            contenders[name] = Contender(source.encoder(backbone), backbone, folder_bytes(out))
        found = compare(contenders, judged)
    return {
        f"{prefix}_{name.replace('-', '_')}_{key}": value
        for name, each in found.items()
        for key, value in _beside(found["fp32"], each).items()
    }


def _beside(full: Figures, each: Figures) -> Figures:
    """What a reader compares: ratios of speed, size and recall to fp32."""
    told = {
        "frame_speed_ratio": each["frames_per_cpu_s"] / full["frames_per_cpu_s"],
        "text_speed_ratio": each["texts_per_cpu_s"] / full["texts_per_cpu_s"],
        "size_ratio": each["megabytes"] / full["megabytes"],
        "overlap_at_10": each["overlap_at_10"],
    }
    if "cosine" in each:
        told["cosine"] = each["cosine"]
    if "recall_at_1" in each:
        told["recall_at_1"] = each["recall_at_1"]
        told["recall_ratio"] = each["recall_at_1"] / full["recall_at_1"]
    return {key: round(value, 4) for key, value in told.items()}


def _random_vit(folder: Path) -> Source:
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
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    return open_source(str(folder))
