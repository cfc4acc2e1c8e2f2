"""A million vectors on the first GPU: questions in batches, by each kind of copy, and training.

It has never run on a GPU: no machine with one was at hand. Without one it ends with an error.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.clustered import Clusters
from benchmarks.timing import median_seconds, seconds_of
from data.arrays import Floats, Ids
from data.errors import ReelwiseError
from indexer.store.gpu.devices.copy_kinds import IN_CELLS, CopyKind
from indexer.store.gpu.devices.device import Copy, Device, DeviceRefused
from indexer.store.gpu.devices.packed import pack
from indexer.store.gpu.proposed import n_proposed, rescored
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import ROUNDS, SAMPLE_PER_CELL, CellRows, n_cells
from indexer.store.rows.row_index import CellTrainer
from indexer.store.rows.tuning import TARGET_RECALL, RecallProbe, tune

LIBRARIES = {"small": Clusters(100_000), "full": Clusters(1_000_000)}

BATCHES = (1, 8, 64, 256)
ASKED = 20
K = 10


def run(size: str) -> dict[str, Any]:
    """Milliseconds a question, recall@10 and seconds of copying, and those of training."""
    from indexer.store.gpu.devices.cuda import CudaDevice, open_cells, open_gpus

    if not open_gpus():
        raise ReelwiseError("no CUDA GPU can be used here", fix="run it on a machine with a GPU")
    by_torch, by_faiss = (CudaDevice(0, by_torch=each) for each in (True, False))
    copies: dict[str, Callable[[CellRows], Copy]] = {
        "exact_torch": lambda index: by_torch.copy_rows(index, 0, len(index)),
        "exact_faiss": lambda index: by_faiss.copy_rows(index, 0, len(index)),
        "cagra": lambda index: by_torch.copy_graph(index, 0, len(index)),
        **{kind: partial(_in_cells, by_torch, kind) for kind in IN_CELLS},
    }
    return measured(LIBRARIES[size], by_torch, copies, open_cells())


def _in_cells(device: Device, kind: CopyKind, index: CellRows) -> Copy:
    return device.copy_cells(pack(index, kind, 0, len(index)))


def measured(
    clusters: Clusters,
    device: Device,
    copies: dict[str, Callable[[CellRows], Copy]],
    trainer: CellTrainer,
) -> dict[str, Any]:
    """As `run`, of some vectors, kinds of copy and a trainer."""
    with tempfile.TemporaryDirectory() as folder:
        matrix = clusters.matrix(Path(folder) / "clips.f16")
        figures: dict[str, Any] = {"gpu": device.name, "clips": len(matrix), "dim": matrix.dim}
        figures["training"] = _training(matrix, trainer)
        index = CellRows.build(matrix, trainer)
        probe = RecallProbe.of(matrix)
        figures["cells_recall_on_cpu"] = round(tune(index, probe), 4)
        for name, copy in copies.items():
            try:
                figures[name] = _of_copy(partial(copy, index), index, probe)
            except DeviceRefused as refused:
                figures[name] = {"refused": str(refused)}
    return figures


def _training(matrix: HalfMatrix, trainer: CellTrainer) -> dict[str, float]:
    """Seconds of training cells and of finding the nearest cell of every vector."""
    n = n_cells(len(matrix))
    sample = matrix.rows(slice(SAMPLE_PER_CELL * n))
    found: list[Floats | None] = []
    trained_s = seconds_of(lambda: found.append(trainer.centres(sample, n, ROUNDS)))
    centres = found[0]
    if centres is None:
        raise ValueError("the trainer left the work to the CPU")

    def fill() -> None:
        for _, rows in matrix.blocks():
            trainer.nearest(rows, centres)

    return {"centres_s": round(trained_s, 3), "nearest_s": round(seconds_of(fill), 3)}


def _of_copy(make: Callable[[], Copy], index: CellRows, probe: RecallProbe) -> dict[str, Any]:
    """Figures of one kind of copy; scores are those of stored vectors, as in the product."""
    made: list[Copy] = []
    copied_s = seconds_of(lambda: made.append(make()))
    copy = made[0]

    k = n_proposed(K, len(index), copy.oversampling, copy.most_k)

    def ask(queries: Floats) -> tuple[Floats, Ids]:
        return rescored(index.matrix, queries, copy.rows(queries, k, None), K, None)

    recall = 0.0
    for depth in copy.depths or (0,):
        copy.depth = depth
        recall = probe.recall_of(*ask(probe.queries))
        if recall >= TARGET_RECALL:
            break
    rng = np.random.default_rng(0)
    figures = {
        "copy_s": round(copied_s, 2),
        "depth": copy.depth,
        "recall_at_10": round(recall, 4),
    }
    for batch in BATCHES:
        queries = probe.queries[rng.integers(len(probe.queries), size=batch)]
        works = {
            "gpu": lambda queries=queries: copy.rows(queries, k, None),
            "all": lambda queries=queries: ask(queries),
        }
        for name, seconds in median_seconds(works, ASKED).items():
            figures[f"{name}_ms_in_{batch}"] = round(1000 * seconds / batch, 4)
    copy.free()
    return figures
