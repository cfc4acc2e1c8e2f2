"""Homes with many clips, made as `reelwise index` makes them, without a video.

Vectors are recorded in parts with a real catalogue, and published. `BENCHMARK_HOMES` names a folder
in which homes are kept for the next benchmark; without it each is made anew and removed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.made.clustered import CLIPS_AT_ONCE, Clusters, half
from data.arrays import Half
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.home import Home, resolve_home
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import FLUSH_VIDEOS, record_embedded, writing_session
from indexer.store.publishing import publish
from indexer.store.segments.building import Building
from indexer.store.vectors import VectorStore, VideoVectors

ENCODER_ID = "clustered-1"
CLIP_S = 4.0
FOLDERS = {0.01: "a/a/a", 0.1: "a/a", 0.5: "a"}
"""Folders below `ROOT`, by the share of all videos that lies in them."""
ROOT = Path("/videos")


@contextmanager
def filled_home(clusters: Clusters, building: Building | None = None) -> Iterator[Home]:
    """A home of all videos of a library, published."""
    kept = os.environ.get("BENCHMARK_HOMES")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(kept or temporary) / f"{clusters.n_clips}x{clusters.dim}"
        home = resolve_home(folder)
        if not home.current.exists():
            fill(home, clusters, building)
        yield home


def fill(home: Home, clusters: Clusters, building: Building | None = None) -> None:
    """Record all videos of a library and publish them."""
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER_ID, ENCODER_ID)
        at_once = max(CLIPS_AT_ONCE // clusters.clips_per_video, FLUSH_VIDEOS)
        for first in range(0, clusters.n_videos, at_once):
            numbers = range(first, min(first + at_once, clusters.n_videos))
            record(catalogue, clusters, numbers)
        publish(home, catalogue, ENCODER_ID, building=building)


def record(catalogue: Catalogue, clusters: Clusters, numbers: range) -> list[int]:
    """Record some videos, in parts of the usual size; gives their ids.

    This process must hold the writer lock.
    """
    clips = half(clusters.videos(numbers)).reshape(len(numbers), -1, clusters.dim)
    paths = [path_of(number, clusters.n_videos) for number in numbers]
    return record_clips(catalogue, paths, clips)


def record_clips(
    catalogue: Catalogue, paths: Sequence[Path], clips: Half, encoder_id: str = ENCODER_ID
) -> list[int]:
    """Record videos of which the clips' vectors (v, c, d) are given, as `record` does."""
    known = catalogue.files.put([FileRecord(path, 1, 1, 1, path.stem) for path in paths])
    ids = [known[path] or 0 for path in paths]
    videos = [_embedded(*pair) for pair in zip(ids, clips, strict=True)]
    store = VectorStore(catalogue.home, encoder_id)
    for first in range(0, len(videos), FLUSH_VIDEOS):
        record_embedded(catalogue, store, videos[first : first + FLUSH_VIDEOS])
    return ids


def path_of(number: int, n_videos: int) -> Path:
    """The file of a video: the first hundredth lies in the first of `FOLDERS`, and so on."""
    inside = [folder for share, folder in FOLDERS.items() if number < share * n_videos]
    return ROOT / (inside[0] if inside else "b") / f"{number}.mp4"


def _embedded(video_id: int, clips: Half) -> Embedded:
    """A video with its clips' vectors; one frame stands for all."""
    starts_s = CLIP_S * np.arange(len(clips))
    spans_s = np.stack([starts_s, starts_s + CLIP_S], axis=1)
    ids = np.zeros(len(clips), np.int64)
    info = VideoInfo("none", 8, 8, 1.0, CLIP_S * len(clips))
    vectors = VideoVectors(video_id, np.zeros(1), clips[:1], ids, spans_s, clips)
    return Embedded(vectors, Ending("done", info=info))
