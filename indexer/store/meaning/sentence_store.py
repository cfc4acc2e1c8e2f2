"""Vectors of texts on disk, by what the texts say: no text is encoded twice by one model.

    sentences/<model_id>/part-<sha256>.safetensors

They are derived from lines, so no catalogue knows them: the name of a part is the checksum of its
content, which is compared before it is parsed, that of a large one once (`checked_files`). A part
is written once, forced to the disk, then renamed; a kill leaves it whole or not at all. A damaged
one is removed by `verify --repair`, and its texts are encoded again. Parts are mapped: looking some
texts up costs what these texts are. Small parts become one as segments of clips do, so a text is
copied some log2(n) times in its life.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.durable import (
    TEMP_PREFIX,
    crash_point,
    fsync_file,
    make_dir,
    replace_synced,
    temp_name,
    write_synced,
)
from data.errors import DamagedFile, ReelwiseError
from data.home import Home
from data.sealed import FileSum
from embeddings.plain.layers import Floats
from indexer.store.checked_files import LARGE_OF_LINES, CheckedFiles
from indexer.store.segments.merging import to_merge

Digests = NDArray[np.uint64]
Half = NDArray[np.float16]

_PREFIX, _SUFFIX = "part-", ".safetensors"
_TEXTS, _VECTORS = "texts", "vectors"
_BLOCK = 65_536
"""Vectors that are written at once."""


@dataclass(frozen=True)
class SentencePart:
    """One part, read or mapped."""

    path: Path
    """Its file."""
    digests: Digests
    """(n,) each once."""
    vectors: Half
    """(n, d) unit rows."""

    @cached_property
    def _ascending(self) -> tuple[NDArray[np.intp] | None, Digests]:
        """Rows in order of their digests (None where they are), and these digests."""
        if (self.digests[1:] > self.digests[:-1]).all():
            return None, self.digests
        order = np.argsort(self.digests)
        return order, self.digests[order]

    def rows(self, wanted: Digests) -> NDArray[np.intp]:
        """(m,) the row of each of m digests; -1 for one that is not here."""
        order, digests = self._ascending
        if not len(digests):
            return np.full(len(wanted), -1, np.intp)
        found = np.minimum(np.searchsorted(digests, wanted), len(digests) - 1)
        rows = found if order is None else order[found]
        return np.where(digests[found] == wanted, rows, -1)


@dataclass(frozen=True)
class TextVectors:
    """Vectors by the digest of their text; threads may share it."""

    parts: tuple[SentencePart, ...] = ()
    """Where they lie."""

    @cached_property
    def digests(self) -> Digests:
        """(n,) of all texts, ascending, each once."""
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *(p.digests for p in self.parts)]))

    def has(self, wanted: Digests) -> NDArray[np.bool_]:
        """(m,) which of m digests are there."""
        here = np.zeros(len(wanted), np.bool_)
        for part in self.parts:
            here |= part.rows(wanted) >= 0
        return here

    def of(self, wanted: Digests) -> Floats:
        """(m, d) the vectors of m digests, all of which are there."""
        return self.stored(wanted).astype(np.float32)

    def stored(self, wanted: Digests) -> Half:
        """The same as they are stored."""
        vectors = np.zeros((len(wanted), self.dim), np.float16)
        for part in self.parts:
            rows = part.rows(wanted)
            vectors[rows >= 0] = part.vectors[rows[rows >= 0]]
        return vectors

    @property
    def n_stored(self) -> int:
        """Vectors, those of one text in several parts included."""
        return sum(len(part.digests) for part in self.parts)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.parts[0].vectors.shape[1] if self.parts else 1


class SentenceStore:
    """The vectors of texts by one sentence encoder."""

    def __init__(self, home: Home, model_id: str) -> None:
        self._home = home
        self.folder = home.sentences(model_id)

    def write(self, digests: Digests, vectors: Floats | Half) -> Path:
        """Store n texts, n > 0; when this returns, they survive a power cut.

        Raises:
            ValueError: A vector is not finite or not of unit length.
        """
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        if not np.all(np.abs(lengths - 1) <= 0.02):  # written so that NaN fails as well
            raise ValueError("a sentence vector is not of unit length")
        unique, firsts = np.unique(digests, return_index=True)
        half = vectors[firsts].astype(np.float16)
        return self._write(unique, half.shape[1], lambda rows: half[rows])

    def _write(self, digests: Digests, dim: int, rows: Callable[[slice], Half]) -> Path:
        """Store vectors (n, dim), ascending by digest, some rows at a time."""
        make_dir(self.folder, private=True)
        temp = temp_name(self.folder / _SUFFIX)
        try:
            known = _write_synced(temp, digests, dim, rows)
            crash_point("sentences.after_fsync")
            path = self.folder / f"{_PREFIX}{known.sha256}{_SUFFIX}"
            replace_synced(temp, path)
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        CheckedFiles(self._home, LARGE_OF_LINES).remember(self.folder, {path.name: known})
        crash_point("sentences.written")
        return path

    def parts(self) -> list[Path]:
        """The finished parts, by name."""
        if not self.folder.is_dir():
            return []
        paths = (path for path in self.folder.iterdir() if not path.name.startswith(TEMP_PREFIX))
        return sorted(path for path in paths if path.name.endswith(_SUFFIX))

    def read(self) -> TextVectors:
        """All vectors of parts that are whole, mapped where they are large."""
        return TextVectors(tuple(self._whole()))

    def problem(self, path: Path) -> str | None:
        """Why a part is not as it was written; None where it is. Every byte is read."""
        try:
            read_sentence_part(self._home, path, anew=True)
        except DamagedFile as error:
            return error.problem
        return None

    def merge(self) -> None:
        """Make small parts into one, as segments of clips are.

        A kill between the steps leaves some vectors twice, which is the same as once.
        """
        whole = self._whole()
        sizes = [len(part.digests) for part in whole]
        merged = [whole[place] for place in to_merge(sizes, sizes, at_most=None)]
        if merged:
            self._replace(merged, TextVectors(tuple(merged)).digests)

    def sweep(self, used: Digests) -> None:
        """Keep the vectors of some texts only, in one part; a kill is as harmless as in `merge`."""
        whole = self._whole()
        self._replace(whole, np.intersect1d(TextVectors(tuple(whole)).digests, used))

    def _replace(self, parts: Sequence[SentencePart], kept: Digests) -> None:
        texts = TextVectors(tuple(parts))
        written = None
        if len(kept):
            written = self._write(kept, texts.dim, lambda rows: texts.stored(kept[rows]))
        for part in parts:
            if part.path != written:
                part.path.unlink(missing_ok=True)
                crash_point("sentences.after_unlink")

    def _whole(self) -> list[SentencePart]:
        whole = []
        for path in self.parts():
            try:
                whole.append(read_sentence_part(self._home, path))
            except DamagedFile:
                continue  # `verify` tells of it, and its texts are encoded again
        return whole


def read_sentence_part(home: Home, path: Path, *, anew: bool = False) -> SentencePart:
    """Read one part; its checksum is compared first, with `anew` also where it was before.

    Raises:
        DamagedFile: It is gone, or its bytes are not those that were written.
    """
    checks = CheckedFiles(home, LARGE_OF_LINES)
    try:
        known = FileSum(path.name[len(_PREFIX) : -len(_SUFFIX)], path.stat().st_size)
        if anew:
            checks.check(path.parent, path.name, known, anew=True)
        content = checks.content(path.parent, path.name, known)
        return SentencePart(path, _tensor(content, _TEXTS), _tensor(content, _VECTORS))
    except (OSError, ValueError, KeyError, ReelwiseError) as error:
        why = error.problem if isinstance(error, ReelwiseError) else str(error)
        raise DamagedFile(
            f"the sentence vectors {path} are not as they were written ({why})",
            fix="run reelwise verify --repair, then reelwise index with the library's folders",
        ) from error


def _write_synced(path: Path, digests: Digests, dim: int, rows: Callable[[slice], Half]) -> FileSum:
    """Write a part to a new file, and force it to the disk."""
    digest = hashlib.sha256()
    write_synced(path, b"")  # private where its folder is
    with path.open("ab") as file:
        for content in _contents(digests, dim, rows):
            digest.update(content)
            file.write(content)
        size_bytes = file.tell()
    fsync_file(path)
    return FileSum(digest.hexdigest(), size_bytes)


def _contents(digests: Digests, dim: int, rows: Callable[[slice], Half]) -> Iterator[bytes]:
    """A safetensors file (https://huggingface.co/docs/safetensors), piece by piece.

    8 bytes with the length of a JSON header, the header, the tensors.
    """
    n = len(digests)
    ends = np.cumsum([0, 8 * n, 2 * n * dim]).tolist()
    header = json.dumps({
        _TEXTS: {"dtype": "U64", "shape": [n], "data_offsets": ends[:2]},
        _VECTORS: {"dtype": "F16", "shape": [n, dim], "data_offsets": ends[1:]},
    }).encode()  # fmt: skip
    header += b" " * (-len(header) % 8)
    yield len(header).to_bytes(8, "little") + header
    yield digests.astype("<u8").tobytes()
    for first in range(0, n, _BLOCK):
        yield rows(slice(first, first + _BLOCK)).astype("<f2").tobytes()


def _tensor(content: NDArray[np.uint8], name: str) -> NDArray[Any]:
    """One tensor of a safetensors file where it lies; the library itself would copy them all."""
    kinds = {"U64": np.uint64, "F16": np.float16}
    start = 8 + int.from_bytes(content[:8].tobytes(), "little")
    facts = json.loads(content[8:start].tobytes())[name]
    first, end = facts["data_offsets"]
    return content[start + first : start + end].view(kinds[facts["dtype"]]).reshape(facts["shape"])
