"""What a compressed encoder costs and gains: its answers and its speed beside the original's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons import Scene, draw_scene, random_scene
from data.video.types import SAMPLE_FPS, FrameSpec
from embeddings.backbone.backbone import Backbone
from embeddings.encoder import SpatiotemporalEncoder

AGREEMENT_DEPTH = 10
TIMED_FRAMES = 32
TIMED_TEXTS = 8
ROUNDS = 4
Figures = dict[str, float]


@dataclass(frozen=True, eq=False)
class ClipFrames:
    """A stretch of video as an encoder wants it, and words for it."""

    frames: NDArray[np.uint8]
    """(t, h, w, 3) RGB."""
    times_s: NDArray[np.float64]
    """(t,)."""
    text: str = ""
    """What it shows; empty where nobody said."""


ClipSource = Callable[[FrameSpec], list[ClipFrames]]
"""Clips cut and scaled for an encoder: towers may want frames of different sizes."""


def toon_clips(n: int, *, seed: int, held_out: bool = True) -> ClipSource:
    """N toon scenes, no two of which say the same; held out: combinations never trained on."""
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


def toon_captions(n: int, *, seed: int) -> list[str]:
    """What n toon scenes show, in one wording or another."""
    rng = np.random.default_rng(seed)
    return [random_scene(rng, held_out=False).caption(rng) for _ in range(n)]


def halves(clips: list[ClipFrames]) -> tuple[list[ClipFrames], list[ClipFrames]]:
    """Every second clip, and the others: to compress with, and to judge by."""
    return clips[::2], clips[1::2]


@dataclass(frozen=True, eq=False)
class Answers:
    """The vectors that an encoder gives clips and words."""

    frames: NDArray[np.float32]
    """(frames of all clips, dim)."""
    clips: NDArray[np.float32]
    """(n, dim)."""
    texts: NDArray[np.float32]
    """(n, dim); (0, dim) where nobody said what the clips show."""


def answer(encoder: SpatiotemporalEncoder, clips: Sequence[ClipFrames]) -> Answers:
    """Encode clips and their words."""
    frames = encoder.encode_frames(np.concatenate([clip.frames for clip in clips]))
    ends = np.cumsum([len(clip.frames) for clip in clips])
    parts = np.split(frames, ends[:-1])
    rows = [
        encoder.encode_clips(part, clip.times_s, [(0, len(part))])[0]
        for part, clip in zip(parts, clips, strict=True)
    ]
    said = all(clip.text for clip in clips)
    texts = encoder.encode_texts([clip.text for clip in clips] if said else [])
    return Answers(frames, np.stack(rows), texts)


def recall(answers: Answers) -> Figures:
    """Words to clips: recall at 1 and 5, ties count against; empty where there are no words."""
    if not len(answers.texts):
        return {}
    scores = answers.texts @ answers.clips.T
    ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1)
    return {f"recall_at_{k}": float(np.mean(ranks <= k)) for k in (1, 5)}


def agreement(original: Answers, other: Answers) -> Figures:
    """How far another encoder ranks as the original does.

    Returns:
        `cosine`: mean over frames of the two vectors of one frame, where they have one length;
        `same_nearest`: share of clips (with words: of texts) whose first answer among the other
        clips is the same; `overlap_at_10`: share of the first ten that are the same.
    """
    figures = {}
    if original.frames.shape == other.frames.shape:
        figures["cosine"] = float((original.frames * other.frames).sum(1).mean())
    first, second = (_ranking(answers) for answers in (original, other))
    figures["same_nearest"] = float(np.mean(first[:, 0] == second[:, 0]))
    both = [len(set(a) & set(b)) / len(a) for a, b in zip(first, second, strict=True)]
    figures["overlap_at_10"] = float(np.mean(both))
    return figures


def _ranking(answers: Answers) -> NDArray[np.int64]:
    """(n, up to 10) numbers of the best clips for each text, or for each clip where no words."""
    if len(answers.texts):
        scores = answers.texts @ answers.clips.T
        depth = min(AGREEMENT_DEPTH, len(scores))
    else:
        scores = answers.clips @ answers.clips.T
        np.fill_diagonal(scores, -np.inf)
        depth = max(1, min(AGREEMENT_DEPTH, len(scores) - 1))
    return np.argsort(-scores, axis=1)[:, :depth]


def speeds(
    backbones: Mapping[str, Backbone],
    clips: Mapping[str, Sequence[ClipFrames]],
    *,
    rounds: int = ROUNDS,
) -> dict[str, Figures]:
    """Frames and texts a CPU second of each backbone, taken in turns in one run.

    CPU seconds are those of all threads; the best of the rounds counts, since whatever else runs
    on the machine can only slow one down.

    Args:
        backbones: By name.
        clips: Of each backbone, in the size that it wants.
        rounds: Turns that each takes.
    """
    frames = {name: _frames_to_time(each) for name, each in clips.items()}
    texts = [f"a red car drives to the left past {n} trees" for n in range(TIMED_TEXTS)]
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in backbones}
    for _ in range(rounds):
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


@dataclass(frozen=True)
class Contender:
    """One encoder of a comparison."""

    encoder: SpatiotemporalEncoder
    """With its temporal head."""
    backbone: Backbone
    """Its towers."""
    size_bytes: int
    """Of its weights or programs."""


def compare(contenders: Mapping[str, Contender], judged: ClipSource) -> dict[str, Figures]:
    """Quality, speed and size of encoders side by side.

    Args:
        contenders: By name; the first is the original, and the others are held against it.
        judged: Clips that none of them was made with.

    Returns:
        By name: `frames_per_cpu_s`, `texts_per_cpu_s`, `megabytes`, `recall_at_1` and `_5` where
        there are words, and the figures of `agreement`.
    """
    clips = {name: judged(each.encoder.frame_spec) for name, each in contenders.items()}
    answers = {name: answer(each.encoder, clips[name]) for name, each in contenders.items()}
    original = next(iter(answers.values()))
    fast = speeds({name: each.backbone for name, each in contenders.items()}, clips)
    return {
        name: {
            **fast[name],
            "megabytes": each.size_bytes / 1e6,
            **recall(answers[name]),
            **agreement(original, answers[name]),
        }
        for name, each in contenders.items()
    }


def without_words(source: ClipSource) -> ClipSource:
    """The same clips, for encoders that do not know the words."""
    return lambda spec: [replace(clip, text="") for clip in source(spec)]
