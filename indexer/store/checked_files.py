"""Files whose checksum is known: small ones are read and verified, large ones mapped.

A file that is larger than `LARGE_BYTES` is verified once: what the disk says of it then (number,
size and times, also that of the change of its entry, which nobody can set back) is kept in the
cache. As long as the disk says the same, its bytes are taken for those that were verified. So an
index of any size opens at once. `reelwise verify` reads every byte again.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.durable import make_dir, write_atomic
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import FileSum, bytes_sum, file_sum, seal, unseal

LARGE_BYTES = 64 * 2**20
"""Larger files are mapped, and not read as a whole each time."""

LARGE_OF_LINES = 2**20
"""The same for files with lines: hundreds of megabytes in many files of a few megabytes."""

_FILE = "checked.json"
_MOST = 1000

FileStamp = list[int]
"""What the disk says of a file: device, number, size, time of change and of its entry's change."""


@dataclass(frozen=True)
class CheckedFiles:
    """Verifies the files of one home."""

    home: Home
    """The library."""
    large_bytes: int | None = None
    """Files above it are verified once; None for `LARGE_BYTES`."""

    def _is_large(self, known: FileSum) -> bool:
        limit = LARGE_BYTES if self.large_bytes is None else self.large_bytes
        return known.size_bytes > limit

    def content(self, folder: Path, name: str, expected: FileSum) -> NDArray[np.uint8]:
        """All bytes of a file, verified: in memory, or mapped where it is large.

        Raises:
            ReelwiseError: It is missing, or not as it was written.
        """
        path = folder / name
        if self._is_large(expected):
            self.check(folder, name, expected)
            return np.memmap(path, np.uint8, "r")
        try:
            # Into memory of numpy, which asks for pages of 2 MB: searched twice as fast as `bytes`.
            content = np.fromfile(path, np.uint8)
        except OSError as error:
            raise _unreadable(name, error) from error
        if bytes_sum(content.data) != expected:
            raise _other_bytes(name)
        return content

    def check(self, folder: Path, name: str, expected: FileSum, *, anew: bool = False) -> None:
        """Compare a file with its checksum; `anew` also one that was verified before.

        Raises:
            ReelwiseError: It is missing, or not as it was written.
        """
        path = folder / name
        try:
            before = _stamp(path)
            large = self._is_large(expected)
            if large and not anew and self._known().get(expected.sha256) == before:
                return
            if file_sum(path) != expected:
                raise _other_bytes(name)
            if large and _stamp(path) == before:
                self._note({expected.sha256: before})
        except OSError as error:
            raise _unreadable(name, error) from error

    def remember(self, folder: Path, written: Mapping[str, FileSum]) -> None:
        """Take files of a folder that were just written for whole."""
        self._note({each.sha256: _stamp(folder / name)
                    for name, each in written.items() if self._is_large(each)})  # fmt: skip

    @contextmanager
    def links_change(self, folder: Path, files: Mapping[str, FileSum]) -> Iterator[None]:
        """Some files of a folder get or lose other names meanwhile, and stay known as verified.

        The disk notes a change of their entries then, as it does for a change of their bytes.
        """
        large = {name: each.sha256 for name, each in files.items() if self._is_large(each)}
        known, before = self._known(), _stamps(folder, large)
        yield
        after = _stamps(folder, large)
        self._note({
            large[name]: stamp
            for name, stamp in after.items()
            if known.get(large[name]) == before.get(name) and stamp[:-1] == before[name][:-1]
        })  # fmt: skip

    def _known(self) -> dict[str, FileStamp]:
        """The stamps of files that were verified, by checksum; nothing where they are damaged."""
        path = self.home.cache / _FILE
        try:
            return _known_in(path, tuple(_stamp(path)))
        except (OSError, ValueError, KeyError):
            return {}

    def _note(self, checked: Mapping[str, FileStamp]) -> None:
        """Remember files; where nothing can be written they are verified again the next time."""
        known = self._known()
        if all(known.get(sha256) == stamp for sha256, stamp in checked.items()):
            return
        # Those of this time last: of too many the oldest are dropped.
        kept = {sha256: stamp for sha256, stamp in known.items() if sha256 not in checked}
        recent = dict([*kept.items(), *checked.items()][-_MOST:])
        try:
            make_dir(self.home.cache, private=True)
            write_atomic(self.home.cache / _FILE, seal({"stamps": recent}))
        except OSError:
            return


@lru_cache(maxsize=4)
def _known_in(path: Path, _stamp: tuple[int, ...]) -> dict[str, FileStamp]:
    stamps: dict[str, FileStamp] = unseal(path.read_bytes())["stamps"]
    return stamps


def _stamps(folder: Path, names: Iterable[str]) -> dict[str, FileStamp]:
    """The stamps of those files that are there."""
    return {name: _stamp(folder / name) for name in names if (folder / name).exists()}


def _stamp(path: Path) -> FileStamp:
    found = path.stat()
    times = [found.st_mtime_ns, found.st_ctime_ns]
    return [found.st_dev, found.st_ino, found.st_size, *times]


def _other_bytes(name: str) -> ReelwiseError:
    problem = f"{name} is not as it was written (wrong checksum)"
    return ReelwiseError(problem, fix="run reelwise rebuild")


def _unreadable(name: str, error: OSError) -> ReelwiseError:
    problem = f"{name} cannot be read ({error.strerror})"
    return ReelwiseError(problem, fix="run reelwise rebuild")
