"""Whether the GPUs of this machine search, tried out: for `reelwise doctor`."""

import numpy as np

from data.errors import ReelwiseError
from indexer.store.gpu.copies import OpenGpus
from indexer.store.gpu.device import Device, DeviceTrouble, WrongAnswer
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
    found = []
    for open_gpu in gpus.values():
        owner = Owner(open_gpu)
        try:
            free_bytes = owner.do(_tried)
        except DeviceTrouble as trouble:
            raise ReelwiseError(str(trouble), fix=_FIX) from trouble
        finally:
            owner.close()
        found.append(f"{owner.name}, {free_bytes / 1e9:.1f} GB free")
    return found


def _tried(device: Device) -> int:
    """Compare what a GPU finds with what the CPU finds; gives its free memory in bytes."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((_ROWS, _DIM)).astype(np.float32)
    index = FlatRows.build(HalfMatrix.of(rows / np.linalg.norm(rows, axis=1, keepdims=True)))
    queries = near_rows(index.matrix, 20)
    copy = device.copy_rows(index, 0, _ROWS)
    nearest = copy.rows(queries, 1, None)
    copy.free()
    if not np.array_equal(nearest, index.search(queries, 1)[1]):
        raise WrongAnswer("it finds other rows than the CPU")
    return device.free_bytes()
