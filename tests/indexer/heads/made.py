"""Libraries whose clips show one of a few things, and files that say so of some of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.home import Home
from indexer.heads.training import HeadTraining, Trained, train_heads
from tests.indexer.made import store

DIM = 16
CLIP_S = 4.0
N_CLIPS = 4
NAMES = ("jump", "run", "sit")


def vector(kind: int, rng: np.random.Generator, *, noise: float = 0.25) -> NDArray[np.float32]:
    """A unit vector near the axis of a kind."""
    row = rng.normal(0, noise, DIM)
    row[kind] += 1.0
    return np.asarray(row / np.linalg.norm(row), np.float32)


def kind_of(video: int, clip: int) -> int:
    return (video + clip) % len(NAMES)


def made_library(home: Home, n_videos: int = 10, *, seed: int = 0) -> dict[str, int]:
    """Videos of four clips; clip c of video v shows `kind_of(v, c)`. Gives their ids by name."""
    rng = np.random.default_rng(seed)
    clips = {
        f"v{v}.mp4": np.stack([vector(kind_of(v, c), rng) for c in range(N_CLIPS)])
        for v in range(n_videos)
    }
    return store(home, clips)


def alternating_library(home: Home, n_videos: int, *, seed: int = 0) -> dict[str, int]:
    """Videos of three clips: run, sit, run, or sit, run, sit by turns."""
    rng = np.random.default_rng(seed)
    clips = {
        f"v{v}.mp4": np.stack([vector(1 + (v + c) % 2, rng) for c in range(3)])
        for v in range(n_videos)
    }
    return store(home, clips)


def write_csv(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def action_rows(n_videos: int = 10) -> list[tuple[object, ...]]:
    """Every clip with what it shows."""
    return [
        (f"v{v}.mp4", c * CLIP_S, (c + 1) * CLIP_S, NAMES[kind_of(v, c)])
        for v in range(n_videos)
        for c in range(N_CLIPS)
    ]


def train(home: Home, training: HeadTraining) -> Trained:
    def no_sentences() -> None:
        raise AssertionError("no column has texts")

    with Catalogue(home) as catalogue:
        return train_heads(catalogue, training, no_sentences, lambda _: None)  # type: ignore[arg-type]
