"""Event files and item vectors read whole into columns of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.history.event_file import EventRow, iter_rows
from recommender.events.confidence import view_confidence
from recommender.events.interactions import Interactions, ItemVectors

_VERDICTS = {"view": 0, "like": 1, "dislike": -1}
_ITEM_ORDER_SEED = 20_261_121
"""Sorted names often follow age or popularity, and ties go by position: items are shuffled."""


def read_interactions(
    paths: Sequence[Path], items: Path | None = None
) -> tuple[list[Interactions], ItemVectors | None]:
    """Read several files of events with one vocabulary of people and of items.

    Args:
        paths: CSV or Parquet: user, video[, at][, watched_s][, duration_s][, kind].
        items: Vectors of items; those without an event become candidates as well.

    Returns:
        One `Interactions` for each file, in order, and the vectors of `items`.

    Raises:
        ReelwiseError: A file cannot be read, or a row is not an event or not a vector.
    """
    tables = [_read_events(path) for path in paths]
    names, rows = (None, None) if items is None else _read_vectors(items)
    people = _vocabulary(row.user for table in tables for row in table)
    videos = (row.video_ref for table in tables for row in table)
    vocabulary = _vocabulary(videos if names is None else chain(videos, names))
    vocabulary = vocabulary[np.random.default_rng(_ITEM_ORDER_SEED).permutation(len(vocabulary))]
    item_numbers = {name: number for number, name in enumerate(vocabulary)}
    results = [_interactions(table, people, vocabulary, item_numbers) for table in tables]
    if names is None or rows is None:
        return results, None
    matrix = np.zeros((len(vocabulary), rows.shape[1]), np.float32)
    matrix[[item_numbers[name] for name in names]] = rows
    return results, ItemVectors(matrix)


def _vocabulary(names: Iterable[str]) -> NDArray[np.object_]:
    return np.array(sorted(set(names)), dtype=object)


def _interactions(
    rows: Sequence[EventRow],
    people: NDArray[np.object_],
    items: NDArray[np.object_],
    item_numbers: dict[str, int],
) -> Interactions:
    person_numbers = {name: number for number, name in enumerate(people)}
    verdict = np.array([_VERDICTS[row.kind] for row in rows], np.int64)
    watched_s = _floats(row.watched_s for row in rows)
    viewed = (verdict == 0) | ~np.isnan(watched_s)
    lengths_s = _floats(row.duration_s for row in rows)
    return Interactions(
        people=people,
        items=items,
        person=np.array([person_numbers[row.user] for row in rows], np.int64),
        item=np.array([item_numbers[row.video_ref] for row in rows], np.int64),
        at_s=_floats(row.at_micros for row in rows) / 1e6,
        confidence=np.where(viewed, view_confidence(watched_s, lengths_s), 0.0),
        verdict=verdict,
    )


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array(list(values), np.float64)  # NumPy turns None into NaN


def _read_events(path: Path) -> list[EventRow]:
    """Read a file of which every row must be an event: a part of it would give other figures."""
    rows: list[EventRow] = []
    bad: list[tuple[int, str]] = []
    for line, row in iter_rows(path):
        if isinstance(row, str):
            bad.append((line, row))
        else:
            rows.append(row)
    if bad:
        line, reason = bad[0]
        raise ReelwiseError(
            f"{path}: {len(bad):,} rows are not events, first in line {line}: {reason}",
            fix="correct those rows or leave them out, then run the command again",
        )
    return rows


def _read_vectors(path: Path) -> tuple[NDArray[np.object_], NDArray[np.float32]]:
    try:
        names, rows = _vectors_of(path)
    except (OSError, ValueError, KeyError) as error:
        raise ReelwiseError(
            f"the items file {path} cannot be read: {error}",
            fix="write .npz with ids (n strings) and vectors (n, d), or Parquet: video, vector",
        ) from error
    rows[~np.isfinite(rows).all(axis=1)] = 0.0
    if len(np.unique(names)) != len(names):
        raise ReelwiseError(
            f"the items file {path} names an item twice",
            fix="keep one vector per item, then run the command again",
        )
    return names, rows


def _vectors_of(path: Path) -> tuple[NDArray[np.object_], NDArray[np.float32]]:
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        table = pq.read_table(path, columns=["video", "vector"]).to_pandas()
        names = np.asarray(table["video"].astype(str).str.strip(), dtype=object)
        return names, np.stack([np.asarray(row, np.float32) for row in table["vector"]])
    with np.load(path, allow_pickle=False) as stored:
        ids, vectors = stored["ids"], stored["vectors"]
    rows = np.array(vectors, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(ids):
        raise ValueError(f"vectors must be ({len(ids)}, d) to match the ids, found {rows.shape}")
    text = [one.decode() if isinstance(one, bytes) else str(one) for one in ids.tolist()]
    return np.asarray([one.strip() for one in text], dtype=object), rows
