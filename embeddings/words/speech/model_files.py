"""The files of a speech model: checked against their sha256, read once.

What is loaded is what was hashed. Nothing is unpickled: weights are CTranslate2's own format, the
rest is JSON and text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import DamagedFile, ReelwiseError

WEIGHTS = "model.bin"
NEEDED = ("config.json", "tokenizer.json")
"""Files without which faster-whisper would ask the network, or guess."""
VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
"""One of these is needed as well."""
OTHERS = ("preprocessor_config.json",)
_READ_BYTES = 1 << 22


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model; nothing is read yet."""

    name: str
    """As it was asked for."""
    files: Mapping[str, tuple[Path, ...]]
    """Each file, in the parts that it is joined from."""
    sha256: Mapping[str, str]
    """What they must hold, of those of which that is known."""
    mend: str = ""
    """What to do where a file holds something else than was published; empty where the sums are
    those of a moment ago."""

    def measured(self) -> ModelFiles:
        """The same with all checksums; only files whose checksum is not known are read.

        Raises:
            ReelwiseError: A file cannot be read.
        """
        unknown = [name for name in self.files if name not in self.sha256]
        return replace(self, sha256={**self.sha256, **{name: self._sum(name) for name in unknown}})

    @property
    def digest(self) -> str:
        """A checksum of all checksums; only of a model that is `measured`."""
        text = "".join(f"{name} {self.sha256[name]}\n" for name in sorted(self.files))
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self) -> None:
        """Compare all files with the checksums that are known.

        Raises:
            ReelwiseError: A file cannot be read.
            DamagedFile: It is not what it must be.
        """
        for name in self.sha256:
            self._compare(name, self._sum(name))

    def read(self) -> dict[str, bytes]:
        """All files, checked.

        Raises:
            ReelwiseError: A file cannot be read.
            DamagedFile: It is not what it must be.
        """
        held = {name: b"".join(self._pieces(name)) for name in self.files}
        for name in self.sha256:
            self._compare(name, hashlib.sha256(held[name]).hexdigest())
        return held

    def _compare(self, name: str, found: str) -> None:
        if found == self.sha256[name]:
            return
        what = "is damaged" if self.mend else "is another one than a moment ago"
        where = " + ".join(map(str, self.files[name]))
        raise DamagedFile(
            f"the speech model {self.name} {what}: {where} has the sha256 {found}, "
            f"not {self.sha256[name]}",
            fix=self.mend or "run the same command again",
        )

    def _sum(self, name: str) -> str:
        total = hashlib.sha256()
        for data in self._pieces(name):
            total.update(data)
        return total.hexdigest()

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            for part in self.files[name]:
                with part.open("rb") as file:
                    while data := file.read(_READ_BYTES):
                        yield data
        except OSError as error:
            raise unreadable(self.name, error) from error


def files_among(here: Mapping[str, Path]) -> dict[str, tuple[Path, ...]]:
    """The files that are loaded, of those that are there by name."""
    vocabulary = [name for name in VOCABULARIES if name in here][:1]
    wanted = (WEIGHTS, *NEEDED, *vocabulary, *OTHERS)
    return {name: (here[name],) for name in wanted if name in here}


def lacking(here: Iterable[str]) -> list[str]:
    """The names of files that a model needs and that are not there."""
    names = set(here)
    missing = [name for name in (WEIGHTS, *NEEDED) if name not in names]
    return missing if names & set(VOCABULARIES) else [*missing, VOCABULARIES[0]]


def unreadable(name: str, error: OSError) -> ReelwiseError:
    """The error of a model whose file or folder the machine does not give."""
    return ReelwiseError(
        f"the speech model {name} cannot be read: {error.strerror or error} ({error.filename})",
        fix="check that its files are there and may be read",
    )
