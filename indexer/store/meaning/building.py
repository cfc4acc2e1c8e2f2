"""Making segments of meanings: written beside the others, forced to the disk, then given a name."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.arrays import Ids
from data.durable import crash_point, fsync_file, make_dir, new_folder, write_synced
from data.home import Home
from data.sealed import MANIFEST_FILE, file_sum, seal
from embeddings.plain.layers import Floats
from indexer.store.array_files import array_bytes
from indexer.store.checked_files import LARGE_OF_LINES, CheckedFiles
from indexer.store.meaning.best_readings import best_readings
from indexer.store.meaning.columns import TEXTS_SCHEMA, MeantLines, ReadingColumns
from indexer.store.meaning.segment import (
    BEST_FILES,
    MEANING_FORMAT,
    MEANING_PREFIX,
    TEXTS_FILE,
    VECTORS_FILE,
    MeaningFacts,
    MeaningSegment,
    column_files,
    meaning_folder,
    open_meaning,
)
from indexer.store.rows.half_matrix import HalfMatrix, writing

_COMPARED_AT_ONCE = 8_192
"""Lines that are compared with all captions at once: 17 MB of scores."""


def build_meaning(
    home: Home, form: str, captions: Floats, blocks: Iterable[MeantLines]
) -> MeaningSegment | None:
    """Make a segment of some lines, a block of which is in memory at a time.

    When this returns, the segment survives a power cut.

    Args:
        home: The library.
        form: What the segment is made with, see `MeaningFacts.form`.
        captions: (t, d) unit vectors of texts that have nothing to do with most libraries.
        blocks: The lines; no reading comes twice.

    Returns:
        The opened segment; None where there is no line.
    """
    ahead = iter(blocks)
    first = next(ahead, None)
    if first is None:
        return None
    name = f"{MEANING_PREFIX}{uuid.uuid4().hex}"
    folder = meaning_folder(home, name)
    make_dir(folder.parent, private=True)
    with new_folder(folder, point="meaning") as temp:
        columns, dim = _write_lines(temp, chain([first], ahead))
        _write_best(temp, captions, columns, dim)
        facts = _facts(temp, name, form, columns, dim)
        write_synced(temp / MANIFEST_FILE, seal(asdict(facts)))
    CheckedFiles(home, LARGE_OF_LINES).remember(folder, facts.files)
    return open_meaning(home, name)


class _Gathered:
    """The columns of lines that pass by."""

    def __init__(self) -> None:
        self._columns: list[ReadingColumns] = []

    def add(self, columns: ReadingColumns) -> None:
        """Keep those of the next lines."""
        self._columns.append(columns)

    def all(self) -> ReadingColumns:
        """Those of all."""
        counts = np.concatenate([each.counts for each in self._columns])
        joined = {
            name: np.concatenate([getattr(each, name) for each in self._columns])
            for name in column_files()
            if name != "firsts"
        }
        return ReadingColumns(**joined, firsts=np.concatenate([[0], np.cumsum(counts)]))


def _write_lines(folder: Path, blocks: Iterator[MeantLines]) -> tuple[ReadingColumns, int]:
    """Write vectors, texts and columns; gives the columns, and the length of a vector."""
    gathered, first = _Gathered(), next(blocks)
    dim = first.vectors.shape[1]
    with (
        writing(folder / VECTORS_FILE, dim) as vectors,
        pa.OSFile(str(folder / TEXTS_FILE), "wb") as sink,
        pa.ipc.new_file(sink, TEXTS_SCHEMA) as texts,
    ):
        for each in chain([first], blocks):
            gathered.add(each.columns)
            vectors.add(each.vectors)
            texts.write_table(each.texts)
    fsync_file(folder / TEXTS_FILE)
    columns = gathered.all()
    for name, file in column_files().items():
        write_synced(folder / file, array_bytes(getattr(columns, name)))
    crash_point("meaning.after_lines")
    return columns, dim


def _write_best(folder: Path, captions: Floats, columns: ReadingColumns, dim: int) -> None:
    matrix = HalfMatrix.map(folder / VECTORS_FILE, dim=dim, n=len(columns))
    best = best_readings(captions, blocks_of(matrix, columns.counts))
    for name, file in BEST_FILES.items():
        write_synced(folder / file, array_bytes(getattr(best, name)))
    crash_point("meaning.after_best")


def blocks_of(matrix: HalfMatrix, counts: Ids) -> Iterator[tuple[Floats, Ids]]:
    """The vectors of whole readings with lines (r,) each, block by block, with these numbers."""
    ends = np.cumsum(counts)
    cuts = np.searchsorted(ends, np.arange(_COMPARED_AT_ONCE, ends[-1], _COMPARED_AT_ONCE))
    first = 0
    for some in np.split(counts, np.unique(cuts)):
        if n := int(some.sum()):
            yield matrix.rows(slice(first, first + n)), some
            first += n


def _facts(folder: Path, name: str, form: str, columns: ReadingColumns, dim: int) -> MeaningFacts:
    names = [VECTORS_FILE, TEXTS_FILE, *column_files().values(), *BEST_FILES.values()]
    return MeaningFacts(
        format=MEANING_FORMAT,
        name=name,
        form=form,
        dim=dim,
        readings=len(columns.numbers),
        lines=len(columns),
        files={each: file_sum(folder / each) for each in names},
    )
