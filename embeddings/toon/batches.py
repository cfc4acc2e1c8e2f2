"""Batches for training: distorted views of the scenes of a bank, and of footage.

Every scene is seen several times, each time with other frames, another distortion and another
wording. This module imports no open_clip, which would cost the process of `BankBatches` seconds.
"""

import json
import multiprocessing
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import cv2
import numpy as np
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from data.toons.scenes import Scene
from embeddings.toon.bank import Bank, BankSpec, bank_scene
from embeddings.toon.footage import random_footage
from embeddings.toon.labels import Labels, label
from embeddings.training.augment import MILD, STRONG, distort


@dataclass(frozen=True)
class ToonBatch:
    """The data of one training step."""

    toons: NDArray[np.uint8]
    """(b, t, px, px, 3) mild views."""
    times_s: NDArray[np.float32]
    """(b, t) seconds since the scene's start."""
    labels: Labels
    """Of the mild views."""
    captions: list[str]
    """b captions, one wording each."""
    meanings: list[str]
    """b keys: equal where two scenes have the same meaning."""
    backward_captions: list[str | None]
    """Caption of each reversed scene; None where there is none."""
    backward_meanings: list[str]
    """As `meanings`."""
    wrong_captions: list[str]
    """True of no clip: scenes with two actors in the other order."""
    strong: NDArray[np.uint8]
    """(s, u, px, px, 3) strong views of the first s scenes."""
    strong_times_s: NDArray[np.float32]
    """(s, u)."""
    footage: NDArray[np.uint8]
    """(2, f, u, px, px, 3): two views, mild and strong, of f stretches of footage."""
    footage_times_s: NDArray[np.float32]
    """(2, f, u)."""
    seed: int
    """For an attack's random start."""


@dataclass(frozen=True)
class BatchShape:
    """Sizes of a batch."""

    px: int
    """Side of a frame."""
    frames: int = 440
    """Mild toon frames; longer clips mean fewer clips."""
    strong: int = 28
    """Toon clips with a second, strong view."""
    footage: int = 24
    """Stretches of footage, each in two views."""
    view_frames: int = 2
    """Frames of a strong view and of a footage view."""


def batches(bank: Bank, shape: BatchShape, seed: int, *, first: int = 0) -> Iterator[ToonBatch]:
    """Endless batches of the drawn scenes, from number `first` on.

    Batch number n follows from the seed and n alone.
    """
    drawn = bank.drawn()
    for number in count(first):
        rng = np.random.default_rng([seed, 3, number])
        length = int(rng.integers(4, 8))
        picked = rng.choice(drawn, shape.frames // length, replace=False)
        yield _make_batch(bank, shape, rng, picked, length)


class BankBatches(IterableDataset[ToonBatch]):
    """Batches number `first` to `end` of a bank, for a process of its own."""

    def __init__(self, spec: BankSpec, shape: BatchShape, first: int, end: int) -> None:
        self.spec, self.shape, self.first, self.end = spec, shape, first, end

    def __iter__(self) -> Iterator[ToonBatch]:
        """One batch a step."""
        cv2.setNumThreads(1)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        endless = batches(Bank(self.spec), self.shape, self.spec.seed, first=self.first)
        return islice(endless, self.end - self.first)


def _end_with_parent() -> None:
    """End this process with its parent: the batches that none reads would block its normal end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make_batch(
    bank: Bank, shape: BatchShape, rng: np.random.Generator, picked: NDArray[np.int64], length: int
) -> ToonBatch:
    scenes = [bank_scene(bank.spec, int(i)) for i in picked]
    mild = [_toon_view(bank, int(i), rng, length, part=0.8) for i in picked]
    strong = [
        _toon_view(bank, int(i), rng, shape.view_frames, 0.35) for i in picked[: shape.strong]
    ]
    backward = [reverse_scene(scene) for scene in scenes]
    swapped = [scene.opposite() for scene in scenes if len(scene.actors) == 2]
    views = [_footage_views(rng, shape) for _ in range(shape.footage)]
    times_s = np.stack([t for _, t in mild])
    return ToonBatch(
        toons=np.stack([distort(f, rng, MILD, size_px=shape.px) for f, _ in mild]),
        times_s=times_s,
        labels=label(scenes, times_s),
        captions=[scene.caption(rng) for scene in scenes],
        meanings=[meaning(scene) for scene in scenes],
        backward_captions=[None if s is None else s.caption(rng) for s in backward],
        backward_meanings=["" if s is None else meaning(s) for s in backward],
        wrong_captions=[s.caption(rng) for s in swapped if s is not None],
        strong=np.stack([distort(f, rng, STRONG, size_px=shape.px) for f, _ in strong]),
        strong_times_s=np.stack([t for _, t in strong]),
        footage=np.stack([np.stack([v[k][0] for v in views]) for k in (0, 1)]),
        footage_times_s=np.stack([np.stack([v[k][1] for v in views]) for k in (0, 1)]),
        seed=int(rng.integers(1 << 62)),
    )


def reverse_scene(scene: Scene) -> Scene | None:
    """The scene played backwards; None where it looks the same."""
    if len(scene.actors) == 1:
        return scene.opposite()
    backwards = (actor.opposite() or actor for actor in reversed(scene.actors))
    actors = [
        replace(actor, begin_s=before.begin_s, end_s=before.end_s)
        for actor, before in zip(backwards, scene.actors, strict=True)
    ]
    return replace(scene, actors=tuple(actors))


def meaning(scene: Scene) -> str:
    """A key that is equal for scenes with the same meaning."""
    return json.dumps(scene.facts)


def _toon_view(
    bank: Bank, index: int, rng: np.random.Generator, length: int, part: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """`length` frames in order from a stretch of at least `part` of the scene."""
    times = bank.times_s[index]
    n = int(np.count_nonzero(~np.isnan(times)))
    span = max(min(length, n), int(np.ceil(n * rng.uniform(part, 1.0))))
    first = int(rng.integers(0, n - span + 1))
    chosen = np.sort(rng.choice(span, length, replace=span < length)) + first
    return np.asarray(bank.frames[index, chosen]), np.asarray(times[chosen])


def _footage_views(
    rng: np.random.Generator, shape: BatchShape
) -> list[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    footage = random_footage(rng)
    views = []
    for how in (MILD, STRONG):
        span = footage.duration_s * rng.uniform(0.33, 1.0)
        first = rng.uniform(0, footage.duration_s - span)
        times = first + np.sort(rng.uniform(0, span, shape.view_frames))
        frames = footage.frames(times, size_px=128)
        speed = rng.uniform(0.8, 1.3) if how is STRONG else 1.0
        view = distort(frames, rng, how, size_px=shape.px)
        views.append((view, ((times - times[0]) / speed).astype(np.float32)))
    return views
