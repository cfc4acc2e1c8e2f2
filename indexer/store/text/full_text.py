"""The index of words: which lines hold which words. Derived from line parts, by tantivy.

It lies in the folder `text` of a generation. Tantivy never changes a segment, so the next
generation takes the files of this one over (hard links), strikes what is gone and adds what is new.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import tantivy
from tantivy import Document, Index, Query, SchemaBuilder

from data.catalogue import Catalogue, LinePart, LiveReadings
from data.durable import fsync_dir, fsync_file, link_or_copy
from data.errors import ReelwiseError
from data.lines import Channel, Line
from indexer.store.lines import Numbers, ReadLines, iter_lines
from indexer.store.text.analysis import fields_of, known_language

TEXT_FOLDER = "text"
READINGS_FILE = "readings.u64"
"""The numbers of the readings in the index, ascending."""

WRITER_BYTES = 48 * 2**20
"""Memory of the writer: it makes a segment each time this is full."""

CHANGING_FILES = frozenset(("meta.json", ".managed.json", READINGS_FILE))
"""Files that each generation has anew; all others never change."""
_LOCKS = (".tantivy-writer.lock", ".tantivy-meta.lock")
_STRUCK_AT_ONCE = 1000


def _schema() -> tantivy.Schema:
    builder = SchemaBuilder()
    for name in ("reading", "video"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("line", "start_ms", "end_ms"):
        builder.add_unsigned_field(name, fast=True)
    for name in ("channel", "language"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("text", stored=True, indexed=False)
    for name in ("stem", "exact", "inner", "run"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    return builder.build()


SCHEMA = _schema()


@dataclass(frozen=True)
class FoundLine:
    """A line that holds some of the words that were asked for."""

    reading: int
    """The number of its reading."""
    place: int
    """Its place in the reading."""
    video_id: int
    """Its video."""
    line: Line
    """The line; its confidence is not kept here."""
    score: float
    """Higher is better, by tantivy (BM25); comparable within one index and query."""


class FullText:
    """An opened index of words, valid whatever is published later; threads may share it."""

    def __init__(self, index: Index, readings: Numbers) -> None:
        # It never changes: nothing has to watch its files.
        index.config_reader("manual")
        self._searcher = index.searcher()
        self.readings = readings
        """(r,) numbers of the readings in it, ascending."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in a folder, memory-mapped; its files were verified before.

        Raises:
            ReelwiseError: It cannot be opened.
        """
        readings = np.fromfile(folder / READINGS_FILE, dtype="<u8").astype(np.uint64)
        try:
            if _is_writable(folder):
                return cls(Index.open(str(folder)), readings)
            return cls._open_elsewhere(folder, readings)
        except (ValueError, OSError) as error:
            with suppress(ValueError, OSError):
                return cls._open_elsewhere(folder, readings)
            raise ReelwiseError(
                f"the index of words {folder} cannot be opened: {error}", fix="run reelwise rebuild"
            ) from error

    @classmethod
    def _open_elsewhere(cls, folder: Path, readings: Numbers) -> Self:
        """Open it by links from a temporary folder: tantivy locks a file to open an index."""
        with tempfile.TemporaryDirectory(prefix="reelwise-text-") as elsewhere:
            for path in folder.iterdir():
                if path.name not in _LOCKS:
                    (Path(elsewhere) / path.name).symlink_to(path)
            # Its files are mapped once it is open: the links are needed no longer.
            return cls(Index.open(elsewhere), readings)

    @classmethod
    def in_memory(cls, some: Iterable[ReadLines]) -> Self:
        """An index of a few readings, gone with this process."""
        index = Index(SCHEMA)
        numbers = _add(index, some, np.zeros(0, np.uint64))
        index.reload()
        return cls(index, numbers)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages whose stems are in it."""
        known = sorted({known_language(code) for code in _ALL_LANGUAGES})
        return tuple(code for code in known if self._searcher.doc_freq("language", code))

    def n_with(self, field: str, term: str) -> int:
        """The number of lines with a term in a field."""
        return int(self._searcher.doc_freq(field, term))

    def top(self, query: Query, k: int) -> list[FoundLine]:
        """The k lines that score best, the best first."""
        hits = self._searcher.search(query, k, count=False).hits
        if not hits:
            return []
        places = [address for _, address in hits]
        columns = [
            self._searcher.fast_field_values(name, places)
            for name in ("reading", "line", "video", "start_ms", "end_ms")
        ]
        found = []
        for (score, place), *values in zip(hits, *columns, strict=True):
            found.append(self._found(float(score), place, [int(value) for value in values]))
        return found

    def _found(self, score: float, place: tantivy.DocAddress, values: list[int]) -> FoundLine:
        reading, ordinal, video_id, start_ms, end_ms = values
        stored = self._searcher.doc(place)
        line = Line(
            Channel(str(stored.get_first("channel"))),
            start_ms / 1000,
            end_ms / 1000,
            bytes(stored.get_first("text") or b"").decode(),
            str(stored.get_first("language")),
        )
        return FoundLine(reading, ordinal, video_id, line, score)


_ALL_LANGUAGES = (
    "ar", "da", "nl", "en", "fi", "fr", "de", "el", "hu", "it", "nb", "nn", "pt", "ro", "ru",
    "es", "sv", "ta", "tr",
)  # fmt: skip


def build_full_text(
    folder: Path, catalogue: Catalogue, readings: LiveReadings, *, before: Path | None = None
) -> tuple[FullText, list[LinePart]]:
    """Make the index of all live lines in a new folder, forced to the disk.

    Args:
        folder: Does not exist yet; what receives its name is forced to the disk by the caller.
        catalogue: The library.
        readings: What of it is live.
        before: The folder of an index whose files were verified, to go on from; None begins anew.

    Returns:
        The index, and the parts that are damaged: their lines are left out.
    """
    folder.mkdir()
    live = np.unique(readings.numbers[readings.n_lines > 0])
    kept = np.zeros(0, np.uint64)
    index = Index(SCHEMA, path=str(folder)) if before is None else _taken_over(before, folder)
    if before is not None:
        held = np.fromfile(before / READINGS_FILE, dtype="<u8").astype(np.uint64)
        _strike(index, np.setdiff1d(held, live))
        kept = np.intersect1d(held, live)
    damaged: list[LinePart] = []
    wanted = np.setdiff1d(live, kept)
    parts = catalogue.readings.live_parts(readings.names_of(wanted))
    numbers = _add(index, iter_lines(catalogue.home, parts, wanted, damaged), kept)
    numbers.astype("<u8").tofile(folder / READINGS_FILE)
    index.reload()
    text = FullText(index, numbers)
    for name in _LOCKS:  # opening it makes one as well: a generation does not change
        (folder / name).unlink(missing_ok=True)
    for path in folder.iterdir():
        fsync_file(path)
    fsync_dir(folder)
    return text, damaged


def _taken_over(before: Path, folder: Path) -> Index:
    for path in before.iterdir():
        if path.name in _LOCKS:
            continue
        if path.name in CHANGING_FILES:
            shutil.copyfile(path, folder / path.name)
        else:
            link_or_copy(path, folder / path.name)
    return Index.open(str(folder))


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


def _strike(index: Index, numbers: Numbers) -> None:
    if not len(numbers):
        return
    writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
    for some in np.array_split(numbers, max(1, len(numbers) // _STRUCK_AT_ONCE)):
        writer.delete_documents_by_query(Query.term_set_query(SCHEMA, "reading", some.tolist()))
    writer.commit()
    writer.wait_merging_threads()


def _add(index: Index, some: Iterable[ReadLines], kept: Numbers) -> Numbers:
    """Add readings; gives the numbers of all that are in the index then."""
    writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
    numbers = []
    for each in some:
        numbers.append(each.number)
        for place, line in enumerate(each.lines):
            writer.add_document(_document(each, place, line))
    writer.commit()
    writer.wait_merging_threads()
    return np.union1d(kept, np.array(numbers, np.uint64))


def _document(reading: ReadLines, place: int, line: Line) -> Document:
    terms = fields_of(line.text, line.language, is_read=line.channel == Channel.SCREEN)
    document = Document()
    document.add_unsigned("reading", reading.number)
    document.add_unsigned("video", reading.video_id)
    document.add_unsigned("line", place)
    document.add_unsigned("start_ms", round(1000 * line.start_s))
    document.add_unsigned("end_ms", round(1000 * line.end_s))
    document.add_text("channel", str(line.channel))
    document.add_text("language", known_language(line.language))
    document.add_bytes("text", line.text.encode())
    document.add_text("stem", terms.stem)
    document.add_text("exact", terms.exact)
    document.add_text("inner", terms.inner)
    document.add_text("run", terms.run)
    return document
