"""What a GPU has to do for a search; all else about copies needs none and is tested without.

Every method is called by the one thread that owns the device (`owner`): CUDA contexts, torch's
allocator and FAISS's GPU indexes are not shared between threads, not even for reading.
"""

from collections.abc import Sequence
from typing import Protocol

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.packed import PackedCells
from indexer.store.rows.row_index import RowIndex


class DeviceTrouble(Exception):
    """A GPU did not do what was asked; the CPU does it."""


class DeviceRefused(DeviceTrouble):
    """It cannot do this; it goes on working."""


class DeviceFull(DeviceRefused):
    """Its memory does not suffice."""


class DeviceLost(DeviceTrouble):
    """Nothing more is asked of it until it is opened again."""


class WrongAnswer(DeviceTrouble):
    """A copy proposes what cannot be: it is not asked any more."""


class Copy(Protocol):
    """Some rows of a segment on a device."""

    @property
    def takes_masks(self) -> bool:
        """Whether it can look among allowed rows only."""

    @property
    def is_exact(self) -> bool:
        """Whether it compares every row."""

    @property
    def depths(self) -> Sequence[int]:
        """How thoroughly it can search, the fastest first; empty where it compares every row."""

    depth: int
    """That of `depths` by which it searches; the most thorough if nothing was said."""

    @property
    def oversampling(self) -> int:
        """Rows that it proposes for each that is wanted, at least."""

    @property
    def most_k(self) -> int:
        """Rows that it proposes at most."""

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """Propose the rows nearest to each query.

        Args:
            queries: (q, d).
            k: How many, at most `most_k` and as many as it holds.
            allowed: (n,) which of its rows may be proposed; None for all.

        Returns:
            (q, k) rows, counted from its first; -1 for one that it did not find.

        Raises:
            DeviceFull: There is no memory for the work.
            Exception: Any other means that the device is lost.
        """

    def free(self) -> None:
        """Give its memory back."""


class Device(Protocol):
    """One GPU."""

    @property
    def name(self) -> str:
        """What a person calls it, such as "GPU 0 (NVIDIA H200)"."""

    def free_bytes(self) -> int:
        """Memory that is free now, as the driver says."""

    def copy_rows(self, index: RowIndex, first: int, stop: int) -> Copy:
        """Copy the vectors of rows [first, stop): each is compared, in half precision.

        Raises:
            DeviceFull: They do not fit.
        """

    def copy_cells(self, packed: PackedCells) -> Copy:
        """Copy rows in cells, of which those nearest to a query are looked into.

        Raises:
            DeviceFull: They do not fit.
        """

    def copy_graph(self, index: RowIndex, first: int, stop: int) -> Copy:
        """Copy the vectors of rows [first, stop), and link each to others that are near.

        Raises:
            DeviceRefused: They do not fit, or no graph can be built here.
        """


MOST_K = 2048
"""Rows that any copy proposes at most: FAISS's limit on GPUs."""


def first_line(error: BaseException) -> str:
    """What an error says, without the page that CUDA adds."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
