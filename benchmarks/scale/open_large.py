"""Opening a home of up to ten million clips, and the first search in it, in a new process.

Each home is opened twice: with its files dropped from the memory of the system, and again at once.
Imports do not count. That of ten million clips has videos of a hundred clips, and cells around
vectors that were drawn, without k-means: the time to open does not depend on these. It takes 25 GB
of disk and half an hour to make.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.clustered import Clusters
from benchmarks.made.many_clips import filled_home
from data.arrays import Floats, Ids
from data.home import Home
from indexer.store.segments.building import Building

LIBRARIES = {
    "small": [Clusters(20_000), Clusters(100_000, dim=32)],
    "full": [
        Clusters(100_000),
        Clusters(1_000_000),
        Clusters(10_000_000, clips_per_video=100),
    ],
}
MOST_TRAINED = 1_000_000
"""Cells of larger libraries are drawn."""
_FEW_CELLS = 1024


def run(size: str) -> dict[str, Any]:
    """Figures of each library, cold and warm; seconds at the top are those of the largest."""
    figures: dict[str, Any] = {}
    for library in LIBRARIES[size]:
        building = Building(trainer=Drawn()) if library.n_clips > MOST_TRAINED else None
        with filled_home(library, building) as home:
            name = f"{library.n_clips}x{library.dim}"
            _forget(home)
            figures[name] = {"cold": _opened(home), "warm": _opened(home), "disk_mb": _disk(home)}
    last = figures[name]
    return {
        "open_and_search_s": last["warm"]["open_and_search_s"],
        "cold_open_and_search_s": last["cold"]["open_and_search_s"],
        **figures,
    }


@dataclass(frozen=True)
class Drawn:
    """Cells around vectors that were drawn, few of them."""

    n: int = _FEW_CELLS
    """Cells."""

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats | None:
        """See `CellTrainer`."""
        chosen = np.linspace(0, len(sample) - 1, min(self.n, len(sample))).astype(int)
        return np.ascontiguousarray(sample[chosen])

    def nearest(self, rows: Floats, centres: Floats) -> Ids | None:
        """See `CellTrainer`."""
        return None


def _opened(home: Home) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale.open_child", str(home.root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _forget(home: Home) -> None:
    """Ask the system to drop the files of a home from its memory; needs no rights."""
    os.sync()
    for path in _files(home):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _disk(home: Home) -> dict[str, float]:
    """Megabytes on the disk by part of the home."""
    sizes: dict[str, float] = {}
    for path in _files(home):
        name = path.relative_to(home.root).parts[0]
        sizes[name] = sizes.get(name, 0) + path.stat().st_size / 1e6
    return {name: round(size_mb, 1) for name, size_mb in sorted(sizes.items())}


def _files(home: Home) -> list[Path]:
    return [path for path in home.root.rglob("*") if path.is_file()]
