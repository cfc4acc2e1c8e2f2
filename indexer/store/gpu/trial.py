"""Whether the GPUs of this machine search, tried out: for `reelwise doctor`."""

from collections.abc import Callable

import numpy as np

from data.errors import ReelwiseError
from indexer.store.gpu.copies import OpenGpus
from indexer.store.gpu.devices.device import Copy, Device, DeviceTrouble, WrongAnswer
from indexer.store.gpu.owner import Owner
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import FlatRows
from indexer.store.rows.tuning import near_rows

_ROWS, _DIM = 1024, 64
_FIX = "give --device cpu; see docs/gpu.md"


def try_gpus(open_gpus: OpenGpus) -> list[str]:
    """Search some rows on each GPU.

    Returns:
        What each is called, with its free memory.

    Raises:
        ReelwiseError: One fails or finds other rows than the CPU, or none can be used.
    """
    gpus = open_gpus()
    if not gpus:
        raise ReelwiseError("neither torch nor FAISS can use the GPUs here", fix=_FIX)
    found = [_on(open_gpu, _tried) for open_gpu in gpus.values()]
    return [f"{name}, {free_bytes / 1e9:.1f} GB free" for name, free_bytes in found]


def try_graph(open_gpus: OpenGpus) -> str:
    """Build a graph of some rows on the first GPU and search it.

    Returns:
        What the GPU is called.

    Raises:
        ReelwiseError: It fails, finds other rows than the CPU, or there is no GPU.
    """
    for open_gpu in open_gpus().values():
        return _on(open_gpu, _graph_tried)[0]
    raise ReelwiseError("neither torch nor FAISS can use the GPUs here", fix=_FIX)


def _on(open_gpu: Callable[[], Device], do: Callable[[Device], int]) -> tuple[str, int]:
    """Try something on a GPU; gives the name of that, and what came of it.

    Raises:
        ReelwiseError: It failed.
    """
    owner = Owner(open_gpu)
    try:
        found = owner.do(do)
    except DeviceTrouble as trouble:
        raise ReelwiseError(str(trouble), fix=_FIX) from trouble
    finally:
        owner.close()
    return owner.name, found


def _tried(device: Device) -> int:
    """Compare what a GPU finds with what the CPU finds; gives its free memory in bytes."""
    index = _index()
    _compare(device.copy_rows(index, 0, _ROWS), index)
    return device.free_bytes()


def _graph_tried(device: Device) -> int:
    """The same of a graph; gives how many rows it has."""
    index = _index()
    _compare(device.copy_graph(index, 0, _ROWS), index)
    return _ROWS


def _index() -> FlatRows:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((_ROWS, _DIM)).astype(np.float32)
    return FlatRows.build(HalfMatrix.of(rows / np.linalg.norm(rows, axis=1, keepdims=True)))


def _compare(copy: Copy, index: FlatRows) -> None:
    """Let a copy find the rows nearest to some queries, and give its memory back."""
    queries = near_rows(index.matrix, 20)
    nearest = copy.rows(queries, 1, None)
    copy.free()
    if not np.array_equal(nearest, index.search(queries, 1)[1]):
        raise WrongAnswer("it finds other rows than the CPU")
