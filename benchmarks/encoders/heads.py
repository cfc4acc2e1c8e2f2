"""Temporal heads of every kind beside mean pooling, on toons whose combinations were never trained.

All heads are fitted on the same cached features of the embedded encoder's frames, with the same
steps, and judged on the same scenes: words to scene, and each clip beside itself backwards.
`beaten` counts at how many of those two questions, over the kinds, a head is better than mean
pooling. `cost_...` is the time of an untrained head over that of ViT-B-16 for the same 8 frames.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.made.scenes import held_out_scenes
from benchmarks.timing import median_seconds
from data.toons.scenes import Scene, draw_scene, random_scene
from data.video.types import SAMPLE_FPS
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.folders import TOON_FOLDER
from embeddings.backbone.loading import build_untrained
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from embeddings.temporal.clips import load_head
from embeddings.temporal.config import HEAD_KINDS, TemporalConfig
from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.toon.batches import meaning, reverse_scene
from embeddings.training.augment import MILD, distort
from embeddings.training.head.data import Caption, FrameTable, HeadData, build_head_data
from embeddings.training.head.evaluation import HeadFigures, evaluate_head
from embeddings.training.head.fit import HeadTraining, fit_head

SIZES = {"small": (500, 200, 100), "full": (4000, 500, 600)}
"""Scenes to train on, scenes to judge on, steps."""
N_VALIDATION = 200
WORDINGS = 2
COST_FRAMES = 8
COST_CLIPS = {"alone": 1, "batch": 16}
REPEATS = 5
VIT_B_16 = {
    "embed_dim": 512,
    "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 16},
    "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 64, "heads": 1, "layers": 1},
}
"""open_clip's image tower of that name; its text tower is not measured, so it is tiny."""


def run(size: str) -> dict[str, Any]:
    """Fit, judge and time every kind."""
    n_train, n_test, steps = SIZES[size]
    encoder = load_encoder("toon")
    rng = np.random.default_rng(31)
    scenes = [random_scene(rng, held_out=False) for _ in range(n_train)]
    train = scene_data(encoder, scenes, rng, views=1)
    validation = scene_data(encoder, held_out_scenes(N_VALIDATION, seed=903), rng)
    test = scene_data(encoder, held_out_scenes(n_test, seed=904), rng)
    mean = evaluate_head(None, test).figures
    table = {"mean": mean, "embedded": evaluate_head(load_head(TOON_FOLDER), test).figures}
    figures: dict[str, Any] = {"scenes": n_train, "test_scenes": n_test, "steps": steps}
    beaten = 0
    for kind in HEAD_KINDS:
        fitted = fit_head(train, validation, HeadTraining(kind=kind, steps=steps))
        table[kind] = evaluate_head(fitted.head, test).figures
        beaten += _beaten(table[kind], mean)
        figures[f"{kind}_seconds"] = fitted.run.seconds
        figures[f"{kind}_weights"] = sum(w.numel() for w in fitted.head.parameters())
    for name, row in table.items():
        figures[f"{name}_recall_at_1"] = row.recall_at_1
        figures[f"{name}_recall_at_5"] = row.recall_at_5
        figures[f"{name}_order_accuracy"] = row.order_accuracy
    return {**figures, "beaten": beaten, "of": 2 * len(HEAD_KINDS), **head_costs()}


def _beaten(head: HeadFigures, mean: HeadFigures) -> int:
    order, guess = head.order_accuracy or 0.0, mean.order_accuracy or 0.0
    return int(head.recall_at_1 > mean.recall_at_1) + int(order > guess)


def scene_data(
    encoder: Encoder,
    scenes: list[Scene],
    rng: np.random.Generator,
    *,
    views: int = 0,
) -> HeadData:
    """Frame vectors of scenes sampled twice a second, their exact captions, and distorted views."""
    size_px = encoder.frame_spec.width_px
    tables: list[list[tuple[NDArray[np.float32], NDArray[np.float64]]]] = []
    tables += [[] for _ in range(1 + views)]
    captions: list[Caption] = []
    for number, scene in enumerate(scenes):
        times_s = np.arange(rng.uniform(0, 1 / SAMPLE_FPS), scene.duration_s, 1 / SAMPLE_FPS)
        frames = draw_scene(scene, times_s)
        size = (size_px, size_px)
        plain = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames])
        for view, table in enumerate(tables):
            shown = distort(frames, rng, MILD, size_px=size_px) if view else plain
            table.append((encoder.encode_frames(shown), times_s))
        captions += [_caption(number, scene, rng) for _ in range(WORDINGS if views else 1)]
    first, *others = [FrameTable.join(table) for table in tables]
    return build_head_data(first, captions, encoder.encode_texts, views=others)


def _caption(number: int, scene: Scene, rng: np.random.Generator) -> Caption:
    twin = reverse_scene(scene)
    if twin is not None and twin.facts == scene.facts:
        twin = None
    swapped = scene.opposite() if len(scene.actors) == 2 else None
    return Caption(
        clip=number,
        text=scene.caption(rng),
        backward=None if twin is None else twin.caption(rng),
        wrong=None if swapped is None else swapped.caption(rng),
        meaning=meaning(scene),
        backward_meaning="" if twin is None else meaning(twin),
    )


def head_costs() -> dict[str, float]:
    """Median time of a head over that of ViT-B-16: a clip alone, and in the indexer's batches."""
    with tempfile.TemporaryDirectory() as folder:
        config = {"model_cfg": VIT_B_16, "preprocess_cfg": {"size": [224, 224]}}
        (Path(folder) / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
        tower = build_untrained(Path(folder))
    backbone = Backbone(
        tower,
        lambda texts: torch.zeros(len(texts), 8, dtype=torch.long),
        name="ViT-B-16",
        device=torch.device("cpu"),
    )
    pixels = np.random.default_rng(0).integers(0, 256, (COST_FRAMES, 224, 224, 3), np.uint8)
    frames = backbone.image_features(pixels)[None]
    times_s = (torch.arange(COST_FRAMES) / SAMPLE_FPS)[None]
    heads = {
        kind: TemporalHead(TemporalConfig(backbone.dim, kind=kind)).eval() for kind in HEAD_KINDS
    }
    works: dict[str, Callable[[], object]] = {"tower": partial(backbone.image_features, pixels)}
    for kind, head in heads.items():
        for name, n in COST_CLIPS.items():
            clips = (frames.expand(n, -1, -1), times_s.expand(n, -1))
            works[f"{kind}_{name}"] = partial(_pooled, *clips, head)
    took_s = median_seconds(works, REPEATS)
    return {
        f"cost_{kind}_{name}": took_s[f"{kind}_{name}"] / n / took_s["tower"]
        for kind in heads
        for name, n in COST_CLIPS.items()
    }


def _pooled(frames: torch.Tensor, times_s: torch.Tensor, head: TemporalHead) -> torch.Tensor:
    with torch.inference_mode():
        return clip_vectors(frames, times_s, torch.ones(times_s.shape, dtype=torch.bool), head)
