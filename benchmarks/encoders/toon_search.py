"""Text queries for toons whose combination of kind, colour, motion and place was never trained.

`scene_...` ranks 500 scenes for the caption of each, without an index. For the other figures H.264
files are written, indexed and searched; a moment is right when its video is right and its IoU with
the true one is at least 0.5.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.scenes import encode_frames, encode_scenes, held_out_scenes, ranks
from data.home import resolve_home
from data.toons.library import write_library
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from indexer.build.pipeline import index_library
from indexer.search.evaluate import evaluate_search
from indexer.search.searcher import Searcher

N_SCENES = 500
N_VIDEOS = {"small": 40, "full": 200}


def run(size: str) -> dict[str, Any]:
    """Measure the embedded encoder; `small` has fewer videos, never fewer scenes."""
    encoder = load_encoder("toon")
    return {**scene_figures(encoder), **_library_figures(encoder, N_VIDEOS[size])}


def scene_figures(encoder: Encoder) -> dict[str, Any]:
    """Text-to-scene recall among `N_SCENES` held-out scenes, plain wording and another one."""
    scenes = held_out_scenes(N_SCENES, seed=500)
    rows = encode_scenes(encoder, encode_frames(encoder, scenes))
    figures: dict[str, Any] = {"scenes": len(scenes)}
    for name, wording in (("scene", 0), ("scene_reworded", 3)):
        places = ranks(encoder.encode_texts([s.captions()[wording] for s in scenes]), rows)
        figures |= {f"{name}_recall_at_{k}": float(np.mean(places <= k)) for k in (1, 5)}
    return figures


def _library_figures(encoder: Encoder, n_videos: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        library = write_library(Path(folder) / "toons", n_videos, seed=77, held_out=True)
        home = resolve_home(Path(folder) / "home")
        index_library(home, [library.folder], encoder)
        with closing(Searcher(home, encoder)) as searcher:
            figures = evaluate_search(searcher, library.queries_file)
    names = ("n", "recall_at_1", "recall_at_5", "moment_recall_at_1", "miou", "mrr", "ms_per_query")
    kept = {name: figures[name] for name in names}
    return {
        "videos": n_videos,
        **kept,
        "brute_force_recall_at_1": figures["brute_force_recall_at_1"],
    }
