"""Files that can be made again, cached up to a total size; the oldest are removed first."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data.durable import make_dir

CHECK_EVERY = 64
"""Number of new files after which the folder is measured."""


class FileCache:
    """One folder of the cache; threads and processes may share it.

    Args:
        folder: Where the files are; made with the first one.
        limit_bytes: Total size above which the oldest files are removed, give or take `CHECK_EVERY`
            files.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made = 0

    def find(self, name: str) -> Path | None:
        """The file of this name where it is there."""
        cached = self._folder / name
        return cached if cached.is_file() else None

    def get(self, name: str, make: Callable[[Path], bool]) -> Path | None:
        """The file of this name, made where it is missing; one request makes it, others wait.

        Args:
            name: File name with suffix.
            make: Writes the file at the given path; False where it cannot.

        Returns:
            The file, or None where it could not be made. It may vanish at any time.
        """
        cached = self._folder / name
        if cached.is_file():
            return cached
        with self._lock:
            mine = self._making.setdefault(name, threading.Lock())
        with mine:
            try:
                return cached if cached.is_file() or self._make(cached, make) else None
            finally:
                with self._lock:
                    self._making.pop(name, None)

    def _make(self, cached: Path, make: Callable[[Path], bool]) -> bool:
        make_dir(self._folder, private=True)
        draft = cached.with_name(f".{threading.get_ident()}-{cached.name}")
        try:
            if not make(draft):
                return False
            draft.replace(cached)
        finally:
            draft.unlink(missing_ok=True)
        self._made += 1
        if self._made % CHECK_EVERY == 0:
            shrink(self._folder, self._limit_bytes)
        return True


def name_for(path: Path, *details: object) -> str:
    """A file name that changes when the source file does, so that nothing stale is shown."""
    facts = path.stat()
    words = "\0".join(str(each) for each in (path, facts.st_mtime_ns, facts.st_size, *details))
    return hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:32]


def shrink(folder: Path, limit_bytes: int) -> None:
    """Remove the oldest files of a folder above the limit until three quarters of it are left."""
    files = []
    for path in folder.iterdir():
        with suppress(OSError):
            facts = path.stat()
            files.append((facts.st_mtime_ns, facts.st_size, path))
    total = sum(size_bytes for _, size_bytes, _ in files)
    if total <= limit_bytes:
        return
    for _, size_bytes, path in sorted(files):
        if total <= limit_bytes * 3 // 4:
            return
        path.unlink(missing_ok=True)
        total -= size_bytes
