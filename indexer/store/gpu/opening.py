"""Whether a search or a build uses GPUs, by `--device`; torch is loaded for a GPU only."""

import importlib.metadata
import importlib.util
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from data.arrays import Floats, Ids
from data.errors import ReelwiseError
from embeddings.backbone.computing.early_checks import check_device, count_gpus
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.devices.device import Device, first_line
from indexer.store.gpu.trial import try_gpus, try_graph
from indexer.store.rows.choice import AUTO
from indexer.store.rows.row_index import CellTrainer

PAYS_FROM = 100_000
"""Clips of a segment from which a copy pays by itself: the CPU takes 4 ms for so many of 512."""

PAYS_AFTER = 20
"""Questions after which copying pays by itself: torch, CUDA and the copy take seconds."""

CELLS_FROM = 4_000_000
"""Clips from which looking into cells beats comparing every row on a GPU of today: 1 ms, by its
memory's speed; not measured."""

TRAINED_FROM = 100_000
"""Rows of a sample from which training on a GPU pays by itself: some 20 s on two cores, by the
number of products; the GPU needs 5 s to begin."""

AT_ONCE = CopyOptions(cells_from=CELLS_FROM)
"""`--device cuda`: all that fits, at once."""

WHEN_IT_PAYS = CopyOptions(least_clips=PAYS_FROM, after_questions=PAYS_AFTER, is_asked_for=False)
"""`--device auto`: large segments of a library that is asked again and again; by torch alone, as a
CUDA error inside FAISS would end the process."""

_CUVS_PACKAGES = ("cuvs-cu13", "cuvs-cu12")

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GpuUse:
    """What a person wants of copies on GPUs.

    Raises:
        ReelwiseError: There is no such kind, or it needs a package that is not installed.
    """

    memory_bytes: int | None = None
    """Most memory that they take of each GPU; None for what is free."""
    kind: str = AUTO
    """The only kind that is made, see `CopyKind`; `auto` for what suits."""

    def __post_init__(self) -> None:
        copy_kind(self.kind)


def open_copies(device: str, use: GpuUse | None = None) -> GpuCopies | None:
    """What searches on GPUs; None where the CPU does.

    Args:
        device: `auto`, `cpu` or `cuda`.
        use: What is wanted of the copies; None for what suits.

    Raises:
        ReelwiseError: `cuda` is wanted and there is no GPU.
    """
    use = use or GpuUse()
    named = copy_kind(use.kind)
    check_device(device)
    if device == "cpu" or count_gpus() == 0:
        return None
    options = AT_ONCE if device == "cuda" else WHEN_IT_PAYS
    is_by_torch = device == "auto" and named in (None, CopyKind.EXACT)
    gpus = _open_gpus_of_torch if is_by_torch else _open_gpus
    has_cuvs = cuvs_version() is not None
    return GpuCopies(
        gpus, replace(options, memory_bytes=use.memory_bytes, has_cuvs=has_cuvs, kind=named)
    )


def copy_kind(name: str) -> CopyKind | None:
    """The kind of copy of a name; None for `auto`.

    Raises:
        ReelwiseError: There is no such kind, or it needs a package that is not installed.
    """
    if name == AUTO:
        return None
    if name not in list(CopyKind):
        names = ", ".join((AUTO, *CopyKind))
        raise ReelwiseError(f"there is no kind {name!r} of copies on GPUs", fix=f"one of {names}")
    if name == CopyKind.CAGRA and cuvs_version() is None:
        raise ReelwiseError("cagra needs the package cuvs", fix="pip install 'reelwise[gpu]'")
    return CopyKind(name)


def cuvs_version() -> str | None:
    """The version of cuvs that is installed, which builds graphs; it is not loaded."""
    if importlib.util.find_spec("cuvs") is None:
        return None
    for package in _CUVS_PACKAGES:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "of an unknown version"


def open_trainer(device: str) -> CellTrainer | None:
    """What trains and fills cells on a GPU; None where the CPU does. As `open_copies`."""
    check_device(device)
    if device == "cpu" or count_gpus() == 0:
        return None
    return GpuTrainer(_open_cells, least_rows=0 if device == "cuda" else TRAINED_FROM)


def tried_gpus() -> list[str]:
    """See `try_gpus`, of this machine; empty where the driver counts none."""
    return try_gpus(_open_gpus) if count_gpus() else []


def tried_graph() -> str:
    """See `try_graph`, of this machine."""
    return try_graph(_open_gpus_of_torch)


class GpuTrainer:
    """Trains on a GPU, and leaves to the CPU what is too small or fails there.

    Args:
        open_trainer: Opens what trains on the GPU.
        least_rows: Smaller samples are left to the CPU.
    """

    def __init__(self, open_trainer: Callable[[], CellTrainer], *, least_rows: int) -> None:
        self._open = open_trainer
        self._least_rows = least_rows
        self._opened: CellTrainer | None = None
        self._has_failed = False

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats | None:
        """See `CellTrainer`."""
        if len(sample) < self._least_rows:
            return None
        return self._tried(lambda trainer: trainer.centres(sample, n, rounds))

    def nearest(self, rows: Floats, centres: Floats) -> Ids | None:
        """See `CellTrainer`."""
        return self._tried(lambda trainer: trainer.nearest(rows, centres))

    def _tried(self, do: Callable[[CellTrainer], T | None]) -> T | None:
        if self._has_failed:
            return None
        try:
            self._opened = self._opened or self._open()
            return do(self._opened)
        except Exception as error:  # noqa: BLE001 - torch and the driver fail in many ways
            self._has_failed = True
            _log.warning("the GPU failed (%s); building on the CPU", first_line(error))
            return None


def _open_gpus() -> Mapping[int, Callable[[], Device]]:
    from indexer.store.gpu.devices.cuda import open_gpus

    return open_gpus()


def _open_gpus_of_torch() -> Mapping[int, Callable[[], Device]]:
    from indexer.store.gpu.devices.cuda import open_gpus

    return open_gpus(by_faiss=False)


def _open_cells() -> CellTrainer:
    from indexer.store.gpu.devices.cuda import open_cells

    return open_cells()
