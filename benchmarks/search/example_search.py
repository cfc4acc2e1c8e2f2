"""A part cut from the middle of a video, re-encoded or distorted, as a query for its source.

Toons: the middle third at 60 % of the size and a low bitrate. Real clips, where there are any: the
middle third at half size and lower quality; `hard_...` is also cropped to 70 %, with pale colours,
1.25 times faster, with a black bar across. The baseline compares averaged 16x16 thumbnails.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.made.videos import real_videos
from data.home import resolve_home
from data.toons.library import write_library
from data.video.children.pool import decode_one
from data.video.decoders.opening import open_video
from data.video.transcode import Change, transcode
from data.video.types import DecodeRequest, FrameSpec
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library
from indexer.search.query import Query
from indexer.search.searcher import Searcher

N_VIDEOS = {"small": 40, "full": 200}
MILD = Change(scale=0.5, crf=34)
HARD = replace(MILD, crop=0.7, saturation=0.3, speed=1.25, bar=0.15)


def run(size: str) -> dict[str, Any]:
    """Measure `toon` on toons, and `toon` and `starter` on real clips where there are any."""
    encoder = load_encoder("toon")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        library = write_library(here / "toons", N_VIDEOS[size], seed=78)
        toons = sorted(library.folder.glob("*.mp4"))
        of_toons = _measure(encoder, toons, here / "toon", {"": Change(scale=0.6, crf=32)})
        figures = {"toon_videos": len(toons), "toon_recall_at_1": of_toons["_recall_at_1"]}
        real = real_videos()
        if real:
            figures |= {"real_videos": len(real)}
            for name in ("toon", "starter"):
                changes = {f"real_{name}": MILD, f"hard_{name}": HARD}
                figures |= _measure(load_encoder(name), real, here / f"real-{name}", changes)
    return figures


def _measure(
    encoder: Encoder, videos: list[Path], here: Path, changes: dict[str, Change]
) -> dict[str, Any]:
    """Index videos once, and search for the changed middle of each; figures begin with the name."""
    home = resolve_home(here / "home")
    index_library(home, videos, encoder)
    thumbnails = np.stack([_thumbnail(video) for video in videos])
    figures: dict[str, Any] = {}
    with closing(Searcher(home, encoder)) as searcher:
        for name, change in changes.items():
            found = _found(searcher, videos, here / "example.mp4", change, thumbnails)
            figures |= {f"{name}_{figure}": value for figure, value in found.items()}
    return figures


def _found(
    searcher: Searcher,
    videos: list[Path],
    example: Path,
    change: Change,
    thumbnails: NDArray[np.float64],
) -> dict[str, Any]:
    right: list[bool] = []
    by_thumbnail: list[bool] = []
    for place, video in enumerate(videos):
        cut_middle(video, example, change)
        hits = searcher.search(Query(like=example), k=1).hits
        right.append(bool(hits) and hits[0].path == video.resolve())
        by_thumbnail.append(int(np.argmax(thumbnails @ _thumbnail(example))) == place)
    return {
        "found": sum(right),
        "recall_at_1": float(np.mean(right)),
        "thumbnails_recall_at_1": float(np.mean(by_thumbnail)),
        "missed": [video.name for video, found in zip(videos, right, strict=True) if not found],
    }


def cut_middle(video: Path, example: Path, change: Change) -> None:
    """Write the middle third of a video, changed as given, to `example`."""
    with open_video(video) as opened:
        length_s = opened.info.duration_s
    example.unlink(missing_ok=True)
    transcode(video, example, replace(change, start_s=length_s / 3, end_s=length_s * 2 / 3))


def _thumbnail(video: Path) -> NDArray[np.float64]:
    """Mean of 16x16 pictures of a video, centred, of unit length: (768,)."""
    pixels, _, _ = decode_one(DecodeRequest(video, FrameSpec(16, 16)))
    mean = pixels.reshape(len(pixels), -1).mean(axis=0, dtype=np.float64)
    mean -= mean.mean()
    return np.asarray(mean / max(1e-9, np.linalg.norm(mean)))
