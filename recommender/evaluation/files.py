"""Files of events and of item vectors, read whole and fast into columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import ReelwiseError
from recommender.events.confidence import view_confidence
from recommender.events.interactions import Interactions, ItemVectors

_COLUMNS = ("user", "video", "at", "watched_s", "duration_s", "kind")
_VERDICTS = {"view": 0, "like": 1, "dislike": -1}
_LAST_UNIX_S = 1e11
_SHUFFLED = 20_261_121
"""Seed of the order of items: names in order often follow age or fame, and ties go by position."""


def read_interactions(
    paths: Sequence[Path], items: Path | None = None
) -> tuple[list[Interactions], ItemVectors | None]:
    """Read several files of events with one vocabulary of people and of items.

    Args:
        paths: CSV or Parquet: user, video[, at][, watched_s][, duration_s][, kind].
        items: Vectors of items; those without an event become candidates as well.

    Returns:
        One `Interactions` for each file, in order, and the vectors, where asked for.

    Raises:
        ReelwiseError: A file cannot be read, or holds something that is no event or no vector.
    """
    tables = [_read_events(path) for path in paths]
    names, rows = (None, None) if items is None else _read_vectors(items)
    people = _vocabulary([table["user"] for table in tables])
    known = [table["video"] for table in tables]
    vocabulary = _vocabulary(known if names is None else [*known, pd.Series(names, dtype=str)])
    order = np.random.default_rng(_SHUFFLED).permutation(len(vocabulary))
    vocabulary = vocabulary[order]
    people_at, items_at = pd.Index(people), pd.Index(vocabulary)
    found = [_interactions(table, people_at, items_at) for table in tables]
    if names is None or rows is None:
        return found, None
    matrix = np.zeros((len(vocabulary), rows.shape[1]), np.float32)
    matrix[items_at.get_indexer(pd.Index(names))] = rows
    return found, ItemVectors(matrix)


def _vocabulary(columns: list[pd.Series[str]]) -> NDArray[np.object_]:
    unique = pd.unique(pd.concat(columns, ignore_index=True))
    return np.sort(np.asarray(unique, dtype=object))


def _interactions(table: pd.DataFrame, people: pd.Index[str], items: pd.Index[str]) -> Interactions:
    verdict = table["verdict"].to_numpy(np.int64)
    watched_s = table["watched_s"].to_numpy(np.float64)
    viewed = (verdict == 0) | ~np.isnan(watched_s)
    lengths_s = table["duration_s"].to_numpy(np.float64)
    return Interactions(
        people=np.asarray(people, dtype=object),
        items=np.asarray(items, dtype=object),
        person=people.get_indexer(pd.Index(table["user"])).astype(np.int64),
        item=items.get_indexer(pd.Index(table["video"])).astype(np.int64),
        at_s=table["at"].to_numpy(np.float64),
        confidence=np.where(viewed, view_confidence(watched_s, lengths_s), 0.0),
        verdict=verdict,
    )


def _read_events(path: Path) -> pd.DataFrame:
    table = _read_table(path)
    table.columns = pd.Index([str(name).strip().lower() for name in table.columns])
    missing = [name for name in ("user", "video") if name not in table.columns]
    if missing:
        raise ReelwiseError(
            f"{path} has no column {missing[0]!r}; found: {', '.join(map(str, table.columns))}",
            fix="first line: user,video[,at][,watched_s][,duration_s][,kind]",
        )
    table = table[[name for name in _COLUMNS if name in table.columns]]
    for name in ("user", "video"):
        table[name] = _names(table[name])
        _refuse(path, name, table[name], table[name].isna() | (table[name] == ""), "empty")
    table["at"] = _times(path, table)
    for name in ("watched_s", "duration_s"):
        table[name] = _numbers(path, table, name)
        wrong = (table[name] < 0) | np.isinf(table[name])
        _refuse(path, name, table[name], wrong, "not a finite number >= 0")
    table["verdict"] = _verdicts(path, table)
    return table


def _read_table(path: Path) -> pd.DataFrame:
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            return pd.DataFrame(pq.read_table(path).to_pandas())
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error.strerror or error}",
            fix="check the name and the permissions of the file",
        ) from error
    except ValueError as error:  # pandas and pyarrow errors about the content are all of this kind
        first = (str(error).splitlines() or ["it is empty"])[0]
        raise ReelwiseError(
            f"{path} is neither CSV nor Parquet that can be read: {first}",
            fix="write CSV with a header line, or Parquet: user,video[,at][,kind]",
        ) from error


def _names(column: pd.Series[str]) -> pd.Series[str]:
    return column.astype(str).str.strip().astype(object).where(column.notna(), "")


def _numbers(path: Path, table: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=np.float64)
    column = table[name]
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    text = column.astype(str).str.strip()
    told = column.notna() & (text != "") & (text.str.lower() != "nan")
    numbers = pd.to_numeric(text.where(told), errors="coerce").astype(np.float64)
    _refuse(path, name, column, told & numbers.isna(), "not a number")
    return numbers


def _times(path: Path, table: pd.DataFrame) -> pd.Series[float]:
    if "at" not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=np.float64)
    column = table["at"]
    if pd.api.types.is_numeric_dtype(column):
        seconds = column.astype(np.float64)
    else:
        text = column.astype(str).str.strip()
        told = column.notna() & (text != "") & ~text.str.lower().isin(["nan", "nat"])
        seconds = pd.to_numeric(text.where(told), errors="coerce").astype(np.float64)
        words = told & seconds.isna()
        if bool(words.any()):
            moments = pd.to_datetime(text[words], errors="coerce", utc=True, format="ISO8601")
            since = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
            seconds = seconds.where(~words, since)
        _refuse(path, "at", column, told & seconds.isna(), "neither Unix seconds nor ISO 8601")
    wrong = (seconds < 0) | (seconds >= _LAST_UNIX_S)
    _refuse(path, "at", column, wrong, "not Unix seconds (milliseconds?)")
    return seconds


def _verdicts(path: Path, table: pd.DataFrame) -> pd.Series[int]:
    if "kind" not in table.columns:
        return pd.Series(0, index=table.index, dtype=np.int64)
    text = table["kind"].where(table["kind"].notna(), "").astype(str).str.strip().str.lower()
    verdicts = text.where(text != "", "view").map(_VERDICTS)
    _refuse(path, "kind", table["kind"], verdicts.isna(), "not view, like or dislike")
    return verdicts.astype(np.int64)


def _refuse(path: Path, name: str, column: pd.Series, wrong: pd.Series[bool], why: str) -> None:
    if not bool(wrong.any()):
        return
    first = int(np.argmax(wrong.to_numpy()))
    raise ReelwiseError(
        f"{path}: {name} is {why} in {int(wrong.sum()):,} rows, first in row {first + 1}: "
        f"{str(column.iloc[first])!r}",
        fix="correct those rows or leave them out, then run the command again",
    )


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
