"""What a GPU has to do for a search; all else about copies needs none and is tested without.

Every method is called by the one thread that owns the device (`owner`): CUDA contexts, torch's
allocator and FAISS's GPU indexes are not shared between threads, not even for reading.
"""

from typing import Protocol

from indexer.store.rows.arrays import Floats, Ids, Mask
from indexer.store.rows.row_index import RowIndex


class DeviceTrouble(Exception):
    """A GPU did not do what was asked; the CPU does it."""


class DeviceFull(DeviceTrouble):
    """Its memory does not suffice; it goes on working."""


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

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """Propose the rows nearest to each query.

        Args:
            queries: (q, d).
            k: How many, at most `MOST_K` and as many as it holds.
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

    def copy_cells(self, index: RowIndex) -> Copy:
        """Copy an index of cells (`ivf_fp16`), which looks into as many cells as on the CPU.

        Raises:
            DeviceFull: It does not fit.
        """


MOST_K = 2048
"""Rows that a copy proposes at most: FAISS's limit on GPUs."""
