"""A world of features without a backbone: things that go left or right, or just are there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.temporal.config import TemporalConfig
from embeddings.training.head.data import Caption, FrameTable, HeadData, build_head_data
from embeddings.training.head.fit import HeadTraining

DIM = 24
N_THINGS = 6
WAYS = {"left": -1.0, "right": 1.0, "": 0.0}
OPPOSITE = {"left": "right", "right": "left"}
SMALL = TemporalConfig(dim=DIM, width=32, layers=1, heads=2, periods=3, windows=(1, 2))
OPTIONS = HeadTraining(config=SMALL, steps=60, batch=32, learning_rate=4e-3, validate_every=20)


def _axes() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.linalg.qr(rng.normal(size=(DIM, DIM)))[0]


AXES = _axes()


def frames(thing: int, way: str, n_frames: int, rng: np.random.Generator) -> NDArray[np.float16]:
    """Unit rows: the thing, and where it is at each time."""
    place = WAYS[way] * np.linspace(-1, 1, n_frames)
    rows = AXES[thing] + 0.7 * place[:, None] * AXES[N_THINGS]
    rows = rows + 0.15 * rng.normal(size=rows.shape) / DIM**0.5
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows, np.float16)


def encode_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """`thing 3 left` -> what a text tower that knows things and sides would say."""
    rows = []
    for text in texts:
        _, thing, way = [*text.split(" "), ""][:3]
        rows.append(AXES[int(thing)] + 0.5 * WAYS[way] * AXES[N_THINGS + 1] + 0.3 * AXES[-1])
    stacked = np.stack(rows)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)


def caption(thing: int, way: str) -> str:
    return f"thing {thing} {way}".strip()


def made_data(n: int, *, seed: int, truthful: bool = True, timed: bool = True) -> HeadData:
    """N clips of two to nine frames with a caption each; untruthful ones have any caption."""
    rng = np.random.default_rng(seed)
    clips, captions = [], []
    for clip in range(n):
        thing, way = int(rng.integers(N_THINGS)), str(rng.choice(list(WAYS)))
        n_frames = int(rng.integers(2, 10))
        clips.append((frames(thing, way, n_frames, rng), np.arange(n_frames) * 0.5))
        if not truthful:
            thing, way = int(rng.integers(N_THINGS)), str(rng.choice(list(WAYS)))
        back = caption(thing, OPPOSITE[way]) if way and timed else None
        captions.append(Caption(clip, caption(thing, way), back))
    return build_head_data(FrameTable.join(clips), captions, encode_texts)
