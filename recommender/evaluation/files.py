"""Event files and item vectors read whole into arrays."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.history import EventRow, iter_rows
from recommender.events.log import VERDICTS, EventLog, event_confidence
from recommender.events.videos import VideoTable

_ITEM_ORDER_SEED = 20_261_121
"""Sorted names often follow age or popularity, and ties go by position: items are shuffled."""


def read_event_files(
    paths: Sequence[Path], items: Path | None = None
) -> tuple[list[EventLog], VideoTable]:
    """Read several files of events with the same numbers of users and of items.

    Args:
        paths: CSV or Parquet: user, video[, at][, watched_s][, duration_s][, kind].
        items: Vectors of items; those without an event become candidates as well.

    Returns:
        One log for each file, in order, and the items; their titles are the names in the files.

    Raises:
        ReelwiseError: A file cannot be read, or a row is not an event or not a vector.
    """
    tables = [_read_rows(path) for path in paths]
    names, vectors = ([], np.zeros((0, 1), np.float32)) if items is None else _read_vectors(items)
    users = _numbered(sorted({row.user for table in tables for row in table}))
    titles = sorted({*(row.video_ref for row in chain(*tables)), *names})
    order = np.random.default_rng(_ITEM_ORDER_SEED).permutation(len(titles))
    numbers = _numbered(titles[at] for at in order)
    matrix = np.zeros((len(numbers), vectors.shape[1]), np.float32)
    matrix[[numbers[name] for name in names]] = vectors
    videos = VideoTable(np.arange(len(numbers)), matrix, titles=list(numbers))
    return [_as_log(table, users, numbers) for table in tables], videos


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _as_log(rows: Sequence[EventRow], users: dict[str, int], items: dict[str, int]) -> EventLog:
    verdict = np.array([VERDICTS[row.kind] for row in rows], np.int64)
    watched_s = _floats(row.watched_s for row in rows)
    at_s = _floats(row.at_micros for row in rows) / 1e6
    has_times = not np.isnan(at_s).any()
    return EventLog(
        users,
        len(items),
        np.array([users[row.user] for row in rows], np.int64),
        np.array([items[row.video_ref] for row in rows], np.int64),
        at_s if has_times else np.zeros(len(rows)),
        event_confidence(verdict, watched_s, _floats(row.duration_s for row in rows)),
        verdict,
        has_times,
    )


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array(list(values), np.float64)  # NumPy turns None into NaN


def _read_rows(path: Path) -> list[EventRow]:
    """Read a file of which every row must be an event: a part of it would give other figures."""
    rows: list[EventRow] = []
    bad: list[tuple[int, str]] = []
    for line, row in iter_rows(path, any_number=True):  # only the order of times counts
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


def _read_vectors(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    try:
        names, rows = _vectors_of(path)
    except (OSError, ValueError, KeyError) as error:
        raise ReelwiseError(
            f"the items file {path} cannot be read: {error}",
            fix="write .npz with ids (n strings) and vectors (n, d), or Parquet: video, vector",
        ) from error
    rows[~np.isfinite(rows).all(axis=1)] = 0.0
    if len(set(names)) != len(names):
        raise ReelwiseError(
            f"the items file {path} names an item twice",
            fix="keep one vector per item, then run the command again",
        )
    return names, rows


def _vectors_of(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        table = pq.read_table(path, columns=["video", "vector"]).to_pandas()
        names = [str(one).strip() for one in table["video"]]
        return names, np.stack([np.asarray(row, np.float32) for row in table["vector"]])
    with np.load(path, allow_pickle=False) as stored:
        ids, vectors = stored["ids"], stored["vectors"]
    rows = np.array(vectors, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(ids):
        raise ValueError(f"vectors must be ({len(ids)}, d) to match the ids, got {rows.shape}")
    text = [one.decode() if isinstance(one, bytes) else str(one) for one in ids.tolist()]
    return [one.strip() for one in text], rows
