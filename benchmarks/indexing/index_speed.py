"""Indexing against its limit on this machine, measured in the same run.

The limit is the CPU seconds of decoding alone (child processes, same sampling) plus those of
encoding the same frames from memory, divided by the cores: the time of a pipeline that never waits
and records nothing.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.made.videos import real_videos
from data.home import resolve_home
from data.toons.library import write_library
from data.video.children.pool import DecodePool
from data.video.types import DecodeRequest, FrameBatch
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library

Pixels = NDArray[np.uint8]
N_VIDEOS = {"small": 40, "full": 200}


def run(size: str) -> dict[str, Any]:
    """Measure toons, and real clips where there are any; keys of those start with `real_`."""
    encoder = load_encoder("toon")
    encoder.encode_frames(
        np.zeros((64, encoder.frame_spec.height_px, encoder.frame_spec.width_px, 3), np.uint8)
    )
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        library = write_library(here / "toons", N_VIDEOS[size], seed=79)
        figures = _measure(encoder, sorted(library.folder.glob("*.mp4")), here / "a")
        real = real_videos()
        if real:
            of_real = _measure(encoder, real, here / "b")
            figures |= {f"real_{name}": value for name, value in of_real.items()}
    return figures


def _measure(encoder: Encoder, videos: list[Path], home: Path) -> dict[str, Any]:
    decode_s, batches = _decode_alone(encoder, videos)
    encode_s = _encode_alone(encoder, batches)
    cores = len(os.sched_getaffinity(0))
    limit_s = (decode_s + encode_s) / cores
    began_s = time.perf_counter()
    report = index_library(resolve_home(home), videos, encoder)
    wall_s = time.perf_counter() - began_s
    return {
        "files": len(videos),
        "frames": report.frames,
        "video_s": round(report.video_s, 1),
        "decode_cpu_s": round(decode_s, 2),
        "encode_cpu_s": round(encode_s, 2),
        "limit_s": round(limit_s, 2),
        "index_s": round(wall_s, 2),
        "ratio_to_limit": round(limit_s / wall_s, 3),
        "times_real_time": round(report.video_s / wall_s, 1),
    }


def _encode_alone(encoder: Encoder, batches: list[Pixels]) -> float:
    """CPU seconds of encoding, with one thread on each core.

    All cores are busy because a core beside an idle one is faster; decoding alone is measured in
    the same way, and the limit is divided by the cores.
    """
    threads = torch.get_num_threads()
    began_s = time.process_time()
    with ThreadPoolExecutor(
        len(os.sched_getaffinity(0)), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        for _ in pool.map(encoder.encode_frames, batches):
            pass
    encode_s = time.process_time() - began_s
    torch.set_num_threads(threads)
    return encode_s


def _decode_alone(encoder: Encoder, videos: list[Path]) -> tuple[float, list[Pixels]]:
    """CPU seconds of the decoding children, and their frames in batches of 64."""
    requests = (DecodeRequest(path, encoder.frame_spec) for path in videos)
    cpu_s = 0.0
    pixels = []
    with DecodePool(workers=len(os.sched_getaffinity(0))) as pool:
        for _, result in pool.run(requests):
            if isinstance(result, FrameBatch):
                pixels.append(result.pixels)
            else:
                cpu_s += result.cpu_s
    frames = np.concatenate(pixels)
    return cpu_s, [frames[i : i + 64] for i in range(0, len(frames), 64)]
