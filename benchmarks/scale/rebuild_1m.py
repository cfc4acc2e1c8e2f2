"""Making the index of a million clustered vectors, beside FAISS's own train and add.

Ours also chooses the parameters, measures their recall and writes the file; both train on as many
vectors and as many rounds. `publish` is a whole new generation of the same library, from its parts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.made.clustered import Clusters
from benchmarks.made.many_clips import ENCODER_ID, filled_home
from benchmarks.scale.bare_faiss import build_by_hand
from indexer.build.recording.record import writing_session
from indexer.store.publishing import publish
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import INDEX_KINDS
from indexer.store.rows.tuning import tuned

CASES: dict[str, list[tuple[Clusters, tuple[str, ...]]]] = {
    "small": [(Clusters(20_000), ("ivf_rabitq", "ivf_fp16", "hnsw_fp16"))],
    "full": [
        (Clusters(1_000_000), ("ivf_rabitq",)),
        (Clusters(100_000), ("ivf_rabitq", "ivf_fp16", "hnsw_fp16")),
    ],
}


def run(size: str) -> dict[str, Any]:
    """Processor seconds by kind and size; `ratio` is ours to FAISS's of the first."""
    first, (kind, *_) = CASES[size][0]
    with filled_home(first) as home, writing_session(home) as catalogue:
        began_s, cpu_s = time.perf_counter(), time.process_time()
        publish(home, catalogue, ENCODER_ID, whole=True)
        whole = {
            "publish_s": round(time.perf_counter() - began_s, 1),
            "publish_cpu_s": round(time.process_time() - cpu_s, 1),
        }
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for library, kinds in CASES[size]:
            matrix = library.matrix(Path(folder) / f"{library.n_clips}.f16")
            for each in kinds:
                path = Path(folder) / f"{library.n_clips}-{each}"
                figures[f"{each} {library.n_clips}"] = _beside_faiss(path, each, matrix)
    ratio = figures[f"{kind} {first.n_clips}"]["ratio"]
    return {"clips": first.n_clips, "dim": first.dim, "ratio": ratio, **whole, **figures}


def _beside_faiss(path: Path, kind: str, matrix: HalfMatrix) -> dict[str, float]:
    began_s = time.process_time()
    index = INDEX_KINDS[kind].build(matrix)
    built_s = time.process_time() - began_s
    recall = tuned(index)
    index.save(path)
    ours_s = time.process_time() - began_s
    del index
    rows = matrix.rows(slice(None))
    began_s = time.process_time()
    build_by_hand(kind, rows)
    theirs_s = time.process_time() - began_s
    return {
        "cpu_s": round(ours_s, 1),
        "train_and_add_cpu_s": round(built_s, 1),
        "faiss_cpu_s": round(theirs_s, 1),
        "ratio": round(ours_s / theirs_s, 3),
        "recall_at_10": round(recall, 4),
    }
