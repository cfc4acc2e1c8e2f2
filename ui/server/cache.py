"""Files that can be made again, kept in the home's cache up to a limit, oldest out first."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data.durable import make_dir

CHECK_EVERY = 64
"""The folder is measured after so many new files."""


class FileCache:
    """One folder of the cache; threads and processes may share it.

    Args:
        folder: Where the files lie; made when the first one comes.
        limit_bytes: Size from which the oldest files go, give or take `CHECK_EVERY` files.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made = 0

    def get(self, name: str, make: Callable[[Path], bool]) -> Path | None:
        """The file of this name, made where it is not there; one request makes it, others wait.

        Args:
            name: File name with suffix.
            make: Writes the file at the path it is given and says whether there is one.

        Returns:
            The file, or None where it could not be made. It may vanish at any time.
        """
        kept = self._folder / name
        if kept.is_file():
            return kept
        with self._lock:
            mine = self._making.setdefault(name, threading.Lock())
        with mine:
            try:
                return kept if kept.is_file() or self._make(kept, make) else None
            finally:
                with self._lock:
                    self._making.pop(name, None)

    def _make(self, kept: Path, make: Callable[[Path], bool]) -> bool:
        make_dir(self._folder)
        draft = kept.with_name(f".{threading.get_ident()}-{kept.name}")
        try:
            if not make(draft):
                return False
            draft.replace(kept)
        finally:
            draft.unlink(missing_ok=True)
        self._made += 1
        if self._made % CHECK_EVERY == 0:
            shrink(self._folder, self._limit_bytes)
        return True


def name_for(path: Path, *facts: object) -> str:
    """A file name that changes when the source file does, so that nothing stale is ever shown."""
    found = path.stat()
    words = "\0".join(str(each) for each in (path, found.st_mtime_ns, found.st_size, *facts))
    return hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:32]


def shrink(folder: Path, limit_bytes: int) -> None:
    """Remove the oldest files of a folder, once it is over the limit, until it is well below."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):
            facts = path.stat()
            found.append((facts.st_mtime_ns, facts.st_size, path))
    total = sum(size_bytes for _, size_bytes, _ in found)
    if total <= limit_bytes:
        return
    for _, size_bytes, path in sorted(found):
        if total <= limit_bytes * 3 // 4:
            return
        path.unlink(missing_ok=True)
        total -= size_bytes
