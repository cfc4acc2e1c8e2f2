"""Each clip beside the same clip backwards and the caption of that: who tells them apart?

Every scene is a held-out combination with a direction or an order. A pair is right when the clip is
nearer to its own caption than its backward twin is, and the backward twin nearer to the twin's.
Mean pooling sees the same frames in both and can only guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenes import backwards, encode_frames, encode_scenes, held_out_scenes
from data.toons import Scene
from embeddings.encoder import SpatiotemporalEncoder, load_encoder
from embeddings.toon.bank import backwards as backward_scene

N_SCENES = {"small": 400, "full": 1500}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder."""
    scenes = held_out_scenes(N_SCENES[size], seed=900)
    return order_figures(load_encoder("toon"), *twins_of(scenes))


def twins_of(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Scene]]:
    """Those scenes that say something else when played backwards, and what they say then."""
    kept, twins = [], []
    for scene in scenes:
        twin = backward_scene(scene)
        if twin is not None and twin.facts != scene.facts:
            kept.append(scene)
            twins.append(twin)
    return kept, twins


def order_figures(
    encoder: SpatiotemporalEncoder, scenes: list[Scene], twins: list[Scene]
) -> dict[str, Any]:
    """Share of pairs told right: all, left against right, two actors; and by mean pooling."""
    frames = encode_frames(encoder, scenes)
    own = encoder.encode_texts([scene.captions()[0] for scene in scenes])
    other = encoder.encode_texts([scene.captions()[0] for scene in twins])
    clips, back = encode_scenes(encoder, frames), encode_scenes(encoder, backwards(frames))
    right = _told_right(clips, back, own, other)
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
        "mean_pooling_accuracy": float(_told_right(pooled, pooled_back, own, other).mean()),
    }


def _mean(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    # Summed in one order whichever way the clip is played, so that rounding tells nothing.
    total = np.sort(frames, axis=0).sum(axis=0)
    return np.asarray(total / np.linalg.norm(total))


def _told_right(
    clips: NDArray[np.float32],
    back: NDArray[np.float32],
    own: NDArray[np.float32],
    other: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Per pair, half a point for each caption that is nearer to its clip; a tie is half of that."""
    by_own = ((clips - back) * own).sum(1)
    by_other = ((back - clips) * other).sum(1)
    return np.asarray((np.sign(by_own) + np.sign(by_other)) / 4 + 0.5)
