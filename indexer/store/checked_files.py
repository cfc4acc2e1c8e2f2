"""Files whose checksum is known: small ones are read and verified, large ones mapped.

A file that is larger than `LARGE_BYTES` is verified once: what the disk says of it then (number,
size and times, also that of the change of its entry, which nobody can set back) is kept in the
cache. As long as the disk says the same, its bytes are taken for those that were verified. So an
index of any size opens at once. `reelwise verify` reads every byte again.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.durable import make_dir, write_atomic
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import FileSum, bytes_sum, file_sum, seal, unseal

LARGE_BYTES = 64 * 2**20
"""Larger files are mapped, and not read as a whole each time."""

_FILE = "checked.json"
_MOST = 1000

FileStamp = list[int]
"""What the disk says of a file: device, number, size, time of change and of its entry's change."""


@dataclass(frozen=True)
class CheckedFiles:
    """Verifies the files of one home."""

    home: Home
    """The library."""

    def content(self, folder: Path, name: str, expected: FileSum) -> NDArray[np.uint8]:
        """All bytes of a file, verified: in memory, or mapped where it is large.

        Raises:
            ReelwiseError: It is missing, or not as it was written.
        """
        path = folder / name
        if expected.size_bytes > LARGE_BYTES:
            self.check(folder, name, expected)
            return np.memmap(path, np.uint8, "r")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _unreadable(name, error) from error
        if bytes_sum(content) != expected:
            raise _other_bytes(name)
        return np.frombuffer(content, np.uint8)

    def check(self, folder: Path, name: str, expected: FileSum, *, anew: bool = False) -> None:
        """Compare a file with its checksum; `anew` also one that was verified before.

        Raises:
            ReelwiseError: It is missing, or not as it was written.
        """
        path = folder / name
        try:
            before = _stamp(path)
            large = expected.size_bytes > LARGE_BYTES
            if large and not anew and self._known().get(expected.sha256) == before:
                return
            if file_sum(path) != expected:
                raise _other_bytes(name)
            if large and _stamp(path) == before:
                self._note(expected, before)
        except OSError as error:
            raise _unreadable(name, error) from error

    def remember(self, path: Path, written: FileSum) -> None:
        """Take a file that was just written for whole."""
        if written.size_bytes > LARGE_BYTES:
            self._note(written, _stamp(path))

    def _known(self) -> dict[str, FileStamp]:
        """The stamps of files that were verified, by checksum; nothing where they are damaged."""
        try:
            stamps: dict[str, FileStamp] = unseal((self.home.cache / _FILE).read_bytes())["stamps"]
        except (OSError, ValueError, KeyError):
            return {}
        return stamps

    def _note(self, checked: FileSum, stamp: FileStamp) -> None:
        """Remember a file; where nothing can be written it is verified again the next time."""
        stamps = {**self._known(), checked.sha256: stamp}
        recent = dict(list(stamps.items())[-_MOST:])
        try:
            make_dir(self.home.cache, private=True)
            write_atomic(self.home.cache / _FILE, seal({"stamps": recent}))
        except OSError:
            return


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
