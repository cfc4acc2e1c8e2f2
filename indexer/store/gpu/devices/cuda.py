"""GPUs as torch, FAISS and the driver give them.

NO LINE OF THIS MODULE HAS EVER RUN ON A GPU: it is written by the documentation of torch 2.15 and
FAISS 1.15 alone, and kept small for that reason. `tests/indexer/store/gpu/test_on_a_gpu.py` runs it
where there is one.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import faiss
import torch

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.device import Copy, Device, DeviceFull, DeviceRefused, first_line
from indexer.store.gpu.devices.faiss_copies import FaissCells, FaissRows
from indexer.store.gpu.devices.packed import PackedCells
from indexer.store.gpu.devices.torch_cells import TorchCells
from indexer.store.gpu.devices.torch_rows import TorchRows
from indexer.store.rows.row_index import RowIndex

FAISS_TEMPORARY_BYTES = 512 << 20
"""FAISS takes up to 1.5 GiB if nothing is said."""

_OUT_OF_MEMORY = ("out of memory", "cudaMalloc", "memory allocation", "CUBLAS_STATUS_ALLOC_FAILED")
"""What the exceptions of FAISS and CUDA say where memory ends."""

T = TypeVar("T")

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


def open_gpus(*, by_faiss: bool = True) -> Mapping[int, Callable[[], Device]]:
    """Every GPU that torch can use, else, if wanted, every one that FAISS can.

    The two want other drivers.
    """
    by_torch = torch.cuda.is_available()
    n = torch.cuda.device_count() if by_torch else int(_faiss.get_num_gpus()) * by_faiss
    return {number: partial(CudaDevice, number, by_torch=by_torch) for number in range(n)}


def open_cells() -> TorchCells:
    """What trains cells on the first GPU.

    Raises:
        RuntimeError: Torch can use none.
    """
    return TorchCells(torch.device("cuda", 0))


class CudaDevice:
    """A GPU; see `Device`.

    Args:
        number: Which one.
        by_torch: Whether torch can use it; else FAISS compares rows.
    """

    def __init__(self, number: int, *, by_torch: bool) -> None:
        self._number = number
        self._by_torch = by_torch
        kind = f" ({torch.cuda.get_device_name(number)})" if by_torch else ""
        self.name = f"GPU {number}{kind}"
        self._resources: Any = None

    def free_bytes(self) -> int:
        """See `Device`."""
        if self._by_torch:
            return int(torch.cuda.mem_get_info(self._number)[0])
        return _driver_free_bytes(self._number)

    def copy_rows(self, index: RowIndex, first: int, stop: int) -> Copy:
        """See `Device`."""
        matrix = index.matrix
        if self._by_torch:
            where = torch.device("cuda", self._number)
            return _Guarded(memory_told(lambda: TorchRows(matrix, first, stop, where)))
        new = partial(self._new_flat, index.dim)
        return _Guarded(memory_told(lambda: FaissRows(matrix, first, stop, new)))

    def _new_flat(self, dim: int) -> Any:
        """An empty index that compares every row, of float16."""
        config = _faiss.GpuIndexFlatConfig()
        config.device, config.useFloat16 = self._number, True
        return _faiss.GpuIndexFlatIP(self._of_faiss(), dim, config)

    def copy_cells(self, packed: PackedCells) -> Copy:
        """See `Device`."""
        options = _faiss.GpuClonerOptions()
        # Of IndexIVFPQ alone: its tables of 64 x 256 numbers fit a block's memory as halves only.
        options.useFloat16 = True
        inner = memory_told(
            lambda: _faiss.index_cpu_to_gpu(
                self._of_faiss(), self._number, packed.faiss_index, options
            )
        )
        return _Guarded(FaissCells(inner, packed.kind))

    def copy_graph(self, index: RowIndex, first: int, stop: int) -> Copy:
        """See `Device`."""
        if not self._by_torch:
            raise DeviceRefused("a graph needs torch to use the GPU")
        where = torch.device("cuda", self._number)
        try:
            from indexer.store.gpu.devices.cagra import CagraCopy

            return _Guarded(memory_told(lambda: CagraCopy(index.matrix, first, stop, where)))
        except (ImportError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            # What fails in cuvs leaves torch working; where it does not, torch will tell.
            problem = first_line(error)
        raise DeviceRefused(f"cuvs cannot build a graph ({problem})")

    def _of_faiss(self) -> Any:
        """FAISS's memory and streams on this GPU."""
        if self._resources is None:
            self._resources = _faiss.StandardGpuResources()
            self._resources.setTempMemory(FAISS_TEMPORARY_BYTES)
        return self._resources


class _Guarded:
    """A copy whose lack of memory is told as `DeviceFull`."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy

    @property
    def takes_masks(self) -> bool:
        return self._copy.takes_masks

    @property
    def is_exact(self) -> bool:
        return self._copy.is_exact

    @property
    def depths(self) -> Sequence[int]:
        return self._copy.depths

    @property
    def depth(self) -> int:
        return self._copy.depth

    @depth.setter
    def depth(self, depth: int) -> None:
        self._copy.depth = depth

    @property
    def oversampling(self) -> int:
        return self._copy.oversampling

    @property
    def most_k(self) -> int:
        return self._copy.most_k

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        return memory_told(lambda: self._copy.rows(queries, k, allowed))

    def free(self) -> None:
        """See `Copy`."""
        self._copy.free()


def memory_told(work: Callable[[], T]) -> T:
    """Do something, and tell a lack of memory from all that means that the GPU is lost.

    Raises:
        DeviceFull: There was no memory. It holds nothing of the error, whose frames would keep
            what was allocated before it.
    """
    try:
        return work()
    except RuntimeError as error:
        is_memory = isinstance(error, torch.OutOfMemoryError)
        if not is_memory and not any(each in str(error) for each in _OUT_OF_MEMORY):
            raise
    raise DeviceFull("a GPU has no memory left")


def _driver_free_bytes(number: int) -> int:
    """Free memory by the driver's C interface, for GPUs that torch cannot use.

    Raises:
        RuntimeError: A call failed.
    """
    driver = ctypes.CDLL("libcuda.so.1")
    gpu, context = ctypes.c_int(), ctypes.c_void_p()
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    calls: list[Callable[[], int]] = [
        lambda: driver.cuInit(0),
        lambda: driver.cuDeviceGet(ctypes.byref(gpu), number),
        lambda: driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), gpu),
        lambda: driver.cuCtxPushCurrent_v2(context),
        lambda: driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)),
        lambda: driver.cuCtxPopCurrent_v2(ctypes.byref(context)),
        lambda: driver.cuDevicePrimaryCtxRelease_v2(gpu),
    ]
    for call in calls:
        if code := call():
            raise RuntimeError(f"the driver of the GPU gave error {code}")
    return free.value
