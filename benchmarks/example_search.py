"""An example cut from the middle of a video, re-encoded or distorted, must find its source first.

Toons: the middle third at 60 % of the size and a low bitrate. Real clips (where the folder that
REELWISE_REAL_VIDEOS names is here): the middle third at half size and lower quality, and
`hard_...`: the same cropped to 70 %, colours washed out, 1.25 times faster, with a black bar
across. Averaged 16x16 thumbnails of the same frames are the baseline.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.home import resolve_home
from data.toons import write_library
from data.video.children.pool import decode_one
from data.video.decoders.opening import open_video
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import transcode
from embeddings.encoder import SpatiotemporalEncoder, load_encoder
from indexer.build.pipeline import index_library
from indexer.search.query import Query
from indexer.search.searcher import Searcher

N_VIDEOS = {"small": 40, "full": 200}
MILD: dict[str, float] = {"scale": 0.5, "crf": 34}
HARD: dict[str, float] = {**MILD, "crop": 0.7, "saturation": 0.3, "speed": 1.25, "bar": 0.15}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder on toons, and on real clips where they are."""
    encoder = load_encoder("toon")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        library = write_library(here / "toons", N_VIDEOS[size], seed=78)
        toons = sorted(library.folder.glob("*.mp4"))
        found = _measure(encoder, toons, here, {"scale": 0.6, "crf": 32})
        figures = {"toon_videos": len(toons), "toon_recall_at_1": found["recall_at_1"]}
        real = real_videos()
        if real:
            figures |= {"real_videos": len(real)}
            figures |= {f"real_{k}": v for k, v in _measure(encoder, real, here, MILD).items()}
            figures |= {f"hard_{k}": v for k, v in _measure(encoder, real, here, HARD).items()}
    return figures


def real_videos() -> list[Path]:
    """The real clips for trials; none where their folder is not here."""
    folder = Path(os.environ.get("REELWISE_REAL_VIDEOS", "../shared/videos"))
    return sorted(p for p in folder.glob("*") if p.suffix in (".mp4", ".mkv", ".gif"))


def _measure(
    encoder: SpatiotemporalEncoder, videos: list[Path], here: Path, how: dict[str, float]
) -> dict[str, Any]:
    home = resolve_home(here / f"home-{videos[0].stem}")
    index_library(home, videos, encoder)
    thumbnails = np.stack([_thumbnail(video) for video in videos])
    searcher = Searcher(home, encoder)
    right: list[bool] = []
    by_thumbnail: list[bool] = []
    missed: list[str] = []
    try:
        for i, video in enumerate(videos):
            example = here / "example.mp4"
            cut_middle(video, example, how)
            hits = searcher.search(Query(like=example), k=1).hits
            right.append(bool(hits) and Path(hits[0].path) == video.resolve())
            if not right[-1]:
                missed.append(video.name)
            by_thumbnail.append(int(np.argmax(thumbnails @ _thumbnail(example))) == i)
    finally:
        searcher.close()
    return {
        "found": sum(right),
        "recall_at_1": float(np.mean(right)),
        "thumbnails_recall_at_1": float(np.mean(by_thumbnail)),
        "missed": missed,
    }


def cut_middle(video: Path, example: Path, how: dict[str, float]) -> None:
    """Write the middle third of a video, changed as `how` says, to `example`."""
    with open_video(video) as opened:
        length_s = opened.info.duration_s
    example.unlink(missing_ok=True)
    span = {"start_s": length_s / 3, "end_s": length_s * 2 / 3}
    transcode(video, example, **span, **how)  # type: ignore[arg-type]  # crf is whole


def _thumbnail(video: Path) -> NDArray[np.float64]:
    """Mean of 16x16 pictures of a video, centred, of unit length: (768,)."""
    pixels, _, _ = decode_one(DecodeRequest(video, FrameSpec(16, 16)))
    mean = pixels.reshape(len(pixels), -1).mean(axis=0, dtype=np.float64)
    mean -= mean.mean()
    return np.asarray(mean / max(1e-9, np.linalg.norm(mean)))
