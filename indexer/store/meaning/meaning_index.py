"""The index of meanings: which lines say something like a query.

Derived from line parts and the stored sentence vectors:

    index/gen-000007/meaning/lines.faiss        a vector for each line, by its row
    index/gen-000007/meaning/lines.arrow        the lines, a row each
    index/gen-000007/meaning/facts.json         the model, how high unrelated captions score

The next generation takes the rows of readings that are still live over from this one, and makes
the others from what is stored: publishing encodes nothing. A reading of which a vector is missing
is left out as a whole, and comes in with the first publication after its texts were encoded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.catalogue import Catalogue, LivePart
from data.durable import fsync_dir, link_or_copy, write_synced
from data.errors import ReelwiseError
from data.home import Home
from data.lines import Channel, Line
from embeddings.layers import Floats
from indexer.store.lines import Numbers, ReadLines, lines_of_parts
from indexer.store.manifest import Manifest, generation_name
from indexer.store.meaning.passages import (
    MEANT_CHANNELS,
    VECTORS_FORM,
    digests_of,
    joined_vectors,
    passages_of,
)
from indexer.store.meaning.sentence_store import SentenceStore, TextVectors
from indexer.store.rows.arrays import Mask
from indexer.store.rows.half_matrix import HalfMatrix, writing
from indexer.store.rows.kinds import FlatRows

MEANING_FOLDER = "meaning"
SAMPLE_LINES = 100_000
"""Lines that unrelated captions are compared with: of more an even sample."""

_CHANNELS = tuple(Channel)
_INDEX, _TABLE, _FACTS = "lines.faiss", "lines.arrow", "facts.json"
_SCHEMA = pa.schema(
    [
        ("reading", pa.uint64()),
        ("video", pa.int64()),
        ("passage", pa.int32()),
        ("channel", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("language", pa.string()),
        ("text", pa.string()),
    ]
)


@dataclass(frozen=True)
class Accident:
    """How high the best line scores for everyday captions that have nothing to do with it."""

    best: Floats
    """(t,) the best score of each caption."""
    n_compared: int
    """Lines that they were compared with."""


@dataclass(frozen=True)
class MeaningIndex:
    """An opened index of meanings; it never changes, so threads may share it."""

    model_id: str
    """The sentence encoder of its vectors."""
    index: FlatRows
    """Vectors by row."""
    table: pa.Table
    """A row for each line."""
    accident: Accident
    """How it scores by accident."""
    folder: Path | None = None
    """Where it lies; None for one that was just made."""

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def of_reading(self) -> Numbers:
        """(n,) the number of each row's reading."""
        return _column(self.table, "reading", np.uint64)

    @cached_property
    def readings(self) -> Numbers:
        """(r,) numbers of the readings in it, ascending."""
        return np.unique(self.of_reading)

    @cached_property
    def video_ids(self) -> NDArray[np.int64]:
        """(n,) the video of each row."""
        return _column(self.table, "video", np.int64)

    def in_channels(self, channels: Sequence[Channel]) -> Mask:
        """(n,) which rows are of some channels."""
        return np.isin(self._channels, [_CHANNELS.index(channel) for channel in channels])

    @cached_property
    def _channels(self) -> NDArray[np.int8]:
        # Arrow's own comparison would be imported for it: a tenth of a second.
        codes = {str(channel): code for code, channel in enumerate(_CHANNELS)}
        names = self.table["channel"].to_pylist()
        return np.fromiter((codes[name] for name in names), np.int8, len(names))

    def passage(self, row: int) -> tuple[int, int]:
        """The reading of a row, and which of its passages the line stands in."""
        return int(self.of_reading[row]), int(self._passages[row])

    @cached_property
    def _passages(self) -> NDArray[np.int32]:
        return _column(self.table, "passage", np.int32)

    def line(self, row: int) -> Line:
        """The line of a row; its confidence is not kept here."""
        values = self.table.slice(row, 1).to_pylist()[0]
        times = (values["start_s"], values["end_s"])
        return Line(Channel(values["channel"]), *times, values["text"], values["language"])

    def save(self, folder: Path) -> list[Path]:
        """Write it to a new folder and force it to the disk; gives its files.

        One that lies in a folder already shares its files.
        """
        folder.mkdir()
        if self.folder is not None:
            for name in (_INDEX, _TABLE, _FACTS):
                link_or_copy(self.folder / name, folder / name)
            fsync_dir(folder)
            return [folder / name for name in (_INDEX, _TABLE, _FACTS)]
        with writing(folder / _INDEX, self.index.dim) as file:
            file.add(self.index.matrix.half)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, _SCHEMA) as writer:
            writer.write_table(self.table)
        write_synced(folder / _TABLE, sink.getvalue().to_pybytes())
        facts = {
            "model": self.model_id,
            "form": VECTORS_FORM,
            "dim": self.index.dim,
            "lines": len(self),
            "compared": self.accident.n_compared,
            "best": self.accident.best.tolist(),
        }
        write_synced(folder / _FACTS, json.dumps(facts).encode())
        fsync_dir(folder)
        return [folder / name for name in (_INDEX, _TABLE, _FACTS)]

    @classmethod
    def readings_in(cls, folder: Path, model_id: str) -> Numbers:
        """Which readings an index holds that was made of a model's vectors; none of another's."""
        if not _is_of(folder, model_id):
            return np.zeros(0, np.uint64)
        return np.unique(_column(_table(folder), "reading", np.uint64))

    @classmethod
    def open(cls, folder: Path) -> "MeaningIndex":
        """Open the index in a folder; its files were verified before.

        Raises:
            ReelwiseError: It cannot be opened.
        """
        try:
            facts = json.loads((folder / _FACTS).read_bytes())
            table = _table(folder)
            accident = Accident(np.array(facts["best"], np.float32), facts["compared"])
            model, dim, n = facts["model"], facts["dim"], facts["lines"]
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise ReelwiseError(
                f"the index of meanings {folder} cannot be opened: {error}",
                fix="run reelwise rebuild",
            ) from error
        matrix = HalfMatrix.map(folder / _INDEX, dim=dim, n=n)
        return cls(model, FlatRows(matrix), table, accident, folder)


def build_meaning(
    home: Home,
    parts: Sequence[LivePart],
    model_id: str,
    *,
    captions: Sequence[str],
    before: Path | None = None,
) -> MeaningIndex | None:
    """Make the index of all live lines whose texts are encoded, without damaged parts.

    Args:
        home: The library.
        parts: Its live line parts.
        model_id: The sentence encoder that is served.
        captions: Texts that have nothing to do with most libraries.
        before: The folder of an index whose files were verified, to go on from; None begins anew.

    Returns:
        None where there is no line with a vector, or the captions have none.
    """
    live = meant_readings(parts)
    unchanged = _unchanged(before, model_id, live, len(captions))
    if unchanged is not None:
        return unchanged
    kept = _kept(before, model_id, live)
    stored = SentenceStore(home, model_id).read()
    held = np.zeros(0, np.uint64) if kept is None else np.unique(kept[0]["reading"].to_numpy())
    new, _ = lines_of_parts(home, parts, np.setdiff1d(live, held))
    made = [pair for each in new if (pair := _made(each, stored)) is not None]
    pieces = ([kept] if kept is not None and len(kept[1]) else []) + made
    if not pieces:
        return None
    vectors = np.concatenate([vectors for _, vectors in pieces])
    table = pa.concat_tables([table for table, _ in pieces]).combine_chunks()
    accident = _accident(vectors, stored, captions)
    if accident is None:
        return None
    return MeaningIndex(model_id, FlatRows(HalfMatrix.of(vectors)), table, accident)


def published_meanings(catalogue: Catalogue, manifest: Manifest | None) -> Numbers:
    """Readings (r,) in the index of meanings of a generation that was verified, ascending."""
    model_id = catalogue.sentence_model
    if manifest is None or not manifest.meant or model_id is None:
        return np.zeros(0, np.uint64)
    folder = catalogue.home.index / generation_name(manifest.generation) / MEANING_FOLDER
    return MeaningIndex.readings_in(folder, model_id)


def meant_readings(parts: Sequence[LivePart]) -> Numbers:
    """(r,) numbers of the live readings whose lines have a meaning, ascending."""
    numbers = [
        row.number
        for part in parts
        for row in part.readings
        if row.n_lines and row.channel in MEANT_CHANNELS
    ]
    return np.unique(np.array(numbers, np.uint64))


def _unchanged(
    before: Path | None, model_id: str, live: Numbers, n_captions: int
) -> MeaningIndex | None:
    """The index before, where it holds what is live and nothing else; None where it does not."""
    if before is None or not _is_of(before, model_id):
        return None
    old = MeaningIndex.open(before)
    is_same = np.array_equal(old.readings, live) and len(old.accident.best) == n_captions
    return old if is_same else None


def _kept(before: Path | None, model_id: str, live: Numbers) -> tuple[pa.Table, Floats] | None:
    """The rows of the index before that are still live, with their vectors."""
    if before is None or not _is_of(before, model_id):
        return None
    old = MeaningIndex.open(before)
    rows = np.flatnonzero(np.isin(old.of_reading, live))
    return old.table.take(pa.array(rows)), old.index.matrix.rows(rows)


def _made(reading: ReadLines, stored: TextVectors) -> tuple[pa.Table, Floats] | None:
    """The rows of a reading; None where a vector is missing."""
    own, passages = texts_of(reading)
    digests = (digests_of(own), digests_of(passages))
    if not all(stored.rows(each)[1].all() for each in digests):
        return None
    vectors = joined_vectors(*(stored.of(each) for each in digests))
    return table_of(reading), vectors


def table_of(reading: ReadLines) -> pa.Table:
    """The rows of a reading, one for each line."""
    lines, passages = reading.lines, passages_of(reading.lines)
    places = {text: place for place, text in enumerate(dict.fromkeys(passages))}
    columns: dict[str, list[Any]] = {
        "reading": [reading.number] * len(lines),
        "video": [reading.video_id] * len(lines),
        "passage": [places[text] for text in passages],
        "channel": [str(line.channel) for line in lines],
        "start_s": [line.start_s for line in lines],
        "end_s": [line.end_s for line in lines],
        "language": [line.language for line in lines],
        "text": [line.text for line in lines],
    }
    return pa.table(columns, schema=_SCHEMA)


def texts_of(reading: ReadLines) -> tuple[list[str], list[str]]:
    """The texts that are encoded for the lines of a reading: each line, and each one's passage."""
    return [line.text for line in reading.lines], passages_of(reading.lines)


def _accident(vectors: Floats, stored: TextVectors, captions: Sequence[str]) -> Accident | None:
    wanted = digests_of(captions)
    known = wanted[stored.rows(wanted)[1]]
    if not len(known):
        return None
    if len(vectors) > SAMPLE_LINES:
        rng = np.random.default_rng(len(vectors))
        vectors = vectors[np.sort(rng.choice(len(vectors), SAMPLE_LINES, replace=False))]
    return Accident((stored.of(known) @ vectors.T).max(axis=1), len(vectors))


def _is_of(folder: Path, model_id: str) -> bool:
    """Whether an index was made of a model's vectors as they are made now."""
    facts = json.loads((folder / _FACTS).read_bytes())
    return bool((facts["model"], facts["form"]) == (model_id, VECTORS_FORM))


def _table(folder: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(folder / _TABLE))).read_all()


def _column(table: pa.Table, name: str, kind: type[np.generic]) -> NDArray[Any]:
    """A column without nulls as an array; of several chunks a copy."""
    return np.concatenate(
        [np.frombuffer(each.buffers()[1], kind)[each.offset : each.offset + len(each)]
         for each in table[name].chunks] or [np.zeros(0, kind)]
    )  # fmt: skip
