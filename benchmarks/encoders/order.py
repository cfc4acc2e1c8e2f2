"""Order of events: each clip and the same clip backwards, each with its caption.

Every scene is a held-out combination with a direction or an order. A pair is right when the clip is
nearer to its caption than its backward twin is, and the twin nearer to the twin's caption.
Mean pooling sees the same frames in both and can only guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.made.scenes import backwards, encode_frames, encode_scenes, held_out_scenes
from data.toons.scenes import Scene
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from embeddings.toon.batches import reverse_scene

N_SCENES = {"small": 400, "full": 1500}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder."""
    scenes = held_out_scenes(N_SCENES[size], seed=900)
    return order_figures(load_encoder("toon"), *twins_of(scenes))


def twins_of(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Scene]]:
    """The scenes that mean something else when played backwards, and their backward twins."""
    kept, twins = [], []
    for scene in scenes:
        twin = reverse_scene(scene)
        if twin is not None and twin.facts != scene.facts:
            kept.append(scene)
            twins.append(twin)
    return kept, twins


def order_figures(encoder: Encoder, scenes: list[Scene], twins: list[Scene]) -> dict[str, Any]:
    """Share of right pairs: all, left against right, two actors; and all by mean pooling."""
    frames = encode_frames(encoder, scenes)
    captions = encoder.encode_texts([scene.captions()[0] for scene in scenes])
    twin_captions = encoder.encode_texts([scene.captions()[0] for scene in twins])
    clips, back = encode_scenes(encoder, frames), encode_scenes(encoder, backwards(frames))
    right = _points(clips, back, captions, twin_captions)
    pooled = np.stack([_mean(f) for f, _ in frames])
    pooled_back = np.stack([_mean(f) for f, _ in backwards(frames)])
    sideways = [s.actors[0].motion in ("left", "right") and len(s.actors) == 1 for s in scenes]
    pairs = [len(s.actors) == 2 for s in scenes]
    return {
        "pairs": len(scenes),
        "accuracy": float(right.mean()),
        "left_right_accuracy": float(right[sideways].mean()),
        "left_right_pairs": sum(sideways),
        "two_actors_accuracy": float(right[pairs].mean()),
        "mean_pooling_accuracy": float(
            _points(pooled, pooled_back, captions, twin_captions).mean()
        ),
    }


def _mean(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    # Sorted, so that rounding is the same in both directions.
    total = np.sort(frames, axis=0).sum(axis=0)
    return np.asarray(total / np.linalg.norm(total))


def _points(
    clips: NDArray[np.float32],
    back: NDArray[np.float32],
    captions: NDArray[np.float32],
    twin_captions: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Per pair, half a point for each caption that is nearer to its clip; a tie is half of that."""
    lead = ((clips - back) * captions).sum(1)
    twin_lead = ((back - clips) * twin_captions).sum(1)
    return np.asarray((np.sign(lead) + np.sign(twin_lead)) / 4 + 0.5)
