"""Fitted sources as named arrays in one safetensors file, and back for the videos of now."""

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from data.durable import fsync_file
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import Source
from recommender.sources.item_links import Rows
from recommender.sources.registry import BY_NAME

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to a new file and force its bytes to the disk."""
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    fsync_file(path)


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, read-only, mapped into memory; its checksum was verified before.

    They stay valid when the file is removed.

    Raises:
        ValueError: It is not a safetensors file, or holds types that `write_arrays` does not write.
    """
    with path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(whole[:8], "little")
    if start > len(whole):
        raise ValueError(f"{path.name} must hold its header of {start:,} bytes")
    header = json.loads(whole[8:start])
    header.pop("__metadata__", None)
    return {name: _array(whole, start, entry) for name, entry in header.items()}


def _array(whole: mmap.mmap, start: int, entry: dict[str, Any]) -> NDArray[Any]:
    dtype, shape = _DTYPES.get(entry["dtype"]), tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if dtype is None or not 0 <= begin <= end <= len(whole) - start:
        raise ValueError(f"an array must have a known type and lie in the file, got {entry}")
    if int(np.prod(shape)) * np.dtype(dtype).itemsize != end - begin:
        raise ValueError(f"an array must fill its place, got {entry}")
    if begin == end:
        return np.zeros(shape, dtype)
    return np.ndarray(shape, dtype, buffer=whole, offset=start + begin)


@dataclass(frozen=True, eq=False)
class SourceArrays:
    """Fitted sources as arrays."""

    sources: list[str]
    """Their names."""
    arrays: dict[str, NDArray[Any]]
    """`source/array`; an array that several sources share is here once."""
    same: dict[str, str]
    """`source/array` to that of another source that is the very same array."""


def pack(sources: Mapping[str, Source]) -> SourceArrays:
    """Sources as arrays.

    Raises:
        TypeError: One of them cannot be saved.
    """
    packed = SourceArrays(list(sources), {}, {})
    first: dict[int, str] = {}
    for name, source in sources.items():
        if BY_NAME[name].load is None:
            raise TypeError(f"a source must be one that can be saved, got {name!r}")
        for key, array in source.to_arrays().items():
            path = f"{name}/{key}"
            if id(array) in first:
                packed.same[path] = first[id(array)]
            else:
                packed.arrays[path] = array
                first[id(array)] = path
    return packed


def unpack(
    packed: SourceArrays, fitted_ids: NDArray[np.int64], videos: VideoTable
) -> dict[str, Source]:
    """Sources for the videos of now.

    Args:
        packed: The result of `pack`.
        fitted_ids: (m,) permanent ids of the videos that they were fitted for, in order.
        videos: The videos to score.

    Raises:
        KeyError: An array is missing, or a source is not known.
        ValueError: A source is not saved but follows the events.
    """
    whole = packed.arrays | {path: packed.arrays[at] for path, at in packed.same.items()}
    sources = {}
    for name in packed.sources:
        kind = BY_NAME[name]
        if kind.load is None:
            raise ValueError(f"a saved source must be one that can be loaded, got {name!r}")
        start = f"{name}/"
        arrays = {p.removeprefix(start): a for p, a in whole.items() if p.startswith(start)}
        source = kind.load(arrays, videos)
        if kind.by_rows and not np.array_equal(fitted_ids, videos.ids):
            source = _Renumbered(source, fitted_ids, videos.ids)
        sources[name] = source
    return sources


class _Renumbered(Source):
    """A source in the rows of a table that has changed since it was fitted for `fitted_ids` (m,).

    Rows are matched by permanent id to `ids` (n,): videos that have come since score 0, and those
    that are gone are not in the answer.
    """

    def __init__(
        self, source: Source, fitted_ids: NDArray[np.int64], ids: NDArray[np.int64]
    ) -> None:
        self._source = source
        self._n_fitted = len(fitted_ids)
        self._to = _rows_of(ids, fitted_ids)
        self._from = _rows_of(fitted_ids, ids)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        moved = histories.renumbered(self._to, self._n_fitted)
        to = self._to if rows is None else self._to[rows]
        known = to >= 0
        scores = np.zeros((len(histories), len(to)), np.float32)
        if rows is None:
            scores[:, known] = self._source.scores(moved)[:, to[known]]
        else:
            scores[:, known] = self._source.scores(moved, to[known])
        return scores

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        links = np.zeros(len(history.item))
        if self._to[row] >= 0:
            moved = history.renumbered(self._to, self._n_fitted)
            links[self._to[history.item] >= 0] = self._source.links(moved, int(self._to[row]))
        return links

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        open_rows = (self._from >= 0) & allowed[self._from]
        best = self._source.best(history.renumbered(self._to, self._n_fitted), n, open_rows)
        return None if best is None else self._from[best]


def _rows_of(ids: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the row of each id in a table of ids that each occur once; -1 where it is missing."""
    if not len(table):
        return np.full(len(ids), -1)
    order = np.argsort(table)
    place = np.minimum(np.searchsorted(table, ids, sorter=order), len(table) - 1)
    rows = order[place]
    return np.where(table[rows] == ids, rows, -1)
