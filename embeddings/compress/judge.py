"""Compares encoders: agreement and recall of their vectors, speed and size, side by side."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons.scenes import Scene, draw_scene, random_scene
from data.video.types import SAMPLE_FPS, FrameSpec
from embeddings.backbone.backbone import Backbone
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder

AGREEMENT_DEPTH = 10
TIMED_FRAMES = 32
TIMED_TEXTS = 8
ROUNDS = 4
Figures = dict[str, float]


@dataclass(frozen=True, eq=False)
class ClipFrames:
    """The frames of a clip in an encoder's size, and a text that describes it."""

    frames: NDArray[np.uint8]
    """(t, h, w, 3) RGB."""
    times_s: NDArray[np.float64]
    """(t,)."""
    text: str = ""
    """Empty where there is none."""


ClipSource = Callable[[FrameSpec], list[ClipFrames]]
"""Clips in the frame size of an encoder: encoders may differ in it."""


def toon_clips(n: int, *, seed: int, held_out: bool = True) -> ClipSource:
    """N different toon scenes; held out: of combinations that were never trained on."""
    rng = np.random.default_rng(seed)
    scenes: dict[object, Scene] = {}
    while len(scenes) < n:
        scene = random_scene(rng, held_out=held_out)
        scenes.setdefault(scene.facts, scene)

    def clips(spec: FrameSpec) -> list[ClipFrames]:
        size = (spec.width_px, spec.height_px)
        out = []
        for scene in scenes.values():
            times_s = np.arange(0.1, scene.duration_s, 1 / SAMPLE_FPS)
            drawn = draw_scene(scene, times_s)
            small = [cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in drawn]
            out.append(ClipFrames(np.stack(small).astype(np.uint8), times_s, scene.captions()[0]))
        return out

    return clips


@dataclass(frozen=True, eq=False)
class EncodedClips:
    """The vectors of clips and their texts by one encoder."""

    frames: NDArray[np.float32]
    """(frames of all clips, dim)."""
    clips: NDArray[np.float32]
    """(n, dim)."""
    texts: NDArray[np.float32]
    """(n, dim); (0, dim) where a clip has no text."""


def encode(encoder: SpatiotemporalEncoder, clips: Sequence[ClipFrames]) -> EncodedClips:
    """Encode clips and their texts."""
    frames = encoder.encode_frames(np.concatenate([clip.frames for clip in clips]))
    ends = np.cumsum([len(clip.frames) for clip in clips])
    parts = np.split(frames, ends[:-1])
    rows = [
        encoder.encode_clips(part, clip.times_s, [(0, len(part))])[0]
        for part, clip in zip(parts, clips, strict=True)
    ]
    described = all(clip.text for clip in clips)
    texts = encoder.encode_texts([clip.text for clip in clips] if described else [])
    return EncodedClips(frames, np.stack(rows), texts)


def recall(encoded: EncodedClips) -> Figures:
    """Recall at 1 and 5 of clips by their texts, ties count as lost; empty without texts."""
    if not len(encoded.texts):
        return {}
    scores = encoded.texts @ encoded.clips.T
    ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1)
    return {f"recall_at_{k}": float(np.mean(ranks <= k)) for k in (1, 5)}


def agreement(original: EncodedClips, other: EncodedClips) -> Figures:
    """How similarly two encoders rank.

    Returns:
        `cosine`: mean cosine of the two vectors of a frame, where both encoders have the same
        `dim`; `same_nearest`: share of queries with the same first result; `overlap_at_10`: share
        of the first ten results that are the same. Queries are the texts, or, without texts, the
        clips among one another.
    """
    figures = {}
    if original.frames.shape == other.frames.shape:
        figures["cosine"] = float((original.frames * other.frames).sum(1).mean())
    first, second = (_ranking(encoded) for encoded in (original, other))
    figures["same_nearest"] = float(np.mean(first[:, 0] == second[:, 0]))
    both = [len(set(a) & set(b)) / len(a) for a, b in zip(first, second, strict=True)]
    figures["overlap_at_10"] = float(np.mean(both))
    return figures


def _ranking(encoded: EncodedClips) -> NDArray[np.int64]:
    """(n, at most 10) row numbers of the best clips for each text, or for each clip."""
    if len(encoded.texts):
        scores = encoded.texts @ encoded.clips.T
        depth = min(AGREEMENT_DEPTH, len(scores))
    else:
        scores = encoded.clips @ encoded.clips.T
        np.fill_diagonal(scores, -np.inf)
        depth = max(1, min(AGREEMENT_DEPTH, len(scores) - 1))
    return np.argsort(-scores, axis=1)[:, :depth]


def speeds(
    backbones: Mapping[str, Backbone], clips: Mapping[str, Sequence[ClipFrames]]
) -> dict[str, Figures]:
    """Frames and texts per CPU second of each backbone, measured in turns on the clips of its name.

    CPU seconds are summed over threads. The best round counts: other load on the machine can only
    make a round slower.
    """
    frames = {name: _frames_to_time(each) for name, each in clips.items()}
    texts = [f"a red car drives to the left past {n} trees" for n in range(TIMED_TEXTS)]
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in backbones}
    for _ in range(ROUNDS):
        for name, backbone in backbones.items():
            began = time.process_time()
            backbone.image_features(frames[name])
            between = time.process_time()
            for text in texts:
                backbone.text_features([text])
            took[name].append((between - began, time.process_time() - between))
    return {
        name: {
            "frames_per_cpu_s": len(frames[name]) / min(image for image, _ in pairs),
            "texts_per_cpu_s": len(texts) / min(text for _, text in pairs),
        }
        for name, pairs in took.items()
    }


def _frames_to_time(clips: Sequence[ClipFrames]) -> NDArray[np.uint8]:
    pixels = np.concatenate([clip.frames for clip in clips[:TIMED_FRAMES]])
    return np.resize(pixels, (TIMED_FRAMES, *pixels.shape[1:])).astype(np.uint8)


def compare(
    contenders: Mapping[str, tuple[SpatiotemporalEncoder, int]], judged: ClipSource
) -> dict[str, Figures]:
    """Quality, speed and size of encoders side by side.

    Args:
        contenders: Encoder and size in bytes by name; the first is the original, with which the
            others are compared.
        judged: Clips that none of them was made with.

    Returns:
        By name: `frames_per_cpu_s`, `texts_per_cpu_s`, `megabytes`, `recall_at_1` and `_5` where
        there are texts, and the figures of `agreement`.
    """
    encoders = {name: encoder for name, (encoder, _) in contenders.items()}
    clips = {name: judged(each.frame_spec) for name, each in encoders.items()}
    encoded = {name: encode(each, clips[name]) for name, each in encoders.items()}
    original = next(iter(encoded.values()))
    fast = speeds({name: each.backbone for name, each in encoders.items()}, clips)
    return {
        name: {
            **fast[name],
            "megabytes": size_bytes / 1e6,
            **recall(encoded[name]),
            **agreement(original, encoded[name]),
        }
        for name, (_, size_bytes) in contenders.items()
    }


def without_words(source: ClipSource) -> ClipSource:
    """The same clips without texts, for encoders that were not trained on such texts."""
    return lambda spec: [replace(clip, text="") for clip in source(spec)]
