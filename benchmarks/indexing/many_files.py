"""Peak memory of the indexing process with few and with many files: it must not grow with them.

Each library is indexed in a process of its own; a rerun, which decodes nothing, is timed too.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from data.home import resolve_home
from data.video.write import write_video
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library

FEW = 100
MANY = {"small": 600, "full": 3000}


def run(size: str) -> dict[str, Any]:
    """Index `FEW` and `MANY` small videos; megabytes are the peak of the parent process."""
    figures: dict[str, Any] = {"few": FEW, "many": MANY[size]}
    with tempfile.TemporaryDirectory() as folder:
        for name, count in (("few", FEW), ("many", MANY[size])):
            library = Path(folder) / name
            _paint_library(library, count)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                measured = pool.apply(_index, (library, Path(folder) / f"home-{name}"))
            figures |= {f"{name}_{key}": value for key, value in measured.items()}
    figures["memory_growth"] = round(figures["many_peak_mb"] / figures["few_peak_mb"], 3)
    return figures


def _paint_library(folder: Path, count: int) -> None:
    """Write videos of four seconds in random colours."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        frames = (np.full((48, 64, 3), rng.integers(0, 255, 3), np.uint8) for _ in range(16))
        write_video(folder / f"{number:05}.mp4", frames, fps=4)


def _index(library: Path, home_folder: Path) -> dict[str, Any]:
    encoder = load_encoder("toon")
    home = resolve_home(home_folder)
    began_s = time.perf_counter()
    report = index_library(home, [library], encoder)
    first_s = time.perf_counter() - began_s
    began_s = time.perf_counter()
    again = index_library(home, [library], encoder)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "done": report.done,
        "files_per_s": round(report.done / first_s, 1),
        "rerun_s": round(time.perf_counter() - began_s, 3),
        "rerun_decoded": again.decoded,
        "peak_mb": round(kilobytes / (1024 if sys.platform != "darwin" else 1024**2), 1),
    }
