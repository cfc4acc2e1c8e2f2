"""Libraries whose clips look alike: in each a square moves to the left or to the right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue.records import FileRecord
from data.home import Home
from data.video.small_frames import SMALL_PX, SMALL_SIZE
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors

CLIPS, CLIP_S, FRAMES = 2, 4.0, 8
SQUARE_PX = 5


def way(video: int, clip: int) -> str:
    return ("left", "right")[(video + clip) % 2]


def clip_pictures(label: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(8, 256) small pictures of a square that moves over noise."""
    still = rng.integers(0, 120, (SMALL_PX, SMALL_PX))
    top = int(rng.integers(0, SMALL_PX - SQUARE_PX))
    places = np.linspace(0, SMALL_PX - SQUARE_PX, FRAMES).round().astype(int)
    out = np.repeat(still[None], FRAMES, axis=0)
    for at, left in enumerate(places if label == "right" else places[::-1]):
        out[at, top : top + SQUARE_PX, left : left + SQUARE_PX] = 220
    return out.reshape(FRAMES, SMALL_SIZE).astype(np.uint8)


def moving_library(home: Home, n_videos: int, *, first: int = 0, pictures: bool = True) -> None:
    """Videos of two clips each, whose vectors say nothing; without `pictures` as of old."""
    with writing_session(home) as catalogue:
        paths = [Path("/videos") / f"v{first + at}.mp4" for at in range(n_videos)]
        records = [FileRecord(p, 1, 1, 1, content_key=f"key-{p.name}") for p in paths]
        ids = catalogue.files.put(records)
        found = []
        for at, path in enumerate(paths):
            video_id = ids[path]
            assert video_id is not None
            found.append(_embedded(video_id, first + at, pictures=pictures))
        record_embedded(catalogue, VectorStore(home, "colour-1"), found)
        if catalogue.encoder is None:
            catalogue.set_encoder("colour-1", "colour-1")
        publish(home, catalogue, "colour-1")


def _embedded(video_id: int, video: int, *, pictures: bool) -> Embedded:
    rng = np.random.default_rng(video)
    rows = rng.normal(size=(CLIPS, 16))
    half = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    starts_s = np.arange(CLIPS) * CLIP_S
    times_s = np.arange(CLIPS * FRAMES) * CLIP_S / FRAMES
    vectors = VideoVectors(
        video_id,
        times_s,
        np.repeat(half, FRAMES, axis=0),
        np.zeros(CLIPS, np.int64),
        np.stack([starts_s, starts_s + CLIP_S], axis=1),
        half,
    )
    if pictures:
        small = [clip_pictures(way(video, clip), rng) for clip in range(CLIPS)]
        vectors = replace(vectors, small_frames=np.concatenate(small))
    info = VideoInfo("h264", 64, 48, 25.0, CLIPS * CLIP_S)
    return Embedded(vectors, Ending("done", info=info))
