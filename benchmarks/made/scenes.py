"""Held-out toon scenes, sampled as the indexer samples and encoded without an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons.scenes import Scene, draw_scene, random_scene
from data.video.types import SAMPLE_FPS, FrameSpec
from embeddings.encoder import Encoder

LEAST_SEEN = 0.005
"""Of the picture that an actor covers."""


def held_out_scenes(n: int, *, seed: int) -> list[Scene]:
    """N scenes of combinations that were never trained, each with another meaning."""
    rng = np.random.default_rng(seed)
    scenes: dict[object, Scene] = {}
    while len(scenes) < n:
        scene = random_scene(rng, held_out=True)
        scenes.setdefault(scene.facts, scene)
    return list(scenes.values())


def encode_frames(
    encoder: Encoder, scenes: Sequence[Scene]
) -> list[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """Frame vectors (t, d) and times (t,) of each scene, sampled twice a second."""
    pixels = (scene_pixels(scene, encoder.frame_spec) for scene in scenes)
    return [(encoder.encode_frames(frames), times_s) for frames, times_s in pixels]


def scene_pixels(scene: Scene, spec: FrameSpec) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Frames (t, h, w, 3) as the encoder wants them and times (t,), sampled twice a second."""
    size = (spec.width_px, spec.height_px)
    times_s = np.arange(0.1, scene.duration_s, 1 / SAMPLE_FPS)
    frames = draw_scene(scene, times_s)
    return np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames]), times_s


def encode_scenes(
    encoder: Encoder,
    frames: Sequence[tuple[NDArray[np.float32], NDArray[np.float64]]],
) -> NDArray[np.float32]:
    """One clip vector (d,) a scene."""
    return np.stack([encoder.encode_clips(f, t, [(0, len(f))])[0] for f, t in frames])


def backwards(
    frames: Sequence[tuple[NDArray[np.float32], NDArray[np.float64]]],
) -> list[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """The same clips played backwards."""
    return [(np.ascontiguousarray(f[::-1]), t[-1] + t[0] - t[::-1]) for f, t in frames]


def named_actors(
    n: int, spec: FrameSpec, *, seed: int
) -> tuple[NDArray[np.uint8], list[str], NDArray[np.bool_]]:
    """Frames (n, h, w, 3) of scenes with one actor or two, an actor of each in words and its place.

    The last are (n, h, w): which pixels would be others without it.
    """
    rng, size = np.random.default_rng(seed), (spec.width_px, spec.height_px)
    frames: list[NDArray[np.uint8]] = []
    words: list[str] = []
    places: list[NDArray[np.bool_]] = []
    while len(frames) < n:
        scene = random_scene(rng, held_out=None, n_actors=int(rng.integers(1, 3)))
        time_s = float(rng.uniform(0, scene.duration_s))
        actor = scene.actors[int(rng.integers(len(scene.actors)))]
        others = tuple(each for each in scene.actors if each is not actor)
        with_it, without = (
            draw_scene(each, [time_s])[0] for each in (scene, replace(scene, actors=others))
        )
        is_it = (with_it != without).any(axis=2)
        if is_it.mean() < LEAST_SEEN:
            continue
        frames.append(cv2.resize(with_it, size, interpolation=cv2.INTER_AREA))
        words.append(f"a {actor.colour} {actor.kind.replace('_', ' ')}")
        places.append(
            cv2.resize(is_it.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.3
        )
    return np.stack(frames), words, np.stack(places)


def ranks(queries: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rank of row i for query i, 1 is best; a tie counts against it."""
    scores = queries @ rows.T
    return np.asarray((scores >= np.diag(scores)[:, None]).sum(axis=1))
