"""Files that can be made again, cached up to a total size; the oldest are removed first.

The rule: a cached file is served only as it was made. It ends with the checksum of what comes
before, in an MP4 box that players pass over; readers of JPEG stop before it. A file that is
damaged, cut or empty is made again. Where the home cannot be written, files lie in a folder of this
process, so that every picture can be shown.
"""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from data.disk_errors import known_error
from data.durable import fsync_file, make_dir, replace_synced, temp_name
from data.errors import CannotWrite

CHECK_EVERY = 64
"""Number of new files after which the folder is measured."""
MOST_ELSEWHERE_BYTES = 64_000_000
"""Total size where the files of a home that cannot be written lie in the machine's /tmp."""
_ELSEWHERE = "reelwise-pictures-"
_BOX = b"\0\0\0\x28free"
_SEAL_BYTES = len(_BOX) + hashlib.sha256().digest_size


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
        self._whole: dict[Path, tuple[int, int, int]] = {}
        self._moved = False

    def find(self, name: str) -> Path | None:
        """The file of this name where it is there, as it was made."""
        cached = self._folder / name
        return cached if self._is_whole(cached) else None

    def get(self, name: str, make: Callable[[Path], bool]) -> Path | None:
        """The file of this name, made where it is missing; one request makes it, others wait.

        Args:
            name: File name with suffix.
            make: Writes the file at the given path; False where it cannot.

        Returns:
            The file, or None where it could not be made. It may vanish at any time.
        """
        found = self.find(name)
        if found is not None:
            return found
        with self._lock:
            mine = self._making.setdefault(name, threading.Lock())
        with mine:
            try:
                return self.find(name) or self._make(name, make)
            finally:
                with self._lock:
                    self._making.pop(name, None)

    def _make(self, name: str, make: Callable[[Path], bool]) -> Path | None:
        try:
            return self._make_in(self._folder, name, make)
        except OSError as error:
            if not isinstance(known_error(error), CannotWrite) or not self._move():
                raise
            return self._make_in(self._folder, name, make)

    def _make_in(self, folder: Path, name: str, make: Callable[[Path], bool]) -> Path | None:
        make_dir(folder, private=True)
        cached = folder / name
        draft = temp_name(cached)
        try:
            if not make(draft):
                return None
            _seal(draft)
            replace_synced(draft, cached)
        finally:
            draft.unlink(missing_ok=True)
        self._whole[cached] = _facts(cached)
        self._made += 1
        if self._made % CHECK_EVERY == 0:
            shrink(folder, self._limit_bytes)
            self._whole.clear()
        return cached

    def _move(self) -> bool:
        """Go on in a folder of this process, which ends with it; False where it did already."""
        with self._lock:
            if self._moved:
                return False
            self._moved = True
            _remove_left_behind()
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_ELSEWHERE}{os.getpid()}-"))
            self._limit_bytes = min(self._limit_bytes, MOST_ELSEWHERE_BYTES)
            return True

    def close(self) -> None:
        """Remove what lies elsewhere than in the home; what a kill leaves goes with the next."""
        if self._moved:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _is_whole(self, cached: Path) -> bool:
        """Say whether a file is there and holds what was written; read once, then by its stat."""
        try:
            facts = _facts(cached)
            if self._whole.get(cached) == facts:
                return True
            content = cached.read_bytes()
        except OSError:
            return False
        if content[-_SEAL_BYTES:] != _seal_of(content[:-_SEAL_BYTES]):
            return False
        self._whole[cached] = facts
        return True


def _remove_left_behind() -> None:
    """Remove the folders of servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_ELSEWHERE}*"):
        number = folder.name.removeprefix(_ELSEWHERE).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _seal(draft: Path) -> None:
    content = draft.read_bytes()
    with draft.open("ab") as file:
        file.write(_seal_of(content))
    fsync_file(draft)


def _seal_of(content: bytes) -> bytes:
    return _BOX + hashlib.sha256(content).digest()


def _facts(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


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
