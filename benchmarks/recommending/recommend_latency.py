"""Time to fit, to answer and to log, beside plain numpy and `implicit`, up to a million videos.

The data is synthetic (`benchmarks.recommending.many_people`). Fits take turns on one thread, and
each is given with the NDCG@10 of the users' last videos, so that speed is not bought with quality.
Answers are measured in one process for each size, so that memory is that of the size.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.recommending.answers import measure_apart
from benchmarks.recommending.fits import has_implicit, race, ratios
from benchmarks.recommending.many_people import START, Size, make_world
from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.history.impressions import Impression, Impressions
from data.home import resolve_home

FITTED = {"small": Size(3_000, 6_000), "full": Size(6_000, 20_000)}
"""Sizes that are fitted on."""
ROUNDS = {"small": 3, "full": 5}
"""Fits of each contestant."""
LIBRARIES = {
    "": (1_000, 1_000),
    "_100k": (100_000, 100_000),
    "_1m": (1_000_000, 1_000_000),
}
"""Ending of the keys to videos and users."""
LOGGED = 20
"""Pages that are logged."""
_SEED = 7  # settings were chosen on seed 0


def run(size: str) -> dict[str, object]:
    """Measure; `small` ends within two minutes, `full` within fifteen."""
    fitted = FITTED[size]
    raced = race(make_world(fitted, seed=_SEED), ROUNDS[size])
    figures: dict[str, object] = {
        "implicit": version("implicit")
        if has_implicit()
        else "not installed: its keys are left out",
        "threads": 1,
        "fitted_videos": fitted.videos,
        "fitted_people": fitted.people,
        **{name: round(value, 4) for name, value in raced.items()},
        **{name: round(value, 3) for name, value in ratios(raced).items()},
    }
    figures["p50_log_page_ms"] = round(log_page_ms(), 3)
    for ending, (n_videos, n_people) in LIBRARIES.items():
        if size == "full" or ending != "_1m":
            measured = measure_apart(n_videos, n_people)
            figures |= {f"{name}{ending}": round(value, 3) for name, value in measured.items()}
    return figures


def log_page_ms() -> float:
    """Median milliseconds until a page of ten impressions is durable."""
    files = [FileRecord(Path(f"/{n}.mp4"), 1, 1, n, f"content-{n}") for n in range(10)]
    took_ms = []
    with TemporaryDirectory() as folder, Catalogue(resolve_home(Path(folder))) as catalogue:
        ids = [video_id for video_id in catalogue.files.put(files).values() if video_id]
        page = [
            Impression("user", id_, START, n, "popularity", 1, 0.5) for n, id_ in enumerate(ids)
        ]
        impressions = Impressions(catalogue)
        for _ in range(LOGGED):
            started = time.perf_counter()
            impressions.add(page)
            took_ms.append((time.perf_counter() - started) * 1000.0)
    return float(np.median(took_ms))
