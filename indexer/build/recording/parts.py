"""What vector and line parts share: what is finished waits for a full part, never for long."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path

from data.durable import crash_point, discard_dir

FLUSH_EVERY_S = 5.0
"""What is finished waits at most this long to become durable (while others go on finishing)."""


class PartBuffer(ABC):
    """What waits to be stored in one part."""

    def __init__(self) -> None:
        self._since_s = 0.0

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether nothing waits."""

    @property
    @abstractmethod
    def is_full(self) -> bool:
        """Whether there is enough for a part."""

    @property
    def is_due(self) -> bool:
        """Whether there is enough for a part, or something has waited long enough."""
        waited_s = time.monotonic() - self._since_s
        return not self.is_empty and (self.is_full or waited_s >= FLUSH_EVERY_S)

    def begin(self) -> None:
        """Note when the first of them began to wait; before it is added."""
        if self.is_empty:
            self._since_s = time.monotonic()


def remove_loose(
    loose: Iterable[tuple[str, str]],
    path_of: Callable[[str, str], Path],
    retired: Callable[[Iterable[str]], None],
    point: str,
) -> int:
    """Remove the files of parts that nothing refers to; gives how many there were.

    Args:
        loose: Id of the encoder or engine, and name of each.
        path_of: Gives its file.
        retired: Notes that the files of these names are gone.
        point: Where a test may stop this process.
    """
    parts, removed = list(loose), 0
    for owner, name in parts:
        path = path_of(owner, name)
        removed += path.exists()
        if path.is_dir() and not path.is_symlink():  # somebody put it in its place
            discard_dir(path)
        else:
            path.unlink(missing_ok=True)
    if parts:
        crash_point(point)
        retired(name for _, name in parts)
    return removed
