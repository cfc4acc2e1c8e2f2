"""What of the module for real GPUs needs none: errors, FAISS's names, a search without a device."""

from __future__ import annotations

from collections.abc import Callable

import faiss  # noqa: TID251  # that its classes for GPUs have the names that are used
import numpy as np
import pytest
import torch

from embeddings.backbone.early_checks import count_gpus
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.cuda import FaissCopy, memory_told, open_gpus
from indexer.store.gpu.device import DeviceFull
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import CellRows, FlatRows
from tests.indexer.store.gpu.copy_contract import VECTORS
from tests.indexer.store.gpu.fake_gpu import made_segment


def raising(error: Exception) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


def test_a_lack_of_memory_is_told_from_other_errors() -> None:
    for error in (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("Error: 'err == cudaSuccess' failed: StandardGpuResources: cudaMalloc"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
    ):
        with pytest.raises(DeviceFull, match="a GPU has no memory left") as caught:
            memory_told(raising(error))
        assert caught.value.__context__ is caught.value.__cause__ is None, "frames keep memory"
    with pytest.raises(RuntimeError, match="illegal memory access"):
        memory_told(raising(RuntimeError("CUDA error: an illegal memory access")))
    assert memory_told(lambda: 3) == 3


def test_faiss_is_asked_as_on_the_cpu_and_never_with_a_mask() -> None:
    matrix = HalfMatrix.of(VECTORS[:2_000])
    cells = CellRows.build(matrix)
    for index, n_probes in ((FlatRows.build(matrix).matrix.flat, None), (cells.faiss_index, 64)):
        copy = FaissCopy(index, n_probes)
        assert not copy.takes_masks
        rows = copy.rows(VECTORS[:50], 3, None)
        assert rows[:, 0].tolist() == list(range(50))
        with pytest.raises(ValueError, match="no masks"):
            copy.rows(VECTORS[:1], 3, np.ones(2_000, np.bool_))
        copy.free()


@pytest.mark.skipif(not hasattr(faiss, "StandardGpuResources"), reason="this is faiss-cpu")
def test_faiss_has_the_names_that_are_used() -> None:
    assert hasattr(faiss.StandardGpuResources, "setTempMemory")
    assert {"device", "useFloat16"} <= set(dir(faiss.GpuIndexFlatConfig))
    assert "useFloat16" in dir(faiss.GpuClonerOptions)
    assert callable(faiss.GpuIndexFlatIP)
    assert callable(faiss.index_cpu_to_gpu)


@pytest.mark.skipif(count_gpus() > 0, reason="there is a GPU")
def test_without_a_gpu_none_is_found_and_that_is_said() -> None:
    assert open_gpus() == {}
    copies = GpuCopies(open_gpus, CopyOptions())
    copies.use([made_segment("a", VECTORS)])
    assert copies.warnings == ("neither torch nor FAISS can use the GPUs here; searching without",)
