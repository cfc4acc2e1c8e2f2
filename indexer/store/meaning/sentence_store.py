"""Vectors of texts on disk, by what the texts say: no text is encoded twice by one model.

    sentences/<model_id>/part-<sha256>.safetensors

They are derived from lines, so no catalogue knows them: the name of a part is the checksum of its
content, which is compared before it is parsed. A part is written once, forced to the disk, then
renamed; a kill leaves it whole or not at all. A damaged one is removed by `verify --repair`, and
its texts are encoded again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from data.durable import TEMP_PREFIX, crash_point, make_dir, write_atomic
from data.errors import DamagedFile
from data.home import Home
from embeddings.layers import Floats

Digests = NDArray[np.uint64]
Half = NDArray[np.float16]

MOST_PARTS = 64
"""With more, they are made into one."""

_PREFIX, _SUFFIX = "part-", ".safetensors"


@dataclass(frozen=True)
class TextVectors:
    """Vectors by the digest of their text."""

    digests: Digests
    """(n,) ascending, each once."""
    vectors: Half
    """(n, d) unit rows."""

    def rows(self, wanted: Digests) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """(m,) the rows of m digests, and which of them are there."""
        if not len(self.digests):
            return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
        places = np.minimum(np.searchsorted(self.digests, wanted), len(self.digests) - 1)
        return places, np.asarray(self.digests[places] == wanted, np.bool_)

    def of(self, wanted: Digests) -> Floats:
        """(m, d) the vectors of m digests, all of which are there."""
        return self.vectors[self.rows(wanted)[0]].astype(np.float32)


class SentenceStore:
    """The vectors of texts by one sentence encoder."""

    def __init__(self, home: Home, model_id: str) -> None:
        self.folder = home.sentences(model_id)

    def write(self, digests: Digests, vectors: Floats) -> Path:
        """Store n texts, n > 0; when this returns, they survive a power cut.

        Raises:
            ValueError: A vector is not finite or not of unit length.
        """
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all(np.abs(lengths - 1) <= 0.02):  # written so that NaN fails as well
            raise ValueError("a sentence vector is not of unit length")
        arrays = {"texts": digests, "vectors": vectors.astype(np.float16)}
        content = save({name: np.ascontiguousarray(each) for name, each in arrays.items()})
        make_dir(self.folder, private=True)
        path = self.folder / f"{_PREFIX}{hashlib.sha256(content).hexdigest()}{_SUFFIX}"
        write_atomic(path, content, point="sentences")
        crash_point("sentences.written")
        return path

    def parts(self) -> list[Path]:
        """The finished parts, by name."""
        if not self.folder.is_dir():
            return []
        paths = (path for path in self.folder.iterdir() if not path.name.startswith(TEMP_PREFIX))
        return sorted(path for path in paths if path.name.endswith(_SUFFIX))

    def read(self) -> TextVectors:
        """All vectors of parts that are whole."""
        return _joined([part for _, part in self._whole()])

    def problem(self, path: Path) -> str | None:
        """Why a part is not as it was written; None where it is."""
        try:
            read_sentence_part(path)
        except DamagedFile as error:
            return error.problem
        return None

    def tidy(self, used: Digests) -> None:
        """Write the vectors of some texts into one part, and remove all other parts.

        A kill between the steps leaves some vectors twice, which is the same as once.
        """
        whole = list(self._whole())
        stored = _joined([part for _, part in whole])
        kept = np.intersect1d(stored.digests, used)
        written = self.write(kept, stored.of(kept)) if len(kept) else None
        for path, _ in whole:
            if path != written:
                path.unlink(missing_ok=True)
                crash_point("sentences.after_unlink")

    def _whole(self) -> Iterator[tuple[Path, TextVectors]]:
        for path in self.parts():
            try:
                yield path, read_sentence_part(path)
            except DamagedFile:
                continue  # `verify` tells of it, and its texts are encoded again


def read_sentence_part(path: Path) -> TextVectors:
    """Read one part; its checksum is compared first.

    Raises:
        DamagedFile: It is gone, or its bytes are not those that were written.
    """
    try:
        content = path.read_bytes()
        if path.name != f"{_PREFIX}{hashlib.sha256(content).hexdigest()}{_SUFFIX}":
            raise ValueError("wrong checksum")
        arrays = load(content)
        return TextVectors(arrays["texts"], arrays["vectors"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise DamagedFile(
            f"the sentence vectors {path} are not as they were written ({error})",
            fix="run reelwise verify --repair, then reelwise index with the library's folders",
        ) from error


def _joined(parts: Sequence[TextVectors]) -> TextVectors:
    if not parts:
        return TextVectors(np.zeros(0, np.uint64), np.zeros((0, 1), np.float16))
    digests = np.concatenate([part.digests for part in parts])
    unique, firsts = np.unique(digests, return_index=True)
    return TextVectors(unique, np.concatenate([part.vectors for part in parts])[firsts])
