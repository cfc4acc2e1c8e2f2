"""What of the module for real GPUs needs none: errors, and that FAISS has the names it uses."""

from __future__ import annotations

from collections.abc import Callable

import faiss  # noqa: TID251  # that its classes for GPUs have the names that are used
import pytest
import torch

from indexer.store.gpu.devices.cuda import memory_told
from indexer.store.gpu.devices.device import DeviceFull


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


@pytest.mark.skipif(not hasattr(faiss, "StandardGpuResources"), reason="this is faiss-cpu")
def test_faiss_has_the_names_that_are_used() -> None:
    assert hasattr(faiss.StandardGpuResources, "setTempMemory")
    assert {"device", "useFloat16"} <= set(dir(faiss.GpuIndexFlatConfig))
    assert "useFloat16" in dir(faiss.GpuClonerOptions)
    assert callable(faiss.GpuIndexFlatIP)
    assert callable(faiss.index_cpu_to_gpu)
    for name in ("IVFFlat", "IVFScalarQuantizer", "IVFPQ"):
        assert callable(getattr(faiss, f"GpuIndex{name}").search)
    assert not faiss.GpuClonerOptions().use_cuvs
    assert {"useFloat16", "indicesOptions"} <= set(dir(faiss.GpuClonerOptions))
