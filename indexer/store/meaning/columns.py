"""Which lines of which readings a segment of meanings holds, as columns and a table of texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.arrays import Half, Ids, Mask
from data.lines import Channel, Line
from indexer.store.columns import column, floats, texts
from indexer.store.lines import Numbers, ReadLines
from indexer.store.meaning.passages import passages_of

CHANNELS = tuple(Channel)
"""A column has the place of a channel in it."""

TEXTS_SCHEMA = pa.schema(
    [
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("language", pa.string()),
        ("text", pa.string()),
    ]
)


@dataclass(frozen=True)
class ReadingColumns:
    """The n lines of r readings, those of one reading in a row; threads may share it."""

    numbers: Numbers
    """(r,) the readings, each once."""
    video_ids: Ids
    """(r,) the video of each."""
    channels: NDArray[np.int8]
    """(r,) the channel of each, by its place in `CHANNELS`."""
    firsts: Ids
    """(r + 1,) the row of each reading's first line, and the number of lines."""
    passages: NDArray[np.int32]
    """(n,) which of its reading's passages a line stands in."""

    def __len__(self) -> int:
        return len(self.passages)

    @cached_property
    def counts(self) -> Ids:
        """(r,) lines of each reading."""
        return np.diff(self.firsts)

    def n_lines(self, readings: Mask) -> int:
        """Lines of those readings (r,)."""
        return int(self.counts[readings].sum())

    def rows_of(self, readings: Mask) -> Mask:
        """(n,) a mask of the lines, from one of the readings (r,)."""
        return np.repeat(readings, self.counts)

    def place_of(self, row: int) -> int:
        """The place of the reading that a line belongs to."""
        return int(np.searchsorted(self.firsts, row, side="right")) - 1


@dataclass(frozen=True)
class MeantLines:
    """Some readings with all that is kept of their lines, on the way into a segment."""

    columns: ReadingColumns
    """Which lines of which readings."""
    texts: pa.Table
    """(n) rows of `TEXTS_SCHEMA`."""
    vectors: Half
    """(n, d) unit rows."""


def meant_lines(readings: Sequence[ReadLines], vectors: Half) -> MeantLines:
    """Put readings with at least one line each together; `vectors` (n, d) are those of all."""
    passages = [_passage_numbers(each.lines) for each in readings]
    columns = ReadingColumns(
        np.array([each.number for each in readings], np.uint64),
        np.array([each.video_id for each in readings], np.int64),
        np.array([CHANNELS.index(each.lines[0].channel) for each in readings], np.int8),
        np.cumsum([0, *(len(each.lines) for each in readings)]),
        np.concatenate(passages),
    )
    return MeantLines(
        columns, texts_of([line for each in readings for line in each.lines]), vectors
    )


def _passage_numbers(lines: Sequence[Line]) -> NDArray[np.int32]:
    texts = passages_of(lines)
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([places[text] for text in texts], np.int32)


def texts_of(lines: Sequence[Line]) -> pa.Table:
    """What is kept of lines besides their columns, a row each."""
    columns = [
        floats([line.start_s for line in lines]),
        floats([line.end_s for line in lines]),
        texts([line.language for line in lines]),
        texts([line.text for line in lines]),
    ]
    return pa.Table.from_arrays(columns, schema=TEXTS_SCHEMA)


def chosen_lines(lines: MeantLines, readings: Mask) -> Iterator[MeantLines]:
    """Some of the readings (r,), block by block."""
    columns = lines.columns
    places = np.flatnonzero(readings)
    ends = np.cumsum(columns.counts[places])
    for some in np.split(places, np.searchsorted(ends, np.arange(_BLOCK, ends[-1:].sum(), _BLOCK))):
        if not len(some):
            continue
        chosen = np.zeros(len(readings), np.bool_)
        chosen[some] = True
        rows = np.flatnonzero(columns.rows_of(chosen))
        yield MeantLines(
            ReadingColumns(
                columns.numbers[some],
                columns.video_ids[some],
                columns.channels[some],
                np.cumsum([0, *columns.counts[some]]),
                columns.passages[rows],
            ),
            lines.texts.take(column(rows)),
            lines.vectors[rows],
        )


_BLOCK = 65_536
"""Lines that are copied at once."""
